import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.definitions import Definition
from weft.model.survivorship import VALUES_MOST, Strategy, Survival, Survivorship
from weft.profile.candidates import Candidate, tell
from weft.profile.projection import Delta, NodeState, fold
from weft.profile.survivorship import latest_source, ranked
from weft.profile.survivorship_definition import read_survivorship, survivorship_schema

TRUSTED = ("erp", "crm/contact", "crm")


def read(*bodies: dict, computed: tuple[str, ...] = ()):
    return read_survivorship([Definition("survivorship", b["name"], b, "s.yaml") for b in bodies], computed)


def value(text: object) -> bytes:
    return msgspec.json.encode(text)


def survivor(body: dict, facts: list[tuple], identifiers: tuple = (("user_id", "1"),)) -> object:
    """Tell facts (node index, time, value, source, verified) and return the value that survives."""
    survival, problems = read({"name": "t", **body})
    assert not problems
    rule = survival.of("t")
    nodes = [NodeState(bytes([n] * 16), namespace, text) for n, (namespace, text) in enumerate(identifiers)]
    for number, (node, at, told, source, verified) in enumerate(facts):
        times = int(rule.strategy is Strategy.MOST_FREQUENT)
        tell(
            nodes[node], "t", Candidate(at, bytes([number]) * 16, value(told), source, verified, times), rule
        )
    return ranked(rule, "t", nodes, lambda _, text: str(text).strip().lower())[0].value


@pytest.mark.parametrize(
    ("body", "facts", "wanted"),
    [
        ({}, [(0, 2, "b", "", False), (0, 1, "a", "", False)], "b"),
        (
            {"strategy": "most_frequent"},
            [(0, 1, "a", "web", False), (0, 2, "a", "crm", False), (0, 3, "b", "web", False)],
            "a",
        ),
        (
            {"strategy": "most_frequent"},
            [(0, 1, "a", "web", False), (0, 2, "b", "web", False)],
            "b",
        ),
        (
            {"strategy": "most_trusted_source", "sources": list(TRUSTED)},
            [(0, 1, "e", "erp", False), (0, 9, "c", "crm/contact", False), (0, 10, "w", "web", False)],
            "e",
        ),
        (
            {"strategy": "most_trusted_source", "sources": list(TRUSTED)},
            [(0, 1, "contact", "crm/contact", False), (0, 9, "deal", "crm/deal", False)],
            "contact",
        ),
        (
            {"strategy": "longest"},
            [(0, 1, "Kim Min-su", "", False), (0, 2, "  Kim         ", "", False)],
            "Kim Min-su",
        ),
        (
            {"strategy": "verified_first", "verified": {"trait": "email_verified"}},
            [(0, 1, "a@x.test", "", True), (0, 2, "b@x.test", "", False)],
            "a@x.test",
        ),
        (
            {"strategy": "rule", "where": [{"candidate": "value", "starts_with": "+82"}]},
            [(0, 1, "+8210", "", False), (0, 2, "010", "", False)],
            "+8210",
        ),
        (
            {"strategy": "rule", "where": [{"candidate": "source", "one_of": ["erp"]}]},
            [(0, 1, "a", "web", False), (0, 2, "b", "web", False)],
            "b",
        ),
    ],
)
def test_each_strategy_chooses(body: dict, facts: list[tuple], wanted: str):
    assert survivor(body, facts) == wanted


def test_an_equal_identifier_verifies():
    facts = [(0, 1, " A@x.test", "", False), (0, 2, "b@x.test", "", False)]
    body = {"strategy": "verified_first", "verified": {"identifier": "email"}}
    assert survivor(body, facts, (("user_id", "1"), ("email", "a@x.test"))) == " A@x.test"
    assert survivor(body, facts, (("user_id", "1"),)) == "b@x.test"


def test_counts_are_added_over_nodes():
    facts = [(0, 5, "b", "w", False), (0, 1, "a", "w", False), (1, 2, "a", "w", False)]
    assert survivor({"strategy": "most_frequent"}, facts, (("user_id", "1"), ("email", "e"))) == "a"


RULES = (
    Survivorship("t"),
    Survivorship("t", Strategy.MOST_FREQUENT),
    Survivorship("t", Strategy.MOST_TRUSTED_SOURCE, TRUSTED),
    Survivorship("t", Strategy.LONGEST),
    Survivorship("t", Strategy.VERIFIED_FIRST, verified_by="v"),
)


@st.composite
def told(draw: st.DrawFn) -> list[Candidate]:
    """Many different values, so that more than are kept come; few where hypothesis wants few."""
    most = draw(st.sampled_from([3, VALUES_MOST, VALUES_MOST + 1, 60]))
    times = draw(st.lists(st.integers(0, 50), min_size=1, max_size=80))
    return [
        Candidate(
            at,
            number.to_bytes(16),
            value("x" * (which := draw(st.integers(0, most)))),
            draw(st.sampled_from(["", "erp", "crm/contact", "web"])),
            verified=which % 3 == 0 and draw(st.booleans()),
        )
        for number, at in enumerate(times)
    ]


@given(facts=told(), rule=st.sampled_from(RULES), seed=st.integers(0, 2**32))
def test_neither_order_nor_cuts_matter(facts: list[Candidate], rule: Survivorship, seed: int):
    survival = Survival(each=(rule,))
    if rule.strategy is Strategy.MOST_FREQUENT:
        facts = [each._replace(times=1) for each in facts]
    if rule.strategy is not Strategy.VERIFIED_FIRST:
        facts = [each._replace(verified=False) for each in facts]
    plain, mixed = NodeState(b"n", "n", "v"), NodeState(b"n", "n", "v")
    for each in facts:
        tell(plain, "t", each, rule)
    rng = random.Random(seed)
    rng.shuffle(facts)
    cuts = sorted({0, len(facts), *(rng.randrange(len(facts)) for _ in range(4))})
    for start, end in pairwise(cuts):
        delta = Delta()
        for each in facts[start:end]:
            tell(delta, "t", each, rule)
        fold(mixed, delta, survival)
    assert mixed.traits == plain.traits
    assert mixed.told.keys() == plain.told.keys()
    for name, one in plain.told.items():
        assert sorted(mixed.told[name].candidates) == sorted(one.candidates)
        assert mixed.told[name].dropped == one.dropped
        assert len(one.candidates) <= VALUES_MOST
        if rule.strategy is Strategy.MOST_FREQUENT:
            assert sum(each.times for each in one.candidates) + one.dropped == len(facts)
        else:
            assert one.dropped == (len({(e.value, e.source, e.verified) for e in facts}) > VALUES_MOST)
    assert ranked(rule, "t", [mixed], lambda _, __: None) == ranked(rule, "t", [plain], lambda _, __: None)


def test_the_record_that_told_the_latest_value_is_known():
    node = NodeState(b"n", "n", "v")
    tell(node, "t", Candidate(1, b"1", value("a"), "crm/contact"), Survivorship())
    assert latest_source("t", [node]) == "crm/contact"
    tell(node, "t", Candidate(2, b"2", value("a")), Survivorship())
    assert latest_source("t", [node]) == ""


def test_a_state_of_before_is_read():
    old = msgspec.msgpack.encode((b"id", "user_id", "1", 2, 3, 4, {"name": (5, b"k", b'"Kim"')}, "{}"))
    state = msgspec.msgpack.decode(old, type=NodeState)
    assert state == NodeState(b"id", "user_id", "1", 2, 3, 4, {"name": (5, b"k", b'"Kim"')})
    tell(state, "name", Candidate(6, b"l", b'"Lee"'), Survivorship())
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=NodeState)
    assert again == state
    assert [each.value for each in again.told["name"].candidates] == [b'"Kim"', b'"Lee"']


def test_what_a_workspace_says_is_read():
    survival, problems = read(
        {
            "name": "default",
            "from": {"crm/contact": {"name": "full_name", "city": "address.city"}, "member": {"name": "n"}},
        },
        {"name": "family_name", "trait": "lastName", "strategy": "longest"},
    )
    assert not problems
    assert survival.of("lastName").strategy is Strategy.LONGEST
    assert survival.of("other") == survival.default
    assert survival.record_names == ["contact", "member"]
    assert {trait: column.path for trait, column in survival.told_by("contact", "crm").items()} == {
        "name": "full_name",
        "city": "address.city",
    }
    assert survival.told_by("contact", "shop") == {}
    assert survival.told_by("member", "shop").keys() == {"name"}


def test_every_fault_is_told_at_once():
    _, problems = read(
        {"name": "a", "strategy": "longest", "sources": ["crm"], "form": {}},
        {"name": "b", "strategy": "longest", "sources": ["crm"], "from": {"contact": {"x": "y"}}},
        {
            "name": "c",
            "strategy": "rule",
            "where": [{"candidate": "value", "is": 1, "is_not": 2}, {"candidate": "age", "is": 1}],
        },
        {"name": "d", "strategy": "verified_first"},
        {"name": "e", "strategy": "verified_first", "verified": {}},
        {"name": "default", "trait": "x", "from": {"/contact": {"": "a..b"}}},
        {"name": "orders"},
        {"name": "again", "trait": "a2"},
        {"name": "a2"},
        computed=("orders",),
    )
    told = [str(problem).removeprefix("s.yaml: ") for problem in problems]
    assert told[0].startswith("a: `form` is no key here; did you mean `from`")
    assert [each.partition(":")[0] for each in told] == [
        *("a", "b", "b", "c", "c", "d", "e", "default", "default", "default", "default", "orders", "a2"),
    ]


def test_the_schema_names_every_key():
    schema = survivorship_schema()
    properties = schema["$defs"]["WrittenSurvivorship"]["properties"]
    assert {"name", "trait", "strategy", "sources", "verified", "where", "from"} <= properties.keys()
