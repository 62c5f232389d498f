"""start: how long `weft up` takes until it is ready, what it weighs when it idles, and what an install weighs."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.figure import Figure, at_most, figure
from bench.people import World
from bench.preload import Progress, preload
from bench.supervise import Program, Site, site
from weft.clock import now_us

IDLE_SECONDS = 5.0
PROJECT_ROOT = Path(__file__).parent.parent

TARGETS = (at_most("cold_start_s", 2), at_most("rss_mb", 250), at_most("install_mb", 600))


def start(*, runs: int = 5, people: int = 5_000, events: int = 50_000, install: bool = True) -> Figure:
    """Start a workspace that has a past several times; install the package into an empty environment.

    Parameters
    ----------
    runs
        How often it is started; the median counts.
    people
        People of the past.
    events
        Events of the past.
    install
        Measure the size of an install too (needs a package index or a filled cache).
    """
    with site(edges=1) as shop:
        last = preload(shop, World(people=people, events=events, until_us=now_us()))
        progress = Progress(shop)
        try:
            with shop.started("up"):
                progress.wait(last)
        finally:
            progress.close()
        seconds = [_start(shop) for _ in range(runs)]
        with shop.started("up") as program:
            time.sleep(IDLE_SECONDS)
            memory_mb, resident_mb = program.memory_mb(), program.resident_mb()
    keys: dict[str, float | int | None] = {
        "cold_start_s": round(median(seconds), 2),
        "slowest_start_s": round(max(seconds), 2),
        "rss_mb": memory_mb,
        "sum_of_rss_mb": resident_mb,
        "install_mb": _install_mb() if install else None,
    }
    note = "rss_mb is the proportional set size of all processes: a page that two share counts once."
    return figure("start", keys, TARGETS, [note])


def _start(shop: Site) -> float:
    program = Program(shop, "up")
    try:
        return program.wait_ready()
    finally:
        program.stop()


def _install_mb() -> float:
    """Return the size of the packages that an install brings into an empty environment, without pip."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        target = Path(folder) / "packages"
        installer = ("uv", "pip") if shutil.which("uv") else (sys.executable, "-m", "pip")
        command = [*installer, "install", "--quiet", "--target", str(target), str(PROJECT_ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        size = sum(
            path.stat().st_size for path in target.rglob("*") if path.is_file() and not path.is_symlink()
        )
    return round(size / 2**20, 1)
