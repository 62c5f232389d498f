"""collect: how fast the edge takes events that it has made durable, and how many of them it loses."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.figure import Figure, at_least, at_most, figure
from bench.load import Load, Measured, generate, percentile_ms
from bench.people import World
from bench.supervise import Site, answers, free_port, site
from bench.traffic import batches, singles
from weft.model.accepted import Chunk
from weft.ports import EventLog

BATCH_EVENTS = 100
OPEN_RATE_PER_SECOND = 5_000
TEMPLATES = 200
READ_EVENTS = 100_000
SINGLE, BATCH, OPEN = 10, 20, 30
"""The first digits of the request numbers of each phase."""

TARGETS = (
    at_least("single_rps", 15_000),
    at_least("batch_eps", 150_000),
    at_most("p99_ms", 25),
    at_most("lost", 0),
)
_MESSAGE_ID = re.compile(rb'"messageId":"(\d{10})')


def collect(*, seconds: float = 6.0, edges: int = 2, connections: int = 64) -> Figure:
    """Measure the edge alone, on a real log: single events, batches of 100, then 5,000 requests a second.

    Parameters
    ----------
    seconds
        How long each of the phases is measured, after a warm-up of two seconds.
    edges
        Edge processes.
    connections
        Kept-alive connections of the load.
    """
    with site(None, edges=edges, WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
        write_key = shop.write_key()
        with ExitStack() as running:
            programs = [running.enter_context(shop.started("edge")) for _ in range(edges)]
            single, batch, paced = _phases(shop.edge_port, write_key, seconds, connections)
            memory_mb = sum(program.memory_mb() for program in programs)
        lost = _lost(shop, single, batch, paced)
    with _reference(edges) as port:
        bare_single, bare_batch, _ = _phases(port, write_key, seconds, connections)
    single_rps, batch_eps = _rate(single), _rate(batch) * BATCH_EVENTS
    keys: dict[str, float | int | None] = {
        "single_rps": single_rps,
        "batch_eps": batch_eps,
        "p50_ms": percentile_ms(paced.latencies_s(), 50),
        "p99_ms": percentile_ms(paced.latencies_s(), 99),
        "open_loop_rps": _rate(paced),
        "lost": lost,
        "not_200": _not_ok(single, batch, paced),
        "rss_mb": memory_mb,
        "reference_single_rps": _rate(bare_single),
        "reference_batch_eps": _rate(bare_batch) * BATCH_EVENTS,
        "single_ratio": round(single_rps / max(_rate(bare_single), 1), 3),
        "batch_ratio": round(batch_eps / max(_rate(bare_batch) * BATCH_EVENTS, 1), 3),
    }
    return figure(
        "collect", keys, TARGETS, ["The reference is `bench/reference_collect.py`, in the same run."]
    )


def _phases(
    port: int, write_key: str, seconds: float, connections: int
) -> tuple[Measured, Measured, Measured]:
    world = World(people=2_000, events=TEMPLATES * BATCH_EVENTS)
    one = singles(world, write_key, TEMPLATES)
    many = batches(world, write_key, TEMPLATES, BATCH_EVENTS)

    def load(templates: tuple[bytes, ...], prefix: int, rate: float = 0.0) -> Measured:
        begin = time.time() + 1.0
        plan = Load("127.0.0.1", port, templates, seconds, begin, rate, 2.0, connections, prefix=prefix)
        return generate([plan])[0]

    return load(one, SINGLE), load(many, BATCH), load(one, OPEN, OPEN_RATE_PER_SECOND)


def _rate(measured: Measured) -> int:
    return round(len(measured.latencies_s()) / measured.seconds)


def _not_ok(*phases: Measured) -> int:
    return sum(count for phase in phases for status, count in phase.statuses.items() if status != 200)


def _lost(shop: Site, *phases: Measured) -> int:
    """Count the events that were answered 200 and are not in the log."""
    log = shop.open_log()
    try:
        held = held_events(log)
    finally:
        log.close()
    return sum(max(0, _events(number) - held[number]) for phase in phases for number in phase.numbers())


def held_events(log: EventLog) -> Counter[int]:
    """Count the events that a log holds for each number of a request."""
    held: Counter[int] = Counter()
    position = 0
    while entries := log.read(position, READ_EVENTS):
        position = entries[-1].last
        for entry in entries:
            if not isinstance(entry.content, Chunk):
                for accepted in entry.content:
                    held.update(int(number) for number in _MESSAGE_ID.findall(accepted.body))
    return held


def _events(number: int) -> int:
    return BATCH_EVENTS if number // 10**8 == BATCH else 1


@contextmanager
def _reference(edges: int) -> Generator[int]:
    """Run the bare prototype and yield its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        process = subprocess.Popen(
            _granian(port, edges),
            env=os.environ | {"WEFT_REFERENCE_LOG": str(Path(folder) / "log.sqlite")},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            give_up = time.monotonic() + 30
            while not answers(port, "/") and time.monotonic() < give_up:
                time.sleep(0.05)
            yield port
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def _granian(port: int, workers: int) -> Sequence[str]:
    options = ("--interface", "asgi", "--loop", "uvloop", "--no-ws", "--log-level", "error")
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers))
    return (str(Path(sys.executable).parent / "granian"), *options, *where, "bench.reference_collect:app")
