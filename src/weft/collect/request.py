"""The edge's steps: cheap, and needed for the answer."""

from weft.collect import context, event
from weft.collect.drafts import Intake, Rules
from weft.collect.identifiers import identifiers_of, named_by
from weft.collect.wire import WireEvent, check_contexts, decode_object, parse
from weft.model.accepted import Refusal
from weft.model.reason import Dropped, Reason


def decode(intake: Intake, rules: Rules) -> Dropped | None:
    """Parse the body."""
    parsed = parse(intake.body, rules.collect, single=bool(intake.default_type))
    if isinstance(parsed, Dropped):
        return parsed
    intake.parsed = parsed
    return None


def limits(intake: Intake, rules: Rules) -> Dropped | None:
    """Refuse a batch of too many events. (Bytes were counted while they came in, or the event alone is refused.)"""
    if len(intake.events) > rules.collect.batch_events:
        count, limit = len(intake.events), rules.collect.batch_events
        return Dropped(Reason.TOO_MANY, f"{count} events in one request, the limit is {limit}")
    return None


def authenticate(intake: Intake, _rules: Rules) -> Dropped | None:
    """Find the source that the write key stands for: of the headers or the query, else of the body."""
    write_key = intake.write_key or intake.parsed.write_key or ""
    source = intake.keys.source_of(write_key) if write_key else None
    if source is None:
        return Dropped(Reason.UNKNOWN_KEY, "the write key is missing, unknown or revoked")
    intake.source = source
    return None


def check(intake: Intake, rules: Rules) -> Dropped | None:
    """Say in the answer which events are refused, as far as it can be told without the tick."""
    parsed = intake.parsed
    check_contexts(parsed, rules.collect)
    refused: list[Refusal] = []
    for ordinal, item in enumerate(parsed.events):
        if isinstance(item, Dropped):
            refused.append(Refusal(ordinal, item.reason, item.detail))
            continue
        if item.user_id is not None or item.anonymous_id is not None:
            kind, name = intake.default_type or item.type, item.event
            if kind == "track" and name and len(name) <= event.NAME_CHARS and not name.isspace():
                continue  # the common event: nothing to look for
        verdict = _fault(item, intake, rules)
        if verdict is not None:
            refused.append(Refusal(ordinal, verdict.reason, verdict.detail))
    intake.refused = tuple(refused)
    return None


def _fault(item: WireEvent, intake: Intake, rules: Rules) -> Dropped | None:
    named = event.kind_of(item, intake.default_type)
    if isinstance(named, Dropped):
        return named
    untrusted = event.may_send(named[0], intake.source, rules.collect)
    if untrusted is not None:
        return untrusted
    if item.user_id is not None or item.anonymous_id is not None:
        return None
    own = decode_object(bytes(item.context), rules.collect)
    shared = decode_object(bytes(intake.parsed.context), rules.collect)
    merged = {**({} if isinstance(shared, Dropped) else shared), **({} if isinstance(own, Dropped) else own)}
    traits = event.merged_traits(item, named[0], context.traits_of(merged))
    return None if identifiers_of(item, named[0], traits, named_by(merged)) else event.NO_IDENTIFIER
