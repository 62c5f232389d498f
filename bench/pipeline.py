"""pipeline: how fast events become memberships, and how long one takes under load beside a large past."""

import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import msgspec

from bench.figure import Figure, at_least, at_most, figure
from bench.load import Load, generate, percentile_ms
from bench.people import World
from bench.preload import Progress, known_people, past
from bench.probe import Prober
from bench.supervise import Program, Site
from bench.traffic import batches
from weft.clock import now_us

RATE_PER_SECOND = 2_000
LIVE_BATCH = 20
BURST_BATCH = 100
TEMPLATES = 500
QUICK_PEOPLE, QUICK_EVENTS = 20_000, 200_000
MEMORY_SECONDS = 0.5

TARGETS = (at_least("eps", 40_000), at_most("p95_ms", 400), at_most("rss_mb", 4_000))


def pipeline(
    *,
    people: int = 1_000_000,
    events: int = 20_000_000,
    burst: int = 400_000,
    seconds: float = 20.0,
    more: bool = False,
    workspace: Path | None = None,
    quick: bool = False,
) -> Figure:
    """Measure the engine with 20 traits and 20 audiences over a preloaded past.

    Parameters
    ----------
    people
        People of the past.
    events
        Events of the past, over 90 days.
    burst
        Events that wait in the log when the engine starts, for eps.
    seconds
        How long latency is measured at 2,000 events a second.
    more
        50 traits and 50 audiences.
    workspace
        A workspace of this benchmark whose past is there already, instead of a new one; it is changed.
    quick
        A past of 20,000 people and 200,000 events, to try it out.
    """
    if quick:
        people, events, burst = QUICK_PEOPLE, QUICK_EVENTS, min(burst, QUICK_EVENTS)
    world = World(people=people, events=events, until_us=now_us())
    with past(world, workspace, more=more) as before, closing(Progress(before.shop)) as progress:
        shop = before.shop
        write_key = shop.write_key()
        _burst(shop, write_key, world, burst)
        with Peak() as peak, shop.started("engine") as engine:
            peak.watch(engine)
            eps, tick_eps = _drain(progress)
            with shop.started("edge"):
                probes = under_load(shop, write_key, world, seconds)
        profiles, stored = shop.profile_count(), progress.head()
    keys: dict[str, float | int | None] = {
        "eps": eps,
        "tick_eps": tick_eps,
        "p50_ms": percentile_ms(probes.latencies_s, 50),
        "p95_ms": percentile_ms(probes.latencies_s, 95),
        "rss_mb": peak.memory_mb,
        "probes": len(probes.latencies_s),
        "probes_unseen": probes.unseen,
        "profiles": profiles,
        "events": stored,
        "preload_eps": None if before.became_s is None else round(events / before.became_s),
        "generated_eps": None if before.made_s is None else round(events / before.made_s),
    }
    notes = ["rss_mb is the largest proportional set size of the engine's processes, sampled twice a second."]
    return figure("pipeline", keys, TARGETS, notes)


def _burst(shop: Site, write_key: str, world: World, count: int) -> None:
    """Fill the log through the edge while no engine runs."""
    recent = msgspec.structs.replace(world, events=min(world.events, count), seed=world.seed + 1)
    templates = batches(recent, write_key, min(TEMPLATES, count // BURST_BATCH), BURST_BATCH)
    requests = count // BURST_BATCH
    with shop.started("edge"):
        plan = Load("127.0.0.1", shop.edge_port, templates, 600.0, time.time() + 0.5, 0.0, 0.0, most=requests)
        done = generate([plan])[0]
    if done.statuses.get(200, 0) != requests:
        raise RuntimeError(f"the edge did not take the burst: {done.statuses}")


def _drain(progress: Progress) -> tuple[int, int]:
    """Return events a second to memberships, and to the warehouse alone, from when the engine is ready."""
    first, first_stored, head = progress.projected(), progress.stored(), progress.head()
    began = time.perf_counter()
    stored_at: list[float] = []

    def watch() -> None:
        if not stored_at and progress.stored() >= head:
            stored_at.append(time.perf_counter())

    projected_at = progress.wait(head, watch)
    until = stored_at[0] if stored_at else projected_at
    return round((head - first) / (projected_at - began)), round((head - first_stored) / (until - began))


def under_load(shop: Site, write_key: str, world: World, seconds: float, prefix: int = 20) -> Prober:
    """Probe while 2,000 events a second come in. prefix: two digits by which their message_ids are new in the log."""
    recent = msgspec.structs.replace(world, events=min(world.events, 20_000), seed=world.seed + 2)
    templates = batches(recent, write_key, 20_000 // LIVE_BATCH // 2, LIVE_BATCH)
    rate = RATE_PER_SECOND / LIVE_BATCH
    plan = Load("127.0.0.1", shop.edge_port, templates, seconds, time.time() + 1.0, rate, 2.0, 8, prefix)
    load = Thread(target=generate, args=([plan],))
    load.start()
    try:
        time.sleep(3.0)
        prober = Prober(shop, write_key, known_people(world, 4_000))
        prober.run(seconds)
    finally:
        load.join()
    return prober


class Peak:
    """Samples the memory of a program in the background and keeps the largest."""

    def __init__(self) -> None:
        self.memory_mb = 0.0
        self._program: Program | None = None
        self._over = False
        self._thread = Thread(target=self._sample)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def watch(self, program: Program) -> None:
        """Sample this program from now on."""
        self._program = program

    def _sample(self) -> None:
        while not self._over:
            if self._program is not None:
                self.memory_mb = max(self.memory_mb, self._program.memory_mb())
            time.sleep(MEMORY_SECONDS)
