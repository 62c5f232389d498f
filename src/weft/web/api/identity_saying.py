"""What a steward's word becomes: the edges that it takes, written down or only looked at."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Request
from litestar.datastructures import State
from msgspec import Meta

from weft.errors import NotFound, Rejected
from weft.identity.steward import Asked, StewardEdge, StewardKind, in_force
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.storage.database_steward import StewardEdges
from weft.web.api.identity_views import SaidView, edge_view, said_view
from weft.web.api.services import Services

SomeRequest = Request[object, object, State]
Side = tuple[Identifier, ...]
Reason = Annotated[str, Meta(max_length=2_000, description="Why, for whoever looks later.")]
CheckOnly = Annotated[bool, Meta(description="true: only say what would come of it.")]


def joining(
    services: Services, one: Identifier, other: Identifier, asked: Asked | None = None
) -> list[StewardEdge]:
    """Return the edges that make two one person: what was said against it is taken back."""
    if one == other:
        raise Rejected("These are the same identifier; name two.")
    sides = [set(holder(services, each).identifiers) for each in (one, other)]
    against = [
        each
        for each in in_force(StewardEdges(services.database)(0))
        if each.kind is not StewardKind.SAME and _meets(each, *sides)
    ]
    taken_back = [StewardEdge(number=0, kind=StewardKind.RETRACT, retracts=each.number) for each in against]
    same = StewardEdge(number=0, kind=StewardKind.SAME, left=(one,), right=(other,), asked=asked)
    return [*taken_back, same]


def parting(services: Services, left: Side, right: Side, asked: Asked | None = None) -> list[StewardEdge]:
    """Return the edges that keep two sides apart, each with what is linked first.

    Where a steward said that these two are one, this is taken back; it is enough if nothing else makes them one.
    """
    if left[0] == right[0]:
        raise Rejected("These are the same identifier; split it off with /api/identity/split instead.")
    said = [
        StewardEdge(number=0, kind=StewardKind.RETRACT, retracts=each.number)
        for each in in_force(StewardEdges(services.database)(0))
        if each.kind is StewardKind.SAME and {*each.left, *each.right} == {left[0], right[0]}
    ]
    if said and not any(
        {left[0], right[0]} <= set(each.document.identifiers)
        for each in services.stewarding.preview(said).after
    ):
        return said
    return [*said, StewardEdge(number=0, kind=StewardKind.APART, left=left, right=right, asked=asked)]


def say(
    request: SomeRequest, services: Services, edges: Sequence[StewardEdge], reason: str, *, check: bool
) -> SaidView:
    """Preview edges, and unless `check`, write them down and let them take effect."""
    token = request.app.state.gatekeeper.token_of(request)
    by = "" if token is None else token.name
    told = [msgspec.structs.replace(edge, by=by, reason=reason) for edge in edges]
    preview = services.stewarding.preview(told)
    said = [] if check else services.stewarding.say(told)
    return said_view(preview, [edge_view(each, each.kind is not StewardKind.RETRACT) for each in said])


def holder(services: Services, identifier: Identifier) -> ProfileDocument:
    """Return who holds an identifier. Raises NotFound."""
    found = services.profiles.find(identifier)
    if found is None:
        raise NotFound(
            f"`{identifier.namespace}:{identifier.value}` is not known (yet: events need a moment)."
        )
    return found


def _meets(edge: StewardEdge, one: set[Identifier], other: set[Identifier]) -> bool:
    left, right = set(edge.left), set(edge.right)
    return bool((left & one and right & other) or (left & other and right & one))
