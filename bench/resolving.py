"""resolving: kill the tick while it solves who is who, then see whether anybody is another than without a kill."""

import multiprocessing
import random
import signal
import tempfile
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import duckdb

from bench.figure import Figure, at_least, at_most, figure
from bench.resolving_writer import main as write

TARGETS = (at_least("same_people", 1), at_most("ids_changed", 0), at_most("words_lost", 0))
LEAST_SECONDS = 0.1
STEPS_MOST = 2
"""A run is killed during one of its first steps, so that so many kills take about as many steps."""
PEOPLE = """
SELECT CAST(profile_id AS VARCHAR), list(namespace || ':' || value ORDER BY namespace, value)
FROM node JOIN (SELECT node_id, profile_id FROM identity_map) USING (node_id) GROUP BY profile_id ORDER BY ALL
"""
STATE = (
    PEOPLE,
    "SELECT kind, count(*) FROM evidence GROUP BY kind ORDER BY ALL",
    "SELECT link_key, kind, bits, confidence, first_at FROM link ORDER BY ALL",
    "SELECT DISTINCT link_key, why, steward FROM contested ORDER BY ALL",
    "SELECT kind, profile_id, other_id, node_id FROM change ORDER BY number",
)


def resolving(*, kills: int = 100, seed: int = 7) -> Figure:
    """Kill a process that ticks and takes in what stewards say, with SIGKILL at random moments of a step.

    Parameters
    ----------
    kills
        How many; every step of the run has a tick of conflicting links and a word of a steward.
    seed
        Draws the moments.
    """
    steps, draw, processes = (
        kills + kills // 8 + 6,
        random.Random(seed),
        multiprocessing.get_context("forkserver"),
    )
    processes.set_forkserver_preload(["__main__", write.__module__])
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as root:
        killed, calm = Path(root) / "killed", Path(root) / "calm"
        for folder in (killed, calm):
            folder.mkdir()
        done = 0
        while done < kills and not _run(processes, killed, steps, draw):
            done += 1
        _run(processes, killed, steps)
        _run(processes, calm, steps)
        found, expected = (_state(folder) for folder in (killed, calm))
    people = {name: profile for profile, names in expected[0] for name in names}
    changed = sum(people.get(name) != profile for profile, names in found[0] for name in names)
    keys: dict[str, float | int | None] = {
        "kills": done,
        "profiles": len(expected[0]),
        "same_people": int(found == expected),
        "ids_changed": changed,
        "words_lost": sum(count for _, count in expected[1]) - sum(count for _, count in found[1]),
    }
    return figure("resolving", keys, TARGETS)


def _run(processes: ForkServerContext, folder: Path, steps: int, draw: random.Random | None = None) -> bool:
    """Run the writer; kill it at a moment that is drawn, or let it finish. Return whether it did.

    Each is forked from a process that has imported everything, so that most of a run is what is to be killed.
    """
    begun = processes.Semaphore(0)
    process = processes.Process(target=write, args=(folder, steps, begun))
    process.start()
    if draw is not None:
        step_seconds = LEAST_SECONDS
        for number in range(draw.randint(1, STEPS_MOST)):
            since = time.monotonic()
            while not begun.acquire(timeout=1) and process.is_alive():
                pass
            if number:
                step_seconds = time.monotonic() - since
        time.sleep(draw.uniform(0, step_seconds))
        process.kill()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError("the writer fails")
    return process.exitcode == 0


def _state(folder: Path) -> list[list[tuple[Any, ...]]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return [connection.execute(query).fetchall() for query in STATE]
