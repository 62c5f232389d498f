"""From the model back to rules as people write them."""

from typing import Any

from weft.audience.written import HOURS
from weft.language.condition import written_comparison, written_number
from weft.language.property import WEEKDAYS, written_where
from weft.language.source import written_facts, written_one_source
from weft.language.span import written_window
from weft.language.text import duration_of
from weft.model.audience import (
    AllRule,
    AnyRule,
    ConsentRule,
    DidRule,
    ListRule,
    LocalTimeRule,
    MemberRule,
    NotRule,
    Rule,
    SequenceRule,
    SplitRule,
    TimeRule,
    TraitRule,
)
from weft.model.expression import Given, GivenKind
from weft.model.measure import Kind, Measure
from weft.model.span import Zone


def written(rule: Rule) -> dict[str, Any]:
    """Return the rule as stands behind `who`: read again, it is the same rule. What may be left out is."""
    match rule:
        case AllRule(rules=rules):
            return {"all": [written(inner) for inner in rules]}
        case AnyRule(rules=rules):
            return {"any": [written(inner) for inner in rules]}
        case NotRule(rule=inner):
            return {"not": written(inner)}
        case TraitRule():
            known = not (isinstance(rule.value, Given) and rule.value.kind is GivenKind.TOLD)
            return {"trait": rule.trait} | written_comparison(rule.condition, known=known)
        case DidRule():
            return _did(rule)
        case SequenceRule():
            return _sequence(rule)
        case TimeRule(measure=measure):
            key = "first_time" if measure.kind is Kind.FIRST else "last_time"
            facts = written_facts(measure.source, measure.where)
            return {key: facts} | written_comparison(rule.condition, known=True)
        case MemberRule(audience=name):
            return {"audience": name}
        case ConsentRule(purpose=purpose, state=state):
            return {"consent": purpose, "is": str(state)}
        case ListRule(list=name):
            return {"list": name}
        case SplitRule(salt=salt, from_percent=start, to_percent=end):
            return {"split": salt, "from": written_number(start), "to": written_number(end)}
        case LocalTimeRule():
            return {"local_time": _local_time(rule)}


def _within(measure: Measure) -> dict[str, Any]:
    return {} if measure.span is None else {"within": written_window(measure.span)}


def _did(rule: DidRule) -> dict[str, Any]:
    often: dict[str, Any] = {} if rule.at_least == 1 else {"at_least": rule.at_least}
    often |= {} if rule.at_most is None else {"at_most": rule.at_most}
    where = {"where": written_where(rule.measure.where)} if rule.measure.where else {}
    return {"did": written_one_source(rule.measure.source)} | often | _within(rule.measure) | where


def _sequence(rule: SequenceRule) -> dict[str, Any]:
    steps: dict[str, Any] = {
        "first": written_facts(rule.first.source, rule.first.where),
        "then" if rule.followed else "not_then": written_facts(rule.then.source, rule.then.where),
    }
    after = {} if rule.after_seconds is None else {"after": duration_of(rule.after_seconds)}
    return {"sequence": steps | after} | _within(rule.first)


def _local_time(rule: LocalTimeRule) -> dict[str, Any]:
    names = [WEEKDAYS[day] for day in rule.weekdays]
    days = {} if len(names) == len(WEEKDAYS) else {"weekdays": names}
    whole = (rule.from_hour, rule.to_hour) == (0, HOURS)
    hours = {} if whole and days else {"from": rule.from_hour, "to": rule.to_hour}
    zone = {} if rule.zone is Zone.PERSON else {"zone": str(rule.zone)}
    return days | hours | zone
