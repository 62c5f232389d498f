"""From the log's entries to staged rows: the tick's part of the pipeline, in bulk and pure."""

import gc
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from weft.collect.drafts import ContextDraft, EventDraft, RequestDraft, Rules
from weft.collect.event import record_key
from weft.collect.pipeline import CONTEXT_STEPS, EVENT_STEPS, Meter, run_all
from weft.collect.quarantine import Refused, quarantine_table
from weft.collect.wire import WireEvent, parse
from weft.model.accepted import Accepted, Chunk, Entry
from weft.model.reason import Dropped, Reason
from weft.model.staged import IDENTIFIERS, STAGED

BROWSER = "Mozilla/"
"""How the User-Agent of a browser begins; the header of a server's library says nothing about a person."""

_encode = msgspec.json.Encoder().encode
_MISSING = Dropped(Reason.NOT_JSON, "the request holds fewer events than it was counted with")


class Normalised(Struct, frozen=True):
    """staged: rows of STAGED, in the order of positions. quarantined: rows of QUARANTINED. meter: what was counted."""

    staged: pa.Table
    quarantined: pa.Table
    meter: Meter


def normalise(entries: Sequence[Entry], rules: Rules) -> Normalised:
    """Take the requests of some entries through the pipeline. Chunks are left out: their rows are staged already.

    Every event of the entries is either a row of staged or a row of quarantined, whatever its bytes are.
    """
    collecting = gc.isenabled()
    gc.disable()  # drafts hold no cycles; looking for some while 50,000 of them are built doubles the time
    try:
        return _normalise(entries, rules)
    finally:
        if collecting:
            gc.enable()


def refused_again(requests: Sequence[Accepted], rules: Rules) -> set[int]:
    """Return the places, from 0, of the requests of one event each that these rules would refuse."""
    entries = [Entry(place, 1, (request,)) for place, request in enumerate(requests)]
    return set(normalise(entries, rules).quarantined["position"].to_pylist())


def _normalise(entries: Sequence[Entry], rules: Rules) -> Normalised:
    meter = Meter()
    drafts, contexts, refused = _unfold(entries, rules)
    meter.events = len(drafts) + len(refused)
    run_all(CONTEXT_STEPS, contexts, rules, meter)
    whole: list[EventDraft] = []
    for draft in drafts:
        draft.dropped = draft.context.dropped
        if draft.dropped is None:
            whole.append(draft)
    kept = run_all(EVENT_STEPS, whole, rules, meter)
    refused += [
        Refused(draft.position, draft.ordinal, draft.request.accepted, draft.request.parsed, draft.dropped)
        for draft in drafts
        if draft.dropped is not None
    ]
    for draft in kept:
        if draft.violations:
            meter.violations.update(draft.violations)
    meter.dropped.update(item.verdict.reason for item in refused)
    return Normalised(_staged(kept), quarantine_table(refused), meter)


def _unfold(
    entries: Sequence[Entry], rules: Rules
) -> tuple[list[EventDraft], list[ContextDraft], list[Refused]]:
    """Decode every request into drafts; equal contexts become one."""
    drafts: list[EventDraft] = []
    refused: list[Refused] = []
    contexts: dict[tuple[Any, ...], ContextDraft] = {}
    for entry in entries:
        if isinstance(entry.content, Chunk):
            continue
        position = entry.first
        for accepted in entry.content:
            unfold_request(accepted, position, rules, drafts, contexts, refused)
            position += accepted.count
    return drafts, list(contexts.values()), refused


def unfold_request(
    accepted: Accepted,
    position: int,
    rules: Rules,
    drafts: list[EventDraft],
    contexts: dict[tuple[Any, ...], ContextDraft],
    refused: list[Refused],
) -> None:
    """Decode one request, whose first event stands at `position`, into drafts; add to what the caller collects."""
    parsed = parse(accepted.body, rules.collect, single=bool(accepted.default_type))
    if isinstance(parsed, Dropped):
        refused += [Refused(position + i, i, accepted, None, parsed) for i in range(accepted.count)]
        return
    verdicts = {item.ordinal: Dropped(item.reason, item.detail) for item in accepted.refused}
    request = RequestDraft(accepted, parsed)
    from_browser = accepted.user_agent.startswith(BROWSER)
    agent, ip = (accepted.user_agent, accepted.ip) if from_browser else ("", "")
    batch, batch_integrations = bytes(parsed.context), bytes(parsed.integrations)
    events = parsed.events
    for ordinal in range(accepted.count):
        event: WireEvent | Dropped = events[ordinal] if ordinal < len(events) else _MISSING
        if verdicts:
            event = verdicts.get(ordinal, event)
        if isinstance(event, Dropped):
            refused.append(Refused(position + ordinal, ordinal, accepted, parsed, event))
            continue
        key = (bytes(event.context), bytes(event.integrations), batch, batch_integrations, ip, agent)
        context = contexts.get(key)
        if context is None:
            context = contexts[key] = ContextDraft(*key)
        drafts.append(EventDraft(position + ordinal, ordinal, request, event, context))


def _staged(drafts: Sequence[EventDraft]) -> pa.Table:
    times = np.array([draft.occurred_us for draft in drafts], np.int64)
    received = np.array([draft.request.accepted.received_at_us for draft in drafts], np.int64)
    columns = {
        "position": pa.array([draft.position for draft in drafts], pa.int64()),
        "message_id": pa.array([draft.message_id for draft in drafts], pa.string()),
        "type": pa.array([draft.type for draft in drafts], pa.string()),
        "name": pa.array([draft.name for draft in drafts], pa.string()),
        "occurred_at": pa.array(times).cast(pa.timestamp("us")),
        "received_at": pa.array(received).cast(pa.timestamp("us")),
        "source": pa.array([draft.request.accepted.source for draft in drafts], pa.string()),
        "identifiers": _identifier_lists(drafts),
        "properties": pa.array([_encode(draft.properties) for draft in drafts], pa.string()),
        "context": pa.array([draft.context.text for draft in drafts], pa.string()),
        "consent": pa.array([draft.context.consent for draft in drafts], pa.string()),
        "record_id": pa.array(
            [record_key(draft.event) if draft.type == "record" else None for draft in drafts], pa.string()
        ),
    }
    return pa.table(columns, schema=STAGED)


def _identifier_lists(drafts: Sequence[EventDraft]) -> pa.Array:
    offsets = np.zeros(len(drafts) + 1, np.int32)
    np.cumsum([len(draft.identifiers) for draft in drafts], out=offsets[1:])
    every = [identifier for draft in drafts for identifier in draft.identifiers]
    pairs = pa.StructArray.from_arrays(
        [
            pa.array([identifier.namespace for identifier in every], pa.string()),
            pa.array([identifier.value for identifier in every], pa.string()),
        ],
        fields=list(IDENTIFIERS.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), pairs, type=IDENTIFIERS)
