"""Fill a workspace with a world's past, and wait until it has become profiles."""

import shutil
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from bench.forms import SOURCE, Forms
from bench.people import World
from bench.stream import CHUNK_EVENTS
from bench.supervise import Site, site
from weft.model.accepted import Chunk
from weft.storage.database import read_fact, transaction, write_fact
from weft.storage.database_worker import get_position
from weft.workers.project import PROJECT
from weft.workers.projecting import DEFINITIONS

MORE = Path(__file__).parent / "more"
"""30 traits and 30 audiences beside the 20 of each."""
POLL_SECONDS = 0.05
STALLED_SECONDS = 300.0


class Past(NamedTuple):
    """A workspace in which a past has become profiles. made_s, became_s: how long it took; None: it was there."""

    shop: Site
    made_s: float | None = None
    became_s: float | None = None


@contextmanager
def past(world: World, workspace: Path | None = None, *, more: bool = False) -> Generator[Past]:
    """Make a workspace with a world's past and remove it with the block.

    workspace: of a benchmark, instead of a new one; it does not run, is changed and stays. more: also with MORE.
    """
    if workspace is not None:
        shop = Site(workspace, {"WEFT__COLLECT__EDGES": "2"})
        if more:
            _define_more(shop)
            rebuild(shop)
        yield Past(shop)
        return
    with site(WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
        if more:
            _define_more(shop)
        began = time.perf_counter()
        last = preload(shop, world)
        made_s = time.perf_counter() - began
        with closing(Progress(shop)) as progress, shop.started("engine") as engine:
            became_s = progress.wait(last) - engine.began
        yield Past(shop, made_s, became_s)


def _define_more(shop: Site) -> None:
    shutil.copytree(MORE, shop.folder / "definitions", dirs_exist_ok=True)


def rebuild(shop: Site) -> float:
    """Have everybody computed anew, as after a change of the definitions; return the seconds until that is done."""
    with closing(Progress(shop)) as progress:
        progress.forget()
        with shop.started("engine") as engine:
            while not progress.rebuilt():
                time.sleep(POLL_SECONDS)
            return time.perf_counter() - engine.began


class Progress:
    """Reads beside the running engine how far the log is and how far profiles and memberships follow it."""

    def __init__(self, site: Site) -> None:
        self._data = site.data
        self._log = site.open_log()
        self._database = site.open_database()
        self._reading = self._database.execution_options(read_only=True)

    def head(self) -> int:
        """Return the position of the last event in the log."""
        return self._log.backlog().head

    def stored(self) -> int:
        """Return the position up to which events are in the warehouse, as of at most 0.3 seconds ago."""
        return self._log.backlog().consumed

    def projected(self) -> int:
        """Return the position up to which memberships are visible."""
        with self._reading.begin() as connection:
            return get_position(connection, PROJECT)

    def wait(self, position: int, watch: Callable[[], object] = lambda: None) -> float:
        """Return when (`time.perf_counter`) the projection reached this position, calling `watch` meanwhile.

        Raises RuntimeError when nothing has moved for STALLED_SECONDS.
        """
        moved, last = time.perf_counter(), (-1, -1)
        while (now := self.projected()) < position:
            if (steps := (self.stored(), self._written_bytes())) != last:
                moved, last = time.perf_counter(), steps
            if time.perf_counter() - moved > STALLED_SECONDS:
                raise RuntimeError(f"the engine stands at event {now} of {position}")
            watch()
            time.sleep(POLL_SECONDS)
        return time.perf_counter()

    def forget(self) -> None:
        """Forget by which definitions the profiles were computed."""
        with transaction(self._database) as connection:
            write_fact(connection, DEFINITIONS, "")

    def rebuilt(self) -> bool:
        """Say whether they were computed by any since."""
        with self._reading.begin() as connection:
            return bool(read_fact(connection, DEFINITIONS))

    def _written_bytes(self) -> int:
        """Return the size of the database: a rebuild moves the position only at its end."""
        return sum(path.stat().st_size for path in self._data.glob("database.sqlite*"))

    def close(self) -> None:
        """Let go of the stores."""
        self._log.close()
        self._database.dispose()


def preload(site: Site, world: World) -> int:
    """Put the whole world into the log, as imports do, and return the position of its last event."""
    folder = site.data / "imports" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    forms = Forms(world)
    log = site.open_log()
    last = 0
    try:
        for events in forms.streams():
            path = folder / f"{events.chunk:05}.parquet"
            pq.write_table(
                forms.staged(events), path, compression="zstd", compression_level=1, row_group_size=125_000
            )
            where = str(path.relative_to(site.data))
            last = log.append_chunk(
                Chunk(f"bench/{events.chunk}", where, len(events), world.until_us, SOURCE)
            )
    finally:
        log.close()
    return last


def known_people(world: World, count: int) -> list[int]:
    """Return people (at most `count`) whose user_id the world's newest events carry, the newest first."""
    forms = Forms(world)
    found: dict[int, None] = {}
    for number in range((world.events - 1) // CHUNK_EVENTS, -1, -1):
        events = forms.chunk(number)
        found.update(dict.fromkeys(events.person[events.known][::-1].tolist()))
        if len(found) >= count:
            break
    return list(found)[:count]
