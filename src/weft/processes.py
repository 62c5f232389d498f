"""The edge process and the engine process of a workspace: each runs until it is told to stop.

Imports of heavy libraries stand inside the functions: an edge must not carry the engine's weight.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from weft.app import wire_engine
from weft.workspace import RunFile, Workspace, read_run_file, remove_run_file, url_of, write_run_file

if TYPE_CHECKING:
    from weft.collect.edge.asgi import App
    from weft.web.api.services import Services

DEFAULT_SOURCE = "default"
WORKER_STOP_SECONDS = 30.0
WATCH_SECONDS = 1.0


class EngineReady(msgspec.Struct, frozen=True):
    """What the engine tells when it answers: its port, a write key, the secret of a link that signs in once."""

    port: int
    write_key: str
    link: str


def run_edge(
    workspace: Workspace, *, on_ready: Callable[[int], None], stop: threading.Event, shared_port: bool
) -> None:
    """Collect and serve profiles in this process until `stop` is set; then answer what is in flight and return."""
    from weft.logs import configure_logs
    from weft.storage.database import open_database
    from weft.storage.database_keys import DatabaseKeys, DatabaseTokens
    from weft.storage.database_profiles import DatabaseProfiles
    from weft.storage.sqlite_log import open_log
    from weft.web.edge import edge_app
    from weft.web.profile_api import SPACES, profile_api
    from weft.web.serve import serve
    from weft.web.slot_api import SLOTS, SlotApi
    from weft.web.slot_choice import Chooser

    settings, collect = workspace.settings, workspace.settings.collect
    configure_logs(settings.log, "edge")
    database = open_database(settings.storage.database, workspace.data)
    with closing(open_log(settings.storage.log, workspace.data)) as log:
        profiles = profile_api(
            profiles=DatabaseProfiles(database, workspace.node_key),
            tokens=DatabaseTokens(database),
            database=database,
            settings=settings,
            node_key=workspace.node_key,
            engine_url=lambda: _engine_url(workspace),
        )
        figures = workspace.data / "edges"
        figures.mkdir(exist_ok=True)
        keys = DatabaseKeys(database)
        choosing = Chooser(
            DatabaseProfiles(database, workspace.node_key),
            database,
            settings.consent.default,
            workspace.node_key,
        )
        slots = SlotApi(choosing, database, keys, DatabaseTokens(database))
        app = edge_app(settings, log, keys, {SPACES: profiles, SLOTS: slots}, figures)
        serve(app, collect.host, collect.port, shared_port=shared_port, on_ready=on_ready, stop=stop)
    database.dispose()


def run_engine(
    workspace: Workspace, *, on_ready: Callable[[EngineReady], None], stop: threading.Event
) -> None:
    """Run the workers and the engine API in this process until `stop` is set; then drain and return."""
    gc.disable()  # while loading; `_load_api` ends it
    from weft.logs import configure_logs
    from weft.web.api.late import LateApi
    from weft.web.serve import claim_port, serve
    from weft.workers.watch import DefinitionsWatch
    from weft.workers.worker import Worker

    configure_logs(workspace.settings.log, "engine")
    api = workspace.settings.api
    with claim_port(api.host, api.port) as claim:  # a port in use is told before any store is opened
        api = msgspec.structs.replace(api, port=claim.getsockname()[1])
    workspace = msgspec.structs.replace(
        workspace, settings=msgspec.structs.replace(workspace.settings, api=api)
    )
    engine = wire_engine(workspace)
    late = LateApi(engine.services, lambda: _load_api(engine.services), stop.set)

    def ready(port: int) -> None:
        services = engine.services
        run = RunFile(os.getpid(), url_of(api.host, port), services.local_token)
        write_run_file(workspace, run)
        on_ready(_ready(services, port))
        late.load_soon()

    watch = DefinitionsWatch(workspace.definitions, stop.set)

    def look() -> int:
        if any(worker.broken for worker in engine.workers):
            stop.set()  # the supervisor starts the next one
        return watch.step()

    running = (*engine.workers, Worker("definitions", look, wait_seconds=WATCH_SECONDS))
    try:
        for worker in running:
            worker.start()
        serve(late, api.host, api.port, shared_port=False, on_ready=ready, stop=stop)
    finally:
        remove_run_file(workspace)
        for worker in running:
            worker.stop(WORKER_STOP_SECONDS)
        engine.close()


def _load_api(services: Services) -> App:
    """Do what a start can do after it is ready."""
    from weft.web.api.app import api_app
    from weft.workers.watch import tell_doubts

    tell_doubts(services.definitions, services.catalogue.known())
    app: Any = api_app(services)  # the two libraries spell the same ASGI types differently
    gc.freeze()
    gc.enable()
    return app


def _ready(services: Services, port: int) -> EngineReady:
    from weft.model.access import Scope, TokenKind
    from weft.storage.database_keys import LINK_SECONDS

    key = services.keys.ensure(DEFAULT_SOURCE)
    _, link = services.tokens.create("link", [Scope.ADMIN], TokenKind.LINK, LINK_SECONDS)
    return EngineReady(port, key.key, link)


def _engine_url(workspace: Workspace) -> str | None:
    run = read_run_file(workspace)
    return run.api if run else None
