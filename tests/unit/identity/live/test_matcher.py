import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.identity.live.people import KINDS, node_ids, people, records_of, trained

from weft.identity.live.derive import derive
from weft.identity.live.matcher import FEW_PAIRS, Matcher, Outcome
from weft.identity.scoring.blocking import BlockingKey, candidates, parts_of
from weft.identity.scoring.model import Model
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Comparer, Scorer, model_chains, probability
from weft.identity.scoring.table import unpack

TOLD = people(2_400, seed=3)
MODEL: Model = trained(TOLD)
NODES = node_ids(len(TOLD))
ODD = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        (
            "robert smith",
            "bob",
            "j",
            "kim",
            "김",
            "1980",
            "1980-02",
            "1980-02-03",
            "1980-03-02",
            "1980-02-04",
            "1890-02-03",
            "+442079460000",
            "+442079460001",
            "a.b@gmail.com",
            "ab@gmail.com",
            "ab+c@gmail.com",
            "ac@gmail.com",
            "5 high street",
            "5 hihg street",
        )
    ),
)


def _pairs_by_batch() -> dict[tuple[bytes, bytes], float]:
    """What `weft resolve` finds and scores with this model, whole columns at once."""
    records = records_of(TOLD)
    prepared = [prepare(one) for one in records.fields]
    for field, one, model in zip(records.fields, prepared, MODEL.fields, strict=True):
        rarity = [model.frequent.get(value, model.rarity) for value in field.values.to_pylist()]
        one.rarity = np.array(rarity, np.uint8)
        if one.spellings is not None:
            keys = one.spellings.take(pa.array(one.keys["variant"], mask=one.keys["variant"] < 0)).to_pylist()
            steps = [model.frequent_keys.get(key or "", model.key_rarity) for key in keys]
            one.key_rarity = np.array(steps, np.uint8)
    parts = {f"{records.fields[one.field].name}.{one.name}": one for one in parts_of(records, prepared)}
    keys = [BlockingKey([parts[name] for name in key]) for key in MODEL.keys]
    left, right = unpack(candidates(records, prepared, keys))
    bits = Scorer(MODEL).score(Comparer(records, prepared, model_chains(MODEL)).levels(left, right)).bits
    ids = [(int(high) << 64 | int(low)).to_bytes(16) for high, low in NODES]
    sure = np.flatnonzero(probability(bits) >= 0.6)
    ends = zip(left[sure].tolist(), right[sure].tolist(), strict=True)
    return {
        (min(ids[a], ids[b]), max(ids[a], ids[b])): float(each)
        for (a, b), each in zip(ends, bits[sure], strict=True)
    }


def test_live_finds_and_scores_what_the_batch_does_in_any_order() -> None:
    expected = _pairs_by_batch()
    assert len(expected) > 1_000
    for seed in (1, 2, 3):
        matcher, found = Matcher(MODEL), dict[tuple[bytes, bytes], float]()
        order = np.random.default_rng(seed).permutation(len(TOLD))
        for part in np.array_split(order, len(TOLD) // 40):
            rows = matcher.put(NODES[part], [TOLD[place] for place in part])
            scored = matcher.match(rows)
            kept = matcher.pairs(scored, np.flatnonzero(scored.confidence >= 0.6))
            found |= {(pair.left, pair.right): pair.bits for pair in kept}
        same = [pair for pair in expected if pair in found and abs(found[pair] - expected[pair]) < 0.01]
        assert not found.keys() - expected.keys()
        assert len(same) >= 0.999 * len(expected)


def test_contributions_sum_to_the_bits_and_say_where_they_come_from() -> None:
    matcher = Matcher(MODEL)
    rows = matcher.put(NODES, TOLD)
    scored = matcher.match(rows)
    pairs = matcher.pairs(scored, np.arange(len(scored.left)))
    assert pairs
    for pair, bits in zip(pairs, scored.bits.tolist(), strict=True):
        assert abs(sum(pair.fields.values()) - pair.bits) < 1e-6
        assert abs(pair.bits - bits) < 0.01
        assert pair.fields.keys() <= {*KINDS, "prior", "household"}
        assert (pair.outcome is Outcome.SAME) == (bits >= 0)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000), st.lists(st.dictionaries(st.sampled_from(KINDS), ODD, min_size=1), max_size=12)
)
def test_few_pairs_are_scored_as_many_are(seed: int, odd: list[dict[str, str]]) -> None:
    told = [*people(60, seed), *odd]
    matcher = Matcher(MODEL)
    matcher.put(NODES[: len(told)], told)
    every = np.arange(len(told), dtype=np.int32)
    left, right = (each.ravel() for each in np.meshgrid(every, every))
    many = matcher.score(left, right)
    for at in range(0, len(left), FEW_PAIRS // 2):
        part = slice(at, at + FEW_PAIRS // 2)
        few = matcher.score(left[part], right[part])
        assert few.levels.tolist() == many.levels[:, part].tolist()


def test_what_is_told_anew_replaces_what_was_told() -> None:
    one, other = dict(TOLD[0]), dict(TOLD[0])
    matcher = Matcher(MODEL)
    rows = matcher.put(NODES[:2], [one, other])
    before = matcher.match(rows)
    other["birth_date"], other["city"], other["postcode"] = "1951-11-30", "busan", "48058"
    matcher.put(NODES[1:2], [other])
    after = matcher.score(before.left, before.right)
    assert after.bits[0] < before.bits[0]
    fresh = Matcher(MODEL)
    fresh.put(NODES[:2], [one, other])
    assert fresh.score(before.left, before.right).bits.tolist() == after.bits.tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_the_index_finds_exactly_who_shares_a_key(seed: int, count: int) -> None:
    told, matcher = people(count, seed), Matcher(MODEL)
    rows = matcher.put(NODES[:count], told)
    left, right = matcher.index.candidates(rows)
    assert {*zip(left.tolist(), right.tolist(), strict=True)} == {
        (a, b) for b in range(count) for a in range(b) if _share_a_key(told[a], told[b])
    }


def _share_a_key(one: dict[str, str], other: dict[str, str]) -> bool:
    return any(all(_part(one, part) == _part(other, part) != -1 for part in key) for key in MODEL.keys)


def _part(told: dict[str, str], part: str) -> object:
    field, name = part.split(".")
    value = told.get(field)
    if value is None:
        return -1
    return value if name == "exact" else derive(field, value)[name]


def test_a_value_that_everybody_has_is_passed_over_and_reported() -> None:
    told = [{"phone": "+442079460000", "given_name": f"name {chr(97 + n % 26)}{n}"} for n in range(700)]
    matcher = Matcher(MODEL)
    rows = matcher.put(NODES[:700], told)
    left, _ = matcher.index.candidates(rows)
    assert len(left) == 0
    assert matcher.index.shared["phone.tail"] == 700


def test_nothing_told_and_nobody_there() -> None:
    matcher = Matcher(MODEL)
    assert len(matcher.put(NODES[:0], [])) == 0
    rows = matcher.put(NODES[:2], [{}, {"nickname": "nobody asked"}])
    assert len(matcher.match(rows).left) == 0
