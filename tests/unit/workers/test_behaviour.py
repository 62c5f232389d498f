"""Behaviour moves scored pairs: what accounts do raises or lowers a link, whichever came first."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.workers.engine import KEY, NOW, RULES, Engine, event

from weft.identity.rules import Rules
from weft.model.identifier import Identifier, node_id
from weft.storage import duckdb_places
from weft.storage.database_person import ScoreEdge, read_scores, waiting
from weft.storage.duckdb_behaviour import Behaviours, place_of
from weft.workers.behaviour import Watching
from weft.workers.match import Matching

ONE, OTHER = "loyalty:a", "crm:b"
MIN_SU = {"full_name": "김민수", "birth_date": "1980-02-03", "city": "서울"}
ROMANISED = {"full_name": "Kim Min-su", "city": "Seoul"}
BORN = {"full_name": "Kim Min-su", "birth_date": "1980-02-03"}
SEOUL, NEW_YORK = {"latitude": 37.57, "longitude": 126.98}, {"latitude": 40.71, "longitude": -74.01}
DAWN = datetime(2026, 5, 1)


class Accounts:
    """Two accounts in an engine whose workers of matching and of behaviour are driven by hand."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder, traits=[], audiences=[])
        behaviours = Behaviours(self.engine.warehouse, RULES)
        self.watching = Watching(self.engine.database, behaviours, RULES)
        self.matching = Matching(self.engine.database, folder, Rules(), lambda: 7, behaviours.of)

    def hear(self, *rows: dict[str, Any]) -> None:
        """Take events in, and let every worker come to rest."""
        self.engine.take(*rows)
        while self.watching.step() + self.matching.step():
            pass

    def scores(self) -> list[ScoreEdge]:
        with self.engine.database.begin() as connection:
            return read_scores(connection, 0, self.engine.position, 1_000)

    def last(self) -> tuple[float, dict[str, float]]:
        edge = self.scores()[-1]
        fields = msgspec.json.decode(edge.fields, type=dict[str, float])
        assert sum(fields.values()) == pytest.approx(edge.bits, abs=1e-6)
        assert {edge.left, edge.right} == {node(ONE), node(OTHER)}
        return edge.confidence, fields


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    found = Accounts(tmp_path / "w")
    yield found
    found.engine.close()


def node(identifier: str) -> bytes:
    return node_id(KEY, Identifier(*identifier.split(":"))).bytes


def told(number: int, who: str, traits: dict[str, Any]) -> dict[str, Any]:
    return event(number, who, type="identify", at=NOW + timedelta(hours=number), **traits)


def seen(number: int, who: str, device: str, minute: float, location: Any = None) -> dict[str, Any]:
    context = {} if location is None else {"location": location}
    return event(number, who, f"device_id:{device}", at=DAWN + timedelta(minutes=minute), context=context)


def test_two_accounts_on_one_device_are_likelier_one_person(accounts: Accounts) -> None:
    accounts.hear(told(1, ONE, MIN_SU), told(2, OTHER, ROMANISED))
    assert accounts.scores() == [], "a name and a city are too little"
    accounts.hear(seen(3, ONE, "tablet", 0), seen(4, OTHER, "tablet", 60))
    confidence, fields = accounts.last()
    assert fields["shared_device"] == 4.0
    assert Rules().review < confidence < Rules().merge
    accounts.hear(seen(5, "loyalty:c", "tablet", 90), seen(6, "loyalty:d", "tablet", 120))
    less, fields = accounts.last()
    assert fields["shared_device"] == 2.0
    assert less < confidence
    accounts.hear(*(seen(10 + n, f"loyalty:{n}", "tablet", 200 + n) for n in range(6)))
    assert "shared_device" not in accounts.last()[1]
    before = len(accounts.scores())
    accounts.hear(*(seen(20 + n, f"loyalty:{n}", "tablet", 300 + n) for n in range(6)))
    assert len(accounts.scores()) == before


def test_what_came_first_does_not_matter(tmp_path: Path) -> None:
    rows = [
        told(1, ONE, MIN_SU),
        told(2, OTHER, BORN),
        seen(3, ONE, "tablet", 0),
        seen(4, OTHER, "tablet", 60),
        *(seen(5 + n, ONE, "phone", 2_000 + 2 * n) for n in range(4)),
        *(seen(9 + n, OTHER, "laptop", 2_001 + 2 * n) for n in range(4)),
        seen(13, ONE, "phone", 6_000, SEOUL),
        seen(14, OTHER, "laptop", 6_060, NEW_YORK),
    ]
    found: list[tuple[float, dict[str, float]]] = []
    for seed in range(5):
        shuffled = random.Random(seed).sample(rows, len(rows))
        there = Accounts(tmp_path / str(seed))
        cut = 1 + seed * 3
        there.hear(*shuffled[:cut])
        there.hear(*shuffled[cut:])
        found.append(there.last())
        there.engine.close()
    assert found[0][1].keys() >= {"shared_device", "two_places", "two_devices"}
    assert all(each == found[0] for each in found)


def test_who_is_at_two_places_at_once_is_two_and_asked_about(accounts: Accounts) -> None:
    accounts.hear(told(1, ONE, MIN_SU), told(2, OTHER, BORN))
    first, _ = accounts.last()
    assert first >= Rules().merge
    accounts.engine.hear()
    joined = accounts.engine.who(ONE).profile_id
    assert accounts.engine.who(OTHER).profile_id == joined
    accounts.hear(
        seen(3, ONE, "phone", 0, SEOUL), seen(4, OTHER, "laptop", 30, {"latitude": 36, "longitude": 128})
    )
    assert len(accounts.scores()) == 1, "a train is quick enough"
    accounts.hear(seen(5, ONE, "phone", 90, SEOUL), seen(6, OTHER, "laptop", 100, NEW_YORK))
    once, fields = accounts.last()
    assert fields["two_places"] == -5.0
    assert once < first
    accounts.hear(seen(7, ONE, "phone", 1_500, SEOUL), seen(8, OTHER, "laptop", 1_510, NEW_YORK))
    twice, fields = accounts.last()
    assert fields["two_places"] == -10.0
    assert twice < once
    accounts.engine.hear()
    assert accounts.engine.who(OTHER).profile_id != joined
    kinds = [kind for kind, _ in accounts.engine.said()]
    assert "split" in kinds


def test_taking_turns_on_two_devices_lowers_a_link_and_a_record_says_nothing(accounts: Accounts) -> None:
    accounts.hear(told(1, ONE, MIN_SU), told(2, OTHER, BORN))
    first, _ = accounts.last()
    turns = [seen(3 + n, (ONE, OTHER)[n % 2], ("phone", "laptop")[n % 2], n) for n in range(6)]
    records = [{**each, "type": "record", "message_id": f"r{n}"} for n, each in enumerate(turns)]
    accounts.hear(*records)
    assert len(accounts.scores()) == 1
    accounts.hear(*turns)
    second, fields = accounts.last()
    assert fields["two_devices"] == -1.5
    assert second < first
    accounts.hear(seen(20, ONE, "phone", 9))
    assert len(accounts.scores()) == 2, "the same day counts once"


def test_the_sorted_copy_of_events_and_its_tail_are_both_read(accounts: Accounts) -> None:
    accounts.hear(told(1, ONE, MIN_SU), told(2, OTHER, BORN), seen(3, ONE, "phone", 0, SEOUL))
    duckdb_places.Places(accounts.engine.warehouse, run_events=1).step()
    accounts.hear(seen(4, OTHER, "laptop", 60, NEW_YORK))
    assert accounts.last()[1]["two_places"] == -5.0


def test_nobody_who_is_not_compared_is_looked_at(accounts: Accounts) -> None:
    accounts.hear(*(seen(n, f"loyalty:{n}", f"d{n}", n, SEOUL) for n in range(20)))
    assert accounts.watching.step() == 0
    with accounts.engine.database.begin() as connection:
        assert waiting(connection) == 0


@pytest.mark.parametrize(
    "context",
    [
        "{}",
        '{"location": "Seoul"}',
        '{"location": {"latitude": "north", "longitude": 1}}',
        '{"location": {"latitude": 91, "longitude": 1}}',
        '{"page": {"title": "location"}, "location": null}',
        '{"location": {"city": "Seoul"}}',
    ],
)
def test_what_is_no_place_is_none(context: str) -> None:
    assert place_of(context) is None


def test_a_place_is_read_as_sdks_tell_it() -> None:
    assert place_of('{"ip": "1.2.3.0", "location": {"latitude": 37, "longitude": 127.5}}') == (37.0, 127.5)
