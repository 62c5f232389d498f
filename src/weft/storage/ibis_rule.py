"""Rules as Ibis expressions that are true or false, never NULL, and when they change by themselves."""

from collections.abc import Iterator
from functools import reduce
from operator import and_, or_

import ibis

from weft.model.audience import (
    AllRule,
    AnyRule,
    ConsentRule,
    ConsentState,
    DidRule,
    Leaf,
    ListRule,
    LocalTimeRule,
    MemberRule,
    NotRule,
    Rule,
    SequenceRule,
    SplitRule,
    TimeRule,
    TraitRule,
    givens_in,
)
from weft.model.identifier import SEPARATOR
from weft.model.measure import PERCENTILES, Condition, Operator
from weft.storage.frame_columns import threshold_column, zone_columns
from weft.storage.ibis_condition import holds
from weft.storage.ibis_functions import Value, balanced, epoch_us, md5
from weft.storage.ibis_sequence import due_sequence, happened
from weft.storage.ibis_value import Reading

SHARES = 2**32
SHARE_DIGITS = 8
ABOVE_DIGITS = "g"
"""Greater than every hexadecimal digit."""


def membership(rule: Rule, reading: Reading) -> Value:
    """Return whether a rule holds."""
    match rule:
        case AllRule(rules=rules):
            return balanced(and_, [membership(inner, reading) for inner in rules])
        case AnyRule(rules=rules):
            return balanced(or_, [membership(inner, reading) for inner in rules])
        case NotRule(rule=inner):
            return ~membership(inner, reading)
        case MemberRule(rule=inner):
            return membership(inner, reading)
        case _:
            return _leaf(rule, reading)


def due_leaf(leaf: Leaf, reading: Reading) -> Iterator[Value]:
    """Yield moments after now at which a condition changes by itself; those of its measures are not among them."""
    frame = reading.frame
    match leaf:
        case TraitRule(value=value, condition=condition):
            yield from reading.due(value)
            yield from _crossings(condition, reading.value(value), reading)
        case TimeRule(measure=measure, condition=condition):
            yield from _crossings(condition, reading.value(measure), reading)
        case SequenceRule(first=first):
            waited = due_sequence(leaf, reading.value(first), frame)
            if waited is not None:
                yield waited
        case LocalTimeRule(zone=zone):
            yield frame.row[zone_columns(zone).next_hour]
        case _:
            pass


def _leaf(leaf: Leaf, reading: Reading) -> Value:
    frame = reading.frame
    match leaf:
        case TraitRule(value=value, condition=condition):
            if condition.operator in PERCENTILES:
                return _beyond(leaf, reading)
            return holds(condition, reading.value(value), frame.moment)
        case TimeRule(measure=measure, condition=condition):
            return holds(condition, reading.value(measure), frame.moment)
        case DidRule(measure=measure, at_least=least, at_most=most):
            count = reading.value(measure)
            bounds = [count >= least] if least else []
            bounds += [count <= most] if most is not None else []
            return reduce(and_, bounds) if bounds else ibis.literal(value=True)
        case SequenceRule(first=first, then=then):
            return happened(leaf, reading.value(first), reading.value(then), frame)
        case ConsentRule(state=state):
            said = reading.value(next(givens_in(leaf)))
            return said.isnull() if state is ConsentState.UNKNOWN else (said == state.value).fill_null(False)
        case ListRule():
            return reading.value(next(givens_in(leaf))).fill_null(False)
        case SplitRule():
            return _split(leaf, frame.row["profile_id"])
        case LocalTimeRule():
            return _local_time(leaf, reading)


def _crossings(condition: Condition, value: Value, reading: Reading) -> Iterator[Value]:
    at_us = epoch_us(value) if value.type().is_timestamp() else value
    for relative in condition.relatives:
        yield reading.frame.crossing(at_us, relative)


def _beyond(rule: TraitRule, reading: Reading) -> Value:
    value = reading.value(rule.value).cast("float64")
    threshold = reading.frame.row[threshold_column(rule)]
    above = rule.condition.operator is Operator.TOP_PERCENT
    return (value >= threshold if above else value <= threshold).fill_null(False)


def _split(rule: SplitRule, profile_id: Value) -> Value:
    """Compare as text, for every engine has that: the digits are in the order of the numbers."""
    digest: Value = md5(ibis.literal(rule.salt + SEPARATOR) + profile_id.cast("string"))
    share = digest[:SHARE_DIGITS]
    first, last = (_digits(percent) for percent in (rule.from_percent, rule.to_percent))
    return (share >= first) & (share < last)


def _digits(percent: float) -> str:
    part = round(percent / 100 * SHARES)
    return ABOVE_DIGITS if part >= SHARES else f"{part:0{SHARE_DIGITS}x}"


def _local_time(rule: LocalTimeRule, reading: Reading) -> Value:
    columns = zone_columns(rule.zone)
    weekday: Value = reading.frame.row[columns.weekday]
    hour: Value = reading.frame.row[columns.hour]
    after, before = hour >= rule.from_hour, hour < rule.to_hour
    inside = after & before if rule.from_hour <= rule.to_hour else after | before
    return weekday.isin(list(rule.weekdays)) & inside
