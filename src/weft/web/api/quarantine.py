"""What was refused, why, and sending it again."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from weft.collect.normalise import refused_again
from weft.collect.plans import compile_rules
from weft.model.accepted import Accepted
from weft.model.access import Scope
from weft.model.quarantine import Quarantined
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.services import Services
from weft.web.times import time_text

REPLAY_PAGE = 1_000
TRIAL_MOST = 10_000

Why = Annotated[str | None, QueryParameter(description="Only those refused for this reason.")]
From = Annotated[str | None, QueryParameter(description="Only those of this source.")]


class QuarantinedView(msgspec.Struct, frozen=True):
    """A refused event."""

    position: Annotated[int, Meta(description="Its place in the log.")]
    reason: Annotated[str, Meta(examples=["no_identifier"])]
    detail: Annotated[str, Meta(description="What exactly was wrong.")]
    received_at: Annotated[str, Meta(description="RFC 3339.")]
    source: str
    name: Annotated[str, Meta(description="Of the event, where it could be read.")]
    body: Annotated[str, Meta(description="As it was sent.")]


class QuarantinePage(msgspec.Struct, frozen=True):
    """Refused events, oldest first. next: pass it as `after` for more; null at the end."""

    events: list[QuarantinedView]
    next: int | None


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which refused events to send again; nothing given: all."""

    reason: str | None = None
    source: str | None = None
    positions: Annotated[
        list[int], Meta(description="Only these; empty: all that fit.", max_length=1_000)
    ] = []
    passing: Annotated[bool, Meta(description="Only those that today's rules and plans would take.")] = False


class RetrialView(msgspec.Struct, frozen=True):
    """What would become of refused events if they were sent again now."""

    checked: Annotated[int, Meta(description="How many were looked at: the oldest, at most 10,000.")]
    passing: Annotated[int, Meta(description="How many of them today's rules and plans would take.")]
    positions: Annotated[list[int], Meta(description="The first of those that would pass, at most 1,000.")]


class Replayed(msgspec.Struct, frozen=True):
    """How many events were put into the log again."""

    events: int


@get("/quarantine", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_quarantine(
    services: Provided,
    reason: Why = None,
    source: From = None,
    after: Annotated[int, QueryParameter(description="Only behind this position.", ge=0)] = 0,
    limit: Limit = LIMIT_DEFAULT,
) -> QuarantinePage:
    """List refused events."""
    found = services.quarantine.read(after, limit, reason=reason, source=source)
    return QuarantinePage(
        [_view(each) for each in found], found[-1].position if len(found) == limit else None
    )


@get("/quarantine/counts", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def count_quarantine(services: Provided) -> dict[str, int]:
    """Count refused events by reason."""
    return dict(services.quarantine.counts())


@post(
    "/quarantine/replay",
    guards=[needs(Scope.WRITE)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def replay_quarantine(services: Provided, data: JSONBody[Replay]) -> Replayed:
    """Put refused events into the log again, as they were sent; today's rules and plans decide anew.

    An event that is accepted twice (a crash between the two steps) is dropped by its message id.
    """
    events = 0
    for page in _pages(services, data, services.log.backlog().head):
        if not page:
            continue
        services.log.append([_again(each) for each in page])
        services.quarantine.mark_replayed([each.position for each in page], services.clock())
        events += len(page)
    return Replayed(events)


@post(
    "/quarantine/trial",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def try_quarantine(services: Provided, data: JSONBody[Replay]) -> RetrialView:
    """Take refused events through today's rules and plans. Nothing is changed."""
    checked, passing = 0, list[int]()
    for page in _pages(services, msgspec.structs.replace(data, passing=False), services.log.backlog().head):
        checked += len(page)
        passing += [each.position for each in _passing(services, page)]
        if checked >= TRIAL_MOST:
            break
    return RetrialView(checked, len(passing), passing[:REPLAY_PAGE])


def _pages(services: Services, wanted: Replay, last: int) -> Iterator[Sequence[Quarantined]]:
    """Yield what there is up to a position, so not what is refused anew while this runs. A page may be empty."""
    after, positions = 0, set(wanted.positions)
    if positions:
        after, last = min(positions) - 1, min(last, max(positions))
    while True:
        found = services.quarantine.read(after, REPLAY_PAGE, reason=wanted.reason, source=wanted.source)
        page = [each for each in found if each.position <= last]
        if not page:
            return
        after = page[-1].position
        if positions:
            page = [each for each in page if each.position in positions]
        yield _passing(services, page) if wanted.passing else page


def _passing(services: Services, page: Sequence[Quarantined]) -> list[Quarantined]:
    rules = compile_rules(services.settings.collect, services.definitions)
    refused = refused_again([_again(each) for each in page], rules)
    return [each for number, each in enumerate(page) if number not in refused]


def _again(event: Quarantined) -> Accepted:
    body = event.body.encode()
    return Accepted(event.received_us, event.source, body, 1, event.default_type, event.historical)


def _view(event: Quarantined) -> QuarantinedView:
    return QuarantinedView(
        event.position,
        event.reason,
        event.detail,
        time_text(event.received_us),
        event.source,
        event.name,
        event.body,
    )


router = Router(
    "/",
    route_handlers=[list_quarantine, count_quarantine, try_quarantine, replay_quarantine],
    tags=["quarantine"],
)
