"""Whatever stands in a definition, it is read or refused with a reason, and the good one beside it is read."""

import copy
import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.audience.written_rules import OTHERS, TRAITS, WRITTEN_RULES

from weft.audience.definition import read_audiences
from weft.audience.sentence import sentences
from weft.audience.writing import written
from weft.definitions import Definition
from weft.model.measure import Operator
from weft.profile.definition import read_traits
from weft.profile.sentence import trait_sentences

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [10**400, -(10**30), "\ud800", "\x00", "now", "1e400", "{}", "30d", b"x", dt.date(1, 1, 1)]
    ),
    st.sampled_from(
        [[], {}, [[]], {"all": []}, {1: 2}, {None: None}, [None], {"property": "a", "plus": "2d"}]
    ),
)
KEYS = st.sampled_from(
    ["all", "not", "trait", "as", "within", "where", "formula", "kind", "event", *Operator, "x"]
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    return [at, *(place for key, item in items for place in places(item, (*at, key)))]


def spoilt(body: Any, place: tuple[Any, ...], key: str | None, odd: Any) -> Any:
    """The body with what stands at a place replaced, or with a key more there."""
    if not place:
        return {**body, key: odd} if key is not None and isinstance(body, dict) else odd
    changed = copy.copy(body) if isinstance(body, dict) else list(body)
    changed[place[0]] = spoilt(changed[place[0]], place[1:], key, odd)
    return changed


@st.composite
def spoilt_bodies(draw: st.DrawFn, bodies: st.SearchStrategy[Any]) -> Any:
    body = draw(bodies)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(places(body)))
        body = spoilt(body, place, draw(st.none() | KEYS), draw(ODD))
    return body


@given(spoilt_bodies(WRITTEN_RULES))
def test_an_odd_rule_is_read_or_refused(who: Any) -> None:
    bodies = [*OTHERS, {"name": "odd", "who": who}, {"name": "good", "who": {"did": "X"}}]
    traits = [Definition("traits", body["name"], body, "t.yaml") for body in TRAITS]
    definitions = [Definition("audiences", body["name"], body, "a.yaml") for body in bodies]
    found, problems = read_audiences(definitions, read_traits(traits)[0])
    names = {audience.name for audience in found}
    assert {"buyers", "lapsed", "good"} <= names
    for audience in found:
        assert all(sentences(audience.who).values())
        assert written(audience.who)
    if "odd" not in names:
        assert [problem for problem in problems if problem.is_error and problem.name == "odd"]
        assert all(len(str(problem)) < 2_000 for problem in problems)


KINDS = st.sampled_from(
    [
        *TRAITS,
        {"kind": "sum", "record": "order", "multiply": ["a", "b"], "window": {"last": "1d", "before": "2d"}},
        {"kind": "streak", "type": "page", "unit": "week", "window": "this_month"},
        {"kind": "mean", "event": "X", "property": "a", "where": [{"at": "hour", "between": [1, 2]}]},
    ]
).map(lambda body: {**body, "name": "odd"})


@given(spoilt_bodies(KINDS))
def test_an_odd_trait_is_read_or_refused(body: Any) -> None:
    odd = body if isinstance(body, dict) else {"name": "odd", "value": body}
    definitions = [Definition("traits", "odd", odd, "t.yaml")]
    definitions += [Definition("traits", each["name"], each, "t.yaml") for each in TRAITS]
    found, problems = read_traits(definitions)
    assert len(found) >= len(TRAITS)
    assert all(all(trait_sentences(trait).values()) for trait in found)
    assert len(found) > len(TRAITS) or [each for each in problems if each.is_error and each.name == "odd"]
