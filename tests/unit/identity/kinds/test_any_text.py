"""Whatever a file holds: nothing raises, a form is the form of itself, and a column does as its values alone."""

import random
from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weft.identity.kinds.names.keys import jamo, name_key, name_key_one
from weft.identity.kinds.names.nicknames import nickname_ids
from weft.identity.kinds.names.split import split_name, split_names
from weft.identity.kinds.registry import KINDS, normalise, normalise_one
from weft.identity.kinds.text import READ_CHARS

COUNTRIES = st.sampled_from([None, "KR", "TW", "US", "GB"])
ALPHABETS = st.sampled_from(
    [
        "abcdefgh ABC.-'",
        "0123456789 +-()./#x",
        "김민수이박최정남궁 강로길시군구0123456789-",
        "王小明陳歐陽台北市路段巷弄號一二三 0123",
        "éßøłİıſK\u0130\u0301\u200f\u202e\x00\t\n\U0001f600 ａ１。",
        "adrmst., @<>;:|jr",
    ]
)
TEXT = st.one_of(st.text(max_size=40), ALPHABETS.flatmap(lambda letters: st.text(letters, max_size=30)))
PERSONS = ["given_name", "family_name", "full_name"]


@pytest.mark.parametrize("kind", KINDS)
@given(TEXT, COUNTRIES)
@example("'-. 'jr jr", None)
@example("dr dr dr", None)
def test_a_form_is_its_own_form(kind: str, value: str, country: str | None) -> None:
    once = normalise_one(kind, value, country)
    assert once is None or (once != "" and normalise_one(kind, once, country) == once)


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.one_of(st.none(), TEXT), max_size=8), COUNTRIES)
def test_a_column_does_as_its_values_alone(kind: str, values: list[str | None], country: str | None) -> None:
    if kind == "birth_date":  # whose order of day and month the column decides
        values = values[:1]
    column = pa.array(values, pa.string())
    expected = [normalise_one(kind, value, country) for value in values]
    assert normalise(kind, column, country).to_pylist() == expected
    assert (
        normalise(kind, pa.concat_arrays([column, column]).slice(len(values)), country).to_pylist()
        == expected
    )


@given(st.lists(TEXT, max_size=8))
def test_names_apart_one_at_a_time_and_as_columns(values: list[str]) -> None:
    given_names, family_names = split_names(pa.array(values, pa.string()))
    assert list(zip(given_names.to_pylist(), family_names.to_pylist(), strict=True)) == [
        split_name(value) for value in values
    ]


@pytest.mark.parametrize("kind", PERSONS)
@given(values=st.lists(TEXT, max_size=6))
def test_keys_one_at_a_time_and_as_columns(kind: str, values: list[str]) -> None:
    names = normalise(kind, pa.array(values, pa.string()))
    assert name_key(kind, names).to_pylist() == [name_key_one(kind, name) for name in names.to_pylist()]
    assert len(jamo(names)) == len(nickname_ids(names)) == len(values)


LONG = [
    "a" * 10_000,
    "가" * 10_000,
    "1" * 10_000,
    "a b " * 3_000,
    "a@" * 5_000,
    "\ufdfa" * 3_000,
    "., " * 4_000,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", LONG, ids=range(len(LONG)))
def test_what_is_too_long_is_cut(kind: str, value: str) -> None:
    once = normalise(kind, pa.array([value]))[0].as_py()
    assert once is None or len(once) <= READ_CHARS
    assert once == normalise_one(kind, value)
    assert once is None or normalise_one(kind, once) == once
    assert len(split_names(pa.array([value]))[0]) == 1


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(TEXT, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(kind: str, values: list[str], shuffle: random.Random) -> None:
    order = list(range(len(values)))
    shuffle.shuffle(order)
    straight = normalise(kind, pa.array(values)).to_pylist()
    shuffled = normalise(kind, pa.array([values[i] for i in order])).to_pylist()
    assert shuffled == [straight[i] for i in order]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([date(1979, 5, 4), None]),
        pa.array([datetime(1979, 5, 4), None], pa.timestamp("ns")),
        pa.array([datetime(1979, 5, 4), None], pa.timestamp("s", "UTC")),
        pa.array(["1979-05-04", None]).dictionary_encode(),
        pa.chunked_array([["1979-05-04"], [None]]),
        pa.array(["1979-05-04", None], pa.large_string()),
        pa.array([19790504, None]),
        pa.array([19790504.0, None]),
    ],
    ids=str,
)
def test_arrow_columns_of_any_type(values: pa.Array) -> None:
    assert normalise("birth_date", values).to_pylist() == ["1979-05-04", None]
