import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.identity.kinds.registry import normalise
from weft.identity.live.derive import compared_text, derive
from weft.identity.scoring.compare import LEVELS
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.table import encode

SAMPLES = {
    "given_name": [
        "Robert",
        "Bob",
        "민수",
        "Min-su",
        "minsoo",
        "J",
        "J R",
        "Anne Marie",
        "José",
        "Ян",
        "志明",
        "alex",
    ],
    "family_name": ["Kim", "김", "gim", "O'Brien", "Schmidt", "Shmit", "王", "Wang", "van der Berg", "Peter"],
    "birth_date": ["1980-02-03", "1980-02", "1980", "03.02.1980", "1999-12-31"],
    "email": [
        "a.b+x@gmail.com",
        "ab@googlemail.com",
        "x@y.kr",
        "long.name+tag@mail.example",
        "kim@naver.com",
    ],
    "phone": ["+44 20 7946 0000", "010-1234-5678", "0911 222 333", "123456"],
    "national_id": ["800203-1234567", "AB12", "123"],
    "postcode": ["LS1 4AP", "04524", "10115", "1"],
    "street": ["5 High Street", "Hauptstr. 12", "세종대로 110"],
    "city": ["Leeds", "서울"],
    "text": ["something"],
}


@pytest.mark.parametrize("kind", LEVELS)
def test_one_value_has_the_keys_of_a_column(kind: str) -> None:
    values = normalise(kind, pa.array(SAMPLES.get(kind, ["m", "f"])))
    _same_keys(kind, [value for value in values.to_pylist() if value is not None])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.lists(st.text(max_size=20), min_size=1, max_size=12))
def test_whatever_is_written_has_the_same_keys(kind: str, texts: list[str]) -> None:
    values = normalise(kind, pa.array(texts, pa.string())).to_pylist()
    _same_keys(kind, [value for value in values if value is not None])


def _same_keys(kind: str, values: list[str]) -> None:
    """Two values share a key in one way of deriving exactly when they do in the other."""
    field = encode(kind, kind, pa.array(values, pa.string()))
    whole, texts = prepare(field), field.values.to_pylist()
    each = [derive(kind, text) for text in texts]
    assert [compared_text(kind, text) for text in texts] == list(whole.values.to_pylist())
    for name, codes in whole.keys.items():
        mine = [one[name] for one in each]
        theirs = codes.tolist()
        assert [code < 0 for code in mine] == [code < 0 for code in theirs], (kind, name, texts)
        assert len({*zip(mine, theirs, strict=True)}) == len(set(mine)) == len(set(theirs)), (
            kind,
            name,
            texts,
        )
