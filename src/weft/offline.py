"""What is done to a workspace while it does not run: building it again, learning from it, writing it out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from weft.app import take_definitions
from weft.clock import utc_now
from weft.workspace import Workspace, locked

if TYPE_CHECKING:
    from pathlib import Path

    from weft.workers.learn import Learnt, Used
    from weft.workers.replay import Replayed


def replay_workspace(
    workspace: Workspace, kept: Path | None, *, check: bool, show: Callable[[str, int, int | None], None]
) -> Replayed:
    """Build warehouse and profiles again; the present warehouse stays beside them as `….before-replay`.

    kept: exported events for what the log no longer has; None takes them from the present warehouse. check: change
    nothing. show: told the step, how much is done and of how much.
    Raises Misconfigured while the workspace runs.
    """
    from weft.collect.plans import compile_rules
    from weft.storage.database import open_database
    from weft.storage.definitions_read import define_workspace, identity_rules
    from weft.storage.open import warehouse_path
    from weft.storage.sqlite_log import open_log
    from weft.workers.replay import Replay

    settings, data = workspace.settings, workspace.data
    with locked(workspace), ExitStack() as opened:
        database = open_database(settings.storage.database, data)
        opened.callback(database.dispose)
        found = take_definitions(workspace, database)
        replay = Replay(
            present=warehouse_path(settings.storage.warehouse, data),
            log=opened.enter_context(closing(open_log(settings.storage.log, data))),
            database=database,
            defined=define_workspace(found.definitions, found.held, settings.workspace.timezone),
            rules=compile_rules(settings.collect, found.definitions),
            settings=settings,
            identity=identity_rules(found.definitions),
            data=data,
            node_key=workspace.node_key,
            clock=utc_now,
            show=show,
        )
        return replay.run(kept, check=check)


def learn_workspace(workspace: Workspace) -> tuple[Learnt, dict[bytes, str]]:
    """Learn a model from the people of a workspace that does not run, and say what it would change; propose it.

    Return also what the nodes of the examples are called. Raises Rejected where there are too few people.
    """
    from weft.storage.definitions_read import identity_rules
    from weft.storage.duckdb_behaviour import Behaviours
    from weft.storage.duckdb_evidence_read import names_of
    from weft.storage.open import open_stores
    from weft.workers.learn import propose_model
    from weft.workers.match import MODEL_FILE

    with (
        locked(workspace),
        closing(open_stores(workspace.settings, workspace.data, workspace.node_key)) as stores,
    ):
        rules = identity_rules(take_definitions(workspace, stores.database).definitions)
        seen = Behaviours(stores.warehouse, rules).of
        learnt = propose_model(stores.database, workspace.data / MODEL_FILE, rules, seen)
        nodes = {node for each in learnt.effect.examples for node in (each.left, each.right)}
        return learnt, names_of(stores.warehouse, nodes)


def use_learnt(workspace: Workspace) -> Used:
    """Put the proposed model of a workspace that does not run in force. Raises Rejected where none is proposed."""
    from weft.storage.open import open_stores
    from weft.workers.learn import use_proposal
    from weft.workers.match import MODEL_FILE

    with (
        locked(workspace),
        closing(open_stores(workspace.settings, workspace.data, workspace.node_key)) as stores,
    ):
        return use_proposal(stores.database, workspace.data / MODEL_FILE)


def export_workspace(workspace: Workspace, path: Path) -> int:
    """Write every event of a workspace that does not run to a Parquet file; return how many."""
    from weft.storage.duckdb_export import export_events
    from weft.storage.duckdb_warehouse import Warehouse
    from weft.storage.open import warehouse_path

    storage = workspace.settings.storage
    with locked(workspace):
        file = warehouse_path(storage.warehouse, workspace.data)
        with closing(Warehouse(file, storage.warehouse_memory_mb)) as warehouse:
            return export_events(warehouse, path)
