from pathlib import Path
from typing import Any

from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.model.accepted import Accepted, Chunk, Entry
from weft.model.traffic import Came, Moved
from weft.storage import database_movement
from weft.storage.database import open_database, transaction
from weft.storage.database_movement import DatabaseMovements, count_movements
from weft.storage.database_traffic import DatabaseTraffic, add_traffic, trim_traffic
from weft.workers.traffic import Tally, Traffic

MINUTE = 60_000_000
GOOD = b'{"type":"track","event":"Order","userId":"1"}'
BAD = b'{"type":"track","event":"Order"}'


def entries(*minutes: int) -> list[Entry]:
    """One request of two events in each minute; the second event names nobody."""
    body = b'{"batch":[' + GOOD + b"," + BAD + b"]}"
    requests = [Accepted(minute * MINUTE + 7, "shop", body, 2) for minute in minutes]
    return [Entry(2 * number, 2, (each,)) for number, each in enumerate(requests, 1)]


def tables(held: list[Entry]) -> tuple[Any, Any]:
    """What the tick hands over of some entries: the taken events and the refused ones."""
    normalised = normalise(held, Rules())
    return normalised.staged, normalised.quarantined


class Log:
    """A log of some entries."""

    def __init__(self, held: list[Entry]) -> None:
        self.held = held

    def read(self, after: int, limit_events: int) -> list[Entry]:
        return [each for each in self.held if each.last > after][:1]


def test_counts_add_up_and_totals_stay(tmp_path: Path) -> None:
    engine = open_database("sqlite:///database.sqlite", tmp_path)
    for minute, seen in ((60, (5, 9)), (60, (3, 4)), (121, (8, 8))):
        with transaction(engine) as connection:
            counts = {(minute, "shop", "accepted"): 2, (minute, "shop", "bot"): 1}
            add_traffic(connection, counts, {"shop": seen})
    read = DatabaseTraffic(engine)
    assert read.minutes(60)[0] == Came(60, "shop", "accepted", 4)
    assert [each.minute for each in read.minutes(61)] == [121, 121]
    assert read.hours(0) == [
        Came(60, "shop", "accepted", 4),
        Came(60, "shop", "bot", 2),
        Came(120, "shop", "accepted", 2),
        Came(120, "shop", "bot", 1),
    ]
    with transaction(engine) as connection:
        trim_traffic(connection, 100)
    assert [each.minute for each in read.minutes(0)] == [121, 121]
    (total,) = read.totals()
    assert (total.events, total.refused, total.first_us, total.last_us) == (9, 3, 3, 9)


def test_what_a_tick_took_in_is_counted_once_however_it_was_cut_off(tmp_path: Path) -> None:
    engine = open_database("sqlite:///database.sqlite", tmp_path)
    held = entries(10, 10, 11)
    read = DatabaseTraffic(engine)
    before = Traffic(engine, Log(held), Rules())
    before.begin(0)
    before.take(4, held[:2], *tables(held[:2]))
    assert read.minutes(0) == []
    before.step()
    before.step()
    expected = [Came(10, "shop", "accepted", 2), Came(10, "shop", "no_identifier", 2)]
    assert read.minutes(0) == expected
    before.take(6, held[2:], *tables(held[2:]))  # and the process is killed here

    after = Traffic(engine, Log(held), Rules())
    after.begin(6)
    after.step()
    last = [Came(11, "shop", "accepted", 1), Came(11, "shop", "no_identifier", 1)]
    assert read.minutes(0) == expected + last
    again = Traffic(engine, Log(held), Rules())
    again.begin(6)
    again.step()
    assert read.minutes(0) == expected + last


def test_an_event_that_only_a_device_names_is_told_apart() -> None:
    nameless = b'{"type":"track","event":"Order","anonymousId":"a"}'
    both = b'{"type":"track","event":"Order","anonymousId":"a","userId":"1"}'
    body = b'{"batch":[' + b",".join([nameless, both, nameless, BAD]) + b"]}"
    held = [Entry(4, 4, (Accepted(7 * MINUTE, "shop", body, 4),))]
    tally = Tally()
    tally.add_entries(held, *tables(held))
    assert +tally.counts == {
        (7, "shop", "accepted"): 1,
        (7, "shop", "anonymous"): 2,
        (7, "shop", "no_identifier"): 1,
    }


def test_an_import_is_told_apart() -> None:
    tally = Tally()
    tally.add_entries([Entry(500, 500, Chunk("a/1", "chunks/1.parquet", 500, 3 * MINUTE, "crm"))], None, None)
    assert dict(tally.counts) == {(3, "crm", "imported"): 500}
    assert tally.seen == {"crm": (3 * MINUTE, 3 * MINUTE)}


def test_movements_add_up_in_ten_minutes(tmp_path: Path) -> None:
    engine = open_database("sqlite:///database.sqlite", tmp_path)
    slot = database_movement.SLOT_US
    moves = [("buyers", "entered"), ("buyers", "entered"), ("buyers", "exited")]
    for at_us in (slot, slot + 1, 2 * slot):
        with transaction(engine) as connection:
            count_movements(connection, moves, at_us)
    read = DatabaseMovements(engine)
    assert read.since(slot)[0] == Moved("buyers", "entered", slot, 4)
    assert [each.count for each in read.since(slot + 1)] == [2, 1]
    with transaction(engine) as connection:
        count_movements(connection, moves[:1], (database_movement.KEPT_SLOTS + 2) * slot)
    assert [each.at_us // slot for each in read.since(0)] == [2, 2, database_movement.KEPT_SLOTS + 2]
