"""An audience in one English sentence, for people who decide whether it is the right one."""

from weft.language.text import duration_of, iso_of
from weft.model.audience import AllRule, AnyRule, DidRule, NotRule, Rule, TraitRule
from weft.model.measure import Condition, Operand, Operator, PropertyCondition, Source, ValueType

PHRASES = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.MORE_THAN: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.LESS_THAN: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ONE_OF: "is one of",
}


def sentence(rule: Rule) -> str:
    """Return e.g. `did Order Completed at least 2 times within 30 days and country is KR`."""
    match rule:
        case AllRule(rules=rules):
            return " and ".join(_grouped(inner, AnyRule) for inner in rules)
        case AnyRule(rules=rules):
            return " or ".join(_grouped(inner, AllRule) for inner in rules)
        case NotRule(rule=DidRule(at_least=1, at_most=None) as did):
            return f"did not do {_facts(did)}"
        case NotRule(rule=inner):
            return f"not ({sentence(inner)})"
        case TraitRule(trait=trait, condition=condition):
            return f"{trait} {_compared(condition)}"
        case DidRule():
            return f"did {_facts(rule)}"


def _grouped(rule: Rule, kind: type[AllRule] | type[AnyRule]) -> str:
    text = sentence(rule)
    return f"({text})" if isinstance(rule, kind) and len(rule.rules) > 1 else text


def _facts(rule: DidRule) -> str:
    measure = rule.measure
    parts = [_source(measure.source)]
    if measure.where:
        parts.append("with " + " and ".join(_condition(item) for item in measure.where))
    if times := _times(rule):
        parts.append(times)
    if measure.window_seconds is not None:
        parts.append(f"within {duration_of(measure.window_seconds)}")
    return " ".join(parts)


def _source(source: Source) -> str:
    if source.type == "track" and source.name is not None:
        return source.name
    if source.type == "record":
        return f"{source.name or 'any'} records"
    return f"any {source.type}"


def _times(rule: DidRule) -> str:
    least, most = rule.at_least, rule.at_most
    if most is None:
        return "" if least == 1 else f"at least {_count(least)}"
    if least == most:
        return f"exactly {_count(most)}"
    return f"at most {_count(most)}" if least == 0 else f"{least} to {_count(most)}"


def _count(times: int) -> str:
    return f"{times} time" if times == 1 else f"{times} times"


def _condition(item: PropertyCondition) -> str:
    return f"{item.property.path} {_compared(item.condition)}"


def _compared(condition: Condition) -> str:
    if condition.operator is Operator.EXISTS:
        return "is known" if condition.operands[0] else "is not known"
    operands = [_operand(operand, condition.type) for operand in condition.operands]
    joined = " and ".join(operands) if condition.operator is Operator.BETWEEN else ", ".join(operands)
    return f"{PHRASES[condition.operator]} {joined}"


def _operand(operand: Operand, kind: ValueType) -> str:
    if kind is ValueType.TIME and isinstance(operand, int):
        return iso_of(operand)
    if isinstance(operand, bool):
        return "true" if operand else "false"
    if isinstance(operand, float) and operand.is_integer():
        return str(int(operand))
    return str(operand)
