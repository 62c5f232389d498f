"""Typed text becomes a rule, shown as rule and sentence before it is used."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta

from weft.audience.text.catalogue import Catalogue
from weft.audience.text.read import TEXT_CHARACTERS, read_text
from weft.model.access import Scope
from weft.storage.database_lists import uploaded_lists
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.services import Services

Sentences = Annotated[dict[str, str], Meta(description="Language (en, ko, zh-TW) → the rule as a sentence.")]
Place = Annotated[int, Meta(description="A character of the text, from 0.")]


class TextInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody typed."""

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=TEXT_CHARACTERS,
            examples=["bought twice this year but not in the last 60 days and has no open ticket"],
        ),
    ]
    language: Annotated[
        Literal["en", "ko", "zh-TW"] | None, Meta(description="Left out: by the letters of the text.")
    ] = None


class TextPartView(msgspec.Struct, frozen=True):
    """What one part of the text was read as."""

    start: Place
    end: Annotated[int, Meta(description="Behind its last character.")]
    text: str
    rule: dict[str, Any]
    sentence: Sentences


class UnreadView(msgspec.Struct, frozen=True):
    """A part of the text that was not understood."""

    start: Place
    end: Annotated[int, Meta(description="Behind its last character.")]
    text: str
    why: Annotated[str, Meta(description="And what to write instead.")]
    near: Annotated[list[str], Meta(description="Names of the workspace that may have been meant.")]
    trait: Annotated[
        dict[str, Any] | None,
        Meta(description="The definition of a computed trait with which it would be understood."),
    ]


class TextChoiceView(msgspec.Struct, frozen=True):
    """Another rule that the text may mean."""

    rule: dict[str, Any]
    sentence: Sentences


class TextReadingView(msgspec.Struct, frozen=True):
    """What the text was read as."""

    language: Annotated[str, Meta(description="In which it was read.")]
    rule: Annotated[
        dict[str, Any] | None,
        Meta(description="As stands behind `who`; null if any part of the text was not understood."),
    ]
    sentence: Annotated[
        dict[str, str], Meta(description="Language → the rule as a sentence; empty without a rule.")
    ]
    parts: list[TextPartView]
    not_understood: list[UnreadView]
    alternatives: Annotated[list[TextChoiceView], Meta(description="Where two events fit.")]


@post(
    "/audiences/read-text",
    guards=[needs(Scope.READ)],
    status_code=200,
    responses=failures(400),
    sync_to_thread=True,
)
def read_audience_text(services: Provided, data: JSONBody[TextInput]) -> TextReadingView:
    """Read typed text as a rule, in English, Korean or Traditional Chinese; nothing is saved."""
    return msgspec.convert(
        read_text(data.text, _catalogue(services), data.language), TextReadingView, from_attributes=True
    )


def _catalogue(services: Services) -> Catalogue:
    understood = services.understood
    with services.database.connect().execution_options(read_only=True) as connection:
        lists = tuple(each.name for each in uploaded_lists(connection))
    return Catalogue(
        tuple(services.catalogue.known()),
        understood.traits,
        understood.audiences,
        tuple(services.settings.consent.default),
        lists,
    )


router = Router("/", route_handlers=[read_audience_text], tags=["audiences"])
