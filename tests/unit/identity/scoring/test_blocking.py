import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.scoring.blocking import LARGEST_GROUP, candidates, choose, in_order
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.table import Records, encode, unpack


def records(count: int, phone: list[str | None]) -> Records:
    rng = np.random.default_rng(1)
    names = [f"name{one}" for one in rng.integers(0, count // 3, count)]
    dates = [
        f"19{one % 90 + 10}-{one % 12 + 1:02}-{one % 28 + 1:02}" for one in rng.integers(0, 9_999, count)
    ]
    columns = {"given_name": names, "birth_date": dates, "phone": phone}
    fields = tuple(encode(kind, kind, pa.array(values, pa.string())) for kind, values in columns.items())
    return Records(fields, np.zeros(count, np.int16))


def test_pairs_are_few_sorted_and_once_each() -> None:
    made = records(20_000, [f"07{one:09}" for one in range(20_000)])
    prepared = [prepare(field) for field in made.fields]
    keys = choose(made, prepared, 100_000, np.random.default_rng(1))
    pairs = candidates(made, prepared, keys)
    left, right = unpack(pairs)
    assert (np.diff(pairs.astype(np.int64)) > 0).all()
    assert (left < right).all()
    assert 1_000 < len(pairs) < 200_000
    names = made.fields[0].codes
    dates = made.fields[1].codes
    both = (names[left] == names[right]) & (dates[left] == dates[right])
    whole = {(a, b) for a, b in zip(names.tolist(), dates.tolist(), strict=True)}
    assert both.sum() >= len(made) - len(whole)


def test_a_group_over_the_limit_is_taken_apart() -> None:
    shared = 5 * LARGEST_GROUP
    made = records(20_000, ["071"] * shared + [f"07{one:09}" for one in range(20_000 - shared)])
    prepared = [prepare(field) for field in made.fields]
    keys = choose(made, prepared, 100_000, np.random.default_rng(1))
    assert len(candidates(made, prepared, keys)) < 200_000


def test_all_the_same_gives_no_pairs_of_all_with_all() -> None:
    made = records(30_000, ["07123456789"] * 30_000)
    prepared = [prepare(field) for field in made.fields]
    keys = choose(made, prepared, 100_000, np.random.default_rng(1))
    assert len(candidates(made, prepared, keys)) < 200_000


@given(st.lists(st.tuples(*[st.integers(-1, 2**31 - 1) | st.integers(-1, 3)] * 2), min_size=1, max_size=60))
def test_order_groups_records_by_all_their_codes(codes: list[tuple[int, int]]) -> None:
    columns = [np.array(one, np.int32) for one in zip(*codes, strict=True)]
    rows, values = in_order(columns)
    assert sorted(rows.tolist()) == [row for row, one in enumerate(codes) if min(one) >= 0]
    for one, key in zip(rows.tolist(), values.tolist(), strict=True):
        for other, other_key in zip(rows.tolist(), values.tolist(), strict=True):
            assert (key == other_key) == (codes[one] == codes[other])
    assert (values[1:] >= values[:-1]).all()
