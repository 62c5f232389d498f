"""backfill: how fast imported Parquet becomes traits and audiences, and whether twice as much takes twice as long."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.figure import Figure, at_least, at_most, figure
from bench.forms import MAPPING, SOURCE, write_parquet
from bench.people import World
from bench.preload import Progress
from bench.supervise import Site, site
from weft.clock import now_us
from weft.sources.files.importer import import_file
from weft.storage.duckdb_files import DuckdbColumns

TARGETS = (at_least("eps", 150_000), at_most("growth", 2.2))


def backfill(*, events: int = 2_000_000, people: int = 100_000, quick: bool = False) -> Figure:
    """Measure from plain Parquet files, imported as `weft import` does, to the last membership: N events, then 2N.

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
    once, _ = _seconds(World(people=people, events=events, until_us=now_us()))
    twice, imported = _seconds(World(people=2 * people, events=2 * events, until_us=now_us()))
    keys: dict[str, float | int | None] = {
        "eps": round(2 * events / twice),
        "growth": round(twice / once, 2),
        "import_eps": round(2 * events / imported),
        "seconds": round(once, 2),
        "double_seconds": round(twice, 2),
    }
    return figure(
        "backfill", keys, TARGETS, ["The engine works while the files are imported; both share the cores."]
    )


def _seconds(world: World) -> tuple[float, float]:
    """Return the seconds until the last membership is there, and until the files are in the log."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder, site() as shop:
        paths = write_parquet(Path(folder), world)
        with closing(Progress(shop)) as progress, shop.started("engine"):
            began = time.perf_counter()
            _import(shop, paths)
            imported = time.perf_counter() - began
            return progress.wait(world.events) - began, imported


def _import(shop: Site, paths: Sequence[Path]) -> None:
    with closing(DuckdbColumns()) as engine, closing(shop.open_log()) as log:
        for path in paths:
            done = import_file(
                path, MAPPING, data=shop.data, log=log, engine=engine, received_at_us=now_us(), source=SOURCE
            )
            if done.rejected:
                raise RuntimeError(
                    f"{done.rejected} rows of {path.name} were rejected; see {done.rejected_path}"
                )
