"""Who is who: why, how sure, and how a steward merges, splits and takes it back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.errors import NotFound, Rejected
from weft.identity.explain import surest_path
from weft.identity.steward import StewardEdge, StewardKind, in_force
from weft.model.access import Scope
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.storage.database_steward import StewardEdges
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.identity_views import (
    EdgeView,
    ExplainView,
    GenericView,
    LinkView,
    ReviewView,
    SaidView,
    edge_view,
    link_view,
    named,
    said_view,
)
from weft.web.api.profiles import Name
from weft.web.api.services import Services, identifier_by_name, profile_by_name
from weft.web.times import time_text

One = Annotated[str, QueryParameter(description="A profile id, or an identifier as `namespace:value`.")]
Reason = Annotated[str, Meta(max_length=2_000, description="Why, for whoever looks later.")]
CheckOnly = Annotated[bool, Meta(description="true: only say what would come of it.")]
SomeRequest = Request[object, object, State]


class PairInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two people or identifiers: a profile id, or `namespace:value`."""

    left: Annotated[str, Meta(examples=["user_id:42"])]
    right: Annotated[str, Meta(examples=["email:kim@example.com"])]
    reason: Reason = ""
    check: CheckOnly = False


class SplitInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Identifiers of one profile that are somebody else's, as `namespace:value`."""

    identifiers: Annotated[list[str], Meta(min_length=1, max_length=1_000)]
    reason: Reason = ""
    check: CheckOnly = False


class RetractInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An edge to take back."""

    number: Annotated[int, Meta(ge=1)]
    reason: Reason = ""
    check: CheckOnly = False


class DecisionInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a steward says of a link that he is asked about."""

    decision: Literal["merge", "keep_apart"]
    reason: Reason = ""
    check: CheckOnly = False


@get("/identity/explain", guards=[needs(Scope.READ)], responses=failures(400, 404), sync_to_thread=True)
def explain(services: Provided, left: One, right: One) -> ExplainView:
    """Say why two identifiers are one person or two: the links between them, their evidence, what stewards said."""
    one, other = (_identifier(services, each) for each in (left, right))
    profiles = [_holder(services, each) for each in (one, other)]
    nodes = {node_id(services.node_key, each) for profile in profiles for each in profile.identifiers}
    links = services.evidence.links_of(nodes, _now())
    ties = [each for each in links if each.profiles[0] == each.profiles[1] and each.refused is None]
    path = surest_path(ties, one, other)
    ids = {profile.profile_id for profile in profiles}
    between = [each for each in links if {*each.profiles} == ids and len(ids) == 2]
    about = {*profiles[0].identifiers, *profiles[1].identifiers}
    said = [
        each for each in in_force(StewardEdges(services.database)(0)) if about & {*each.left, *each.right}
    ]
    return ExplainView(
        len(ids) == 1,
        profiles[0].profile_id,
        profiles[1].profile_id,
        min((each.confidence for each in path), default=float(one == other)),
        [link_view(each) for each in path],
        [link_view(each) for each in between],
        [edge_view(each, in_force=True) for each in said],
    )


@get(
    "/identity/profiles/{name:str}/links",
    guards=[needs(Scope.READ)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_links(services: Provided, name: Name) -> list[LinkView]:
    """List the links of a profile's identifiers, each with its confidence now and its history."""
    profile = profile_by_name(services, name)
    nodes = [node_id(services.node_key, each) for each in profile.identifiers]
    return [link_view(each) for each in services.evidence.links_of(nodes, _now())]


@post(
    "/identity/link",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def link(request: SomeRequest, services: Provided, data: JSONBody[PairInput]) -> SaidView:
    """Say that two are one person. What stewards said against it before is taken back."""
    one, other = (_identifier(services, each) for each in (data.left, data.right))
    return _say(request, services, _joining(services, one, other), data.reason, check=data.check)


@post(
    "/identity/unlink",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def unlink(request: SomeRequest, services: Provided, data: JSONBody[PairInput]) -> SaidView:
    """Say that two are not one person: what a steward said for it is taken back, and they are kept apart."""
    one, other = (_identifier(services, each) for each in (data.left, data.right))
    return _say(request, services, _parting(services, one, other), data.reason, check=data.check)


@post(
    "/identity/split",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def split(request: SomeRequest, services: Provided, data: JSONBody[SplitInput]) -> SaidView:
    """Take identifiers out of a profile: they are one person of their own, and later evidence does not undo it."""
    left = [_identifier(services, each) for each in dict.fromkeys(data.identifiers)]
    profile = _holder(services, left[0])
    strange = [each for each in left if each not in profile.identifiers]
    if strange:
        raise Rejected(
            f"`{strange[0].namespace}:{strange[0].value}` is not in the profile of the first; split one at a time."
        )
    right = tuple(each for each in profile.identifiers if each not in left)
    if not right:
        raise Rejected("These are all identifiers of the profile; leave at least one out.")
    edge = StewardEdge(number=0, kind=StewardKind.SPLIT, left=tuple(left), right=right)
    return _say(request, services, [edge], data.reason, check=data.check)


@post(
    "/identity/retract",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def retract(request: SomeRequest, services: Provided, data: JSONBody[RetractInput]) -> SaidView:
    """Take back what a steward said."""
    if data.number not in {each.number for each in in_force(StewardEdges(services.database)(0))}:
        raise NotFound(f"There is no edge {data.number} in force; GET /api/identity/edges lists them.")
    edges = [StewardEdge(number=0, kind=StewardKind.RETRACT, retracts=data.number)]
    return _say(request, services, edges, data.reason, check=data.check)


@get("/identity/edges", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_edges(services: Provided, limit: Limit = LIMIT_DEFAULT) -> list[EdgeView]:
    """List what stewards said, the newest first."""
    edges = StewardEdges(services.database)(0)
    holding = {each.number for each in in_force(edges)}
    return [edge_view(each, each.number in holding) for each in edges[: -limit - 1 : -1]]


@get("/identity/reviews", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_reviews(services: Provided, limit: Limit = LIMIT_DEFAULT) -> list[ReviewView]:
    """List the links that a steward is asked about, the surest first; those decided are left out."""
    decided = {
        frozenset((*each.left, *each.right))
        for each in in_force(StewardEdges(services.database)(0))
        if each.kind is StewardKind.APART
    }
    return [
        ReviewView(link_view(each.link), each.why, time_text(each.since_us))
        for each in services.evidence.reviews(limit, _now())
        if frozenset((each.link.left, each.link.right)) not in decided
    ]


@post(
    "/identity/reviews/{key:uuid}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def decide(
    request: SomeRequest, services: Provided, key: FromPath[UUID], data: JSONBody[DecisionInput]
) -> SaidView:
    """Decide about a link: its two sides are one person, or they are kept apart."""
    found = services.evidence.link(key, _now())
    if found is None:
        raise NotFound("There is no such link.")
    decide_so = _joining if data.decision == "merge" else _parting
    return _say(
        request, services, decide_so(services, found.left, found.right), data.reason, check=data.check
    )


@get("/identity/generic", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_generic(services: Provided, limit: Limit = LIMIT_DEFAULT) -> list[GenericView]:
    """List the values that tie nobody together: of too many people, or blocked."""
    return [GenericView(named(each), people) for each, people in services.evidence.generic(limit)]


def _joining(services: Services, one: Identifier, other: Identifier) -> list[StewardEdge]:
    """Return the edges that make two one person; none where the steward need not say it."""
    sides = [set(_holder(services, each).identifiers) for each in (one, other)]
    against = [
        each
        for each in in_force(StewardEdges(services.database)(0))
        if each.kind is not StewardKind.SAME and _meets(each, *sides)
    ]
    taken_back = [StewardEdge(number=0, kind=StewardKind.RETRACT, retracts=each.number) for each in against]
    return [*taken_back, StewardEdge(number=0, kind=StewardKind.SAME, left=(one,), right=(other,))]


def _parting(services: Services, one: Identifier, other: Identifier) -> list[StewardEdge]:
    """Return the edges that make two people of one: what was said for it is taken back, else they are kept apart."""
    if one == other:
        raise Rejected("These are the same identifier; split it off with /api/identity/split instead.")
    said = [
        StewardEdge(number=0, kind=StewardKind.RETRACT, retracts=each.number)
        for each in in_force(StewardEdges(services.database)(0))
        if each.kind is StewardKind.SAME and {*each.left, *each.right} == {one, other}
    ]
    return said or [StewardEdge(number=0, kind=StewardKind.APART, left=(one,), right=(other,))]


def _meets(edge: StewardEdge, one: set[Identifier], other: set[Identifier]) -> bool:
    left, right = set(edge.left), set(edge.right)
    return bool((left & one and right & other) or (left & other and right & one))


def _say(
    request: SomeRequest, services: Services, edges: Sequence[StewardEdge], reason: str, *, check: bool
) -> SaidView:
    """Preview edges, and unless `check`, write them down and let them take effect."""
    token = request.app.state.gatekeeper.token_of(request)
    by = "" if token is None else token.name
    told = [msgspec.structs.replace(edge, by=by, reason=reason) for edge in edges]
    preview = services.stewarding.preview(told)
    said = [] if check else services.stewarding.say(told)
    return said_view(preview, [edge_view(each, each.kind is not StewardKind.RETRACT) for each in said])


def _identifier(services: Services, name: str) -> Identifier:
    """Return the identifier that a name stands for; of a profile's id the one of the first namespace by the rules."""
    if ":" in name:
        return identifier_by_name(name)
    profile = profile_by_name(services, name)
    rules = services.rules
    return min(profile.identifiers, key=lambda each: (rules.of(each.namespace).priority, each))


def _holder(services: Services, identifier: Identifier) -> ProfileDocument:
    found = services.profiles.find(identifier)
    if found is None:
        raise NotFound(
            f"`{identifier.namespace}:{identifier.value}` is not known (yet: events need a moment)."
        )
    return found


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


router = Router(
    "/",
    route_handlers=[
        explain,
        list_links,
        link,
        unlink,
        split,
        retract,
        list_edges,
        list_reviews,
        decide,
        list_generic,
    ],
    tags=["identity"],
)
