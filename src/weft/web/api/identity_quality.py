"""How people hang together: how large they are, what they share by mistake, how sure their links are."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.identity.steward import StewardKind, in_force
from weft.model.access import Scope
from weft.storage.database_profiles import read_documents
from weft.storage.database_steward import StewardEdges
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view

SUSPICIOUS_NODES = 20
"""A person of so many identifiers is worth a look."""
LISTED = 50
STEPS = 20


class SizeView(msgspec.Struct, frozen=True):
    """People of about one size."""

    least: Annotated[int, Meta(description="Fewest identifiers: 1, 2, 3, then 4 to 7, 8 to 15, ....")]
    people: int


class GiantView(msgspec.Struct, frozen=True):
    """A person of many identifiers."""

    profile_id: UUID
    name: NameView
    nodes: int


class SureView(msgspec.Struct, frozen=True):
    """Links of one kind whose confidence is within a twentieth."""

    kind: str
    confidence: Annotated[float, Meta(description="The least; up to .05 more.")]
    links: int


class SharedView(msgspec.Struct, frozen=True):
    """A value that ties nobody together."""

    identifier: NamedBy
    people: Annotated[int, Meta(description="Of how many it is at least; 0: it is blocked.")]


class QualityView(msgspec.Struct, frozen=True):
    """The state of identity."""

    people: int
    nodes: Annotated[int, Meta(description="Identifiers in all.")]
    links: int
    questions: Annotated[int, Meta(description="That wait for a steward.")]
    answered: Annotated[
        dict[str, int], Meta(description="What stewards said that is in force: same, apart, split.")
    ]
    refused: Annotated[int, Meta(description="Links that a limit or a steward forbids to act on.")]
    shared_values: int
    suspicious_from: Annotated[int, Meta(description="From so many identifiers on a person is listed.")]
    sizes: list[SizeView]
    largest: Annotated[list[GiantView], Meta(description="At most 50, the largest first.")]
    confidence: list[SureView]
    shared: Annotated[list[SharedView], Meta(description="At most 50, the most shared first.")]


@get("/identity/quality", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def show_quality(services: Provided) -> QualityView:
    """Show how people hang together. It scans a few columns: some hundred milliseconds at a million people."""
    found = services.quality.read(SUSPICIOUS_NODES, LISTED)
    with services.database.connect().execution_options(read_only=True) as connection:
        documents = read_documents(connection, [profile.bytes for profile, _ in found.largest])
    said = [each.kind for each in in_force(StewardEdges(services.database)(0))]
    answers = (StewardKind.SAME, StewardKind.APART, StewardKind.SPLIT)
    traits = {key: document.traits for key, document in documents.items()}
    return QualityView(
        found.counts.people,
        found.counts.nodes,
        found.counts.links,
        found.counts.questions,
        {kind.value: said.count(kind) for kind in answers},
        found.counts.refused,
        found.counts.generic,
        SUSPICIOUS_NODES,
        [SizeView(*each) for each in found.sizes],
        [GiantView(each, name_view(traits.get(each.bytes, {})), nodes) for each, nodes in found.largest],
        [SureView(kind, step / STEPS, links) for kind, step, links in found.confidence],
        [SharedView(NamedBy(namespace, value), people) for namespace, value, people in found.shared],
    )


router = Router("/", route_handlers=[show_quality], tags=["identity"])
