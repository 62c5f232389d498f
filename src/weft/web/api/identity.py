"""Who is who: why, how sure, and how a steward merges, splits and takes it back."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from weft.errors import NotFound, Rejected
from weft.identity.explain import surest_path
from weft.identity.steward import StewardEdge, StewardKind, in_force
from weft.model.access import Scope
from weft.model.identifier import Identifier, node_id
from weft.storage.database_steward import StewardEdges
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.identity_saying import CheckOnly, Reason, SomeRequest, holder, joining, parting, say
from weft.web.api.identity_views import (
    EdgeView,
    ExplainView,
    GenericView,
    LinksView,
    SaidView,
    edge_view,
    link_view,
    named,
    stay_view,
)
from weft.web.api.profiles import Name
from weft.web.api.services import Services, identifier_by_name, profile_by_name

EXPLAINED_MOST = 20_000
"""Links among which a way is looked for, the surest first."""
One = Annotated[str, QueryParameter(description="A profile id, or an identifier as `namespace:value`.")]


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


@get("/identity/explain", guards=[needs(Scope.READ)], responses=failures(400, 404), sync_to_thread=True)
def explain(services: Provided, left: One, right: One) -> ExplainView:
    """Say why two identifiers are one person or two: the links between them, their evidence, what stewards said."""
    one, other = (_identifier(services, each) for each in (left, right))
    profiles = [holder(services, each) for each in (one, other)]
    nodes = {node_id(services.node_key, each) for profile in profiles for each in profile.identifiers}
    links, _ = services.evidence.links_of(nodes, services.clock(), EXPLAINED_MOST)
    devices = services.rules.devices
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
        [link_view(each, devices) for each in path],
        [link_view(each, devices) for each in between],
        [edge_view(each, in_force=True) for each in said],
    )


@get(
    "/identity/profiles/{name:str}/links",
    guards=[needs(Scope.READ)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_links(services: Provided, name: Name, limit: Limit = LIMIT_DEFAULT) -> LinksView:
    """List the links of a profile's identifiers, each with its confidence now and its history.

    With it: which of the identifiers tie nobody, and who had its shared devices when.
    """
    profile = profile_by_name(services, name)
    nodes = [node_id(services.node_key, each) for each in profile.identifiers]
    links, total = services.evidence.links_of(nodes, services.clock(), limit)
    ends = {end for each in links for end in (each.left, each.right)} - {*profile.identifiers}
    around = [*nodes, *(node_id(services.node_key, each) for each in ends)]
    rules = services.rules
    return LinksView(
        sorted(
            (link_view(each, rules.devices) for each in links), key=lambda each: (-each.confidence, each.key)
        ),
        total,
        rules.merge,
        rules.review,
        [GenericView(named(each), people) for each, people in services.evidence.generic_of(around)],
        [stay_view(each) for each in services.ownership.stays(nodes)],
    )


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
    return say(request, services, joining(services, one, other), data.reason, check=data.check)


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
    return say(request, services, parting(services, (one,), (other,)), data.reason, check=data.check)


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
    profile = holder(services, left[0])
    strange = [each for each in left if each not in profile.identifiers]
    if strange:
        raise Rejected(
            f"`{strange[0].namespace}:{strange[0].value}` is not in the profile of the first; split one at a time."
        )
    right = tuple(each for each in profile.identifiers if each not in left)
    if not right:
        raise Rejected("These are all identifiers of the profile; leave at least one out.")
    edge = StewardEdge(number=0, kind=StewardKind.SPLIT, left=tuple(left), right=right)
    return say(request, services, [edge], data.reason, check=data.check)


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
    return say(request, services, edges, data.reason, check=data.check)


@get("/identity/edges", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_edges(services: Provided, limit: Limit = LIMIT_DEFAULT) -> list[EdgeView]:
    """List what stewards said, the newest first."""
    edges = StewardEdges(services.database)(0)
    holding = {each.number for each in in_force(edges)}
    return [edge_view(each, each.number in holding) for each in edges[: -limit - 1 : -1]]


@get("/identity/generic", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_generic(services: Provided, limit: Limit = LIMIT_DEFAULT) -> list[GenericView]:
    """List the values that tie nobody together: of too many people, or blocked."""
    return [GenericView(named(each), people) for each, people in services.evidence.generic(limit)]


def _identifier(services: Services, name: str) -> Identifier:
    """Return the identifier that a name stands for; of a profile's id the one of the first namespace by the rules."""
    if ":" in name:
        return identifier_by_name(name)
    profile = profile_by_name(services, name)
    rules = services.rules
    return min(profile.identifiers, key=lambda each: (rules.of(each.namespace).priority, each))


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
        list_generic,
    ],
    tags=["identity"],
)
