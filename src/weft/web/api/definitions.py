"""The computed traits of the workspace, and what its events taught (the catalogue)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import yaml
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from msgspec import Meta

from weft.clock import DAY_US
from weft.collect.catalogue import frequent_values
from weft.definitions import Definition, version_of
from weft.model.access import Scope
from weft.model.event import EventFilter
from weft.model.measure import ValueType
from weft.model.trait import Batch, Trait
from weft.profile.sentence import trait_sentences
from weft.storage.database_batches import BatchRun, read_runs
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.figures import VOLUME_DAYS, Figures
from weft.web.api.lineage import ReadsView, UsedBy, named_traits, reads, using
from weft.web.times import time_text

VALUES_EVENTS = 1_000
"""Events that are looked at for the values of their properties."""


class ComputedView(msgspec.Struct, frozen=True):
    """A computed trait: what it says, where its value comes from, and who uses it."""

    name: Annotated[str, Meta(examples=["orders_30d"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]
    version: Annotated[str, Meta(description="Tells one state of it from another.")]
    yaml: Annotated[str, Meta(description="The definition as YAML.")]
    type: Annotated[ValueType | None, Meta(description="What it holds; null for one with an error.")]
    sentence: Annotated[
        dict[str, str], Meta(description="Language (en, ko, zh-TW) → what it is, as a sentence.")
    ]
    reads: Annotated[list[ReadsView], Meta(description="The facts behind it.")]
    traits: Annotated[
        list[str],
        Meta(
            description="The computed traits that its formula names, or that a context trait is compared with."
        ),
    ]
    used_by: Annotated[list[UsedBy], Meta(description="The definitions that name it.")]
    readable: Annotated[
        dict[str, ValueType],
        Meta(
            description="The names by which rules can call it, its own first, with what each holds: of a context trait "
            "`context.<name>` and what is told of it; empty for one with an error.",
            examples=[{"orders_30d": "number"}],
        ),
    ]
    run: Annotated[
        "RunView | None",
        Meta(description="How a SQL trait was last run; null of others, and before the first."),
    ] = None


class RunView(msgspec.Struct, frozen=True):
    """The last run of a SQL trait."""

    tried_at: Annotated[str, Meta(description="When it was run last, RFC 3339.")]
    fault: Annotated[
        str, Meta(description="Why that run failed: the trait is set aside. Empty when it went well.")
    ]
    computed_at: Annotated[
        str | None, Meta(description="Of the values that it has, RFC 3339; null before the first good run.")
    ]
    profiles: Annotated[int, Meta(description="That have a value.")]
    unknown: Annotated[int, Meta(description="Rows that were of no profile.")]
    seconds: float
    next_at: Annotated[
        str, Meta(description="When it is run again, unless there are a fifth more people before.")
    ]


class KnownView(msgspec.Struct, frozen=True):
    """One property of an event, as it was seen."""

    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(description="Of the event.", examples=["Order Completed"])]
    property: Annotated[str, Meta(description="Empty for the event itself.", examples=["revenue"])]
    json_type: Annotated[str, Meta(examples=["number"])]
    count: Annotated[int, Meta(description="How often seen; of a property: in the sample.")]
    example: Annotated[str, Meta(description="Empty where it could be personal.")]
    first_seen_at: Annotated[str, Meta(description="When it was learned, RFC 3339.")]
    last_seen_at: Annotated[str, Meta(description="When it was seen last, RFC 3339.")]


class VolumeView(msgspec.Struct, frozen=True):
    """How often an event occurred."""

    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    counts: Annotated[list[int], Meta(description="By day, in the order of `days`.")]


class VolumesView(msgspec.Struct, frozen=True):
    """How often each event occurred on each day."""

    days: Annotated[list[str], Meta(description="Begin of each day (UTC), RFC 3339; today is the last.")]
    events: Annotated[list[VolumeView] | None, Meta(description="null while they are counted: ask again.")]


@get("/traits", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_traits(services: Provided) -> list[ComputedView]:
    """List the computed traits, each with what it reads and who uses it."""
    read = {each.name: each for each in services.understood.traits}
    used_by = using(services.definitions)
    with services.database.connect().execution_options(read_only=True) as connection:
        runs = read_runs(connection)
    return [
        _computed(each, read.get(each.name), used_by.get(("traits", each.name), ()), runs.get(each.name))
        for each in services.definitions
        if each.kind == "traits"
    ]


@get("/catalogue", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_catalogue(services: Provided) -> list[KnownView]:
    """List every event name and property that was seen."""
    return [
        KnownView(
            each.type,
            each.name,
            each.property,
            each.json_type,
            each.count,
            each.example,
            time_text(each.first_seen_us),
            time_text(each.last_seen_us),
        )
        for each in services.catalogue.known()
    ]


@get("/catalogue/volumes", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_volumes(request: Request[object, object, State]) -> VolumesView:
    """Count the events of each name by day. They are counted at most once a minute."""
    figures: Figures = request.app.state.figures
    counted, today = figures.volumes(), figures.day()
    days = range(today - VOLUME_DAYS + 1, today + 1)
    counts: dict[tuple[str, str], list[int]] = {}
    for each in counted or ():
        if each.day in days:
            counts.setdefault((each.type, each.name), [0] * VOLUME_DAYS)[each.day - days[0]] += each.count
    return VolumesView(
        [time_text(day * DAY_US) for day in days],
        None if counted is None else [VolumeView(*key, count) for key, count in sorted(counts.items())],
    )


class ValueView(msgspec.Struct, frozen=True):
    """A value of a property."""

    value: Annotated[str, Meta(description="As text; numbers and booleans too.")]
    count: Annotated[int, Meta(description="How many of the events looked at have it.")]


class ValuesView(msgspec.Struct, frozen=True):
    """The values that an event, a record or a type of event came with lately."""

    events: Annotated[int, Meta(description="How many were looked at: the newest, 1,000 at most.")]
    properties: Annotated[
        dict[str, list[ValueView]],
        Meta(
            description="Path → its most frequent values, 30 at most. Without what could be personal, and without "
            "properties of which hardly a value is there twice."
        ),
    ]


@get("/catalogue/values", guards=[needs(Scope.READ)], responses=failures(400), sync_to_thread=True)
def list_values(
    services: Provided,
    type: Annotated[  # noqa: A002  the name that it has everywhere
        str, QueryParameter(description="Such as `track` or `record`; `identify`: told traits.", min_length=1)
    ],
    name: Annotated[str, QueryParameter(description="Of the event or the object; left out: any.")] = "",
) -> ValuesView:
    """List the most frequent values of each property, counted over the newest events."""
    found = services.events.find(EventFilter(type, name), VALUES_EVENTS)
    values = frequent_values(each.properties for each in found)
    shown = {path: [ValueView(*each) for each in counted] for path, counted in values.items()}
    return ValuesView(len(found), shown)


def _computed(
    written: Definition, trait: Trait | None, using: Sequence[UsedBy], run: BatchRun | None
) -> ComputedView:
    return ComputedView(
        written.name,
        str(written.body.get("description", "")),
        written.body,
        version_of(written.body),
        yaml.safe_dump(written.body, sort_keys=False, allow_unicode=True, width=100),
        None if trait is None else trait.value_type,
        {} if trait is None else trait_sentences(trait),
        [] if trait is None else reads(trait),
        [] if trait is None else named_traits(trait),
        list(using),
        {} if trait is None else {name: each.value_type for name, each in trait.readable.items()},
        None if run is None or trait is None or trait.batch is None else _run(trait.batch, run),
    )


def _run(batch: Batch, run: BatchRun) -> RunView:
    return RunView(
        time_text(run.tried_us),
        run.fault,
        time_text(run.computed_us) if run.computed_us else None,
        run.profiles,
        run.unknown,
        run.seconds,
        time_text(run.next_us(batch)),
    )


router = Router(
    "/", route_handlers=[list_traits, list_catalogue, list_volumes, list_values], tags=["definitions"]
)
