"""Sources and the write keys that events are sent with."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from weft.model.access import Scope, Source, WriteKey
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.times import time_text


class KeyView(msgspec.Struct, frozen=True):
    """A write key. It is not a secret: web pages carry it; it can only send."""

    key: Annotated[
        str, Meta(description="What SDKs are given.", examples=["5f1c0d4e9b7a4c61a1e2d3c4b5a69788"])
    ]
    created_at: Annotated[str, Meta(description="RFC 3339.", examples=["2026-01-31T09:30:00.000Z"])]
    revoked_at: Annotated[str | None, Meta(description="Since when it is refused; null while it is valid.")]


class SourceView(msgspec.Struct, frozen=True):
    """Where events come from."""

    name: Annotated[str, Meta(description="Stands on every event it sends.", examples=["shop"])]
    created_at: Annotated[str, Meta(description="RFC 3339.")]
    keys: Annotated[list[KeyView], Meta(description="The newest first.")]


class NewSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to be made."""

    name: Annotated[str, Meta(description="a-z, 0-9, - and _; at most 64.", examples=["shop"])]


@get("/sources", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_sources(services: Provided) -> list[SourceView]:
    """List the sources with their write keys."""
    return [_source(each) for each in services.keys.sources()]


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


def _source(source: Source) -> SourceView:
    return SourceView(source.name, time_text(source.created_us), [_key(key) for key in source.keys])


router = Router("/", route_handlers=[list_sources, add_source, rotate_key, revoke_key], tags=["sources"])
