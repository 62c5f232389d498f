"""Facts, windows and comparisons in the words of a language."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from string import Formatter
from types import MappingProxyType

from msgspec import structs

from weft.language.property import WEEKDAYS
from weft.language.say.english import ENGLISH
from weft.language.say.korean import KOREAN
from weft.language.say.phrases import Counted, Facts, Parts, Phrases
from weft.language.say.taiwanese import TAIWANESE
from weft.language.span import NAMED
from weft.language.text import short_iso_of, unit_of
from weft.model.measure import (
    Condition,
    Measure,
    Operand,
    Operator,
    Other,
    Place,
    PropertyColumn,
    PropertyCondition,
    Source,
    ValueType,
)
from weft.model.span import Boundary, Calendar, Fixed, Relative, Sliding, Span, Zone

LANGUAGES: Mapping[str, Phrases] = MappingProxyType({"en": ENGLISH, "ko": KOREAN, "zh-TW": TAIWANESE})
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_FOREIGN = re.compile("[^\\s()\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
ALONE = {Operator.ONE_OF: Operator.IS, Operator.NONE_OF: Operator.IS_NOT}


class Teller:
    """Says in one language what measures and conditions are made of."""

    def __init__(self, words: Phrases) -> None:
        self.words = words

    def joined(self, parts: Parts, **slots: str) -> str:
        """Return the parts one behind the other, without those in which a slot is empty."""
        said = [self.fill(part, **slots) for part in parts if all(slots[name] for name in _slots(part))]
        return self.words.joint.join(said) if self.words.joint else _glued(said)

    def fill(self, pattern: str, **slots: object) -> str:
        """Return the pattern with its slots filled; in a script without spaces, foreign words are set apart."""
        if self.words.joint:
            return pattern.format(**slots)
        pieces: list[str] = []
        for text, name, _, _ in Formatter().parse(pattern):
            pieces += [text, "" if name is None else str(slots[name])]
        return _glued(pieces)

    def listed(self, joint: str, said: Iterable[str]) -> str:
        """Return what is said, with the joint between."""
        if self.words.joint:
            return joint.join(said)
        return _glued(piece for at, each in enumerate(said) for piece in (joint if at else "", each))

    def facts_of(self, source: Source) -> tuple[Facts, str]:
        """Return the words for facts of a source, and its name."""
        if source.name is None:
            return self.words.any_type, source.type
        return (self.words.event if source.type == "track" else self.words.record), source.name

    def one(self, measure: Measure) -> str:
        """Return one fact as a noun, with its conditions."""
        facts, what = self.facts_of(measure.source)
        return self.joined(
            self.words.one, facts=self.fill(facts.one, what=what), where=self.where(measure.where)
        )

    def many(self, measure: Measure) -> str:
        """Return the facts as a noun, with their conditions and their window."""
        facts, what = self.facts_of(measure.source)
        return self._noun(self.fill(facts.many, what=what), measure)

    def each(self, measure: Measure) -> str:
        """Return one of the facts as a noun, with their conditions and their window."""
        facts, what = self.facts_of(measure.source)
        return self._noun(self.fill(facts.one, what=what), measure)

    def _noun(self, facts: str, measure: Measure) -> str:
        slots = {"where": self.where(measure.where), "within": self.window(measure.span)}
        return self.joined(self.words.many, facts=facts, **slots)

    def where(self, where: tuple[PropertyCondition, ...]) -> str:
        """Return the conditions of a source; empty without any."""
        conditions = self.listed(
            self.words.join_all,
            [self.compared(self.property(item.property), item.condition, item.property) for item in where],
        )
        return self.fill(self.words.where, conditions=conditions) if conditions else ""

    def property(self, column: PropertyColumn) -> str:
        """Return what a column is called."""
        match column.place:
            case Place.PROPERTIES:
                return column.path
            case Place.CONTEXT:
                return self.fill(self.words.context, path=column.path)
            case Place.LOCAL_TIME:
                return self.words.local_times[column.path]

    def window(self, span: Span | None) -> str:
        """Return e.g. `in the last 30 days`; empty without a window."""
        words = self.words.spans
        match span:
            case None:
                return ""
            case Sliding(from_seconds=seconds, to_seconds=0):
                count, unit = unit_of(seconds)
                return counted(count, words.sliding[unit])
            case Sliding(from_seconds=start, to_seconds=end):
                return self.fill(
                    words.earlier, duration=self.duration(start - end), before=self.duration(end)
                )
            case Calendar():
                return self._calendar(span)
            case Fixed(since_us=since, until_us=until):
                times = [None if at is None else short_iso_of(at) for at in (since, until)]
                return self._between(*times)

    def duration(self, seconds: int) -> str:
        """Return e.g. `30 days`."""
        count, unit = unit_of(seconds)
        return counted(count, self.words.spans.units[unit])

    def relative(self, relative: Relative) -> str:
        """Return e.g. `30 days ago` or `the start of this month`."""
        words, seconds = self.words.spans, relative.seconds
        if relative.boundary is not None:
            return self._boundary(relative.boundary)
        if not seconds:
            return words.now
        return self.fill(words.ago if seconds < 0 else words.ahead, duration=self.duration(abs(seconds)))

    def compared(self, name: str, condition: Condition, column: PropertyColumn | None = None) -> str:
        """Return e.g. `total is more than 10`. column: where the value is a property of a fact."""
        words, operator = self.words, condition.operator
        if operator is Operator.EXISTS:
            return self.fill(words.known if condition.operands[0] else words.not_known, trait=name)
        operands = [self._operand(operand, condition.type, column) for operand in condition.operands]
        if len(operands) == 1:
            operator = ALONE.get(operator, operator)
        table = words.compared
        if condition.type is ValueType.TIME and operator in words.compared_times:
            table = words.compared_times
        if operator is Operator.BETWEEN:
            return self.fill(table[operator], trait=name, value=operands[0], other=operands[1])
        return self.fill(table[operator], trait=name, value=self.listed(words.join_values, operands))

    def _calendar(self, span: Calendar) -> str:
        words = self.words.spans
        local = Calendar(
            structs.replace(span.first, zone=Zone.PERSON), structs.replace(span.until, zone=Zone.PERSON)
        )
        named = next((words.named[name] for name, each in NAMED.items() if each == local), None)
        until = None if span.until.periods == 1 else self._boundary(span.until)
        window = named or self._between(self._boundary(span.first), until)
        return window if span.first.zone is Zone.PERSON else self.fill(words.of_workspace, window=window)

    def _between(self, first: str | None, until: str | None) -> str:
        words = self.words.spans
        if first is None:
            return self.fill(words.until, until=until)
        return self.fill(words.since if until is None else words.between, first=first, until=until)

    def _boundary(self, boundary: Boundary) -> str:
        words, periods = self.words.spans.periods[boundary.unit], boundary.periods
        near = {0: words.this, -1: words.last, 1: words.next}
        return near.get(periods) or self.fill(words.ago if periods < 0 else words.ahead, n=abs(periods))

    def _operand(self, operand: Operand, kind: ValueType, column: PropertyColumn | None) -> str:
        match operand:
            case bool():
                return self.words.yes if operand else self.words.no
            case Relative():
                return self.relative(operand)
            case Other():
                return self._other(operand)
            case int() if kind is ValueType.TIME:
                return short_iso_of(operand)
            case str() if column is not None and column.place is Place.LOCAL_TIME:
                return self.words.weekdays[WEEKDAYS.index(operand)]
            case float():
                return number(operand)
            case _:
                return str(operand)

    def _other(self, other: Other) -> str:
        name, words = self.property(other.property), self.words
        if not other.plus:
            return name
        amount = abs(other.plus)
        said = self.duration(int(amount)) if other.property.type is ValueType.TIME else number(amount)
        return self.fill(words.plus if other.plus > 0 else words.minus, property=name, amount=said)


def counted(count: int, patterns: Counted, **more: str) -> str:
    """Return the number with its word, which may differ for one and for many."""
    return patterns[0 if count == 1 else 1].format(n=count, **more)


def number(value: float) -> str:
    """Return a number as people write it."""
    return str(int(value)) if value.is_integer() else str(value)


def _glued(pieces: Iterable[str]) -> str:
    """Return the pieces as one, a space where an ideograph and a word of another script meet."""
    said = ""
    for piece in filter(None, pieces):
        meet = (said[-1:], piece[:1])
        apart = any(_IDEOGRAPH.match(char) for char in meet) and any(_FOREIGN.match(char) for char in meet)
        said += f" {piece}" if apart else piece
    return said


@cache
def _slots(pattern: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(pattern) if name)
