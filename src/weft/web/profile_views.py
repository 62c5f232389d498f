"""A profile in the shapes of the Profile API (Segment's, with `consent`, `confidence` and `as_of` added)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from weft.consent.gate import Cleared, clear
from weft.model.consent import Act, Evidence
from weft.model.identifier import node_id
from weft.model.profile import ProfileDocument
from weft.web.context_view import context_view
from weft.web.times import time_text

LIMIT_DEFAULT = 10
LIMIT_MAX = 200
CLASSES = frozenset({"identify", "record", "computed", "audience"})
CONFIDENCE = 1.0
"""Every link is deterministic: two identifiers came on one event."""


class Query(msgspec.Struct, frozen=True):
    """What a request asks for. after: the cursor's `next`. include and classes: empty for all. as_of: empty for now."""

    path: str
    include: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    limit: int = LIMIT_DEFAULT
    after: str = ""
    verbose: bool = False
    as_of: str = ""


def traits(profile: ProfileDocument, query: Query, now_us: int) -> dict[str, Any]:
    """Return traits by name, audiences as booleans among them, and apart from them the context, as strong as it is now.

    verbose adds where each came from. now_us: since 1970 UTC.
    """
    values: dict[str, Any] = {**dict.fromkeys(profile.audiences, True), **profile.traits}
    wanted = sorted(values if not query.include else query.include & values.keys())
    if query.classes:
        wanted = [name for name in wanted if _class(profile, name) in query.classes]
    page, cursor = _page(wanted, query)
    body: dict[str, Any] = {
        "traits": {name: values[name] for name in page},
        "context": context_view(profile, now_us),
        "cursor": cursor,
    }
    if query.verbose:
        body["metadata"] = {
            name: {"class": _class(profile, name), "source": profile.sources.get(name, "audience")}
            for name in page
        }
    return _with_time(body, profile)


def external_ids(profile: ProfileDocument, query: Query) -> dict[str, Any]:
    """Return the identifiers that name this person; `include` filters by type."""
    known = {
        f"{each.namespace}:{each.value}": each
        for each in sorted(profile.identifiers)
        if not query.include or each.namespace in query.include
    }
    page, cursor = _page(list(known), query)
    data = [
        {
            "id": known[name].value,
            "type": known[name].namespace,
            "collection": "users",
            "encoding": "none",
            "confidence": CONFIDENCE,
        }
        for name in page
    ]
    return _with_time({"data": data, "cursor": cursor}, profile)


def metadata(profile: ProfileDocument, query: Query) -> dict[str, Any]:
    """Return when this person was seen and how much is known."""
    body = {
        "metadata": {
            "profile_id": str(profile.profile_id),
            "created_at": time_text(profile.first_seen_us),
            "updated_at": time_text(profile.last_seen_us),
            "events": profile.events,
            "timezone": profile.zone or None,
            "position": profile.position,
        },
        "cursor": _cursor(query, "", has_more=False),
    }
    return _with_time(body, profile)


def links(profile: ProfileDocument, query: Query) -> dict[str, Any]:
    """Return the accounts that this person belongs to: none, as Weft keeps no account profiles."""
    return _with_time({"data": [], "cursor": _cursor(query, "", has_more=False)}, profile)


def consent(
    profile: ProfileDocument,
    query: Query,
    evidence: Evidence,
    defaults: Mapping[str, str],
    node_key: str,
    now_us: int,
) -> dict[str, Any]:
    """Return for each purpose what the gate would say now, and the channels that are suppressed."""
    nodes = tuple(node_id(node_key, each) for each in profile.identifiers)
    said = Evidence(evidence.records)
    answers: dict[str, Any] = {}
    for purpose in sorted({record.purpose for record in evidence.records} | set(defaults)):
        if query.include and purpose not in query.include:
            continue
        answer = clear(Act(profile.profile_id, nodes, purpose, ""), said, defaults, now_us)
        allowed = isinstance(answer, Cleared)
        reason = answer.evidence if isinstance(answer, Cleared) else answer.reason.value
        answers[purpose] = {"allowed": allowed, "because": reason}
    suppressed = sorted({each.channel for each in evidence.suppressions})
    body = {"consent": answers, "suppressed": suppressed, "cursor": _cursor(query, "", has_more=False)}
    return _with_time(body, profile)


def events(
    profile: ProfileDocument, query: Query, found: Collection[Mapping[str, Any]], after: str
) -> dict[str, Any]:
    """Return events as the engine told them."""
    data = [
        {
            "type": each["type"],
            "event": each["name"],
            "message_id": each["message_id"],
            "timestamp": each["occurred_at"],
            "source_id": each["source"],
            "properties": each["properties"],
            "context": each["context"],
        }
        for each in found
    ]
    return _with_time({"data": data, "cursor": _cursor(query, after, has_more=bool(after))}, profile)


def _class(profile: ProfileDocument, name: str) -> str:
    if name not in profile.traits:
        return "audience"
    return profile.sources.get(name, "identify").partition(":")[0]


def _page(names: Sequence[str], query: Query) -> tuple[Sequence[str], dict[str, Any]]:
    """Cut sorted names to one page. The cursor is the last name of the page before."""
    behind = [name for name in names if name > query.after] if query.after else names
    page = behind[: query.limit]
    has_more = len(behind) > len(page)
    return page, _cursor(query, page[-1] if has_more else "", has_more=has_more)


def _cursor(query: Query, after: str, *, has_more: bool) -> dict[str, Any]:
    return {"url": query.path, "has_more": has_more, "next": after, "limit": query.limit}


def _with_time(body: dict[str, Any], profile: ProfileDocument) -> dict[str, Any]:
    body["as_of"] = time_text(profile.as_of_us)
    return body
