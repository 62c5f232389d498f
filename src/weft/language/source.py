"""Where facts come from, as it is written in traits and in `did` rules."""

from typing import Annotated, Literal

from msgspec import Meta, UnsetType

from weft.language.strict import Reader, inside
from weft.language.text import WINDOW_MAX_DAYS, seconds_of
from weft.model.measure import Source

NamelessType = Literal["track", "identify", "page", "screen", "group", "alias", "record"]

EventName = Annotated[
    str, Meta(description="Facts: `track` events of this name.", min_length=1, max_length=500)
]
RecordName = Annotated[str, Meta(description="Facts: records of this object.", min_length=1, max_length=500)]
TypeName = Annotated[NamelessType, Meta(description="Facts: everything of this type.")]
Window = Annotated[
    str,
    Meta(description="Only the latest facts, for this long: a number and s, m, h, d or w.", examples=["30d"]),
]


def read_source(
    reader: Reader, event: str | UnsetType, record: str | UnsetType, type_: str | UnsetType, at: str
) -> Source | None:
    """Return the one source that is given."""
    given = {
        key: value
        for key, value in (("event", event), ("record", record), ("type", type_))
        if not isinstance(value, UnsetType)
    }
    if len(given) != 1:
        reader.fault(at, f"give exactly one of `event`, `record`, `type`; here: {', '.join(given) or 'none'}")
        return None
    ((key, value),) = given.items()
    if key == "type":
        return Source(value)
    return Source("track" if key == "event" else "record", value)


def read_window(reader: Reader, window: str | UnsetType, at: str, key: str) -> int | None:
    """Return the seconds of a window; None without one."""
    if isinstance(window, UnsetType):
        return None
    seconds = seconds_of(window)
    if seconds is None:
        reader.fault(
            inside(at, key),
            f"`{window}` is no duration: write a whole number and s, m, h, d or w, at most {WINDOW_MAX_DAYS}d",
        )
    return seconds
