import numpy as np
import pyarrow as pa
import pytest

from weft.identity.kinds.registry import normalise
from weft.identity.scoring.compare import LEVELS, VARIANTS, level
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Comparer, chains_of
from weft.identity.scoring.table import Records, encode
from weft.identity.scoring.train import set_rarity

CASES = [
    ("given_name", "Robert", "robert", "exact"),
    ("given_name", "Robert", "Bob", "variant"),
    ("given_name", "Sam", "Samantha", "variant"),
    ("given_name", "Mary Ann", "Mary", "variant"),
    ("given_name", "J.", "John", "initial"),
    ("given_name", "Katherine", "Katherime", "close"),
    ("given_name", "Robert", "Xavier", "differs"),
    ("given_name", "민수", "Min-su", "variant"),
    ("family_name", "김", "Kim", "variant"),
    ("birth_date", "1979-05-04", "1979-05-04", "exact"),
    ("birth_date", "1979-05-04", "1979-04-05", "close"),
    ("birth_date", "1979-05-04", "1979-05-14", "close"),
    ("birth_date", "1979-05-24", "1979-05-07", "two_parts"),
    ("birth_date", "1979-05-24", "1979-11-07", "year"),
    ("birth_date", "1979-05-24", "1950-11-07", "differs"),
    ("email", "a.smith@x.org", "A.Smith@x.org", "exact"),
    ("email", "a.smith+news@x.org", "a.smith@x.org", "key"),
    ("email", "annsmith@x.org", "annsmith@y.example", "local"),
    ("email", "annsmith@x.org", "ansmith@x.org", "close"),
    ("phone", "07123456789", "07123456788", "close"),
    ("national_id", "5304218", "5304281", "close"),
    ("national_id", "5304218", "4066625", "differs"),
    ("postcode", "3165", "3156", "close"),
    ("street", "12 high street", "12 high street", "exact"),
    ("gender", "m", "f", "differs"),
]


@pytest.mark.parametrize(("kind", "left", "right", "expected"), CASES)
def test_levels(kind: str, left: str, right: str, expected: str) -> None:
    field = encode(kind, kind, normalise(kind, pa.array([left, right])))
    one = prepare(field)
    set_rarity(field, one, None)
    levels = Comparer(Records((field,), np.zeros(2, np.int16)), [one], chains_of([(kind, kind)], [()]))
    byte = int(levels.levels(np.array([0], np.int32), np.array([1], np.int32))[0, 0])
    if kind in ("given_name", "family_name") and byte >= VARIANTS:
        byte = level(kind, "variant")
    assert LEVELS[kind][min(byte, len(LEVELS[kind])) - 1] == expected


@pytest.mark.parametrize(
    ("one", "other", "given", "family"),
    [
        (("green", "mitchell"), ("mitchell", "green"), "crossed", None),
        (("green", "mitchell"), ("mitchel", "green"), "crossed", None),
        (("green", "mitchell"), ("anna", "green"), "differs", "crossed"),
        (("green", None), ("mitchell", "green"), "crossed", None),
    ],
)
def test_names_in_each_others_place(
    one: tuple[str, str | None], other: tuple[str, str | None], given: str, family: str | None
) -> None:
    fields = tuple(
        encode(kind, kind, pa.array(values, pa.string()))
        for kind, values in zip(("given_name", "family_name"), zip(one, other, strict=True), strict=True)
    )
    chains = chains_of([(field.name, field.kind) for field in fields], [(), ()])
    comparer = Comparer(Records(fields, np.zeros(2, np.int16)), [prepare(field) for field in fields], chains)
    found = comparer.base(np.array([0], np.int32), np.array([1], np.int32))[:, 0].tolist()
    assert found == [level("given_name", given), level("family_name", family) if family else 0]
