"""Rules as they are written: which keys each has."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.condition import Operators, Percent
from weft.language.name import Name
from weft.language.property import WEEKDAYS, Where
from weft.language.source import Facts, OneSource
from weft.language.span import Window, ZoneKey
from weft.model.audience import ConsentState

RULES_MAX = 2_000
COUNT_MAX = 2**53
HOURS = 24

WrittenRule = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/Rule"})]
WrittenRules = Annotated[list[WrittenRule], Meta(min_length=1, max_length=RULES_MAX)]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Often = Annotated[int, Meta(ge=0, le=COUNT_MAX)]
Share = Annotated[float, Meta(ge=0, le=100)]
After = Annotated[
    str,
    Meta(
        description="At most so long after it: a number and s, m, h, d or w; left out: any time.",
        examples=["1h"],
        extra_json_schema={"pattern": "^[0-9]{1,10}[smhdw]$"},
    ),
]


class WrittenAll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every one of the rules holds."""

    all: WrittenRules


class WrittenAny(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least one of the rules holds."""

    any: WrittenRules


class WrittenNot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule does not hold."""

    not_: WrittenRule = msgspec.field(name="not")


class WrittenTraitRule(Operators, frozen=True, kw_only=True):
    """A trait compares so: a computed trait, or else a told trait, the value that survives."""

    trait: Annotated[str, Meta(description="A computed trait's name, or the path of a told trait.")]
    top_percent: Annotated[
        Percent | UnsetType,
        Meta(description="Among so many percent of the profiles with the highest number."),
    ] = UNSET
    bottom_percent: Annotated[
        Percent | UnsetType, Meta(description="Among so many percent of the profiles with the lowest number.")
    ] = UNSET


class WrittenDid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person did something so many times."""

    did: OneSource
    at_least: (
        Annotated[
            Often, Meta(description="This often or more (1 if left out; 0 includes those who never did).")
        ]
        | UnsetType
    ) = UNSET
    at_most: Annotated[Often, Meta(description="This often or less.")] | UnsetType = UNSET
    within: Window | UnsetType = UNSET
    where: Where = []


class WrittenSteps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact and another behind it (`then`), or without another behind it (`not_then`)."""

    first: Facts
    then: Facts | UnsetType = UNSET
    not_then: Facts | UnsetType = UNSET
    after: After | UnsetType = UNSET


class WrittenSequence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person did one thing and another later, or did not do the other."""

    sequence: Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenSteps"})]
    within: Window | UnsetType = UNSET


class WrittenFirstTime(Operators, frozen=True, kw_only=True):
    """When such a fact first occurred."""

    first_time: Facts


class WrittenLastTime(Operators, frozen=True, kw_only=True):
    """When such a fact last occurred."""

    last_time: Facts


class WrittenMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule of another audience holds."""

    audience: Annotated[str, Meta(description="Its name.")]


class WrittenConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the consent ledger says of a purpose now."""

    consent: Annotated[Label, Meta(description="The purpose.")]
    is_: ConsentState = msgspec.field(name="is")


class WrittenList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any identifier of the person is in an uploaded list."""

    list: Annotated[Label, Meta(description="The list's name.")]


class WrittenSplit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share of the profiles by chance, for each always the same: from ≤ share < to, in percent."""

    split: Annotated[Label, Meta(description="Splits of the same text are the same split.")]
    from_: Annotated[Share, Meta(description="Percent, 0 if left out.")] = msgspec.field(
        default=0.0, name="from"
    )
    to: Annotated[Share, Meta(description="Percent, 100 if left out.")] = 100.0


class WrittenLocalTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weekdays, and hours from ≤ h < to; `from` above `to` goes over midnight."""

    weekdays: (
        Annotated[
            list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]],
            Meta(min_length=1, max_length=len(WEEKDAYS)),
        ]
        | UnsetType
    ) = UNSET
    from_: Annotated[int, Meta(ge=0, lt=HOURS)] | UnsetType = msgspec.field(default=UNSET, name="from")
    to: Annotated[int, Meta(ge=0, le=HOURS)] | UnsetType = UNSET
    zone: ZoneKey | UnsetType = UNSET


class WrittenLocalTimeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is so now, where the person is."""

    local_time: Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenLocalTime"})]


class WrittenAudience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An audience: the profiles for whom a rule holds."""

    name: Name
    who: WrittenRule
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


RULES: dict[str, type[msgspec.Struct]] = {
    "all": WrittenAll,
    "any": WrittenAny,
    "not": WrittenNot,
    "trait": WrittenTraitRule,
    "did": WrittenDid,
    "sequence": WrittenSequence,
    "first_time": WrittenFirstTime,
    "last_time": WrittenLastTime,
    "audience": WrittenMember,
    "consent": WrittenConsent,
    "list": WrittenList,
    "split": WrittenSplit,
    "local_time": WrittenLocalTimeRule,
}
"""The key that tells which rule it is → what the rule has."""
