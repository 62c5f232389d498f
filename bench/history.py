"""history: how the wait from an event to a membership grows with what is stored: 20,000,000 events, then 100,000,000.

The longer past is the shorter one again and again, each time 90 days earlier and under new message keys, copied inside
of the warehouse; then everybody is computed anew from all of it, as after a change of the definitions. What is stored
is what as many imports would have left.
"""

import time
from contextlib import closing
from pathlib import Path

from bench.figure import Figure, at_most, figure
from bench.load import percentile_ms
from bench.people import World
from bench.pipeline import Peak, under_load
from bench.preload import past, rebuild
from bench.supervise import Site
from weft.clock import now_us
from weft.storage.duckdb_places import SORT_ALL
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.open import warehouse_path

DAYS = 90
TARGETS = (at_most("growth", 2),)
COPY_EVENTS = """
INSERT INTO event SELECT * REPLACE (
    position - $1 AS position, uuid() AS message_key, message_id || '-' || $1 AS message_id,
    occurred_at - to_days($2) AS occurred_at, received_at - to_days($2) AS received_at
) FROM event WHERE position > 0 AND position <= $3
"""
"""What is earlier lies before the first position of the log."""
COPY_PLACES = """
INSERT INTO event_of_node SELECT node_id, occurred_at - to_days($2), position - $1
FROM event_of_node WHERE position > 0 AND position <= $3
"""
STORED = "SELECT count(*) FROM event"


def history(
    *,
    people: int = 1_000_000,
    events: int = 20_000_000,
    times: int = 5,
    seconds: float = 20.0,
    workspace: Path | None = None,
) -> Figure:
    """Measure the wait at 2,000 events a second over a past, and again when the past is so many times as long.

    Parameters
    ----------
    people
        People of the past.
    events
        Events of the past, over 90 days.
    times
        How many times as long it becomes.
    seconds
        How long each wait is measured.
    workspace
        A workspace of this benchmark whose past is there already, instead of a new one; it is changed.
    """
    world = World(people=people, events=events, until_us=now_us())
    with past(world, workspace) as (shop, *_):
        keys = _measured(shop, world, seconds, "short", 21)
        began = time.perf_counter()
        _grow(shop, events, times)
        keys["copied_s"] = round(time.perf_counter() - began, 1)
        keys["rebuilt_s"] = round(rebuild(shop), 1)
        keys |= _measured(shop, world, seconds, "long", 22)
        keys["profiles"] = shop.profile_count()
    before, after = keys["short_p95_ms"], keys["long_p95_ms"]
    keys["growth"] = round(after / before, 2) if before and after else None
    return figure("history", keys, TARGETS, [(__doc__ or "").strip().partition("\n\n")[2].replace("\n", " ")])


def _measured(
    shop: Site, world: World, seconds: float, name: str, prefix: int
) -> dict[str, float | int | None]:
    write_key = shop.write_key()
    with Peak() as peak, shop.started("engine") as engine:
        ready_s = time.perf_counter() - engine.began
        peak.watch(engine)
        with shop.started("edge"):
            probes = under_load(shop, write_key, world, seconds, prefix)
    with _opened(shop) as warehouse:
        stored = warehouse.cursor().execute(STORED).fetchone()
    return {
        f"{name}_events": None if stored is None else int(stored[0]),
        f"{name}_p50_ms": percentile_ms(probes.latencies_s, 50),
        f"{name}_p95_ms": percentile_ms(probes.latencies_s, 95),
        f"{name}_probes": len(probes.latencies_s),
        f"{name}_unseen": probes.unseen,
        f"{name}_start_s": round(ready_s, 1),
        f"{name}_rss_mb": peak.memory_mb,
        f"{name}_warehouse_mb": round(warehouse.path.stat().st_size / 2**20),
    }


def _grow(shop: Site, events: int, times: int) -> None:
    with _opened(shop) as warehouse, warehouse.bulk():
        cursor = warehouse.cursor()
        for number in range(1, times):
            for statement in (COPY_EVENTS, COPY_PLACES):
                cursor.execute(statement, [number * events, number * DAYS, events])
        cursor.execute(SORT_ALL)
        cursor.close()


def _opened(shop: Site) -> closing[Warehouse]:
    settings = shop.workspace().settings.storage
    return closing(Warehouse(warehouse_path(settings.warehouse, shop.data), settings.warehouse_memory_mb))
