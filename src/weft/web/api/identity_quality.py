"""How people hang together: how large they are, what they share by mistake, how sure their links are."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.clock import DAY_US
from weft.identity.evaluation.answers import LEAST_ANSWERS, calibration_of
from weft.identity.steward import StewardEdge, StewardKind, in_force
from weft.model.access import Scope
from weft.model.identity_state import IdentityState
from weft.storage.database_frequencies import Counted, newest_frequencies
from weft.storage.database_identity_days import state_before
from weft.storage.database_profiles import read_documents
from weft.storage.database_steward import StewardEdges
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.identity_views import named
from weft.web.api.naming import NamedBy, NameView, name_view
from weft.web.times import time_text

SUSPICIOUS_NODES = 20
"""A person of so many identifiers is worth a look."""
LISTED = 50
WEEK_US = 7 * DAY_US
STEPS = 20


class PeopleOfSizeView(msgspec.Struct, frozen=True):
    """People of about one size."""

    least: Annotated[int, Meta(description="Fewest identifiers: 1, 2, 3, then 4 to 7, 8 to 15, ....")]
    people: int


class GiantView(msgspec.Struct, frozen=True):
    """A person of many identifiers."""

    profile_id: UUID
    name: NameView
    nodes: int


class ContradictedView(msgspec.Struct, frozen=True):
    """A person whose national ids speak against it."""

    profile_id: UUID
    name: NameView
    pairs: Annotated[int, Meta(description="Of identifiers that were told of with different national ids.")]


class SureView(msgspec.Struct, frozen=True):
    """Links of one kind whose confidence is within a twentieth."""

    kind: str
    confidence: Annotated[float, Meta(description="The least; up to .05 more.")]
    links: int


class SharedView(msgspec.Struct, frozen=True):
    """A value that ties nobody together."""

    identifier: NamedBy
    people: Annotated[int, Meta(description="Of how many it is at least; 0: it is blocked.")]


class StateView(msgspec.Struct, frozen=True):
    """The figures of one moment."""

    at: Annotated[str, Meta(description="RFC 3339.")]
    people: int
    nodes: Annotated[int, Meta(description="Identifiers in all.")]
    links: Annotated[dict[str, int], Meta(description="Kind → how many.")]
    mean_confidence: Annotated[float | None, Meta(description="Of all links; null without any.")]
    refused: Annotated[int, Meta(description="Links that a limit or a steward forbids to act on.")]
    merged: Annotated[int, Meta(description="Profiles that ever went into others.")]
    split: Annotated[int, Meta(description="Profiles that ever split off others.")]
    shared: Annotated[int, Meta(description="Values that tie nobody together.")]
    questions: Annotated[int, Meta(description="That wait for a steward.")]
    sizes: list[PeopleOfSizeView]


class BinView(msgspec.Struct, frozen=True):
    """Answered questions whose confidence was within a tenth."""

    least: float
    answers: int
    predicted: Annotated[float, Meta(description="Mean confidence when they were answered.")]
    observed: Annotated[float, Meta(description="Share of which a steward said: one person.")]
    low: Annotated[float, Meta(description="The true share is from here, at 95% (Wilson).")]
    high: Annotated[float, Meta(description="The true share is up to here.")]


class CalibrationView(msgspec.Struct, frozen=True):
    """Confidence held against what stewards answered to questions. Only what is in force counts."""

    answers: int
    enough: Annotated[int, Meta(description="From so many answers on the error is told.")]
    ece: Annotated[
        float | None, Meta(description="Expected calibration error: the mean gap; null with too few answers.")
    ]
    bins: list[BinView]


class CountView(msgspec.Struct, frozen=True):
    """When it was counted how frequent names, cities, streets, … are among these people."""

    at: Annotated[str, Meta(description="RFC 3339.")]
    nodes: Annotated[int, Meta(description="Identifiers of which something was told then.")]
    people: Annotated[
        int, Meta(description="Whom they were taken for, by e-mail address, phone and national id.")
    ]


class QualityView(msgspec.Struct, frozen=True):
    """The state of identity."""

    now: StateView
    before: Annotated[
        StateView | None,
        Meta(
            description="A week ago, or the oldest day of a younger workspace; null until a day has gone by."
        ),
    ]
    answered: Annotated[
        dict[str, int], Meta(description="What stewards said that is in force: same, apart, split.")
    ]
    suspicious_from: Annotated[int, Meta(description="From so many identifiers on a person is listed.")]
    largest: Annotated[list[GiantView], Meta(description="At most 50, the largest first.")]
    confidence: list[SureView]
    calibration: CalibrationView
    shared: Annotated[list[SharedView], Meta(description="At most 50, the most shared first.")]
    contradicted: Annotated[
        list[ContradictedView],
        Meta(description="People of more than one national id: at most 50, of the most pairs first."),
    ]
    frequencies: Annotated[
        CountView | None,
        Meta(description="Null until there are 200 identifiers. A model that was learnt here has its own."),
    ]


@get("/identity/quality", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def show_quality(services: Provided) -> QualityView:
    """Show how people hang together. It scans a few columns: some hundred milliseconds at a million people."""
    said = in_force(StewardEdges(services.database)(0))
    now_us = services.clock()
    found = services.quality.read(said, now_us, SUSPICIOUS_NODES, LISTED)
    with services.database.connect().execution_options(read_only=True) as connection:
        listed = {profile.bytes for profile, _ in (*found.largest, *found.contradicted)}
        documents = read_documents(connection, listed)
        counted = newest_frequencies(connection)
        before = state_before(connection, now_us - WEEK_US, now_us - DAY_US)
    kinds = [each.kind for each in said]
    answers = (StewardKind.SAME, StewardKind.APART, StewardKind.SPLIT)
    names = {UUID(bytes=key): name_view(document.traits) for key, document in documents.items()}
    nameless = name_view({})
    return QualityView(
        _state(found.state),
        None if before is None else _state(before),
        {kind.value: kinds.count(kind) for kind in answers},
        SUSPICIOUS_NODES,
        [GiantView(each, names.get(each, nameless), nodes) for each, nodes in found.largest],
        [SureView(kind, step / STEPS, links) for kind, step, links in found.confidence],
        _calibration(said),
        [SharedView(named(value), people) for value, people in found.shared],
        [ContradictedView(each, names.get(each, nameless), pairs) for each, pairs in found.contradicted],
        None if counted is None else _count(counted),
    )


def _state(state: IdentityState) -> StateView:
    return StateView(
        time_text(state.at_us),
        state.people,
        state.nodes,
        state.links,
        state.mean_confidence,
        state.refused,
        state.merged,
        state.split,
        state.shared,
        state.questions,
        [PeopleOfSizeView(*each) for each in state.sizes],
    )


def _count(counted: Counted) -> CountView:
    found = counted.frequencies
    return CountView(time_text(counted.at_us), found.nodes, found.people)


def _calibration(said: Sequence[StewardEdge]) -> CalibrationView:
    answers = [
        (each.asked.confidence, each.kind is StewardKind.SAME) for each in said if each.asked is not None
    ]
    found = calibration_of(answers)
    return CalibrationView(found.answers, LEAST_ANSWERS, found.ece, [BinView(*each) for each in found.bins])


router = Router("/", route_handlers=[show_quality], tags=["identity"])
