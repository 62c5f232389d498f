"""Why a person is in an audience or not, now or at a past moment, and what moved an audience."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from weft.audience.definition import rule_of
from weft.audience.sentence import clauses
from weft.clock import us_of
from weft.errors import NotFound, Rejected
from weft.model.access import Scope
from weft.model.audience import Rule
from weft.model.explanation import ClauseOutcome, Explanation, Fact, Facts
from weft.model.profile import ProfileDocument
from weft.model.signal import Cause
from weft.storage.database_history import MembershipChange, causes_in, changes_in, changes_of, was_member
from weft.storage.database_profiles import read_aliases, read_documents
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.naming import NameView, name_view
from weft.web.api.profiles import ALIASES_MAX, Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import time_text

HOUR_US = 3_600_000_000
CHANGES_MOST = 1_000

At = Annotated[
    datetime | None,
    QueryParameter(
        description="The moment, RFC 3339: only what was known by then counts, by the definitions of today. "
        "Without it: now."
    ),
]
Person = Annotated[
    str,
    PathParameter(description="A profile id, or an identifier as `namespace:value`, such as `user_id:42`."),
]


class FactView(msgspec.Struct, frozen=True):
    """An event or record that a clause counts."""

    position: Annotated[int, Meta(description="In the log; `/events/{position}` shows all of it.")]
    message_id: str
    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    occurred_at: Annotated[str, Meta(description="RFC 3339.")]
    source: str
    properties: dict[str, Any]


class FactsView(msgspec.Struct, frozen=True):
    """The facts that one side of a clause counts: a sequence has two sides, others one."""

    count: int
    newest: Annotated[list[FactView], Meta(description="The newest, 20 at most.")]


class ClauseView(msgspec.Struct, frozen=True):
    """One clause of the rule, with its answer."""

    path: Annotated[str, Meta(description="Where it is written.", examples=["who.all[1].not"])]
    depth: Annotated[int, Meta(description="0 for the whole rule.")]
    sentence: Annotated[dict[str, str], Meta(description="Language (en, ko, zh-TW) → the clause.")]
    holds: bool
    value: Annotated[
        Any, Meta(description="What it compares; null where that is missing, or nothing is compared.")
    ]
    facts: list[FactsView]


class ExplanationView(msgspec.Struct, frozen=True):
    """Why a person is in or out."""

    profile_id: UUID
    name: NameView
    at: Annotated[str, Meta(description="The moment, RFC 3339.")]
    member: Annotated[bool, Meta(description="What the rule comes to.")]
    recorded: Annotated[
        bool | None,
        Meta(
            description="Whether she was in it by what was written down then; null where nothing was. It may differ "
            "from `member` where the definition or who she is was changed since."
        ),
    ]
    changes_at: Annotated[
        str | None,
        Meta(description="When it may change by itself at the earliest, RFC 3339; null: it does not."),
    ]
    clauses: Annotated[list[ClauseView], Meta(description="In the order in which they are written.")]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that is no audience yet, and a person."""

    who: Annotated[dict[str, Any], Meta(description="The rule, as in the definition of an audience.")]
    person: Annotated[str, Meta(description="A profile id, or an identifier as `namespace:value`.")]
    at: datetime | None = None


class EnteringView(msgspec.Struct, frozen=True):
    """One entering or leaving."""

    audience: Annotated[str, Meta(examples=["big_spenders"])]
    at: Annotated[str, Meta(description="RFC 3339.")]
    entered: Annotated[bool, Meta(description="false: left.")]
    cause: Cause


class MoverView(msgspec.Struct, frozen=True):
    """Somebody who entered or left."""

    profile_id: UUID
    name: NameView
    at: Annotated[str, Meta(description="RFC 3339.")]
    cause: Cause


class MovesView(msgspec.Struct, frozen=True):
    """Who entered (or left): how many, by cause, and the newest."""

    count: int
    causes: dict[Cause, int]
    newest: list[MoverView]


class MovementsView(msgspec.Struct, frozen=True):
    """What changed an audience's size."""

    since: Annotated[str, Meta(description="RFC 3339.")]
    entered: MovesView
    exited: MovesView


@get(
    "/audiences/{name:str}/explain/{person:str}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def explain_member(services: Provided, name: FromPath[str], person: Person, at: At = None) -> ExplanationView:
    """Explain why a person is in an audience or not, clause by clause, with the facts behind each."""
    rule = next((each.who for each in services.understood.audiences if each.name == name), None)
    if rule is None:
        known = ", ".join(each.name for each in services.understood.audiences) or "none"
        raise NotFound(f"There is no audience `{name}` in force; known: {known}.")
    return _explain(services, rule, profile_by_name(services, person), at, name)


@post(
    "/audiences/explain",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def explain_rule(services: Provided, data: JSONBody[Question]) -> ExplanationView:
    """Explain a rule that is no audience yet for a person."""
    understood = services.understood
    rule, problems = rule_of(data.who, understood.traits, understood.audiences)
    if rule is None:
        raise Rejected("\n".join(each.message for each in problems if each.is_error), code="bad_definition")
    return _explain(services, rule, profile_by_name(services, data.person), data.at, None)


@get(
    "/audiences/{name:str}/movements",
    guards=[needs(Scope.PROFILES)],
    responses=failures(404),
    sync_to_thread=True,
)
def list_movements(
    services: Provided,
    name: FromPath[str],
    hours: Annotated[int, QueryParameter(description="How far back.", ge=1, le=24 * 90)] = 24,
    limit: Limit = 20,
) -> MovementsView:
    """Show who entered and left an audience lately, and through what."""
    since_us = services.clock() - hours * HOUR_US
    with services.database.connect().execution_options(read_only=True) as connection:
        causes = causes_in(connection, name, since_us)
        moved = {
            entered: changes_in(connection, name, since_us, entered=entered, most=limit)
            for entered in (True, False)
        }
        keys = {each.profile_id for changes in moved.values() for each in changes}
        documents = read_documents(connection, keys)
    views = [_moves(causes, moved[entered], documents, entered=entered) for entered in (True, False)]
    return MovementsView(time_text(since_us), *views)


@get(
    "/profiles/{name:str}/memberships",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_memberships(services: Provided, name: Name, limit: Limit = LIMIT_DEFAULT) -> list[EnteringView]:
    """List which audiences a person entered and left, newest first, and through what."""
    return [
        EnteringView(each.audience, time_text(each.at_us), each.entered, each.cause)
        for each in _changes(services, profile_by_name(services, name), limit)
    ]


def _explain(
    services: Services, rule: Rule, profile: ProfileDocument, at: datetime | None, audience: str | None
) -> ExplanationView:
    now_us = services.clock() if at is None else us_of(at)
    found = services.explaining.explain(profile, rule, now_us, past=at is not None)
    recorded = None
    if audience is not None and at is None:
        recorded = audience in profile.audiences
    elif audience is not None:
        recorded = was_member(_changes(services, profile, CHANGES_MOST), audience, now_us)
    return _view(profile, rule, found, recorded)


def _changes(services: Services, profile: ProfileDocument, most: int) -> list[MembershipChange]:
    key = profile.profile_id.bytes
    with services.database.connect().execution_options(read_only=True) as connection:
        return changes_of(connection, [key, *read_aliases(connection, key, ALIASES_MAX)], most)


def _view(profile: ProfileDocument, rule: Rule, found: Explanation, recorded: bool | None) -> ExplanationView:
    each = zip(clauses(rule), found.clauses, strict=True)
    return ExplanationView(
        profile.profile_id,
        name_view(profile.traits),
        time_text(found.at_us),
        found.member,
        recorded,
        None if found.changes_us is None else time_text(found.changes_us),
        [_clause(clause.depth, clause.sentences, outcome) for clause, outcome in each],
    )


def _clause(depth: int, sentences: dict[str, str], outcome: ClauseOutcome) -> ClauseView:
    facts = [_facts(each) for each in outcome.facts]
    return ClauseView(outcome.path, depth, sentences, outcome.holds, outcome.value, facts)


def _facts(facts: Facts) -> FactsView:
    return FactsView(facts.count, [_fact(each) for each in facts.newest])


def _fact(fact: Fact) -> FactView:
    return FactView(
        fact.position,
        fact.message_id,
        fact.type,
        fact.name,
        time_text(fact.occurred_us),
        fact.source,
        fact.properties,
    )


def _moves(
    causes: Mapping[tuple[bool, Cause], int],
    newest: Sequence[MembershipChange],
    documents: Mapping[bytes, ProfileDocument],
    *,
    entered: bool,
) -> MovesView:
    mine = {cause: count for (came, cause), count in causes.items() if came is entered}
    shown = [
        MoverView(
            UUID(bytes=each.profile_id),
            name_view(documents[each.profile_id].traits),
            time_text(each.at_us),
            each.cause,
        )
        for each in newest
        if each.profile_id in documents  # one that was merged since is shown under no name of its own
    ]
    return MovesView(sum(mine.values()), mine, shown)


router = Router(
    "/",
    route_handlers=[explain_member, explain_rule, list_movements, list_memberships],
    tags=["audiences"],
)
