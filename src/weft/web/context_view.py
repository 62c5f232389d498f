"""The context of a profile as it is read: what holds now and fades, apart from the truth that lasts."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.language.text import microseconds_of
from weft.model.profile import ContextValue, ProfileDocument
from weft.web.times import time_text


class ContextView(msgspec.Struct, frozen=True):
    """The value of one context trait."""

    value: Any
    strength: Annotated[
        float,
        Meta(
            description="How fresh it is, 0 to 1: half as much with each half-life since the last event behind it."
        ),
    ]
    share: Annotated[
        float | None,
        Meta(
            description="Of the weight of all that counts, how much is behind this value, 0 to 1; null for `last`."
        ),
    ]
    at: Annotated[str, Meta(description="When the last event behind it occurred, RFC 3339.")]
    half_life_seconds: int
    beside: Annotated[
        str,
        Meta(
            description="The lasting trait that it is compared with; empty: none.", examples=["address.city"]
        ),
    ]
    known: Annotated[str | None, Meta(description="What that lasting trait is; null: missing.")]
    conflict: Annotated[bool, Meta(description="Both are known and differ. Neither overwrites the other.")]
    version: Annotated[str, Meta(description="Of the definition.")]


def context_view(profile: ProfileDocument, now_us: int) -> dict[str, ContextView]:
    """Return the context of a profile by name, as strong as it is at a moment (microseconds since 1970 UTC)."""
    return {
        name: ContextView(
            each.value,
            round(each.strength(now_us), 4),
            None if each.share is None else round(each.share, 4),
            time_text(each.at_us),
            each.half_life_seconds,
            each.beside,
            each.known,
            each.conflict,
            each.version,
        )
        for name, each in sorted(profile.context.items())
    }


def context_of(shown: Mapping[str, Mapping[str, Any]]) -> dict[str, ContextValue]:
    """Return what was shown (as JSON) as a profile has it."""
    return {
        name: ContextValue(
            each["value"],
            microseconds_of(each["at"]) or 0,
            each["half_life_seconds"],
            each["version"],
            each["share"],
            each["beside"],
            each["known"],
            each["conflict"],
        )
        for name, each in shown.items()
    }
