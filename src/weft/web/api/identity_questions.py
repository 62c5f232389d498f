"""The questions that stewards are asked: pairs too unsure to merge, people that may be two."""

from collections.abc import Callable, Sequence
from math import log2
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from weft.errors import NotFound
from weft.identity.comparison import Agreement, compare, compared_first, told_fields
from weft.identity.live.person import PersonFields
from weft.identity.steward import Asked, StewardEdge, StewardKind, in_force
from weft.model.access import Scope
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.profile.naming import is_known
from weft.storage.database_person import persons_of
from weft.storage.database_profiles import read_documents
from weft.storage.database_steward import StewardEdges
from weft.storage.duckdb_evidence_read import KnownLink
from weft.storage.duckdb_questions import Question
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.identity_saying import CheckOnly, Reason, SomeRequest, joining, parting, say
from weft.web.api.identity_views import LinkView, SaidView, link_view
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.times import time_text

NAMED_MOST = 200
"""Most identifiers of a side that are listed."""
APART_MOST = 1_000
"""Most identifiers of a side that are kept apart by name; the others are held to theirs by their own evidence."""


class SideView(msgspec.Struct, frozen=True):
    """One of the two people of a question."""

    profile_id: UUID
    name: NameView
    known: bool
    identifiers: Annotated[list[NamedBy], Meta(description="The one that is linked first; at most 200.")]
    events: int
    last_seen_at: Annotated[str | None, Meta(description="RFC 3339.")]


class QuestionView(msgspec.Struct, frozen=True):
    """One question."""

    key: Annotated[UUID, Meta(description="Of the link that is asked about.")]
    ask: Annotated[
        Literal["merge", "split"],
        Meta(description="merge: are these two one person? split: is this person two?"),
    ]
    why: Annotated[
        str,
        Meta(
            description="unsure: between the thresholds; fallen: joined, and less sure since; after_split: seen "
            "after a steward's split."
        ),
    ]
    confidence: float
    since: Annotated[str, Meta(description="Of the evidence that it waits with, RFC 3339.")]
    worth: Annotated[
        float, Meta(description="How much an answer tells: nearness to a threshold times log2 of the events.")
    ]
    left: SideView
    right: SideView


class QuestionPage(msgspec.Struct, frozen=True):
    """Questions, the worthiest first. total: how many wait in all."""

    questions: list[QuestionView]
    total: int
    merge: Annotated[float, Meta(description="From this confidence on links merge.")]
    review: Annotated[float, Meta(description="From this confidence on a steward is asked.")]


class AnswerInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a steward says of a question."""

    decision: Literal["merge", "keep_apart"]
    reason: Reason = ""
    check: CheckOnly = False


class ComparedView(msgspec.Struct, frozen=True):
    """A field of both people."""

    field: Annotated[str, Meta(description="A kind of field, a namespace, or what else contributes.")]
    left: list[str]
    right: list[str]
    agreement: Agreement
    bits: Annotated[float | None, Meta(description="Its contribution; null where it was not weighed.")]


class AskedView(msgspec.Struct, frozen=True):
    """One question with all that helps to answer it. The bits of the fields sum to those of the link."""

    question: QuestionView
    link: LinkView
    fields: list[ComparedView]


@get("/identity/questions", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_questions(services: Provided, limit: Limit = LIMIT_DEFAULT) -> QuestionPage:
    """List the questions that wait for an answer, the worthiest first."""
    rules = services.rules
    said = in_force(StewardEdges(services.database)(0))
    waiting, total = services.questions.waiting(rules.merge, rules.review, said)
    ids = {profile.bytes for each in waiting for profile in each.profiles}
    with services.database.connect().execution_options(read_only=True) as connection:
        people = read_documents(connection, ids)
    found = [_question(services, each, [people.get(id_.bytes) for id_ in each.profiles]) for each in waiting]
    found.sort(key=lambda each: (-each.worth, each.key))
    return QuestionPage(found[:limit], total, rules.merge, rules.review)


@get(
    "/identity/questions/{key:uuid}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_question(services: Provided, key: FromPath[UUID]) -> AskedView:
    """Show one question: both people field by field, the evidence and its history.

    Of a person who may be two, both sides are as they would be after a split.
    """
    link, question = _asked(services, key)
    sides = _sides(services, link)
    bits = _bits(link)
    kind_of = PersonFields(services.rules.fields, services.rules.country).kind
    nodes = [node_id(services.node_key, each).bytes for each in (link.left, link.right)]
    with services.database.connect().execution_options(read_only=True) as connection:
        scored = persons_of(connection, nodes)
    country = services.rules.country or None
    left, right = (
        compared_first(_told(side, kind_of, bits), scored.get(node, {}), country)
        for side, node in zip(sides, nodes, strict=True)
    )
    fields = compare(left, right, bits, country)
    return AskedView(
        _question(services, question, sides),
        link_view(link, services.rules.devices),
        [ComparedView(e.field, list(e.left), list(e.right), e.agreement, e.bits) for e in fields],
    )


@post(
    "/identity/questions/{key:uuid}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def answer(
    request: SomeRequest, services: Provided, key: FromPath[UUID], data: JSONBody[AnswerInput]
) -> SaidView:
    """Answer a question: its two sides are one person, or every identifier of one is kept apart from the other's."""
    link, question = _asked(services, key)
    asked = Asked(link.key, question.confidence)
    if data.decision == "merge":
        edges = joining(services, link.left, link.right, asked)
    else:
        ends = zip((link.left, link.right), _sides(services, link), strict=True)
        left, right = (_named_side(end, document) for end, document in ends)
        edges = parting(services, left, right, asked)
    return say(request, services, edges, data.reason, check=data.check)


def _asked(services: Services, key: UUID) -> tuple[KnownLink, Question]:
    """Return a link that is asked about. One that is no question any more can still be looked at and decided."""
    link = services.evidence.link(key, services.clock())
    if link is None:
        raise NotFound(
            "There is no such question; new evidence may have answered it. GET /api/identity/questions lists them."
        )
    since = max((each.at_us for each in link.history), default=0)
    why = services.questions.why(key) or "unsure"
    return link, Question(key, why, since, link.confidence, link.left, link.right, link.profiles)


def _named_side(end: Identifier, document: ProfileDocument | None) -> tuple[Identifier, ...]:
    """Return the identifiers of a side, the linked one first."""
    others = () if document is None else (each for each in document.identifiers if each != end)
    return (end, *others)[:APART_MOST]


def _sides(services: Services, link: KnownLink) -> list[ProfileDocument | None]:
    """Return the people at both ends; of one person the two that she would be."""
    if link.profiles[0] != link.profiles[1]:
        return [services.profiles.get(each) for each in link.profiles]
    apart = StewardEdge(number=0, kind=StewardKind.APART, left=(link.left,), right=(link.right,))
    after = [each.document for each in services.stewarding.preview([apart]).after]
    return [
        next((each for each in after if end in each.identifiers), None) for end in (link.left, link.right)
    ]


def _question(
    services: Services, question: Question, people: Sequence[ProfileDocument | None]
) -> QuestionView:
    rules = services.rules
    ends = zip((question.left, question.right), question.profiles, people, strict=True)
    left, right = (_side(end, profile, document) for end, profile, document in ends)
    away = min(abs(question.confidence - rules.merge), abs(question.confidence - rules.review))
    near = max(0.0, 1.0 - away / max(rules.merge - rules.review, 0.01))
    return QuestionView(
        question.key,
        "split" if question.profiles[0] == question.profiles[1] else "merge",
        question.why,
        question.confidence,
        time_text(question.since_us),
        round(near * log2(2 + min(left.events, right.events)), 4),
        left,
        right,
    )


def _side(own: Identifier, profile: UUID, document: ProfileDocument | None) -> SideView:
    if document is None:
        return SideView(profile, name_view({}), False, named_by([own]), 0, None)
    others = [each for each in document.identifiers if each != own]
    return SideView(
        document.profile_id,
        name_view(document.traits),
        is_known(document.identifiers),
        named_by([own, *others][:NAMED_MOST]),
        document.events,
        time_text(document.last_seen_us) if document.events else None,
    )


def _bits(link: KnownLink) -> dict[str, float]:
    """Return what contributes now: the fields of the last score, and what was seen (which has a prior of its own)."""
    score = next((each for each in reversed(link.history) if each.kind == "score"), None)
    found = dict(score.fields) if score is not None else {}
    if link.kind != "score":
        found.pop("prior", None)
    seen = link.bits - sum(found.values())
    if abs(seen) >= 0.005:
        found[link.kind] = found.get(link.kind, 0.0) + seen
    return found


def _told(
    document: ProfileDocument | None, kind_of: Callable[[str], str | None], bits: dict[str, float]
) -> dict[str, list[str]]:
    if document is None:
        return {}
    told = [
        (name, value)
        for name, value in document.traits.items()
        if not document.sources.get(name, "").startswith("computed:")
    ]
    found = told_fields(told, kind_of, bits)
    for each in document.identifiers[:NAMED_MOST]:
        values = found.setdefault(each.namespace, [])
        if each.value not in values:
            values.append(each.value)
    return found


router = Router("/", route_handlers=[list_questions, show_question, answer], tags=["identity"])
