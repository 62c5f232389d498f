"""The health page: workers, versions, disk, checks and figures of this instance."""

import platform
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from msgspec import Meta

from weft.language.strict import Problem
from weft.model.access import Scope
from weft.storage import probe
from weft.web import checks
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.figures import Figures
from weft.web.api.remembered import Remembered
from weft.web.api.services import Services, WorkerStatus
from weft.web.checks import Check, Verdict
from weft.web.machine import machine_checks, process_bytes

CHECKS_SECONDS = 60.0
"""How long what was measured of the machine is good: measuring it writes to the disk."""

CHECKS_WAIT_SECONDS = 5.0


class CheckView(msgspec.Struct, frozen=True):
    """One thing that was looked at, as `weft doctor` tells it."""

    name: Annotated[str, Meta(examples=["disk"])]
    verdict: Verdict
    finding: Annotated[str, Meta(examples=["41.2 GB free of 120.0 GB"])]
    advice: Annotated[str, Meta(description="What to do; empty when nothing is to be done.")]
    code: Annotated[
        str,
        Meta(
            description="The finding as a stable word; empty: only its text says it.", examples=["disk_low"]
        ),
    ]
    parameters: Annotated[dict[str, str | int | float], Meta(description="What the code's words need.")]


class StoreView(msgspec.Struct, frozen=True):
    """How large a store is."""

    name: Annotated[str, Meta(description="log, warehouse or database.")]
    bytes: Annotated[int | None, Meta(description="With its journal; null when it is no file here.")]


class InstanceView(msgspec.Struct, frozen=True):
    """This engine and the machine that it runs on."""

    versions: Annotated[dict[str, str], Meta(examples=[{"weft": "0.1.0", "python": "3.12.4"}])]
    started_at: Annotated[str, Meta(description="When the engine's API was loaded, RFC 3339.")]
    uptime_seconds: int
    memory_bytes: Annotated[int | None, Meta(description="Of the engine's process; null: not told here.")]
    cpu_seconds: Annotated[float, Meta(description="That the engine's process used since it started.")]
    disk_free_bytes: int
    disk_total_bytes: int
    stores: list[StoreView]
    workers: list[WorkerStatus]
    events_accepted: Annotated[int, Meta(description="Events that the log ever took.")]
    events_projected: Annotated[int, Meta(description="The log position that profiles reflect.")]
    profiles: Annotated[int | None, Meta(description="null while they are counted for the first time.")]
    healthy: Annotated[bool, Meta(description="Every worker is well and no check is wrong.")]
    checks: list[CheckView]


class Instance:
    """What is known of this engine; lives as long as the application."""

    def __init__(self, services: Services) -> None:
        self.started = time.time()
        self.checks = Remembered(
            "checks",
            lambda: list(_checks(services)),
            seconds=CHECKS_SECONDS,
            wait_seconds=CHECKS_WAIT_SECONDS,
        )


@get("/instance", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def show_instance(services: Provided, request: Request[object, object, State]) -> InstanceView:
    """Show how this engine and its machine are. What `weft doctor` measures is at most a minute old."""
    instance: Instance = request.app.state.instance
    figures: Figures = request.app.state.figures
    backlog, counted, workers = services.log.backlog(), figures.gather(), list(services.workers())
    people = counted.people
    found = [*(instance.checks.get() or ()), *_checks_of_now(services, counted.doubts, backlog.behind)]
    free, total = figures.disk()
    return InstanceView(
        versions={"weft": version("weft"), "python": platform.python_version(), **probe.versions()},
        started_at=datetime.fromtimestamp(instance.started, UTC).isoformat(timespec="seconds"),
        uptime_seconds=int(time.time() - instance.started),
        memory_bytes=process_bytes(),
        cpu_seconds=round(time.process_time(), 1),
        disk_free_bytes=free,
        disk_total_bytes=total,
        stores=list(_stores(services)),
        workers=workers,
        events_accepted=backlog.head,
        events_projected=figures.projected(),
        profiles=None if people is None else people.known + people.anonymous,
        healthy=all(each.healthy for each in workers) and all(each.verdict != "wrong" for each in found),
        checks=[_check(each) for each in found],
    )


def _check(check: Check) -> CheckView:
    return CheckView(
        check.name, check.verdict, check.finding, check.advice, check.word, dict(check.parameters)
    )


def _checks(services: Services) -> Iterator[Check]:
    yield from machine_checks(services.data, services.settings)
    yield checks.clock(datetime.now(UTC), 0.0, None)


def _checks_of_now(services: Services, doubts: Sequence[Problem], behind: int) -> Sequence[Check]:
    return (
        checks.definitions(len(services.definitions), doubts),
        checks.backlog(behind, services.settings.collect.behind_events),
    )


def _stores(services: Services) -> Iterator[StoreView]:
    storage = services.settings.storage
    for name, url in (("log", storage.log), ("warehouse", storage.warehouse), ("database", storage.database)):
        scheme, _, path = url.partition(":///")
        if scheme not in ("sqlite", "duckdb"):
            yield StoreView(name, None)
            continue
        file = services.data / path
        parts = [file, *(file.with_name(file.name + suffix) for suffix in ("-wal", ".wal"))]
        yield StoreView(name, sum(part.stat().st_size for part in parts if part.exists()))


router = Router("/", route_handlers=[show_instance], tags=["health"])
