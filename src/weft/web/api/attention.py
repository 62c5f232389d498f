"""What needs somebody's attention, as codes and parameters; the console finds the words."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.activate.pace import BreakerState
from weft.language.strict import Problem
from weft.model.definition import SetAside
from weft.model.delivery import ItemState
from weft.model.traffic import IMPORTED, TAKEN, Came
from weft.storage.database_batches import BatchRun
from weft.web.api.services import WorkerStatus
from weft.web.checks import DISK_LOW_BYTES, DISK_WRONG_BYTES

BEHIND_SECONDS = 60.0
GROWING_EVENTS = 10
GROWING_SHARE = 0.01
DOUBTS_MOST = 50


class Severity(StrEnum):
    """How soon somebody should look."""

    CRITICAL = "critical"  # something is not done, or soon will not be
    WARNING = "warning"  # something waits for a person
    INFO = "info"


class Kind(StrEnum):
    """What it is about; each has parameters of its own."""

    WORKER = "worker"  # subject: the worker; failures
    BEHIND = "behind"  # seconds, events
    CIRCUIT_OPEN = "circuit_open"  # subject: the destination; open_for_seconds, last_error, waiting
    DEAD_LETTERS = "dead_letters"  # subject: the destination; items
    IN_DOUBT = "in_doubt"  # subject: the destination; items
    QUARANTINE = (
        "quarantine"  # subject: the commonest reason; events, before, share_percent: of the last hour
    )
    DISK = "disk"  # free_bytes, total_bytes
    SET_ASIDE = (
        "set_aside"  # subject: the definition; path, text, kept: 1 if its last good state stays in force
    )
    SQL_RUN = "sql_run"  # subject: the SQL trait; text, kept: 1 if it has values of a run before
    DEFINITION = "definition"  # subject: its name; path, text, doubt: its word, and what that one needs


class Attention(msgspec.Struct, frozen=True):
    """One thing that needs attention."""

    kind: Annotated[
        Kind,
        Meta(
            description="`worker` (failures) · `behind` (seconds, events) · `circuit_open` (open_for_seconds, "
            "last_error, waiting) · `dead_letters` (items) · `in_doubt` (items) · `quarantine` (events, before, "
            "share_percent: this hour and the one before) · `disk` (free_bytes, total_bytes) · `set_aside` (path, "
            "text, kept: 1, its last good state stays in force, or 0) · `sql_run` (text, kept: 1, the values of the "
            "run before stay, or 0) · `definition` (path, "
            "text, doubt: `unseen_event` (event, near) or `unknown_trait` (at, trait, near))."
        ),
    ]
    severity: Severity
    subject: Annotated[
        str, Meta(description="The worker, destination, reason or definition; else empty.", examples=["crm"])
    ]
    parameters: Annotated[dict[str, str | int | float], Meta(examples=[{"items": 3}])]


def of_workers(workers: Sequence[WorkerStatus]) -> Iterator[Attention]:
    """Yield the workers that are not well."""
    for each in workers:
        if not each.healthy:
            yield Attention(Kind.WORKER, Severity.CRITICAL, each.name, {"failures": each.failures})


def of_lag(events: int, seconds: float) -> Iterator[Attention]:
    """Yield that profiles are behind."""
    if seconds >= BEHIND_SECONDS:
        parameters: dict[str, str | int | float] = {"seconds": seconds, "events": events}
        yield Attention(Kind.BEHIND, Severity.WARNING, "", parameters)


def of_destinations(
    lanes: Mapping[str, Mapping[str, Any]], items: Mapping[str, Mapping[str, int]]
) -> Iterator[Attention]:
    """Yield destinations that take nothing, dead letters and doubts."""
    for name, lane in sorted(lanes.items()):
        if lane.get("breaker", BreakerState.CLOSED) == BreakerState.CLOSED:
            continue
        states = items.get(name, {})
        yield Attention(
            Kind.CIRCUIT_OPEN,
            Severity.CRITICAL,
            name,
            {
                "open_for_seconds": float(lane.get("open_for_seconds", 0.0)),
                "last_error": str(lane.get("last_error", "")),
                "waiting": states.get(ItemState.PENDING, 0) + states.get(ItemState.RETRY, 0),
            },
        )
    for name, states in sorted(items.items()):
        for state, kind in ((ItemState.DEAD, Kind.DEAD_LETTERS), (ItemState.IN_DOUBT, Kind.IN_DOUBT)):
            if states.get(state):
                yield Attention(kind, Severity.WARNING, name, {"items": states[state]})


def of_quarantine(came: Sequence[Came], minute: int) -> Iterator[Attention]:
    """Yield that more is refused than in the hour before. came: of the last two hours."""
    now = [each for each in came if each.minute > minute - 60]
    refused: dict[str, int] = {}
    for each in now:
        if each.outcome not in TAKEN:
            refused[each.outcome] = refused.get(each.outcome, 0) + each.count
    events = sum(refused.values())
    before = sum(each.count for each in came if each.minute <= minute - 60 and each.outcome not in TAKEN)
    arrived = sum(each.count for each in now if each.outcome != IMPORTED)
    if events < GROWING_EVENTS or events <= before or events < arrived * GROWING_SHARE:
        return
    commonest = max(refused, key=lambda reason: (refused[reason], reason))
    share = round(100 * events / arrived, 1)
    yield Attention(
        Kind.QUARANTINE,
        Severity.WARNING,
        commonest,
        {"events": events, "before": before, "share_percent": share},
    )


def of_disk(free_bytes: int, total_bytes: int) -> Iterator[Attention]:
    """Yield that the disk is nearly full."""
    if free_bytes >= DISK_LOW_BYTES:
        return
    severity = Severity.CRITICAL if free_bytes < DISK_WRONG_BYTES else Severity.WARNING
    yield Attention(Kind.DISK, severity, "", {"free_bytes": free_bytes, "total_bytes": total_bytes})


def of_set_aside(found: Sequence[SetAside]) -> Iterator[Attention]:
    """Yield the definitions that are not in force as their files say."""
    for each in found[:DOUBTS_MOST]:
        severity = Severity.WARNING if each.kept else Severity.CRITICAL
        text = "; ".join(each.reasons)
        parameters: dict[str, str | int | float] = {"path": each.path, "text": text, "kept": int(each.kept)}
        yield Attention(Kind.SET_ASIDE, severity, each.name or each.path, parameters)


def of_sql_runs(runs: Mapping[str, BatchRun]) -> Iterator[Attention]:
    """Yield the SQL traits whose last run failed."""
    for name, run in sorted(runs.items()):
        if run.fault:
            kept = int(run.computed_us > 0)
            yield Attention(Kind.SQL_RUN, Severity.WARNING, name, {"text": run.fault, "kept": kept})


def of_definitions(doubts: Sequence[Problem]) -> Iterator[Attention]:
    """Yield what is probably a mistake in a definition."""
    for each in doubts[:DOUBTS_MOST]:
        parameters: dict[str, str | int | float] = {
            "path": each.path,
            "text": each.message,
            "doubt": each.word,
        }
        parameters.update(each.parameters)
        yield Attention(Kind.DEFINITION, Severity.INFO, each.name, parameters)
