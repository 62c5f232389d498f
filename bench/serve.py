"""serve: how fast the Profile API answers while events come in."""

import time

import msgspec

from bench.figure import Figure, at_least, at_most, figure
from bench.load import Load, generate, get, percentile_ms
from bench.people import World
from bench.preload import Progress, known_people, preload
from bench.supervise import site
from bench.traffic import batches
from weft.clock import now_us

READS_PER_SECOND = 1_000
EVENTS_PER_SECOND = 2_000
BATCH_EVENTS = 20
BATCHES = 250
READERS = 2_000
CONNECTIONS = 64
"""Each has one request in flight: with 16, an answer that takes 16 ms would already hold back 1,000 reads a second."""

TARGETS = (at_least("rps", 990), at_most("p99_ms", 10))


def serve(
    *, people: int = 200_000, events: int = 2_000_000, seconds: float = 10.0, quick: bool = False
) -> Figure:
    """Read the traits of known people 1,000 times a second, in open loop, with 2,000 events a second coming in.

    Parameters
    ----------
    people
        People of the past.
    events
        Events of the past.
    seconds
        How long it is measured.
    quick
        A past of 2,000 people and 20,000 events, to try it out.
    """
    if quick:
        people, events = 2_000, 20_000
    world = World(people=people, events=events, until_us=now_us())
    with site(WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
        write_key, token = shop.write_key(), shop.token()
        last = preload(shop, world)
        progress = Progress(shop)
        try:
            with shop.started("engine"), shop.started("edge"):
                progress.wait(last)
                reads = tuple(get(_path(person), token) for person in known_people(world, READERS))
                recent = msgspec.structs.replace(world, events=BATCHES * BATCH_EVENTS, seed=world.seed + 1)
                writes = batches(recent, write_key, BATCHES, BATCH_EVENTS)
                begin = time.time() + 1.0
                load = Load(
                    "127.0.0.1", shop.edge_port, reads, seconds, begin, READS_PER_SECOND, 2.0, CONNECTIONS
                )
                events_per_second = EVENTS_PER_SECOND / BATCH_EVENTS
                traffic = Load("127.0.0.1", shop.edge_port, writes, seconds, begin, events_per_second, 2.0, 8)
                read, written = generate([load, traffic])
        finally:
            progress.close()
    latencies = read.latencies_s()
    keys: dict[str, float | int | None] = {
        "rps": round(len(latencies) / seconds),
        "p50_ms": percentile_ms(latencies, 50),
        "p99_ms": percentile_ms(latencies, 99),
        "not_200": sum(count for status, count in read.statuses.items() if status != 200),
        "events_per_second": round(len(written.latencies_s()) * BATCH_EVENTS / seconds),
    }
    return figure("serve", keys, TARGETS)


def _path(person: int) -> str:
    return f"/v1/spaces/shop/collections/users/profiles/user_id:u-{person}/traits"
