"""The tick's steps on one event."""

import zlib
from collections.abc import Mapping
from typing import Any

from weft.collect.clock import occurred_us
from weft.collect.drafts import EventDraft, Rules
from weft.collect.identifiers import identifiers_of, text_of
from weft.collect.wire import WireEvent
from weft.config import CollectSettings
from weft.model.reason import Dropped, Reason

NAME_CHARS = 512
MESSAGE_ID_CHARS = 512

TYPES = frozenset(("track", "identify", "page", "screen", "group", "alias", "record"))
NO_IDENTIFIER = Dropped(
    Reason.NO_IDENTIFIER, "needs a userId, an anonymousId or another identifier of a person"
)
_NO_NAME = Dropped(Reason.NO_EVENT_NAME, "a track event needs its name in `event`")
_NO_GROUP = Dropped(Reason.BAD_FIELD, "a group event needs a `groupId`")
_NO_RECORD = Dropped(Reason.BAD_FIELD, "a record needs its object in `name` and its key in `recordId`")
_NO_PREVIOUS = Dropped(Reason.BAD_FIELD, "an alias event needs a `previousId`")
_LONG_NAME = Dropped(Reason.BAD_FIELD, f"the event's name has more than {NAME_CHARS} characters")


def kind_of(event: WireEvent, default_type: str) -> tuple[str, str] | Dropped:
    """Return the type and the name of an event. The path decides over the body."""
    kind = default_type or event.type or ""
    if kind == "track":
        name = event.event.strip() if event.event else ""
        if not name:
            return _NO_NAME
    elif kind not in TYPES:
        return Dropped(Reason.UNKNOWN_TYPE, f"`type` is one of {', '.join(sorted(TYPES))}")
    elif kind == "group":
        name = text_of(event.group_id).strip()
        if not name:
            return _NO_GROUP
    elif kind == "record":
        name = (event.name or "").strip()
        if not name or not record_key(event):
            return _NO_RECORD
    elif kind == "alias":
        name = ""
        if not text_of(event.previous_id).strip():
            return _NO_PREVIOUS
    else:
        name = "" if kind == "identify" else (event.name or event.category or "").strip()
    return _LONG_NAME if len(name) > NAME_CHARS else (kind, name)


def record_key(event: WireEvent) -> str:
    """Return the key of a record in its system, "" if there is none."""
    key = text_of(event.record_id).strip()
    return key if len(key) <= MESSAGE_ID_CHARS else ""


def may_send(kind: str, source: str, settings: CollectSettings) -> Dropped | None:
    """Refuse records of a source that is not trusted with them.

    A newer version of a record replaces the older: a key that stands in web pages must not rewrite an order.
    """
    if kind != "record" or settings.records.get(source) == "allow":
        return None
    return Dropped(
        Reason.UNKNOWN_TYPE,
        f'the source `{source}` may not send records; `{source} = "allow"` under [collect.records] lets it',
    )


def type_and_name(draft: EventDraft, rules: Rules) -> Dropped | None:
    """Say what the event is."""
    named = kind_of(draft.event, draft.request.accepted.default_type)
    if isinstance(named, Dropped):
        return named
    draft.type, draft.name = named
    return may_send(draft.type, draft.request.accepted.source, rules.collect)


def correct_clock(draft: EventDraft, _rules: Rules) -> Dropped | None:
    """Correct the time by the skew of the sender's clock."""
    request = draft.request
    accepted = request.accepted
    moment = occurred_us(
        draft.event, request.parsed.sent_at, accepted.received_at_us, historical=accepted.historical
    )
    if isinstance(moment, str):
        return Dropped(Reason.BAD_FIELD, f"`{moment}` is no ISO 8601 time between 1900 and 2200")
    draft.occurred_us = moment
    return None


def identifiers(draft: EventDraft, _rules: Rules) -> Dropped | None:
    """Collect the identifiers and the properties; an event that names nobody belongs to no profile."""
    event, context = draft.event, draft.context
    traits = merged_traits(event, draft.type, context.traits)
    draft.identifiers = identifiers_of(event, draft.type, traits, context.identifiers)
    if not draft.identifiers:
        return NO_IDENTIFIER
    if draft.type == "identify":
        draft.properties = traits or {}
    elif draft.type == "group":
        draft.properties = event.traits or {}
    else:
        draft.properties = event.properties or {}
    return None


def merged_traits(
    event: WireEvent, kind: str, context_traits: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return what an event says of the person: its own traits (of an identify) over those of its context."""
    if kind != "identify" or not event.traits:
        return context_traits
    return {**context_traits, **event.traits} if context_traits else event.traits


def derived_id(position: int, checksum: int) -> str:
    """Return the message id of an event that came without one: its place in the log and its request's CRC-32."""
    return f"weft-{position}-{checksum:08x}"


def message_id(draft: EventDraft, _rules: Rules) -> Dropped | None:
    """Give an event without messageId one that is the same in every replay of the log."""
    given = draft.event.message_id
    text = given.strip() if isinstance(given, str) else text_of(given)
    if not text or len(text) > MESSAGE_ID_CHARS:
        request = draft.request
        if not request.checksum:
            request.checksum = zlib.crc32(request.accepted.body)
        text = derived_id(draft.position, request.checksum)
    draft.message_id = text
    return None


def tracking_plan(draft: EventDraft, rules: Rules) -> Dropped | None:
    """Hold a track event against the plans of its source."""
    if not rules.plans or draft.type != "track":
        return None
    source = draft.request.accepted.source
    for plan in rules.plans:
        if not plan.sources or source in plan.sources:
            verdict = plan.check(draft.name, draft.properties)
            if isinstance(verdict, Dropped):
                return verdict
            draft.properties = verdict.properties
            if verdict.violated:
                draft.violations += ((plan.name, draft.name),)
    return None
