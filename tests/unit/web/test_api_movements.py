"""What moved an audience and a person, and since when a membership is written down, over a real database."""

from typing import get_args

import pytest
from tests.unit.web.memory import KIM_ID, kim

from weft.model.audience import Rule
from weft.model.signal import Cause
from weft.storage.database import transaction
from weft.storage.database_history import MembershipChange, write_changes
from weft.storage.database_profiles import ProfileWrite, write_profiles
from weft.web.api.explain import ClauseKind

GONE = b"g" * 16
CHANGES = (
    MembershipChange(GONE, 1_000_000, "buyers", True, Cause.IMPORT),
    MembershipChange(KIM_ID.bytes, 1_999_001, "buyers", True, Cause.FACT),
    MembershipChange(KIM_ID.bytes, 3_000_000, "lapsed", True, Cause.TIME),
    MembershipChange(GONE, 3_500_000, "buyers", False, Cause.IDENTITY),
    MembershipChange(KIM_ID.bytes, 4_000_000, "lapsed", False, Cause.CONSENT),
)


@pytest.fixture
def moved(api):
    """The API, with Kim, and with somebody who was merged into her since."""
    with transaction(api.services.database) as connection:
        write = ProfileWrite([(kim(), [], None)], {GONE: KIM_ID.bytes}, {}, [], [], [], [], 5_000_000)
        write_profiles(connection, write)
        write_changes(connection, CHANGES)
    return api


def test_what_moved_an_audience_is_counted_by_cause_and_named(moved) -> None:
    found = moved.ask("GET", "/api/audiences/buyers/movements").json()
    assert (found["entered"]["count"], found["entered"]["causes"]) == (2, {"import": 1, "fact": 1})
    assert (found["exited"]["count"], found["exited"]["causes"]) == (1, {"identity": 1})
    (mover,) = found["entered"]["newest"]  # who was merged is shown under no name of her own
    assert (mover["profile_id"], mover["at"], mover["cause"]) == (
        str(KIM_ID), "1970-01-01T00:00:02.000Z", "fact",
    )  # fmt: skip
    assert {"namespace": "email", "value": "kim@example.com"} in mover["identifiers"]


def test_one_cause_is_named_and_all_are_counted(moved) -> None:
    found = moved.ask("GET", "/api/audiences/buyers/movements?cause=import").json()["entered"]
    assert (found["count"], found["newest"]) == (2, [])
    assert moved.ask("GET", "/api/audiences/buyers/movements?cause=magic").status_code == 400
    assert moved.ask("GET", "/api/audiences/nobody/movements").status_code == 404


def test_a_person_has_moved_under_every_id_that_she_had(moved) -> None:
    def moves(path: str) -> list[tuple[str, bool, str]]:
        found = moved.ask("GET", f"/api/profiles/user_id:42/memberships{path}").json()
        return [(each["audience"], each["entered"], each["cause"]) for each in found]

    assert moves("")[:2] == [("lapsed", False, "consent"), ("buyers", False, "identity")]
    assert moves("?audience=lapsed") == [("lapsed", False, "consent"), ("lapsed", True, "time")]
    assert moves("?audience=lapsed&limit=1") == [("lapsed", False, "consent")]


@pytest.mark.parametrize(
    ("audience", "at", "recorded", "since", "cause"),
    [
        ("buyers", "", True, "00:00:02.000Z", None),  # the last that was written down is another's leaving
        ("buyers", "?at=1970-01-01T00:00:02.5Z", True, "00:00:02.000Z", "fact"),
        ("buyers", "?at=1970-01-01T00:00:00.5Z", None, None, None),
    ],
)
def test_since_when_and_through_what_she_is_in_it(
    moved, audience: str, at: str, recorded: bool | None, since: str | None, cause: str | None
) -> None:
    found = moved.ask("GET", f"/api/audiences/{audience}/explain/user_id:42{at}").json()
    told = None if found["since"] is None else found["since"].partition("T")[2]
    assert (found["recorded"], told, found["cause"]) == (recorded, since, cause)
    (clause,) = found["clauses"]
    assert (clause["path"], clause["kind"], clause["audience"]) == ("who", "did", None)


def test_every_rule_of_the_language_has_a_kind() -> None:
    assert {each.__struct_config__.tag for each in get_args(Rule)} == set(ClauseKind)
