"""Survivorship as it is written: which value of a trait counts, and which records and events tell traits."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.definitions import NAME, Definition
from weft.language.condition import Operators, read_condition
from weft.language.strict import Problem, Reader, inside
from weft.language.text import path_fault
from weft.model.measure import PropertyColumn, ValueType
from weft.model.survivorship import (
    CandidateCondition,
    RecordTraits,
    Strategy,
    Survival,
    Survivorship,
)

KIND = "survivorship"
DEFAULT = "default"
TRAIT_CHARACTERS = 200

Trusted = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=200)]],
    Meta(description="The most trusted first: a source, or `source/record`.", min_length=1, max_length=100),
]
From = Annotated[
    dict[str, dict[str, str]],
    Meta(
        description="Records and events that tell traits: the name of a record or `track` event, or `source/name` → "
        "trait → path of the property.",
        examples=[{"crm/contact": {"name": "full_name", "city": "address.city"}}],
    ),
]

CONDITION_REFERENCE = {"$ref": "#/$defs/WrittenCandidateCondition"}


class WrittenVerified(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What verifies a value: a trait of the same event or record that is true, an equal identifier, or either."""

    trait: Annotated[str, Meta(description="Such as `email_verified`.", max_length=TRAIT_CHARACTERS)] = ""
    identifier: Annotated[
        str, Meta(description="A namespace, such as `email`: one of the profile is equal.")
    ] = ""


class WrittenCandidateCondition(Operators, frozen=True, kw_only=True):
    """A condition on a value that was told (`value`), or on who told it (`source`: a source, or `source/record`)."""

    candidate: Literal["value", "source"]


class WrittenSurvivorship(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the value of a trait is chosen among those that systems told. The one named `default` is for all others."""

    name: Annotated[
        str,
        Meta(
            description="`default`, or the trait's name; a name of its own where `trait` says which.",
            extra_json_schema={"pattern": f"^{NAME.pattern}$"},
        ),
    ]
    trait: (
        Annotated[str, Meta(description="The trait, if the name is not it.", min_length=1, max_length=200)]
        | UnsetType
    ) = UNSET
    strategy: Annotated[Strategy, Meta(description="What decides; between equals the most recent.")] = (
        Strategy.MOST_RECENT
    )
    sources: Trusted | UnsetType = UNSET
    verified: WrittenVerified | UnsetType = UNSET
    where: Annotated[
        list[Annotated[dict[str, Any], Meta(extra_json_schema=CONDITION_REFERENCE)]],
        Meta(description="rule: a value that meets all of these precedes the others.", max_length=50),
    ] = []
    from_: From = msgspec.field(default_factory=dict[str, dict[str, str]], name="from")
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


GOES_WITH = {
    "sources": Strategy.MOST_TRUSTED_SOURCE,
    "verified": Strategy.VERIFIED_FIRST,
    "where": Strategy.RULE,
}


def read_survivorship(
    definitions: Iterable[Definition], computed: Collection[str]
) -> tuple[Survival, tuple[Problem, ...]]:
    """Read all definitions of the kind `survivorship`; return those without an error, and every problem.

    computed: the names of computed traits, whose value no system tells.
    """
    found: dict[str, Survivorship] = {}
    records: list[RecordTraits] = []
    problems: list[Problem] = []
    for definition in definitions:
        if definition.kind != KIND:
            continue
        reader = Reader(definition.path, definition.name)
        written = reader.whole(WrittenSurvivorship, definition.body)
        if written is not None:
            survivorship = _read(reader, written)
            if survivorship.trait in computed:
                reader.fault(
                    "trait", f"`{survivorship.trait}` is computed; survivorship chooses among told values"
                )
            if survivorship.trait in found:
                reader.fault("trait", f"`{survivorship.trait}` has survivorship already; keep one of the two")
            records += _records(reader, written)
            if not any(problem.is_error for problem in reader.problems):
                found[survivorship.trait] = survivorship
        problems += reader.problems
    default = found.pop("", Survivorship())
    each = tuple(sorted(found.values(), key=lambda each: each.trait))
    return Survival(default, each, tuple(sorted(records, key=msgspec.json.encode))), tuple(problems)


def survivorship_schema() -> dict[str, Any]:
    """Return the JSON Schema of a survivorship definition."""
    (schema, _), components = msgspec.json.schema_components(
        (WrittenSurvivorship, WrittenCandidateCondition), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft survivorship",
        "oneOf": [schema, {"type": "array", "items": schema}],
        "$defs": components,
    }


def _read(reader: Reader, written: WrittenSurvivorship) -> Survivorship:
    for key, strategy in GOES_WITH.items():
        given = getattr(written, key) not in (UNSET, [])
        if given and written.strategy is not strategy:
            reader.fault(key, f"goes with `strategy: {strategy}`, not with {written.strategy}")
        if not given and written.strategy is strategy:
            reader.fault("strategy", f"{strategy} needs `{key}`")
    trait = _trait(reader, written)
    verified = WrittenVerified() if isinstance(written.verified, UnsetType) else written.verified
    if not isinstance(written.verified, UnsetType) and not (verified.trait or verified.identifier):
        reader.fault("verified", "give `trait`, `identifier` or both")
    return Survivorship(
        trait,
        written.strategy,
        () if isinstance(written.sources, UnsetType) else tuple(written.sources),
        verified.trait,
        verified.identifier,
        _where(reader, written.where),
    )


def _trait(reader: Reader, written: WrittenSurvivorship) -> str:
    given = None if isinstance(written.trait, UnsetType) else written.trait
    if written.name != DEFAULT:
        return written.name if given is None else given
    if given is not None:
        reader.fault("trait", "the definition `default` is for every trait; call this one otherwise")
    return ""


def _where(reader: Reader, bodies: list[dict[str, Any]]) -> tuple[CandidateCondition, ...]:
    found: list[CandidateCondition] = []
    for ordinal, body in enumerate(bodies):
        place = f"where[{ordinal}]"
        written = reader.struct(WrittenCandidateCondition, body, place)
        known = ValueType.TEXT if written is not None and written.candidate == "source" else None
        condition = None if written is None else read_condition(reader, written, known, place, moving=False)
        if written is not None and condition is not None:
            found.append(CandidateCondition(written.candidate, condition))
    return tuple(sorted(found, key=msgspec.json.encode))


def _records(reader: Reader, written: WrittenSurvivorship) -> list[RecordTraits]:
    if written.from_ and written.name != DEFAULT:
        reader.fault(
            "from", "belongs into the definition `default`, where one record's traits stand together"
        )
    found: list[RecordTraits] = []
    for key, traits in written.from_.items():
        source, slash, record = key.rpartition("/")
        place = inside("from", key)
        if not record or (slash and not source):
            reader.fault(
                place, "write the name of a record or an event such as `contact`, or `source/contact`"
            )
        for trait, path in traits.items():
            if not trait or len(trait) > TRAIT_CHARACTERS:
                reader.fault(place, f"a trait's name has 1 to {TRAIT_CHARACTERS} characters")
            if fault := path_fault(path):
                reader.fault(inside(place, trait), fault)
        columns = tuple(
            sorted((trait, PropertyColumn(path, ValueType.TEXT)) for trait, path in traits.items())
        )
        found.append(RecordTraits(record, source or None, columns))
    return found
