"""backfill: how fast imported Parquet becomes traits and audiences, and whether twice as much takes twice as long."""

from bench.figure import Figure, at_least, at_most, figure
from bench.people import World
from bench.preload import Progress, now_us, preload
from bench.supervise import site

TARGETS = (at_least("eps", 150_000), at_most("growth", 2.2))


def backfill(*, events: int = 2_000_000, people: int = 100_000, quick: bool = False) -> Figure:
    """Measure from Parquet chunks in the log to the last membership, for N and for 2N events.

    Parameters
    ----------
    events
        N; the people double with the events.
    people
        People of the first run.
    quick
        100,000 events of 5,000 people, to try it out.
    """
    if quick:
        events, people = 100_000, 5_000
    once = _seconds(World(people=people, events=events, until_us=now_us()))
    twice = _seconds(World(people=2 * people, events=2 * events, until_us=now_us()))
    keys: dict[str, float | int | None] = {
        "eps": round(2 * events / twice),
        "growth": round(twice / once, 2),
        "seconds": round(once, 2),
        "double_seconds": round(twice, 2),
    }
    return figure("backfill", keys, TARGETS)


def _seconds(world: World) -> float:
    """Return the time from a running, empty engine to the last membership of the imported world."""
    with site() as shop:
        preload(shop, world)
        progress = Progress(shop)
        try:
            with shop.started("engine") as engine:
                return progress.wait(world.events) - engine.began
        finally:
            progress.close()
