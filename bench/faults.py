"""faults: kill edge and engine again and again under load, then see whether anything is lost, doubled or wrong."""

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle
from threading import Event, Thread

import ibis
import msgspec
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from bench.chaos import BATCH_EVENTS, Killer, Sender, lane
from bench.crash import power_loss
from bench.figure import Figure, at_least, at_most, figure
from bench.load import percentile_ms
from bench.people import World
from bench.preload import Progress
from bench.supervise import Site, site
from weft.clock import now_us
from weft.config import StorageSettings
from weft.definitions import load_definitions
from weft.model.identifier import USER_ID, Identifier
from weft.model.profile import ProfileDocument
from weft.storage.database_profiles import DatabaseProfiles, profile
from weft.storage.definitions_read import define_workspace
from weft.storage.open import open_stores
from weft.workers.verify import StateHash, state_hash

LANES = 3
DAY_US = 86_400_000_000
MORE_EVENTS = 2_000_000
"""More than can be sent before the last kill: the world is cut where the kills end."""

READ_SECONDS = 0.01

TARGETS = (
    at_most("acknowledged_lost", 0),
    at_most("duplicated", 0),
    at_most("corrupt_served", 0),
    at_least("same_state", 1),
    at_most("states_with_loss", 0),
    at_most("restart_p99_s", 2),
)
_document = msgspec.json.Decoder(ProfileDocument)
_text = msgspec.json.Encoder(order="sorted").encode


def faults(*, kills: int = 200, states: int = 300, people: int = 2_000, seed: int = 7) -> Figure:
    """Kill edge and engine with SIGKILL under load, then compare with a run over the same input without a kill.

    Parameters
    ----------
    kills
        How many, half of them the edge, half the engine.
    states
        Power losses, drawn from a recording of the log's writes (needs strace); 0 for none.
    people
        People who send events.
    seed
        Of the people, their events and the moments of the kills.
    """
    until_us = now_us() - DAY_US - DAY_US // 2  # no window of a definition ends while this runs
    world = World(people=people, events=MORE_EVENTS, days=1, seed=seed, until_us=until_us)
    with site() as struck, site() as clean:
        shutil.copytree(struck.data / "keys", clean.data / "keys", dirs_exist_ok=True)
        senders, killers, unreadable = _strike(struck, world, kills, seed)
        _run_clean(clean, world, [sender.batches for sender in senders])
        lost, doubled = _compare_facts(struck, senders)
        wrong = len(_served(struck) ^ _served(clean))
        as_of = datetime.now(UTC).replace(tzinfo=None)
        same = _state(struck, as_of) == _state(clean, as_of)
    edge_s, engine_s = (killer.restarts_s for killer in killers)
    restarts_s = [*edge_s, *engine_s]
    keys: dict[str, float | int | None] = {
        "kills": len(restarts_s),
        "acknowledged": sum(sender.batches for sender in senders) * BATCH_EVENTS,
        "retries": sum(sender.retries for sender in senders),
        "acknowledged_lost": lost,
        "duplicated": doubled,
        "corrupt_served": unreadable + wrong,
        "same_state": int(same),
        "restart_p50_s": _percentile(restarts_s, 50),
        "restart_p99_s": _percentile(restarts_s, 99),
        "edge_restart_p99_s": _percentile(edge_s, 99),
        "engine_restart_p99_s": _percentile(engine_s, 99),
        **_power_loss(states, seed),
    }
    notes = [
        "corrupt_served counts reads that failed while it ran and profiles that differ from those of a clean run.",
        "same_state is 1 when the state hash equals that of the clean run.",
    ]
    return figure("faults", keys, TARGETS, notes)


def _percentile(seconds: Sequence[float], percent: float) -> float:
    return round(percentile_ms(seconds, percent) / 1_000, 2)


def _power_loss(states: int, seed: int) -> dict[str, float | int | None]:
    if not states:
        return {"states": 0, "states_with_loss": None}
    verdict = power_loss(states, seed=seed)
    return {
        "states": states,
        "states_with_loss": verdict.lost,
        "states_with_loss_if_syncs_are_ignored": verdict.without_syncs,
    }


def _strike(
    site: Site, world: World, kills: int, seed: int
) -> tuple[Sequence[Sender], Sequence[Killer], int]:
    """Run under fire until the last kill, let it drain, stop it."""
    write_key = site.write_key()
    senders = [Sender(site, write_key, lane(world, number, LANES), None) for number in range(LANES)]
    killers: list[Killer] = []
    reader = _Reader(site, world.people)
    try:
        killers += [Killer(site, "edge", kills // 2, seed), Killer(site, "engine", kills - kills // 2, seed)]
        for thread in (*senders, *killers, reader):
            thread.start()
        for killer in killers:
            killer.join()
        for sender in senders:
            sender.over.set()
        for sender in senders:
            sender.join()
        for killer in killers:
            if killer.fault is not None:
                raise killer.fault
        _drained(site)
        return senders, killers, reader.finish()
    finally:
        for killer in killers:
            killer.program.stop()


def _run_clean(site: Site, world: World, batches: Sequence[int]) -> None:
    """Send the same batches down the same lanes to processes that nobody kills."""
    write_key = site.write_key()
    with site.started("engine"), site.started("edge"):
        senders = [
            Sender(site, write_key, lane(world, number, LANES), most) for number, most in enumerate(batches)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        _drained(site)


def _drained(site: Site) -> None:
    progress = Progress(site)
    try:
        progress.wait(progress.head())
    finally:
        progress.close()


def _compare_facts(site: Site, senders: Sequence[Sender]) -> tuple[int, int]:
    """Return how many acknowledged events the warehouse lacks, and how many it holds more than once."""
    warehouse = StorageSettings().warehouse.removeprefix("duckdb:///")
    connection = ibis.duckdb.connect(site.data / warehouse, read_only=True)
    try:
        stored = Counter(connection.table("event").message_id.to_pyarrow().to_pylist())
    finally:
        connection.disconnect()
    lost = sum(stored[one] == 0 for sender in senders for one in sender.acknowledged)
    return lost, sum(count - 1 for count in stored.values() if count > 1)


def _state(site: Site, as_of: datetime) -> StateHash:
    """Return the hash that `weft replay` compares too."""
    workspace = site.workspace()
    stores = open_stores(workspace.settings, workspace.data, workspace.node_key)
    try:
        defined = define_workspace(load_definitions(workspace.definitions))
        return state_hash(stores.database, stores.warehouse, defined, as_of)
    finally:
        stores.close()


def _served(site: Site) -> set[bytes]:
    """Return what is served of every profile, as text: all but ids and moments that arrival decides."""
    engine = site.open_database()
    try:
        with engine.execution_options(read_only=True).begin() as connection:
            documents = [
                _document.decode(body) for body in connection.execute(select(profile.c.document)).scalars()
            ]
    finally:
        engine.dispose()
    return {
        _text((sorted(one.identifiers), one.traits, sorted(one.audiences), one.events)) for one in documents
    }


class _Reader(Thread):
    """Reads profiles while the processes are killed. A read must decode, and a profile's events must never shrink."""

    def __init__(self, site: Site, people: int) -> None:
        super().__init__(daemon=True)
        self._people = people
        self._wrong = 0
        self._over = Event()
        self._engine = site.open_database()
        self._profiles = DatabaseProfiles(self._engine, site.workspace().node_key)

    def run(self) -> None:
        """Read."""
        seen: dict[int, int] = {}
        for person in cycle(range(self._people)):
            if self._over.wait(READ_SECONDS):
                return
            try:
                document = self._profiles.find(Identifier(USER_ID, f"u-{person}"))
            except (msgspec.MsgspecError, DatabaseError):
                self._wrong += 1
                continue
            events = 0 if document is None else document.events
            self._wrong += events < seen.get(person, 0)
            seen[person] = events

    def finish(self) -> int:
        """End it and return how many reads were wrong."""
        self._over.set()
        self.join()
        self._engine.dispose()
        return self._wrong
