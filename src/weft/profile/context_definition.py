"""What makes a computed trait one of context: a half-life, and what goes with it."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from weft.language.span import NAMED, WINDOWS, read_duration
from weft.language.strict import Reader, nearest
from weft.language.text import WINDOW_MAX_SECONDS, is_list_path, path_fault
from weft.model.expression import Given, GivenKind, Value
from weft.model.measure import Alike, Fading, Kind, Measure, Now, Place, PropertyColumn, ValueType
from weft.model.span import Sliding, Span
from weft.model.trait import Trait

LAST_SESSION = "last_session"
GAP = "30m"
FADED_AFTER = 10
"""So many half-lives after its last fact a value is gone; it then weighs a thousandth."""
KINDS = (Kind.LAST, Kind.MOST_FREQUENT, Kind.TOP)
TIMES = {
    Now.WEEKDAY: PropertyColumn("weekday", ValueType.TEXT, Place.LOCAL_TIME),
    Now.PART_OF_DAY: PropertyColumn("hour", ValueType.NUMBER, Place.LOCAL_TIME),
    Now.HOUR: PropertyColumn("hour", ValueType.NUMBER, Place.LOCAL_TIME),
}


class WrittenSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts since the last gap so long or longer; goes with `half_life`."""

    last_session: Annotated[str, Meta(description="The least gap between two sessions.", examples=["45m"])]


_Text = Annotated[
    str,
    Meta(
        extra_json_schema={"anyOf": [{"pattern": "^[0-9]{1,10}[smhdw]$"}, {"enum": [*NAMED, LAST_SESSION]}]}
    ),
]
_Mapping = Annotated[
    dict[str, Any],
    Meta(
        extra_json_schema={
            "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in (*WINDOWS, WrittenSession)]
        }
    ),
]
TraitWindow = Annotated[
    _Text | _Mapping,
    Meta(
        description="Only facts of this time: `30d` (s, m, h, d, w), `this_month`, `yesterday`, …, `last_session` "
        "(goes with `half_life`), or a mapping.",
        examples=["30d", "this_month"],
    ),
]
HalfLife = Annotated[
    str,
    Meta(
        description="Makes it a context trait, read as `context.<name>`: after each such time a fact counts half.",
        examples=["2h", "28d"],
    ),
]
LikeNow = Annotated[
    list[Now],
    Meta(
        description="Only facts of the same weekday, part of the day (from 0, 6, 12, 18 o'clock) or hour as now.",
        min_length=1,
    ),
]
Beside = Annotated[
    str, Meta(description="The lasting trait that it is compared with.", examples=["address.city"])
]


class Faded(Protocol):
    """What is written of a trait that may be one of context."""

    @property
    def half_life(self) -> str | UnsetType: ...  # noqa: D102
    @property
    def like_now(self) -> list[Now] | UnsetType: ...  # noqa: D102
    @property
    def beside(self) -> str | UnsetType: ...  # noqa: D102
    @property
    def window(self) -> str | dict[str, Any] | UnsetType: ...  # noqa: D102


def is_session(window: object) -> bool:
    """Say whether a window is the last session."""
    return window == LAST_SESSION or (isinstance(window, dict) and LAST_SESSION in window)


def read_fading(reader: Reader, written: Faded, value: Value, span: Span | None) -> Value:
    """Return the value of a trait, fading if a half-life is written; faults go to the reader."""
    if isinstance(written.half_life, UnsetType):
        for key in ("like_now", "beside"):
            if getattr(written, key) is not UNSET:
                reader.fault(key, "goes with context traits; say `half_life` too, such as `2h`")
        if is_session(written.window):
            reader.fault("window", "the last session goes with context traits; say `half_life`, such as `2h`")
        return value
    seconds = read_duration(reader, written.half_life, "", "half_life")
    if seconds == 0:
        reader.fault("half_life", "`0` is no half-life; at least `1s`")
    if not isinstance(value, Measure) or value.kind not in KINDS or not value.properties:
        reader.fault(
            "half_life", "a context trait is last, most_frequent or top of `property`, `context` or `at`"
        )
        return value
    if not seconds:
        return value
    alike = () if isinstance(written.like_now, UnsetType) else written.like_now
    fading = Fading(
        seconds, _gap(reader, written.window), tuple(sorted(Alike(now, TIMES[now]) for now in set(alike)))
    )
    return structs.replace(value, span=_span(reader, seconds, span), fading=fading)


def read_beside(reader: Reader, name: str, trait: Trait, traits: Mapping[str, Trait], bad: bool) -> Trait:
    """Return a context trait with the lasting one that it is compared with. bad: that one has a fault of its own."""
    if trait.value_type is not ValueType.TEXT:
        reader.fault("beside", "goes with a text, such as the most frequent one")
        return trait
    other = traits.get(name)
    if bad:
        reader.fault("beside", f"`{name}` has a fault of its own; correct that first", follows=True)
        return trait
    if other is None:
        fault = path_fault(name)
        if fault or is_list_path(name):
            reader.fault("beside", fault or f"`*` has no meaning here{nearest(name, traits)}")
            return trait
        told = Given(GivenKind.TOLD, name, ValueType.TEXT)
        return structs.replace(trait, beside=told, beside_name=name)
    if other.fading is not None or other.value_type is not ValueType.TEXT:
        reader.fault(
            "beside", f"`{name}` is no text that lasts; name a told trait, or a computed one that does"
        )
        return trait
    return structs.replace(trait, beside=other.value, beside_name=name)


def _gap(reader: Reader, window: str | dict[str, Any] | UnsetType) -> int:
    if not is_session(window):
        return 0
    if isinstance(window, dict):
        written = reader.struct(WrittenSession, window, "window")
        gap = (
            None if written is None else read_duration(reader, written.last_session, "window", "last_session")
        )
        if gap == 0:
            reader.fault("window.last_session", "`0` is no gap; at least `1s`")
        return gap or 0
    return read_duration(reader, GAP, "window", "last_session") or 0


def _span(reader: Reader, half_life_seconds: int, span: Span | None) -> Span:
    if span is None:
        reach = half_life_seconds * FADED_AFTER
        if reach > WINDOW_MAX_SECONDS:
            reader.fault("half_life", f"is too long: it fades for {FADED_AFTER} half-lives, at most 36500d")
        return Sliding(reach)
    if not isinstance(span, Sliding) or span.to_seconds:
        reader.fault("window", "of a context trait is a duration such as `20h`, or `last_session`")
    return span
