import copy
import dataclasses
from itertools import permutations
from uuid import UUID

import pytest

from weft.consent.gate import _SEAL, Cleared, clear
from weft.model.consent import ALL_CHANNELS, Act, ConsentRecord, DenialReason, Denied, Evidence, Suppression

NOW = 1_000
ONE, TWO, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
ACT = Act(UUID(int=9), (ONE, TWO), "marketing", "webhook")


def said(
    node: UUID, granted: bool, at_us: int, record_id: int = 1, purpose: str = "marketing"
) -> ConsentRecord:
    return ConsentRecord(node, purpose, granted, at_us, "app", f"m{record_id}", record_id)


def judge(*records: ConsentRecord, hold: tuple[Suppression, ...] = (), **defaults: str) -> str:
    answers = {_name(clear(ACT, Evidence(order, hold), defaults, NOW)) for order in permutations(records)}
    assert len(answers) == 1, "the order of the records must not matter"
    return answers.pop()


def _name(answer: Cleared | Denied) -> str:
    return answer.evidence if isinstance(answer, Cleared) else str(answer.reason)


@pytest.mark.parametrize(
    ("records", "defaults", "expected"),
    [
        ((), {}, "no_default"),
        ((), {"marketing": "deny"}, "default_denies"),
        ((), {"marketing": "allow"}, "default:allow"),
        ((), {"service": "allow"}, "no_default"),
        ((), {"marketing": "Allow"}, "default_denies"),
        ((said(ONE, True, 10),), {}, "record:1"),
        ((said(ONE, True, 10),), {"marketing": "deny"}, "record:1"),
        ((said(ONE, False, 10),), {"marketing": "allow"}, "refused"),
        ((said(ONE, True, 10, 1), said(ONE, False, 20, 2)), {"marketing": "allow"}, "refused"),
        ((said(ONE, False, 10, 1), said(ONE, True, 20, 2)), {}, "record:2"),
        ((said(ONE, True, 10, 1), said(ONE, False, 10, 2)), {}, "refused"),
        ((said(ONE, False, 10, 1), said(ONE, True, 10, 2)), {}, "record:2"),
        ((said(ONE, True, 10, 1), said(TWO, False, 5, 2)), {}, "refused"),
        ((said(ONE, True, 30, 1), said(TWO, False, 5, 2), said(TWO, True, 6, 3)), {}, "record:1"),
        ((said(OTHER, True, 10),), {}, "no_default"),
        ((said(OTHER, False, 10), said(ONE, True, 10, 2)), {}, "record:2"),
        ((said(ONE, True, 10, purpose="service"),), {}, "no_default"),
        ((said(ONE, True, NOW + 1),), {"marketing": "allow"}, "not_yet"),
        ((said(ONE, True, NOW),), {}, "record:1"),
        ((said(ONE, False, NOW + 1),), {"marketing": "allow"}, "refused"),
    ],
)
def test_the_stricter_node_wins_and_silence_is_the_default(
    records: tuple[ConsentRecord, ...], defaults: dict[str, str], expected: str
) -> None:
    assert judge(*records, **defaults) == expected


@pytest.mark.parametrize(
    ("node", "channel", "expected"),
    [
        (ONE, "webhook", "suppressed"),
        (TWO, "webhook", "suppressed"),
        (TWO, ALL_CHANNELS, "suppressed"),
        (ONE, "email", "record:1"),
        (OTHER, ALL_CHANNELS, "record:1"),
    ],
)
def test_a_suppression_beats_every_consent(node: UUID, channel: str, expected: str) -> None:
    assert judge(said(ONE, True, 10), hold=(Suppression(node, channel, "bounced", 5),)) == expected


def test_a_profile_without_nodes_is_denied_whatever_the_default() -> None:
    answer = clear(Act(ONE, (), "marketing", "webhook"), Evidence(), {"marketing": "allow"}, NOW)
    assert isinstance(answer, Denied)
    assert answer.reason == DenialReason.NO_PROFILE


@pytest.mark.parametrize("broken", [None, 3, (None,), (said(ONE, True, None),)])  # pyright: ignore
def test_evidence_that_cannot_be_judged_closes_the_gate(broken: object) -> None:
    evidence = Evidence(broken)  # pyright: ignore[reportArgumentType]
    answer = clear(ACT, evidence, {"marketing": "allow"}, NOW)
    assert isinstance(answer, Denied)
    assert answer.reason == DenialReason.UNREADABLE


def test_a_value_that_is_not_exactly_true_is_a_refusal() -> None:
    assert judge(said(ONE, 1, 10)) == "refused"  # pyright: ignore[reportArgumentType]


def test_nobody_else_makes_or_changes_a_cleared() -> None:
    cleared = clear(ACT, Evidence((said(ONE, True, 10),)), {}, NOW)
    assert isinstance(cleared, Cleared)
    with pytest.raises(TypeError, match="Only weft"):
        Cleared(ONE, "marketing", "webhook", "default:allow", NOW, object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(cleared, purpose="service")
    with pytest.raises(dataclasses.FrozenInstanceError):
        cleared.purpose = "service"  # pyright: ignore[reportAttributeAccessIssue]
    assert copy.copy(cleared) == cleared
    assert _SEAL not in (getattr(cleared, field.name) for field in dataclasses.fields(cleared))
