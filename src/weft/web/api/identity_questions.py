"""The questions that stewards are asked: pairs too unsure to merge, people that may be two."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import log2
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import PathParameter
from msgspec import Meta

from weft.errors import NotFound, Rejected
from weft.identity.comparison import Agreement, compare, told_fields
from weft.identity.live.person import PersonFields
from weft.identity.steward import StewardEdge, StewardKind, in_force
from weft.model.access import Scope
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.profile.naming import is_known
from weft.storage.database_profiles import read_documents
from weft.storage.database_steward import StewardEdges
from weft.storage.duckdb_evidence_read import KnownLink
from weft.storage.duckdb_questions import Question
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.identity_views import LinkView, link_view
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.times import time_text

LOOKED_AT = 1_000
"""Questions nearest to a threshold among which the worthiest are listed."""
NAMED_MOST = 200
"""Most identifiers of a side that are listed."""
AFTER_SPLIT = "after_split"


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
        str, Meta(description="unsure: between the thresholds; after_split: seen after a steward's split.")
    ]
    confidence: float
    bits: float
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


class ComparedView(msgspec.Struct, frozen=True):
    """A field of both people."""

    field: Annotated[str, Meta(description="A kind of field, a namespace, or what else contributes.")]
    left: list[str]
    right: list[str]
    agreement: Agreement
    bits: Annotated[float | None, Meta(description="Its contribution; null where it was not weighed.")]


class AskedView(msgspec.Struct, frozen=True):
    """One question with all that helps to answer it. The bits of the fields sum to those of the question."""

    question: QuestionView
    link: LinkView
    fields: list[ComparedView]


@get("/identity/questions", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_questions(services: Provided, limit: Limit = LIMIT_DEFAULT) -> QuestionPage:
    """List the questions that wait for an answer, the worthiest first."""
    rules = services.rules
    waiting, total = services.questions.nearest(rules.merge, rules.review, LOOKED_AT)
    said = in_force(StewardEdges(services.database)(0))
    open_ = [each for each in waiting if not _is_answered(each, said)]
    ids = {profile.bytes for each in open_ for profile in each.profiles}
    with services.database.connect().execution_options(read_only=True) as connection:
        people = read_documents(connection, ids)
    found = [_question(services, each, [people.get(id_.bytes) for id_ in each.profiles]) for each in open_]
    found.sort(key=lambda each: (-each.worth, each.key))
    return QuestionPage(found[:limit], total - len(waiting) + len(found), rules.merge, rules.review)


@get(
    "/identity/questions/{key:str}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_question(
    services: Provided, key: Annotated[str, PathParameter(description="The link's key.")]
) -> AskedView:
    """Show one question: both people field by field, the evidence and its history.

    Of a person who may be two, both sides are as they would be after a split.
    """
    link = services.evidence.link(_uuid(key), datetime.now(UTC).replace(tzinfo=None))
    if link is None:
        raise NotFound("There is no such question; new evidence may have answered it.")
    sides = _sides(services, link)
    bits = _bits(link)
    kind_of = PersonFields(services.rules.fields, services.rules.country).kind
    left, right = (_told(each, kind_of, bits) for each in sides)
    fields = compare(left, right, bits, services.rules.country or None)
    since = max((each.at_us for each in link.history), default=0)
    question = Question(
        link.key, "unsure", since, link.confidence, link.bits, link.left, link.right, link.profiles
    )
    return AskedView(
        _question(services, question, sides),
        link_view(link),
        [ComparedView(e.field, list(e.left), list(e.right), e.agreement, e.bits) for e in fields],
    )


def _uuid(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise Rejected("A question is named by its `key`; GET /api/identity/questions lists them.") from None


def _is_answered(question: Question, said: Sequence[StewardEdge]) -> bool:
    one, other = question.left, question.right
    for edge in said:
        if edge.kind is StewardKind.SAME:
            if {one, other} <= {*edge.left, *edge.right}:
                return True
        elif question.why != AFTER_SPLIT and (
            (one in edge.left and other in edge.right) or (one in edge.right and other in edge.left)
        ):
            return True
    return False


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
        question.bits,
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
    """Return what contributes now: the fields of the last score, and what was seen."""
    score = next((each for each in reversed(link.history) if each.kind == "score"), None)
    found = dict(score.fields) if score is not None else {}
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


router = Router("/", route_handlers=[list_questions, show_question], tags=["identity"])
