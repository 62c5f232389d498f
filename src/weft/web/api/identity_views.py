"""Links, evidence and previews as the API shows them."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from weft.identity.explain import reason_of
from weft.identity.steward import StewardEdge
from weft.model.consent import ConsentRecord
from weft.model.identifier import Identifier
from weft.model.preview import Person, Preview
from weft.storage.duckdb_evidence_read import Evidence, KnownLink
from weft.storage.duckdb_ownership import Stayed
from weft.web.api.naming import NamedBy
from weft.web.times import time_text


class EvidenceView(msgspec.Struct, frozen=True):
    """One piece of evidence of a pair, and what each field contributes to its bits."""

    kind: Annotated[str, Meta(examples=["same_event"])]
    bits: Annotated[float, Meta(description="log2 odds.")]
    confidence: float
    fields: dict[str, float]
    said_by: Annotated[str, Meta(description="Version of the rules or of the model, or who said it.")]
    message_id: str
    observed_at: Annotated[str, Meta(description="RFC 3339.")]
    number: Annotated[int, Meta(description="In the evidence log; 0: what events showed first.")]
    retracts: Annotated[int | None, Meta(description="The number of the evidence that is taken back.")]


class LinkView(msgspec.Struct, frozen=True):
    """Two identifiers that evidence holds together, how surely now, and how that came about, oldest first."""

    key: UUID
    left: NamedBy
    right: NamedBy
    left_profile_id: UUID
    right_profile_id: UUID
    kind: str
    bits: Annotated[float, Meta(description="Of all evidence, faded by its age.")]
    confidence: float
    refused: Annotated[
        str | None, Meta(description="Why it ties nothing: limit, or apart (a steward said so); else null.")
    ]
    steward: Annotated[int, Meta(description="The number of the edge that forbids it; 0 for none.")]
    reason: Annotated[
        str,
        Meta(
            description="Its last evidence in English.",
            examples=["Logged in on anonymous_id 7f2c on 3 May 2026 10:02 UTC as user_id:42."],
        ),
    ]
    history: list[EvidenceView]


class StayView(msgspec.Struct, frozen=True):
    """An interval in which a device that several people use is somebody's."""

    device: NamedBy
    since: Annotated[str | None, Meta(description="RFC 3339; null: from the beginning.")]
    until: Annotated[str | None, Meta(description="RFC 3339; null: still.")]
    owner: Annotated[NamedBy | None, Meta(description="Who was logged in; null: nobody.")]
    profile_id: Annotated[UUID | None, Meta(description="Whose that is now.")]


class EdgeView(msgspec.Struct, frozen=True):
    """What a steward said."""

    number: int
    kind: Annotated[str, Meta(description="same, apart, split or retract.")]
    left: list[NamedBy]
    right: list[NamedBy]
    by: str
    reason: str
    at: Annotated[str, Meta(description="RFC 3339.")]
    retracts: Annotated[int | None, Meta(description="The number of the edge that is taken back.")]
    in_force: bool


class ChoiceView(msgspec.Struct, frozen=True):
    """A consent choice that holds."""

    purpose: str
    granted: bool
    at: str


class PreviewedView(msgspec.Struct, frozen=True):
    """One profile as it is or would be."""

    profile_id: UUID
    identifiers: list[NamedBy]
    events: int
    traits: dict[str, Any]
    audiences: list[str]
    consents: list[ChoiceView]


class SaidView(msgspec.Struct, frozen=True):
    """What came of it, or would. before, after: the profiles concerned; edges: what was written, none for `check`."""

    edges: list[EdgeView]
    moved: Annotated[int, Meta(description="How many identifiers change their profile.")]
    before: list[PreviewedView]
    after: list[PreviewedView]


class ExplainView(msgspec.Struct, frozen=True):
    """Why two identifiers are one person or two. path: links from one to the other, the surest way."""

    same: bool
    left_profile_id: UUID
    right_profile_id: UUID
    confidence: Annotated[float, Meta(description="Of the weakest link on the way; 0 where there is none.")]
    path: list[LinkView]
    between: Annotated[list[LinkView], Meta(description="Links that join the two and tie nothing.")]
    edges: Annotated[list[EdgeView], Meta(description="What stewards in force say of the two.")]


class LinksView(msgspec.Struct, frozen=True):
    """What holds a profile together."""

    links: Annotated[list[LinkView], Meta(description="The surest first, as many as were asked for.")]
    total: Annotated[int, Meta(description="How many there are.")]
    merge: Annotated[float, Meta(description="From this confidence on links merge.")]
    review: Annotated[float, Meta(description="From this confidence on a steward is asked.")]
    generic: Annotated[list["GenericView"], Meta(description="Of these identifiers, those that tie nobody.")]
    stays: Annotated[
        list[StayView],
        Meta(description="Who had the shared devices of this profile when, by device and time."),
    ]


class GenericView(msgspec.Struct, frozen=True):
    """A value that ties nobody together. people: of how many it is at least; 0: it is blocked."""

    identifier: NamedBy
    people: int


def named(identifier: Identifier) -> NamedBy:
    """Return an identifier as it is shown."""
    return NamedBy(identifier.namespace, identifier.value)


def link_view(link: KnownLink, devices: Collection[str]) -> LinkView:
    """Return a link as it is shown. devices: namespaces whose ids are owned by who logged in."""
    history = [
        EvidenceView(
            each.kind,
            each.bits,
            each.confidence,
            dict(each.fields),
            each.said_by,
            each.message_id,
            time_text(each.at_us),
            each.number,
            each.retracts,
        )
        for each in link.history
    ]
    ends = named(link.left), named(link.right)
    told = link.kind, link.bits, link.confidence, link.refused, link.steward
    last = next((each for each in reversed(link.history) if each.retracts is None), None)
    reason = (
        ""
        if last is None
        else reason_of(last.kind, link.left, link.right, last.at_us, devices, _steward(last))
    )
    return LinkView(link.key, *ends, *link.profiles, *told, reason, history)


def stay_view(stay: Stayed) -> StayView:
    """Return a stay as it is shown."""
    return StayView(
        named(stay.device),
        None if stay.from_us is None else time_text(stay.from_us),
        None if stay.until_us is None else time_text(stay.until_us),
        None if stay.owner is None else named(stay.owner),
        stay.profile,
    )


def _steward(evidence: Evidence) -> str:
    return evidence.said_by if evidence.kind in ("steward", "apart") else ""


def edge_view(edge: StewardEdge, in_force: bool) -> EdgeView:
    """Return an edge as it is shown."""
    return EdgeView(
        edge.number,
        edge.kind.value,
        [named(each) for each in edge.left],
        [named(each) for each in edge.right],
        edge.by,
        edge.reason,
        time_text(edge.at_us),
        edge.retracts,
        in_force,
    )


def said_view(preview: Preview, edges: list[EdgeView]) -> SaidView:
    """Return a preview, and what was written if it was."""
    return SaidView(
        edges,
        preview.moved,
        [_previewed(each) for each in preview.before],
        [_previewed(each) for each in preview.after],
    )


def _previewed(person: Person) -> PreviewedView:
    document = person.document
    return PreviewedView(
        document.profile_id,
        [named(each) for each in document.identifiers],
        document.events,
        document.traits,
        sorted(document.audiences),
        [_choice(each) for each in _latest(person.consents)],
    )


def _latest(records: tuple[ConsentRecord, ...]) -> list[ConsentRecord]:
    latest: dict[str, ConsentRecord] = {}
    for record in sorted(records, key=lambda each: (each.at_us, each.record_id)):
        latest[record.purpose] = record
    return [latest[purpose] for purpose in sorted(latest)]


def _choice(record: ConsentRecord) -> ChoiceView:
    return ChoiceView(record.purpose, record.granted, time_text(record.at_us))
