"""The wire: what a request body says, decoded once. One bad event never costs the good ones of its batch.

The common body passes one typed decode in C: its types bound nesting and integers, so only what fails there,
or holds an escaped NUL or an event over the limit, is looked at event by event (`weft.collect.rescue`).
"""

from functools import lru_cache
from typing import Annotated, Any, TypeAlias, Union

import msgspec
from msgspec import Meta, Raw, Struct

from weft.collect import rescue
from weft.config import CollectSettings
from weft.model.reason import Dropped, Reason

Whole: TypeAlias = Annotated[int, Meta(ge=rescue.INT_MIN, le=rescue.INT_MAX)]
Id: TypeAlias = Union[str, Whole, float, None]  # noqa: UP007 an Annotated has no |
Time: TypeAlias = Id

QUICK_LEVELS = 5
"""Nesting inside properties and traits that the quick decode takes; deeper ones are looked at one by one."""

ESCAPED_NUL = b"\\u0000"
NOTHING = Raw(b"")


class WireEvent(Struct, rename="camel", gc=False):
    """One event as it was sent. context and integrations stay raw: a batch repeats them."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    message_id: Id = None
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    group_id: Id = None
    record_id: Id = None
    timestamp: Time = None
    original_timestamp: Time = None
    sent_at: Time = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: Raw = NOTHING
    integrations: Raw = NOTHING
    write_key: str | None = None


class Parsed(Struct, frozen=True, gc=False):
    """A request: its events in order (a refused one as `Dropped`) and what holds for all of them."""

    events: "list[WireEvent | Dropped]"
    sent_at: Time = None
    context: Raw = NOTHING
    integrations: Raw = NOTHING
    write_key: str | None = None


class _Rest(Struct, rename="camel", gc=False, kw_only=True):
    """A batch request without its events."""

    sent_at: Time = None
    context: Raw = NOTHING
    integrations: Raw = NOTHING
    write_key: str | None = None


class _Envelope(_Rest, rename="camel", gc=False, kw_only=True):
    batch: list[Raw]


class _Batch(_Rest, rename="camel", gc=False, kw_only=True):
    batch: "list[WireEvent | Dropped]"


class _Quick(Struct, frozen=True):
    """The typed decode functions of one nesting depth."""

    batch: Any
    event: Any
    object: Any


def parse(body: bytes, settings: CollectSettings, *, single: bool) -> Parsed | Dropped:
    """Decode a request; `Dropped` if nothing of it can be read. single: the body is one event."""
    if ESCAPED_NUL not in body:
        quick = _quick(min(QUICK_LEVELS, settings.depth - 2))
        try:
            if single:
                if len(body) <= settings.event_bytes:
                    event: WireEvent = quick.event(body)
                    return Parsed([event], write_key=event.write_key)
            elif len(body) <= settings.event_bytes or _each_fits(body, settings.event_bytes):
                batch: _Batch = quick.batch(body)
                return Parsed(batch.batch, batch.sent_at, batch.context, batch.integrations, batch.write_key)
        except rescue.UNREADABLE:
            pass
    return _parse_single(body, settings) if single else _parse_batch(body, settings)


def event_bodies(body: bytes, *, single: bool) -> list[bytes]:
    """Return the bytes of each event of a request, in order."""
    if single:
        return [body]
    split = rescue.split_batch(body)
    return split[0] if split else []


def decode_object(raw: bytes, settings: CollectSettings) -> dict[str, Any] | Dropped:
    """Decode a JSON object such as a context; empty for nothing and for null."""
    if not raw or raw == b"null":
        return {}
    try:
        if ESCAPED_NUL not in raw:
            return _quick(min(QUICK_LEVELS, settings.depth - 2)).object(raw)
    except rescue.UNREADABLE:
        pass
    return rescue.judge(raw, settings)


def check_contexts(parsed: Parsed, settings: CollectSettings) -> None:
    """Refuse the events whose context or integrations cannot be read. Equal neighbours are read once."""
    context = integrations = NOTHING
    for ordinal, event in enumerate(parsed.events):
        if isinstance(event, Dropped) or (event.context == context and event.integrations == integrations):
            continue
        for raw in (event.context, event.integrations):
            verdict = decode_object(bytes(raw), settings)
            if isinstance(verdict, Dropped):
                parsed.events[ordinal] = Dropped(verdict.reason, f"context: {verdict.detail}")
                break
        else:
            context, integrations = event.context, event.integrations


def _each_fits(body: bytes, event_bytes: int) -> bool:
    return max(map(len, map(bytes, _decode_envelope(body).batch)), default=0) <= event_bytes


def _parse_single(body: bytes, settings: CollectSettings) -> Parsed | Dropped:
    """Judge a single event. Only what is no JSON object at all is refused as a request."""
    event = _judge_event(body, settings)
    if isinstance(event, Dropped):
        unreadable = event.reason in (Reason.NOT_JSON, Reason.NOT_AN_OBJECT, Reason.BAD_ENCODING)
        return event if unreadable else Parsed([event], write_key=_key_of(body))
    return Parsed([event], write_key=event.write_key)


def _parse_batch(body: bytes, settings: CollectSettings) -> Parsed | Dropped:
    split = rescue.split_batch(body)
    if split is None:
        reason = Reason.NOT_JSON if rescue.is_malformed(body) else Reason.BAD_FIELD
        return Dropped(reason, 'expected a JSON object with a list "batch"')
    elements, rest = split
    try:
        envelope: _Envelope = _decode_envelope(rest)
    except msgspec.ValidationError as error:
        return Dropped(Reason.BAD_FIELD, str(error))
    except rescue.UNREADABLE:
        return Dropped(Reason.NOT_JSON, "expected one JSON object")
    events = [_judge_event(raw, settings) for raw in elements]
    return Parsed(events, envelope.sent_at, envelope.context, envelope.integrations, envelope.write_key)


def _judge_event(raw: bytes, settings: CollectSettings) -> WireEvent | Dropped:
    verdict = rescue.judge(raw, settings)
    if isinstance(verdict, Dropped):
        return verdict
    try:
        return _decode_event(raw)
    except msgspec.ValidationError as error:
        return Dropped(Reason.BAD_FIELD, str(error))


def _key_of(body: bytes) -> str | None:
    """Return the write key of a body whose event is refused, so that the refusal has a source."""
    try:
        return _decode_key(body).write_key
    except rescue.UNREADABLE:
        return None


@lru_cache(maxsize=8)
def _quick(levels: int) -> "_Quick":
    """Build the typed decoders: integers of 64 bits, and objects nested no deeper than the type says."""
    scalar: Any = Union[bool, Whole, float, str, None]  # noqa: UP007
    value = scalar
    for _ in range(levels):
        value = scalar | list[value] | dict[str, value]
    mapping: Any = dict[str, value]

    event = msgspec.defstruct(
        "QuickEvent",
        [("properties", mapping | None, None), ("traits", mapping | None, None)],
        bases=(WireEvent,),
        rename="camel",
        gc=False,
    )
    batch = msgspec.defstruct(
        "QuickBatch", [("batch", list[event])], bases=(_Rest,), rename="camel", kw_only=True
    )
    return _Quick(
        batch=msgspec.json.Decoder(batch).decode,
        event=msgspec.json.Decoder(event).decode,
        object=msgspec.json.Decoder(mapping).decode,
    )


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_event = msgspec.json.Decoder(WireEvent).decode
_decode_key = msgspec.json.Decoder(_Rest).decode
