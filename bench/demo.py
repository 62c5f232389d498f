"""demo: how long `weft demo` takes from nothing to the last profile, and what it weighs."""

import os
import resource
import tempfile
import time
from contextlib import closing

from bench.figure import Figure, at_most, figure
from bench.preload import Progress
from bench.supervise import Site, site, weft
from weft.storage.sqlite_log import open_log

SMALL, LARGE = 1_000, 1_000_000
SEED = 7
SAMPLE_SECONDS = 1.0

TARGETS = (at_most("small_s", 60), at_most("large_s", 1_800))


def demo(*, small: int = SMALL, large: int = LARGE, days: int = 30) -> Figure:
    """Make a world, import its history and wait until every profile is there, for two sizes.

    Parameters
    ----------
    small
        People of the small world.
    large
        People of the large world; 0 leaves it out.
    days
        Days of history.
    """
    keys: dict[str, float | int | None] = {}
    for name, people in (("small", small), ("large", large)):
        if not people:
            continue
        with site(definitions=None, edges=1, WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
            made, rows, rss_mb = make_world(shop, people, days)
            projected, engine_mb = project(shop)
        keys |= {
            f"{name}_people": people,
            f"{name}_s": round(made + projected, 1),
            f"{name}_import_s": round(made, 1),
            f"{name}_rows": rows,
            f"{name}_rss_mb": round(rss_mb),
            f"{name}_engine_rss_mb": round(engine_mb),
        }
    notes = [
        "_import_s: the files are made and in the log; _s: every profile is there as well.",
        "_rss_mb: the largest resident set of `weft demo`; _engine_rss_mb: of all processes of `weft up`, each second.",
    ]
    return figure("demo", keys, TARGETS, notes)


def make_world(shop: Site, people: int, days: int, seed: int = SEED) -> tuple[float, int, float]:
    """Run `weft demo --only history`; return its seconds, the rows that the log took, its largest resident set (MB)."""
    said = {"--people": people, "--days": days, "--seed": seed, "--only": "history"}
    arguments = [str(each) for pair in said.items() for each in pair]
    command = [*weft(), "demo", str(shop.folder), *arguments]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        files = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        process = os.posix_spawn(command[0], command, shop.environ, file_actions=files)
        _, status, used = os.wait4(process, 0)
        if status:
            output.seek(0)
            raise RuntimeError(f"weft demo ended with {status}: {output.read()[-2_000:].decode()}")
    seconds = time.perf_counter() - began
    with closing(open_log(shop.workspace().settings.storage.log, shop.data)) as log:
        return seconds, log.backlog().head, _mb(used)


def project(shop: Site) -> tuple[float, float]:
    """Start Weft; return the seconds until every profile is there, and the largest resident set meanwhile (MB)."""
    largest, look_after = 0.0, 0.0

    def watch() -> None:
        nonlocal largest, look_after
        if time.monotonic() >= look_after:
            largest, look_after = max(largest, program.memory_mb()), time.monotonic() + SAMPLE_SECONDS

    with closing(Progress(shop)) as progress, shop.started("up") as program:
        return progress.wait(progress.head(), watch) - program.began, largest


def _mb(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / 1024
