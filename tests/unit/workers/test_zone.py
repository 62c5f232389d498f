"""Where a person is: as told, else as the latest event says, and after any merge, split or rebuild the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.clock import us_of
from weft.workers.explaining import Explaining

SEOUL, LONDON, TAIPEI = "Asia/Seoul", "Europe/London", "Asia/Taipei"
MORNING = {"name": "morning", "who": {"local_time": {"from": 6, "to": 14}}}
"""At 12:00 UTC it is 13:00 in London, 21:00 in Seoul."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "e", [], [MORNING], home=SEOUL)
    yield engine
    engine.close()


def seen(number: int, *who: str, zone: Any, hours_ago: int = 0) -> dict[str, Any]:
    return event(number, *who, at=NOW - timedelta(hours=hours_ago), context={"timezone": zone})


def rebuilt(engine: Engine) -> None:
    before = engine.served()
    engine.rebuilder.run(everybody=True)
    assert engine.served() == before


def test_the_latest_event_that_says_a_zone_counts(engine: Engine):
    engine.take(event(1, "user_id:1"))
    assert (engine.who("user_id:1").zone, [*engine.who("user_id:1").audiences]) == ("", [])
    engine.take(seen(2, "user_id:1", zone=LONDON, hours_ago=2))
    assert (engine.who("user_id:1").zone, [*engine.who("user_id:1").audiences]) == (LONDON, ["morning"])
    engine.take(seen(3, "user_id:1", zone=SEOUL, hours_ago=5))  # late: it was before London
    engine.take(seen(4, "user_id:1", zone="Nowhere/At_All"), seen(5, "user_id:1", zone=9))
    assert engine.who("user_id:1").zone == LONDON
    engine.take(seen(6, "user_id:1", zone=TAIPEI, hours_ago=1))
    assert (engine.who("user_id:1").zone, [*engine.who("user_id:1").audiences]) == (TAIPEI, [])
    rebuilt(engine)


def test_what_was_told_goes_before(engine: Engine):
    engine.take(seen(1, "user_id:1", zone=SEOUL), event(2, "user_id:1", type="identify", timezone=LONDON))
    assert engine.who("user_id:1").zone == LONDON
    engine.take(event(3, "user_id:1", type="identify", at=NOW + timedelta(hours=1), timezone="Mars/Base"))
    assert engine.who("user_id:1").zone == SEOUL
    rebuilt(engine)


def test_it_goes_with_its_device_when_people_are_joined_and_parted(engine: Engine):
    engine.take(
        seen(1, "anonymous_id:a", zone=LONDON, hours_ago=1), seen(2, "user_id:1", zone=SEOUL, hours_ago=3)
    )
    said = engine.say("same", ["user_id:1"], ["anonymous_id:a"])
    assert engine.who("user_id:1").zone == LONDON
    rebuilt(engine)
    engine.say("retract", retracts=said)
    assert [engine.who(name).zone for name in ("user_id:1", "anonymous_id:a")] == [SEOUL, LONDON]
    rebuilt(engine)


def test_the_past_has_the_zone_that_was_known_then(engine: Engine):
    before = seen(1, "user_id:1", zone=SEOUL, hours_ago=9)
    engine.take(before | {"received_at": NOW - timedelta(hours=9)}, seen(2, "user_id:1", zone=LONDON))
    explaining = Explaining(engine.database, engine.warehouse, engine.compiled, KEY)
    then = explaining.past(engine.who("user_id:1"), us_of(NOW - timedelta(hours=4)))
    assert (then.document.zone, engine.who("user_id:1").zone) == (SEOUL, LONDON)
