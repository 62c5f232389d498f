import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.live.people import node_ids, people

from weft.identity.live.default import default_model
from weft.identity.live.frequencies import (
    LEAST_PEOPLE,
    chance_among,
    count_values,
    rarity_among,
    with_frequencies,
)
from weft.identity.live.matcher import Matcher, ScoredPair
from weft.identity.scoring.blocking import LARGEST_GROUP
from weft.identity.scoring.model import Model, model_version

DEFAULT = default_model()
TOLD = people(900, seed=11)
NODES = node_ids(2_000)

Told = list[dict[str, str]]


def matcher_of(told: Told, model: Model = DEFAULT) -> Matcher:
    matcher = Matcher(model)
    matcher.put(NODES[: len(told)], told)
    return matcher


def field(model: Model, name: str):
    return next(one for one in model.fields if one.name == name)


def learnt(told: Told) -> Model:
    return with_frequencies(DEFAULT, count_values(matcher_of(told).index))


def pair(model: Model, one: dict[str, str], other: dict[str, str]) -> ScoredPair:
    matcher = matcher_of([one, other], model)
    scored = matcher.score(np.array([0], np.int32), np.array([1], np.int32))
    (found,) = matcher.pairs(scored, np.array([0]))
    return found


def crowd() -> Told:
    """400 people, each with an e-mail address; 200 are called Kim, written in two ways, and one Ó Séaghdha."""
    names = ["김", "kim"] * 100 + [f"family{n:03}" for n in range(199)] + ["o seaghdha"]
    return [
        {"family_name": name, "given_name": f"given{n:03}", "city": "seoul", "email": f"e{n}@x.example"}
        for n, name in enumerate(names)
    ]


def test_a_name_that_many_have_says_less_and_a_rare_one_what_it_said() -> None:
    model = learnt(crowd())
    for name, less in (("kim", True), ("김", True), ("o seaghdha", False), ("nobody yet", False)):
        one = {"family_name": name, "birth_date": "1980-02-03"}
        before, after = pair(DEFAULT, one, one), pair(model, one, one)
        assert (after.fields["family_name"] < before.fields["family_name"]) is less
        assert after.fields["birth_date"] == before.fields["birth_date"]
        assert after.bits == pytest.approx(sum(after.fields.values()))
    one, other = {"family_name": "kim"}, {"family_name": "김"}
    assert pair(model, one, other).fields["family_name"] < pair(DEFAULT, one, other).fields["family_name"]


def test_what_is_counted_is_people() -> None:
    counted = count_values(matcher_of(crowd()).index)
    assert (counted.nodes, counted.people) == (400, 400)
    assert counted.fields["family_name"].values.of == {"김": 100, "kim": 100}
    assert counted.fields["family_name"].keys.of == {"=kim": 200}
    assert counted.fields["city"].values.of == {"seoul": 400}
    twice = [*crowd(), *({"family_name": "park", "email": f"e{n % 4}@x.example"} for n in range(50))]
    counted = count_values(matcher_of(twice).index)
    assert (counted.nodes, counted.people) == (450, 400)
    assert "park" not in counted.fields["family_name"].values.of, "50 records of four people"


def test_a_number_that_everybody_has_makes_nobody_one_person() -> None:
    told = [{**one, "phone": "+8221234567"} for one in crowd()]
    assert len(told) > LARGEST_GROUP
    assert count_values(matcher_of(told).index).people == len(told)


def test_no_value_of_few_people_and_none_that_is_a_persons_own_is_kept() -> None:
    few = [
        {"city": "ys", "street": "1 sea road", "email": f"f{n}@x.example"} for n in range(LEAST_PEOPLE - 1)
    ]
    counted = count_values(matcher_of([*TOLD, *few]).index)
    kept = {name: {**counts.values.of, **counts.keys.of} for name, counts in counted.fields.items()}
    assert kept["given_name"]
    assert not kept.get("email")
    assert not kept.get("phone")
    assert "ys" not in kept["city"]
    assert min(count for each in kept.values() for count in each.values()) >= LEAST_PEOPLE


def test_the_order_of_arrival_changes_nothing() -> None:
    order = np.random.default_rng(1).permutation(len(TOLD))
    assert count_values(matcher_of([TOLD[n] for n in order]).index) == count_values(matcher_of(TOLD).index)
    assert model_version(learnt([TOLD[n] for n in order])) == model_version(learnt(TOLD))
    assert model_version(learnt(TOLD)) != model_version(DEFAULT)


def test_an_address_made_from_a_name_that_many_have_is_not_as_likely_by_chance() -> None:
    namesakes = [
        {"given_name": "ji min", "family_name": "kim", "email": f"jimin.kim{n}@x.example"} for n in range(300)
    ]
    one = {**namesakes[0], "city": "seoul"}
    other = {**one, "city": "busan"}
    before, after = pair(DEFAULT, one, other), pair(learnt(namesakes), one, other)
    names = ("given_name", "family_name")
    lost = sum(before.fields[name] - after.fields[name] for name in names)
    assert lost > 10
    assert after.fields["email"] > before.fields["email"] + lost / 2
    assert after.confidence > 0.9


def test_a_matcher_that_takes_frequencies_scores_as_one_made_with_them_and_says_whose_scores_change() -> None:
    matcher, model = matcher_of(TOLD), learnt(TOLD)
    every = np.arange(len(TOLD))
    before = matcher.match(every)
    changed = matcher.use(model)
    after, fresh = matcher.match(every), matcher_of(TOLD, model).match(every)
    assert np.array_equal(after.levels, fresh.levels)
    assert np.array_equal(after.bits, fresh.bits)
    other = before.bits != after.bits
    assert other.any()
    assert np.isin(before.left[other], changed).all()
    assert np.isin(before.right[other], changed).all()
    few = slice(0, 20)  # one pair after the other, not in columns
    assert np.array_equal(matcher.score(after.left[few], after.right[few]).levels, after.levels[:, few])
    assert len(matcher.use(model)) == 0


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 27))
def test_the_step_falls_with_the_count_and_stays_in_bounds(count: int, more: int, usual: int) -> None:
    people = 10**6 + 1
    step = rarity_among(count, people, usual)
    assert 0 <= step <= usual
    assert rarity_among(min(count + more, people), people, usual) <= step
    assert rarity_among(1, people, usual) == usual
    assert rarity_among(count, people * 2, usual) >= step


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.floats(1e-9, 0.5))
def test_a_chance_lies_between_what_is_usual_and_what_was_seen(count: int, others: int, usual: float) -> None:
    total = count + others
    chance = chance_among(count, total, usual)
    seen = count / total if total else usual
    assert min(usual, seen) * 0.999 <= chance <= max(usual, seen) * 1.001
