from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator

from weft.consent.gate import clear
from weft.decide.decision import Decision, Ground, decide
from weft.decide.definition import read_slots, slot_schema
from weft.decide.reason import SAID, language_of, reason_of
from weft.definitions import Definition
from weft.model.consent import Act, Denied, Evidence

HERO: dict[str, Any] = {
    "name": "home_hero",
    "purpose": "personalisation",
    "held_back": [{"audience": "open_ticket"}],
    "offers": [
        {"name": "bits", "audience": "drill_buyers", "show": {"title": "Bits"}},
        {"name": "rent", "audience": "movers", "show": {"title": "Trucks"}},
    ],
    "default": {"title": "Welcome"},
}
AUDIENCES = ("open_ticket", "drill_buyers", "movers")
NODE = uuid4()


def read(body: dict[str, Any]):
    known = [Definition("audiences", name, {"name": name}, "a") for name in AUDIENCES]
    return read_slots([*known, Definition("slots", str(body.get("name")), body, "s")])


def gate(allow: bool):
    act = Act(UUID(int=1), (NODE,), "personalisation", "web")
    return clear(act, Evidence(), {"personalisation": "allow" if allow else "deny"}, 1)


@pytest.mark.parametrize(
    ("audiences", "allow", "expected"),
    [
        ({"movers", "drill_buyers"}, True, Decision(Ground.OFFER, {"title": "Bits"}, "bits", "drill_buyers")),
        ({"movers"}, True, Decision(Ground.OFFER, {"title": "Trucks"}, "rent", "movers")),
        (set(), True, Decision(Ground.DEFAULT, {"title": "Welcome"})),
        (None, True, Decision(Ground.UNKNOWN, {"title": "Welcome"})),
        ({"movers", "open_ticket"}, True, Decision(Ground.HELD_BACK, audience="open_ticket")),
        ({"movers"}, False, Decision(Ground.NO_CONSENT, detail="default_denies")),
        ({"movers", "open_ticket"}, False, Decision(Ground.HELD_BACK, audience="open_ticket")),
    ],
)
def test_the_first_offer_that_fits_is_shown_unless_something_holds_back(
    audiences: set[str] | None, allow: bool, expected: Decision
):
    (slot,), problems = read(HERO)
    assert not problems
    assert decide(slot, audiences, gate(allow)) == expected


def test_without_the_gate_nothing_is_shown():
    (slot,), _ = read(HERO)
    assert isinstance(gate(False), Denied)
    assert decide(slot, {"movers"}, None) == Decision(Ground.NO_CONSENT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Home Hero"}, "name: `Home Hero` is no name"),
        ({"purpose": None}, "purpose: expected `str`, got `null`"),
        ({"offers": []}, "offers: expected `array` of length >= 1"),
        ({"ofers": []}, "`ofers` is no key here; did you mean `offers`"),
        ({"held_back": [{"audience": "open_tickets"}]}, "held_back[0].audience: no audience is called `open_tickets`"),
        ({"offers": [{"name": "a", "audience": "mover", "show": 1}]}, "did you mean `movers`"),
        ({"offers": [{"name": "a", "show": 1}, {"name": "b", "show": 2}]}, "offers[0]: is for everybody"),
        ({"offers": [HERO["offers"][0], HERO["offers"][0]]}, "offers[1].name: `bits` is an offer above already"),
        ({"default": "x" * 70_000}, "default: is more than 65,536 bytes"),
    ],
)  # fmt: skip
def test_a_slot_with_a_fault_is_refused_and_told_where(change: dict[str, Any], said: str):
    slots, problems = read(HERO | change)
    assert slots == ()
    assert any(said in problem.message for problem in problems), problems


def test_the_schema_knows_a_slot():
    schema = Draft202012Validator(slot_schema())
    assert schema.is_valid(HERO)
    assert not schema.is_valid(HERO | {"offers": [{"show": 1}]})
    assert not schema.is_valid(HERO | {"other": 1})


def test_every_ground_has_words_in_every_language():
    for language, patterns in SAID.items():
        assert patterns.keys() == SAID["en"].keys() >= set(Ground)
        said = reason_of(Decision(Ground.OFFER, 1, "rent", "movers"), language, {"movers": "RULE"}, "p")
        assert "movers" in said
        assert "RULE" in said
        assert "RULE" not in reason_of(Decision(Ground.OFFER, 1, "rent"), language, {"movers": "RULE"}, "p")


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9", "ko"),
        ("fr, zh-Hant-TW", "zh-TW"),
        ("fr", "en"),
        ("", "en"),
        ("*;q=x", "en"),
    ],
)
def test_the_language_is_the_first_that_is_there(asked: str, language: str):
    assert language_of(asked) == language
