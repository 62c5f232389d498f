"""Why a person is in an audience or not, now or at a past moment."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.audience.definition import rule_of
from weft.audience.sentence import Clause, clauses
from weft.clock import us_of
from weft.errors import NotFound, Rejected
from weft.model.access import Scope
from weft.model.audience import MemberRule, Rule
from weft.model.explanation import ClauseOutcome, Explanation, Fact, Facts
from weft.model.measure import ValueType
from weft.model.profile import ProfileDocument
from weft.model.signal import Cause
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.movements import changes_of_profile
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.profiles import Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import moment_text, time_text

At = Annotated[
    datetime | None,
    QueryParameter(
        description="The moment, RFC 3339: only what was known by then counts, by the definitions of today. "
        "Without it: now."
    ),
]


class ClauseKind(StrEnum):
    """What a clause is, as the definition's file has it; `time` is the first or last time of something."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    TRAIT = "trait"
    DID = "did"
    SEQUENCE = "sequence"
    TIME = "time"
    MEMBER = "member"
    CONSENT = "consent"
    LIST = "list"
    SPLIT = "split"
    LOCAL_TIME = "local_time"


class Recorded(NamedTuple):
    """What was written down of a membership: in it or not, since when, through what."""

    member: bool
    since_us: int | None
    cause: Cause | None


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
    kind: Annotated[ClauseKind, Meta(description="A group (all, any, not), or what is asked.")]
    sentence: Annotated[dict[str, str], Meta(description="Language (en, ko, zh-TW) → the clause.")]
    holds: bool
    value: Annotated[
        Any, Meta(description="What it compares; null where that is missing, or nothing is compared.")
    ]
    type: Annotated[ValueType | None, Meta(description="What `value` holds; null: nothing is compared.")]
    audience: Annotated[str | None, Meta(description="Whose rule stands behind it, for a `member`.")]
    facts: list[FactsView]


class ExplanationView(msgspec.Struct, frozen=True):
    """Why a person is in or out."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    at: Annotated[str, Meta(description="The moment, RFC 3339.")]
    member: Annotated[bool, Meta(description="What the rule comes to.")]
    recorded: Annotated[
        bool | None,
        Meta(
            description="Whether she was in it by what was written down then; null where nothing was. It may differ "
            "from `member` where the definition or who she is was changed since."
        ),
    ]
    since: Annotated[
        str | None, Meta(description="Since when that is recorded, RFC 3339; null: it always was.")
    ]
    cause: Annotated[
        Cause | None, Meta(description="Through what it became so, where that was written down.")
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


@get(
    "/audiences/{name:str}/explain/{person:str}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def explain_member(services: Provided, name: FromPath[str], person: Name, at: At = None) -> ExplanationView:
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


def _explain(
    services: Services, rule: Rule, profile: ProfileDocument, at: datetime | None, audience: str | None
) -> ExplanationView:
    now_us = services.clock() if at is None else us_of(at)
    found = services.explaining.explain(profile, rule, now_us, past=at is not None)
    recorded = (
        None if audience is None else _recorded(services, profile, audience, now_us, past=at is not None)
    )
    return _view(profile, rule, found, recorded)


def _recorded(
    services: Services, profile: ProfileDocument, audience: str, at_us: int, *, past: bool
) -> Recorded | None:
    """Return what was written down of a membership by then; None where nothing was."""
    changes = changes_of_profile(services, profile, 1, audience=audience, upto_us=at_us)
    last = None if not changes else Recorded(changes[0].entered, changes[0].at_us, changes[0].cause)
    since_us = profile.audiences.get(audience)
    if past:
        return last
    if since_us is not None:
        return Recorded(True, since_us, last.cause if last and last.member else None)
    return Recorded(False, None, None) if last is None or last.member else last


def _view(
    profile: ProfileDocument, rule: Rule, found: Explanation, recorded: Recorded | None
) -> ExplanationView:
    each = zip(clauses(rule), found.clauses, strict=True)
    return ExplanationView(
        profile.profile_id,
        name_view(profile.traits),
        named_by(profile.identifiers),
        time_text(found.at_us),
        found.member,
        None if recorded is None else recorded.member,
        None if recorded is None or recorded.since_us is None else moment_text(recorded.since_us),
        None if recorded is None else recorded.cause,
        None if found.changes_us is None else moment_text(found.changes_us),
        [_clause(clause, outcome) for clause, outcome in each],
    )


def _clause(clause: Clause, outcome: ClauseOutcome) -> ClauseView:
    rule = clause.rule
    return ClauseView(
        outcome.path,
        clause.depth,
        ClauseKind(type(rule).__struct_config__.tag),
        clause.sentences,
        outcome.holds,
        outcome.value,
        outcome.type,
        rule.audience if isinstance(rule, MemberRule) else None,
        [_facts(each) for each in outcome.facts],
    )


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


router = Router("/", route_handlers=[explain_member, explain_rule], tags=["audiences"])
