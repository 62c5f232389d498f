"""Sources and the write keys that events are sent with."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from weft.clock import MINUTE_US
from weft.model.access import Scope, Source, WriteKey
from weft.model.traffic import ACCEPTED, ANONYMOUS, IMPORTED, TAKEN, Came, SourceTotal
from weft.storage.database_traffic import HOUR_MINUTES
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.figures import Figures
from weft.web.times import time_text


class KeyView(msgspec.Struct, frozen=True):
    """A write key. It is not a secret: web pages carry it; it can only send."""

    key: Annotated[
        str, Meta(description="What SDKs are given.", examples=["5f1c0d4e9b7a4c61a1e2d3c4b5a69788"])
    ]
    created_at: Annotated[str, Meta(description="RFC 3339.", examples=["2026-01-31T09:30:00.000Z"])]
    revoked_at: Annotated[str | None, Meta(description="Since when it is refused; null while it is valid.")]


class HourView(msgspec.Struct, frozen=True):
    """What a source sent during one hour."""

    at: Annotated[str, Meta(description="Begin of the hour, RFC 3339.")]
    accepted: Annotated[int, Meta(description="Events collected.")]
    refused: Annotated[int, Meta(description="Events quarantined.")]
    imported: Annotated[int, Meta(description="Events and records of imports.")]


class SourceView(msgspec.Struct, frozen=True):
    """Where events come from: a sender with write keys, or an import, which has none."""

    name: Annotated[str, Meta(description="Stands on every event it sends.", examples=["shop"])]
    created_at: Annotated[str | None, Meta(description="RFC 3339; null for an import.")]
    keys: Annotated[list[KeyView], Meta(description="The newest first.")]
    edge_url: Annotated[str, Meta(description="Where its SDKs send to.", examples=["http://127.0.0.1:8401"])]
    events: Annotated[int, Meta(description="All that it ever sent, refused ones too.")]
    refused_events: Annotated[int, Meta(description="Those of them that were quarantined.")]
    first_seen_at: Annotated[str | None, Meta(description="When the first came in; null before that.")]
    last_seen_at: Annotated[str | None, Meta(description="When the newest came in; null before the first.")]
    hours: Annotated[list[HourView], Meta(description="The last 24, the oldest first, this one last.")]
    refused: Annotated[dict[str, int], Meta(description="Of these hours: reason → events.")]


class NewSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to be made."""

    name: Annotated[str, Meta(description="a-z, 0-9, - and _; at most 64.", examples=["shop"])]


@get("/sources", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_sources(services: Provided, request: Request[object, object, State]) -> list[SourceView]:
    """List the sources with their write keys and what came from each."""
    figures: Figures = request.app.state.figures
    made = {each.name: each for each in services.keys.sources()}
    totals = {each.source: each for each in services.traffic.totals()}
    came: dict[str, list[Came]] = {}
    for each in figures.hours():
        came.setdefault(each.source, []).append(each)
    hour = figures.minute() // HOUR_MINUTES
    return [
        _source(services.edge_url, name, made.get(name), totals.get(name), came.get(name, []), hour)
        for name in sorted(made.keys() | totals.keys())
    ]


@post("/sources", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def add_source(services: Provided, data: JSONBody[NewSource]) -> KeyView:
    """Make a source and answer its first write key."""
    return _key(services.keys.add(data.name))


@post("/sources/{name:str}/keys", guards=[needs(Scope.WRITE)], responses=failures(404), sync_to_thread=True)
def rotate_key(services: Provided, name: FromPath[str]) -> KeyView:
    """Give a source another write key; the older ones stay valid until they are revoked."""
    return _key(services.keys.rotate(name))


@delete(
    "/keys/{key:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(404),
    status_code=200,
    sync_to_thread=True,
)
def revoke_key(services: Provided, key: FromPath[str]) -> KeyView:
    """End a write key, for good. The edges refuse it within two seconds."""
    return _key(services.keys.revoke(key))


def _key(key: WriteKey) -> KeyView:
    return KeyView(
        key.key, time_text(key.created_us), None if key.revoked_us is None else time_text(key.revoked_us)
    )


def _source(
    edge_url: str, name: str, made: Source | None, total: SourceTotal | None, came: Sequence[Came], hour: int
) -> SourceView:
    """Put one source together. hour: the present one, since 1970."""
    counts: Counter[tuple[int, str]] = Counter()
    refused: Counter[str] = Counter()
    for each in came:
        is_refused = each.outcome not in TAKEN
        counts[each.minute // HOUR_MINUTES, "" if is_refused else each.outcome] += each.count
        if is_refused:
            refused[each.outcome] += each.count
    return SourceView(
        name=name,
        created_at=None if made is None else time_text(made.created_us),
        keys=[] if made is None else [_key(key) for key in made.keys],
        edge_url=edge_url,
        events=0 if total is None else total.events,
        refused_events=0 if total is None else total.refused,
        first_seen_at=None if total is None else time_text(total.first_us),
        last_seen_at=None if total is None else time_text(total.last_us),
        hours=[
            HourView(
                time_text(number * HOUR_MINUTES * MINUTE_US),
                counts[number, ACCEPTED] + counts[number, ANONYMOUS],
                counts[number, ""],
                counts[number, IMPORTED],
            )
            for number in range(hour - 23, hour + 1)
        ],
        refused=dict(refused.most_common()),
    )


router = Router("/", route_handlers=[list_sources, add_source, rotate_key, revoke_key], tags=["sources"])
