"""How the workspace is, on one page. Nothing here scans events: the page answers in milliseconds at any size."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from msgspec import Meta

import weft
from weft.clock import MINUTE_US
from weft.model.accepted import Chunk
from weft.model.access import Scope
from weft.model.signal import SignalKind
from weft.model.traffic import ACCEPTED, ANONYMOUS, IMPORTED, TAKEN, Came, Moved
from weft.web.api import attention
from weft.web.api.access import needs
from weft.web.api.attention import Attention
from weft.web.api.describe import Provided, failures
from weft.web.api.figures import Figures
from weft.web.api.services import Services, WorkerStatus
from weft.web.times import time_text

MINUTES = 60


class Minute(msgspec.Struct, frozen=True):
    """What came in during one minute."""

    at: Annotated[str, Meta(description="Begin of the minute, RFC 3339.")]
    accepted: Annotated[int, Meta(description="Events collected.")]
    anonymous: Annotated[int, Meta(description="Those of them that only a browser or a device names.")]
    quarantined: Annotated[int, Meta(description="Events refused.")]
    imported: Annotated[int, Meta(description="Events and records of imports.")]


class PeopleView(msgspec.Struct, frozen=True):
    """Profiles."""

    known: Annotated[int, Meta(description="With more than anonymous ids.")]
    anonymous: Annotated[int, Meta(description="With anonymous ids only.")]


class Lag(msgspec.Struct, frozen=True):
    """How far profiles are behind what was accepted."""

    seconds: Annotated[float, Meta(description="Since the oldest event that no profile reflects came in.")]
    events: Annotated[int, Meta(description="Accepted events that no profile reflects yet.")]


class Movement(msgspec.Struct, frozen=True):
    """Who entered and exited one audience in the last 24 hours."""

    audience: Annotated[str, Meta(examples=["buyers"])]
    members: Annotated[int | None, Meta(description="Now; null while they are counted.")]
    entered: int
    exited: int


class Overview(msgspec.Struct, frozen=True):
    """Addresses, lag, counts, health. null: a figure that is being counted for the first time; ask again."""

    workspace: Annotated[str, Meta(examples=["shop"])]
    version: Annotated[str, Meta(description="Of Weft.")]
    edge: Annotated[str, Meta(description="Where SDKs send to.", examples=["http://127.0.0.1:8401"])]
    api: Annotated[str, Meta(description="Where this API answers.")]
    now: Annotated[str, Meta(description="The engine's time, RFC 3339.")]
    events_accepted: Annotated[int, Meta(description="Events that the log ever took.")]
    events_behind: Annotated[int, Meta(description="Accepted events that are not yet in the warehouse.")]
    lag: Lag
    minutes: Annotated[list[Minute], Meta(description="The last 60, the oldest first, this one last.")]
    hour_before: Annotated[int, Meta(description="Events collected in the 60 minutes before those.")]
    people: PeopleView | None
    audiences: Annotated[dict[str, int] | None, Meta(description="Name → current members.")]
    movements: Annotated[list[Movement], Meta(description="Of each audience, by name.")]
    quarantine: Annotated[dict[str, int] | None, Meta(description="Reason → refused events.")]
    deliveries: Annotated[dict[str, dict[str, int]] | None, Meta(description="Destination → state → items.")]
    workers: list[WorkerStatus]
    attention: Annotated[list[Attention], Meta(description="What needs somebody, the most urgent first.")]


@get("/overview", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def show_overview(services: Provided, request: Request[object, object, State]) -> Overview:
    """Show how the workspace is."""
    return overview_of(services, request.app.state.figures)


def overview_of(services: Services, figures: Figures) -> Overview:
    """Gather the overview."""
    backlog = services.log.backlog()
    now_us, minute = services.clock(), figures.minute()
    came = figures.minutes(2 * MINUTES)
    people, sizes, quarantine, deliveries, doubts = figures.gather()
    lag = _lag(services, figures, backlog.head, now_us)
    workers = list(services.workers())
    needed = (
        *attention.of_workers(workers),
        *attention.of_lag(lag.events, lag.seconds),
        *attention.of_destinations(services.lanes(), deliveries or {}),
        *attention.of_quarantine(came, minute),
        *attention.of_disk(*figures.disk()),
        *attention.of_set_aside(services.set_aside),
        *attention.of_sql_runs(figures.sql_runs()),
        *attention.of_definitions(doubts),
    )
    urgency = list(attention.Severity)
    return Overview(
        workspace=services.settings.workspace.name,
        version=weft.__version__,
        edge=services.edge_url,
        api=services.api_url,
        now=time_text(now_us),
        events_accepted=backlog.head,
        events_behind=backlog.behind,
        lag=lag,
        minutes=list(_minutes(came, minute)),
        hour_before=sum(
            each.count
            for each in came
            if each.minute <= minute - MINUTES and each.outcome in (ACCEPTED, ANONYMOUS)
        ),
        people=None if people is None else PeopleView(people.known, people.anonymous),
        audiences=sizes,
        movements=_movements(services, sizes, figures.movements()),
        quarantine=quarantine,
        deliveries=deliveries,
        workers=workers,
        attention=sorted(needed, key=lambda each: urgency.index(each.severity)),
    )


def _minutes(came: Sequence[Came], minute: int) -> Iterator[Minute]:
    counts: dict[int, dict[str, int]] = {}
    for each in came:
        outcome = each.outcome if each.outcome in TAKEN else ""
        of_minute = counts.setdefault(each.minute, {})
        of_minute[outcome] = of_minute.get(outcome, 0) + each.count
    for number in range(minute - MINUTES + 1, minute + 1):
        found = counts.get(number, {})
        at = time_text(number * MINUTE_US)
        anonymous = found.get(ANONYMOUS, 0)
        taken = found.get(ACCEPTED, 0) + anonymous
        yield Minute(at, taken, anonymous, found.get("", 0), found.get(IMPORTED, 0))


def _movements(services: Services, sizes: dict[str, int] | None, moved: Sequence[Moved]) -> list[Movement]:
    counts: dict[tuple[str, str], int] = {}
    for each in moved:
        counts[each.audience, each.kind] = counts.get((each.audience, each.kind), 0) + each.count
    return [
        Movement(
            each.name,
            None if sizes is None else sizes.get(each.name, 0),
            counts.get((each.name, SignalKind.ENTERED), 0),
            counts.get((each.name, SignalKind.EXITED), 0),
        )
        for each in sorted(services.definitions, key=lambda each: each.name)
        if each.kind == "audiences"
    ]


def _lag(services: Services, figures: Figures, head: int, now_us: int) -> Lag:
    projected = figures.projected()
    if head <= projected:
        return Lag(0.0, 0)
    entries = services.log.read(projected, 1)
    if not entries:  # trimmed, or read in this moment
        return Lag(0.0, head - projected)
    content = entries[0].content
    since_us = content.received_at_us if isinstance(content, Chunk) else content[0].received_at_us
    return Lag(max(0.0, round((now_us - since_us) / 1_000_000, 3)), head - projected)


router = Router("/", route_handlers=[show_overview], tags=["overview"])
