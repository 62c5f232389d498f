"""The edge process's application: collect, and the Profile API and the slots beside it."""

import gc
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import structlog

from weft.collect.edge.app import collect_app
from weft.collect.edge.asgi import App, Receive, Scope, Send, problem, reply
from weft.config import Settings
from weft.ports import EventLog, WriteKeys

log = structlog.get_logger()

SWITCH_SECONDS = 0.001
"""The thread that commits must not wait 5 ms (Python's default) for its turn each time a commit is done."""
COLLECT_OBJECTS = 50_000
"""Decoded events hold no cycles: looking for some every 700 objects (Python's default) costs a fifth of the time."""
LAST_ANSWERS_SECONDS = 0.5
EXIT_IO_ERROR = 74


def edge_app(
    settings: Settings,
    event_log: EventLog,
    keys: WriteKeys,
    others: Mapping[str, App],
    shared_folder: Path | None = None,
) -> App:
    """Compose the edge of one process. others: how paths begin that are not collect's → what takes them.

    shared_folder: where the edge processes of a workspace leave their figures, so that each shows those of all.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_OBJECTS)

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        app = next((each for prefix, each in others.items() if path.startswith(prefix)), None)
        if app is None:
            await reply(send, problem(404, "not_found", "There is nothing at this path."))
        else:
            await app(scope, receive, send)

    return collect_app(
        settings.collect, event_log, keys, other, on_broken=_exit_soon, shared_folder=shared_folder
    )


def _exit_soon() -> None:
    """End this process after the last answers have left: its log can no longer be trusted to be durable."""
    log.critical("edge.must_restart", why="a failed fsync")
    threading.Timer(LAST_ANSWERS_SECONDS, os._exit, (EXIT_IO_ERROR,)).start()
