"""Where the engine of a workspace is put together: stores, workers, and what the API stands on.

Imports of heavy libraries stand inside the functions: who asks for one thing must not carry the weight of all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from weft.clock import now_us, utc_now
from weft.workspace import Workspace, url_of

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from weft.config import Settings
    from weft.identity.rules import Rules
    from weft.model.slot import Slot
    from weft.storage.defined import Defined
    from weft.storage.definitions_in_force import InForce
    from weft.storage.open import Stores
    from weft.storage.preview.previews import Previews
    from weft.storage.sql.run import Limits
    from weft.web.api.services import Services, WorkerStatus
    from weft.workers.deliver import DeliverLanes
    from weft.workers.stewarding import Stewarding
    from weft.workers.worker import Worker


WOKEN_SECONDS = 0.5
"""How often a worker looks that is woken when there is work: at windows that move by themselves, say."""
TRAFFIC_SECONDS = 1.0
PLACES_SECONDS = 2.0
SHARES_SECONDS = 10.0
BATCHES_SECONDS = 10.0
BEHAVIOUR_SECONDS = 1.0


class Running(Protocol):
    """What every worker can do."""

    name: str

    @property
    def healthy(self) -> bool:
        """False while it fails."""
        ...

    @property
    def broken(self) -> bool:
        """True when only a fresh process can go on."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self, timeout_seconds: float = ...) -> None:
        """Finish the running step and end."""
        ...


class Engine(msgspec.Struct, frozen=True):
    """The opened stores and the workers of one workspace, in the order of the data's journey, not started."""

    services: Services
    workers: tuple[Running, ...]
    close: Callable[[], None]


def wire_engine(workspace: Workspace) -> Engine:
    """Open the stores and put the engine together. Nothing runs yet.

    Definitions that fail are set aside. Raises Misconfigured: a store that cannot be opened.
    """
    from weft.storage.definitions_read import define_workspace
    from weft.storage.open import open_stores

    with ExitStack() as opened:
        stores = open_stores(workspace.settings, workspace.data, workspace.node_key)
        opened.callback(stores.close)
        found = take_definitions(workspace, stores.database)
        defined = define_workspace(found.definitions, found.held, workspace.settings.workspace.timezone)
        wired = _wire_workers(workspace, stores, found, defined)
        opened.callback(wired.previews.close)
        services = _wire_services(workspace, stores, found, defined, wired)
        return Engine(services, wired.workers, opened.pop_all().close)


def take_definitions(workspace: Workspace, database: Database) -> InForce:
    """Return the definitions that are in force now, and note what has changed in the files since the last time.

    A change of definitions that a crash cut off is finished first. What is set aside is told in the log.
    """
    import structlog

    from weft.storage.definitions_kept import finish_change, keep_versions, present_definitions

    finish_change(workspace.definitions, database)
    found = present_definitions(workspace.definitions, database)
    keep_versions(workspace.definitions, database, found, now_us())
    for each in found.set_aside:
        structlog.get_logger().warning(
            "definitions.set_aside",
            path=each.path,
            name=each.name,
            said="; ".join(each.reasons),
            now="its last good state stays in force" if each.kept else "it is out of force",
        )
    return found


class Wired(NamedTuple):
    """The workers, and those of them and beside them that the API talks to."""

    workers: tuple[Running, ...]
    lanes: DeliverLanes
    stewarding: Stewarding
    previews: Previews


def _wire_workers(workspace: Workspace, stores: Stores, found: InForce, defined: Defined) -> Wired:
    """Put the workers together, in the order of the data's journey: tick, project, dispatch, deliver."""
    from weft.collect.plans import compile_rules
    from weft.identity.live.person import PersonFields
    from weft.storage.database_person import Scores
    from weft.storage.database_steward import StewardEdges
    from weft.storage.definitions_read import identity_rules
    from weft.storage.duckdb_places import Places
    from weft.storage.duckdb_tick import TickStore
    from weft.storage.preview.previews import Previews
    from weft.workers.batches import BATCHES, Batches
    from weft.workers.dispatch import DISPATCH
    from weft.workers.identity_days import IdentityDays
    from weft.workers.project import PROJECT
    from weft.workers.projecting import Projecting
    from weft.workers.shares import SHARES, Shares
    from weft.workers.stewarding import Stewarding
    from weft.workers.tick import Ticker
    from weft.workers.traffic import TRAFFIC, Traffic
    from weft.workers.worker import Worker

    settings, node_key, definitions = workspace.settings, workspace.node_key, found.definitions
    rules = compile_rules(settings.collect, definitions)
    lanes, dispatch = _wire_delivery(workspace, stores, found)
    stores.warehouse.add_properties(defined.property_columns)
    identity = identity_rules(definitions)
    heard = StewardEdges(stores.database), Scores(stores.database)
    store = TickStore(stores.warehouse, workspace.data, node_key, identity, defined.property_columns, *heard)
    dispatcher = Worker(DISPATCH, dispatch, wait_seconds=WOKEN_SECONDS)
    matching, behaviour = _wire_matching(workspace, stores, identity)
    persons = PersonFields(identity.fields, identity.country)

    def projected() -> None:
        dispatcher.wake()
        matching.wake()

    previews = Previews(stores.database, stores.warehouse, defined, settings.consent.default, now_us)
    projecting = Projecting(
        stores.database,
        stores.warehouse,
        stores.log,
        defined,
        persons,
        utc_now,
        projected,
        previews.touched,
    )
    projector = Worker(PROJECT, projecting.step, wait_seconds=WOKEN_SECONDS)
    traffic = Traffic(stores.database, stores.log, rules)
    days = IdentityDays(stores.database, stores.warehouse, identity, now_us)
    counter = Worker(TRAFFIC, lambda: traffic.step() + days.step(), wait_seconds=TRAFFIC_SECONDS)
    ticker = Ticker(stores.log, store, rules, settings.engine, utc_now, projector.wake, traffic)
    tick = Worker("tick", ticker.step, wait_seconds=settings.engine.tick_wait_ms / 1_000)
    places = Worker("places", Places(stores.warehouse).step, wait_seconds=PLACES_SECONDS)
    shares = Shares(stores.database, stores.warehouse, defined, utc_now)
    sharing = Worker(SHARES, shares.step, wait_seconds=SHARES_SECONDS)
    limits = limits_of(settings)
    batches = Batches(stores.database, stores.warehouse, defined, limits, utc_now, projector.wake)
    running_sql = Worker(BATCHES, batches.step, wait_seconds=BATCHES_SECONDS)
    stewarding = Stewarding(stores.database, stores.warehouse, store, defined, utc_now, projector.wake)
    running = (
        tick, counter, places, projector, sharing, running_sql, matching, behaviour, dispatcher, lanes
    )  # fmt: skip
    return Wired(running, lanes, stewarding, previews)


def _wire_matching(workspace: Workspace, stores: Stores, identity: Rules) -> tuple[Worker, Worker]:
    """Put together what compares people, and what looks at how they behave."""
    from weft.storage.duckdb_behaviour import Behaviours
    from weft.workers.behaviour import BEHAVIOUR, Watching
    from weft.workers.match import MATCH, Matching
    from weft.workers.worker import Worker

    behaviours = Behaviours(stores.warehouse, identity)
    matcher = Matching(
        stores.database, workspace.data, identity, now_us, behaviours.of, lambda: stores.log.backlog().behind
    )
    matching = Worker(MATCH, matcher.step)
    watching = Watching(stores.database, behaviours, identity, matching.wake)
    return matching, Worker(BEHAVIOUR, watching.step, wait_seconds=BEHAVIOUR_SECONDS)


def limits_of(settings: Settings) -> Limits:
    """Return what a run of a SQL trait may use."""
    from weft.storage.sql.run import Limits

    return Limits(settings.engine.sql_memory_mb, settings.engine.sql_seconds)


def _wire_delivery(
    workspace: Workspace, stores: Stores, found: InForce
) -> tuple[DeliverLanes, Callable[[], int]]:
    """Put together what tells destinations: the lanes, and the step that fills the outbox."""
    from weft.activate.connection import read_connections
    from weft.activate.destination import Destination
    from weft.registry import DESTINATIONS, load_entries
    from weft.workers.deliver import DeliverLanes
    from weft.workers.dispatch import Clearing, make_dispatch_step

    settings = workspace.settings
    registry = load_entries(DESTINATIONS, Destination)
    connections, _ = read_connections(found.definitions, registry, known=found.held)
    clearing = Clearing(workspace.node_key, settings.consent.default)
    lanes = DeliverLanes(
        database=stores.database,
        profiles=stores.profiles,
        connections=connections,
        registry=registry,
        clearing=clearing,
        settings=settings.deliver,
    )
    dispatch = make_dispatch_step(
        database=stores.database,
        signals=stores.signals,
        profiles=stores.profiles,
        connections=connections,
        registry=registry,
        clearing=clearing,
        on_enqueued=lanes.wake,
    )
    return lanes, dispatch


def _serve_slots(database: Database, found: InForce, defined: Defined) -> tuple[Slot, ...]:
    """Put the slots in force into the database, where the edge finds them."""
    from weft.storage.database import transaction
    from weft.storage.database_slots import serve_slots
    from weft.storage.slots_in_force import served, slots_in_force

    slots = slots_in_force(found)
    with transaction(database) as connection:
        serve_slots(connection, served(slots, defined.audiences))
    return slots


def _wire_services(
    workspace: Workspace,
    stores: Stores,
    found: InForce,
    defined: Defined,
    wired: Wired,
) -> Services:
    """Put together what the API stands on."""
    from weft.storage.database_keys import DatabaseKeys, DatabaseTokens
    from weft.storage.database_movement import DatabaseMovements
    from weft.storage.database_steward import StewardEdges
    from weft.storage.database_traffic import DatabaseTraffic
    from weft.storage.definitions_read import identity_rules
    from weft.storage.duckdb_events import DuckdbEvents
    from weft.storage.duckdb_facts import DuckdbCatalogue, DuckdbFacts, DuckdbQuarantine
    from weft.storage.duckdb_foresee import RulesPreview
    from weft.storage.duckdb_foresee_definitions import DefinitionsPreview
    from weft.storage.duckdb_identity_reads import identity_reads
    from weft.web.api.services import Services
    from weft.workers.explaining import Explaining

    settings, rules = workspace.settings, identity_rules(found.definitions)
    idle = timedelta(minutes=settings.engine.session_idle_minutes)
    return Services(
        settings=settings,
        origins=workspace.origins,
        definitions=found.definitions,
        set_aside=found.set_aside,
        slots=_serve_slots(stores.database, found, defined),
        node_key=workspace.node_key,
        edge_url=url_of(settings.collect.host, settings.collect.port),
        api_url=url_of(settings.api.host, settings.api.port),
        database=stores.database,
        keys=DatabaseKeys(stores.database),
        tokens=DatabaseTokens(stores.database),
        local_token="weft_local_" + secrets.token_urlsafe(32),
        log=stores.log,
        profiles=stores.profiles,
        signals=stores.signals,
        facts=DuckdbFacts(stores.warehouse, stores.memberships, workspace.node_key, idle),
        quarantine=DuckdbQuarantine(stores.warehouse),
        catalogue=DuckdbCatalogue(stores.warehouse),
        data=workspace.data,
        events=DuckdbEvents(stores.warehouse),
        traffic=DatabaseTraffic(stores.database),
        movements=DatabaseMovements(stores.database),
        workers=lambda: [_status(worker) for worker in wired.workers],
        lanes=lambda: {each.name: msgspec.structs.asdict(each) for each in wired.lanes.status()},
        clock=now_us,
        definitions_folder=workspace.definitions,
        test_destination=wired.lanes.test,
        rules=rules,
        stewarding=wired.stewarding,
        **identity_reads(stores.warehouse, rules),
        explaining=Explaining(stores.database, stores.warehouse, defined, workspace.node_key),
        trying=DefinitionsPreview(stores.warehouse, stores.database, utc_now, limits_of(settings)),
        previews=wired.previews,
        foreseeing=RulesPreview(stores.warehouse, workspace.node_key, rules, StewardEdges(stores.database)),
    )


def _status(worker: Running) -> WorkerStatus:
    from weft.web.api.services import WorkerStatus
    from weft.workers.worker import Worker

    done, failures = (worker.done, worker.failures) if isinstance(worker, Worker) else (0, 0)
    return WorkerStatus(worker.name, worker.healthy, done, failures)
