"""An audience in one sentence, for people who decide whether it is the right one."""

from weft.audience.phrases import ENGLISH, LANGUAGES, Phrases
from weft.language.text import iso_of, unit_of
from weft.model.audience import AllRule, AnyRule, DidRule, NotRule, Rule, TraitRule
from weft.model.measure import Condition, Operand, Operator, Source, ValueType


def sentence(rule: Rule, words: Phrases = ENGLISH) -> str:
    """Return e.g. `did Order Completed at least 2 times within 30 days and country is KR`."""
    return _Teller(words).rule(rule)


def sentences(rule: Rule) -> dict[str, str]:
    """Return language → the rule as a sentence."""
    return {language: sentence(rule, words) for language, words in LANGUAGES.items()}


class _Teller:
    def __init__(self, words: Phrases) -> None:
        self._words = words

    def rule(self, rule: Rule) -> str:
        words = self._words
        match rule:
            case AllRule(rules=rules):
                return words.join_all.join(self._grouped(inner, AnyRule) for inner in rules)
            case AnyRule(rules=rules):
                return words.join_any.join(self._grouped(inner, AllRule) for inner in rules)
            case NotRule(rule=DidRule(at_least=1, at_most=None) as did):
                return self._did(did, words.did_not)
            case NotRule(rule=inner):
                return words.negated.format(rule=self.rule(inner))
            case TraitRule(trait=trait, condition=condition):
                return self._compared(trait, condition)
            case DidRule():
                return self._did(rule, words.did)

    def _grouped(self, rule: Rule, kind: type[AllRule] | type[AnyRule]) -> str:
        text = self.rule(rule)
        inside = isinstance(rule, kind) and len(rule.rules) > 1
        return self._words.grouped.format(rule=text) if inside else text

    def _did(self, rule: DidRule, parts: tuple[str, ...]) -> str:
        words, measure = self._words, rule.measure
        conditions = words.join_all.join(
            self._compared(item.property.path, item.condition) for item in measure.where
        )
        window = measure.window_seconds
        slots = {
            "what": self._source(measure.source),
            "where": words.where.format(conditions=conditions) if conditions else "",
            "times": self._times(rule),
            "within": "" if window is None else words.within.format(duration=self._duration(window)),
        }
        return " ".join(part for pattern in parts if (part := pattern.format(**slots)))

    def _source(self, source: Source) -> str:
        words = self._words
        if source.type == "track" and source.name is not None:
            return source.name
        if source.type == "record":
            return words.records.format(what=source.name) if source.name else words.any_records
        return words.any_type.format(what=source.type)

    def _duration(self, seconds: int) -> str:
        count, unit = unit_of(seconds)
        return _counted(count, self._words.units[unit])

    def _times(self, rule: DidRule) -> str:
        words, least, most = self._words, rule.at_least, rule.at_most
        if most is None:
            return "" if least == 1 else words.at_least.format(times=_counted(least, words.times))
        times = _counted(most, words.times)
        if least == most:
            return words.exactly.format(times=times)
        return (
            words.at_most.format(times=times) if least == 0 else words.from_to.format(low=least, times=times)
        )

    def _compared(self, name: str, condition: Condition) -> str:
        words = self._words
        if condition.operator is Operator.EXISTS:
            return (words.known if condition.operands[0] else words.not_known).format(trait=name)
        operands = [_operand(operand, condition.type) for operand in condition.operands]
        pattern = words.compared[condition.operator]
        if condition.operator is Operator.BETWEEN:
            return pattern.format(trait=name, value=operands[0], other=operands[1])
        return pattern.format(trait=name, value=words.join_values.join(operands))


def _counted(number: int, patterns: tuple[str, str]) -> str:
    return patterns[0 if number == 1 else 1].format(n=number)


def _operand(operand: Operand, kind: ValueType) -> str:
    if kind is ValueType.TIME and isinstance(operand, int):
        return iso_of(operand)
    if isinstance(operand, bool):
        return "true" if operand else "false"
    if isinstance(operand, float) and operand.is_integer():
        return str(int(operand))
    return str(operand)
