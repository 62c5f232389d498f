"""What a language must have words for. Patterns are those of `str.format`."""

from collections.abc import Mapping

import msgspec

from weft.model.audience import ConsentState
from weft.model.measure import Kind, Now, Operator
from weft.model.span import Unit, Zone

Counted = tuple[str, str]
"""The pattern for one, and the one for many; {n}."""
Parts = tuple[str, ...]
"""Patterns in the order of the language, put one behind the other; one with an empty slot is left out."""


class Periods(msgspec.Struct, frozen=True):
    """The start of a unit of the calendar: the present one, the one before, the next, and so many units off; {n}."""

    this: str
    last: str
    next: str
    ago: str
    ahead: str


class Spans(msgspec.Struct, frozen=True):
    """Times and windows.

    sliding: by the unit; earlier: {duration} up to {before} ago; since, until: {first}, {until}; between: both.
    """

    units: Mapping[str, Counted]
    now: str
    ago: str
    ahead: str
    periods: Mapping[Unit, Periods]
    sliding: Mapping[str, Counted]
    earlier: str
    named: Mapping[str, str]
    since: str
    until: str
    between: str
    of_workspace: str


class Facts(msgspec.Struct, frozen=True):
    """Facts of one type. {what}: the name; {where}, {within}, {times}: may be empty.

    did, did_times, did_not: that they occurred, so often, never; one, many: as a noun.
    """

    did: Parts
    did_times: Parts
    did_not: Parts
    times: Counted
    one: str
    many: str


class Traits(msgspec.Struct, frozen=True):
    """What a computed trait is. {facts}, {fact}: as a noun, many and one; {property}, {other}; {k}; {unit}.

    product: the sum of one; moment: kinds without a property; since: {unit} since the last. sql: run every {duration}.
    session, alike (whose {times} are joined), fading ({duration}), beside ({other}): more of {what} a context trait is.
    """

    kinds: Mapping[Kind, str]
    product: str
    moments: Mapping[Kind, str]
    since: str
    units: Mapping[str, str]
    formula: str
    given: str
    sql: str
    session: str
    alike: str
    times: Mapping[Now, str]
    fading: str
    beside: str


class Phrases(msgspec.Struct, frozen=True):
    """Everything that a sentence is made of.

    joint: what stands between parts; where it is nothing, foreign words are set apart by themselves.
    one, many: {facts} as a noun, with {where} and {within}; begun: the {first} of a sequence, with {within}.
    """

    joint: str
    join_all: str
    join_any: str
    join_values: str
    grouped: str
    negated: str
    event: Facts
    record: Facts
    any_type: Facts
    one: Parts
    many: Parts
    where: str
    at_least: str
    at_most: str
    exactly: str
    from_to: str
    spans: Spans
    known: str
    not_known: str
    compared: Mapping[Operator, str]
    compared_times: Mapping[Operator, str]
    yes: str
    no: str
    context: str
    local_times: Mapping[str, str]
    weekdays: tuple[str, ...]
    plus: str
    minus: str
    begun: Parts
    then: str
    then_within: str
    not_then: str
    not_then_within: str
    first_time: str
    last_time: str
    member: str
    not_member: str
    consent: Mapping[ConsentState, str]
    listed: str
    not_listed: str
    split: str
    local_time: Mapping[Zone, str]
    hours: str
    traits: Traits
