import asyncio
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from tests.unit.web.memory import kim

from weft.definitions import Definition
from weft.language.strict import Problem
from weft.model.accepted import Accepted, Backlog, Entry
from weft.model.event import EventFilter
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.model.traffic import Came
from weft.storage.database import transaction
from weft.storage.database_batches import BatchRun, write_run
from weft.storage.database_movement import SLOT_US, count_movements
from weft.storage.database_people import write_search
from weft.storage.database_traffic import add_traffic
from weft.storage.definitions_read import validate
from weft.web.api import attention, live
from weft.web.api.attention import Kind, Severity
from weft.web.api.figures import Figures
from weft.web.api.live import Live
from weft.web.api.overview import overview_of
from weft.web.api.remembered import Remembered
from weft.web.api.services import WorkerStatus

MINUTE_US = 60_000_000
HOUR = 600
NOW_US = (HOUR * 60 + 5) * MINUTE_US


def overview(services: Any) -> Any:
    return overview_of(services, Figures(services, wait_seconds=10))


@pytest.fixture
def services(api) -> Any:
    with transaction(api.services.database) as connection:
        counts = {(NOW_US // MINUTE_US, "shop", "accepted"): 70, (NOW_US // MINUTE_US, "shop", "bot"): 30}
        counts |= {
            (NOW_US // MINUTE_US, "shop", "anonymous"): 5,
            (NOW_US // MINUTE_US - 60, "shop", "accepted"): 4,
        }
        add_traffic(connection, counts, {"shop": (NOW_US - 9, NOW_US)})
        add_traffic(connection, {(NOW_US // MINUTE_US - 60, "crm", "imported"): 9}, {"crm": (1, 2)})
        moves = [("buyers", "entered")] * 3 + [("buyers", "exited")]
        count_movements(connection, moves, NOW_US - SLOT_US)
        others = [
            ProfileDocument(UUID(int=number), (Identifier("anonymous_id", "a"),), {}, {}, 1, 1, 1, 1)
            for number in (1, 2)
        ]
        write_search(connection, [kim(), *others])
    return replace(api.services, clock=lambda: NOW_US)


def test_it_tells_minutes_people_and_movements(services) -> None:
    found = overview(services)
    assert len(found.minutes) == 60
    told = [(m.accepted, m.anonymous, m.quarantined, m.imported) for m in found.minutes if m.accepted]
    assert told == [(75, 5, 30, 0)]
    assert found.hour_before == 4
    assert found.minutes[-1].at == found.now
    assert (found.people.known, found.people.anonymous) == (1, 2)
    (moved,) = found.movements
    assert (moved.audience, moved.members, moved.entered, moved.exited) == ("buyers", 1, 3, 1)


def test_lag_is_of_the_oldest_event_that_no_profile_reflects(services) -> None:
    class Log:
        def backlog(self) -> Backlog:
            return Backlog(12, 10)

        def read(self, after: int, limit_events: int) -> list[Entry]:
            return [Entry(12, 12 - after, (Accepted(NOW_US - 90_000_000, "shop", b"", 12),))]

    found = overview(replace(services, log=Log()))
    assert (found.lag.seconds, found.lag.events, found.events_behind) == (90.0, 12, 2)
    assert Kind.BEHIND in [each.kind for each in found.attention]


def test_attention_comes_with_the_most_urgent_first(services) -> None:
    sick = replace(
        services,
        workers=lambda: [WorkerStatus("tick", False, 0, 4)],
        lanes=lambda: {"crm": {"breaker": "open", "open_for_seconds": 7.5, "last_error": "timeout"}},
    )
    found = {each.kind: each for each in overview(sick).attention}
    assert found[Kind.WORKER].parameters == {"failures": 4}
    circuit = found[Kind.CIRCUIT_OPEN]
    assert (circuit.subject, circuit.parameters["open_for_seconds"]) == ("crm", 7.5)
    growing = found[Kind.QUARANTINE]
    assert (growing.subject, growing.parameters) == (
        "bot",
        {"events": 30, "before": 0, "share_percent": 28.6},
    )
    with transaction(services.database) as connection:
        write_run(connection, "cities", BatchRun("a", 1, "no room"))
    assert Kind.SQL_RUN in [each.kind for each in overview(sick).attention]
    severities = [each.severity for each in overview(sick).attention]
    assert severities == sorted(severities, key=list(Severity).index)


def test_attention_is_for_what_needs_it() -> None:
    assert list(attention.of_disk(10**12, 10**12)) == []
    assert [each.severity for each in attention.of_disk(5 * 10**8, 10**12)] == [Severity.CRITICAL]
    assert [each.severity for each in attention.of_disk(5 * 10**9, 10**12)] == [Severity.WARNING]
    steady = [Came(100, "shop", "bot", 50), Came(30, "shop", "bot", 50), Came(100, "shop", "accepted", 9)]
    assert list(attention.of_quarantine(steady, 100)) == []
    states = {"crm": {"dead": 2, "in_doubt": 1, "delivered": 9}, "mail": {"delivered": 1}}
    letters = list(attention.of_destinations({"crm": {"breaker": "closed"}}, states))
    assert [(each.kind, each.parameters["items"]) for each in letters] == [
        (Kind.DEAD_LETTERS, 2),
        (Kind.IN_DOUBT, 1),
    ]
    runs = {
        "calm": BatchRun("a", 1),
        "odd": BatchRun("a", 2, "it took 60 s", 1),
        "new": BatchRun("a", 2, "no room"),
    }
    assert [(each.subject, each.parameters) for each in attention.of_sql_runs(runs)] == [
        ("new", {"text": "no room", "kept": 0}),
        ("odd", {"text": "it took 60 s", "kept": 1}),
    ]
    (doubt,) = attention.of_definitions([Problem("a.yaml", "buyers", "no event", is_error=False)])
    assert (doubt.subject, doubt.parameters["path"]) == ("buyers", "a.yaml")


def test_sources_tell_what_came_from_each(services, api) -> None:
    api.ask("POST", "/api/sources", json={"name": "web"})
    found = {each["name"]: each for each in api.ask("GET", "/api/sources").json()}
    assert list(found) == ["crm", "shop", "web"]
    assert (found["shop"]["events"], found["shop"]["refused_events"]) == (109, 30)
    assert (found["crm"]["created_at"], found["crm"]["keys"]) == (None, [])
    assert (found["web"]["last_seen_at"], len(found["web"]["hours"])) == (None, 24)
    assert found["web"]["edge_url"] == "http://127.0.0.1:8401"


def test_one_event_is_shown_from_the_warehouse_when_its_request_is_gone(api) -> None:
    found = api.ask("GET", "/api/events/7").json()
    assert (found["ending"], found["raw_left"], found["raw"], found["steps"]) == (
        "stored",
        "trimmed",
        None,
        [],
    )
    assert found["event"]["identifiers"] == [{"namespace": "user_id", "value": "42"}]
    assert found["profile"]["traits"]["orders"] == 3
    refused = api.ask("GET", "/api/events/8").json()
    assert (refused["ending"], refused["refused"]["reason"]) == ("quarantined", "no_identifier")
    assert api.ask("GET", "/api/events/11").status_code == 404


def test_the_instance_tells_its_checks(api) -> None:
    found = api.ask("GET", "/api/instance").json()
    names = {each["name"] for each in found["checks"]}
    assert {"disk", "fsync", "memory", "versions", "definitions", "backlog"} <= names
    assert found["disk_free_bytes"] <= found["disk_total_bytes"]
    assert {each["name"]: each["bytes"] is not None for each in found["stores"]}["database"]


def test_a_figure_that_fails_keeps_its_older_value() -> None:
    values = iter([1])
    figure = Remembered("test", lambda: next(values), seconds=0.0, wait_seconds=10)
    assert (figure.get(), figure.get()) == (1, 1)


def test_more_than_a_look_can_show_is_told_as_a_sample(api, monkeypatch) -> None:
    monkeypatch.setattr(live, "SHOWN_EVENTS", 3)
    heads = iter([0, 0, 7, 7])

    async def scenario() -> Any:
        feed = Live(api.services.events.find, lambda: next(heads, 7))
        async for listener in feed.listen(EventFilter(type="track")):
            return await listener.next(10)
        raise AssertionError("nobody listened")

    look = asyncio.run(scenario())
    assert ([each.position for each in look.events], look.came, look.sampled) == ([5, 6, 7], 7, True)


def test_checks_carry_codes_and_what_their_words_need(api) -> None:
    checks = {each["name"]: each for each in api.ask("GET", "/api/instance").json()["checks"]}
    assert all(each["code"] for each in checks.values())
    assert set(checks["disk"]["parameters"]) == {"free_bytes", "total_bytes"}
    assert checks["backlog"]["parameters"]["events"] == 0


def test_a_doubt_says_which_event_never_came_and_which_was_meant() -> None:
    definition = Definition(
        "audiences", "openers", {"name": "openers", "who": {"did": "Ordr"}}, "openers.yaml"
    )
    (doubt,) = validate([definition], {"Order", "Product Viewed"})
    assert (doubt.word, dict(doubt.parameters)) == ("unseen_event", {"event": "Ordr", "near": "Order"})
    (told,) = attention.of_definitions([doubt])
    assert told.parameters["doubt"] == "unseen_event"
    assert told.parameters["near"] == "Order"
