"""An audience in one sentence, for people who decide whether it is the right one, and clause by clause."""

from collections.abc import Callable

import msgspec

from weft.language.say.english import ENGLISH
from weft.language.say.phrases import Parts, Phrases
from weft.language.say.teller import LANGUAGES, Teller, counted, number
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
    parts,
)
from weft.model.measure import Condition, Kind, Operator

DAY_HOURS = 24
WEEK_DAYS = 7


class Clause(msgspec.Struct, frozen=True):
    """A rule inside a rule.

    path: where it is written, `who.all[1].not`; inside another audience, behind the path of the rule that names it and
    `.audience`. depth: 0 for the whole. sentences: language → the rule as a sentence.
    """

    path: str
    rule: Rule
    depth: int
    sentences: dict[str, str]


def sentence(rule: Rule, words: Phrases = ENGLISH) -> str:
    """Return e.g. `did Order Completed at least 2 times in the last 30 days and country is KR`."""
    return _RuleTeller(words).rule(rule)


def sentences(rule: Rule) -> dict[str, str]:
    """Return language → the rule as a sentence."""
    return {language: sentence(rule, words) for language, words in LANGUAGES.items()}


def clauses(rule: Rule, path: str = "who") -> tuple[Clause, ...]:
    """Return each clause of a rule, the groups too, in the order in which they are written."""
    return tuple(Clause(*part, sentences(part.rule)) for part in parts(rule, path))


class _RuleTeller(Teller):
    def rule(self, rule: Rule) -> str:
        words = self.words
        match rule:
            case AllRule(rules=rules):
                return self.listed(words.join_all, [self._grouped(inner, AnyRule) for inner in rules])
            case AnyRule(rules=rules):
                return self.listed(words.join_any, [self._grouped(inner, AllRule) for inner in rules])
            case NotRule(rule=inner):
                return self._negated(inner)
            case TraitRule(trait=trait, condition=condition):
                return self.compared(trait, condition)
            case DidRule():
                return self._did(rule)
            case SequenceRule():
                return self._sequence(rule)
            case TimeRule(measure=measure, condition=condition):
                pattern = words.first_time if measure.kind is Kind.FIRST else words.last_time
                return self.compared(self.fill(pattern, what=self.one(measure)), condition)
            case MemberRule(audience=name):
                return self.fill(words.member, name=name)
            case ConsentRule(purpose=purpose, state=state):
                return self.fill(words.consent[state], purpose=purpose)
            case ListRule(list=name):
                return self.fill(words.listed, name=name)
            case SplitRule(salt=salt, from_percent=low, to_percent=high):
                return self.fill(words.split, name=salt, low=number(low), high=number(high))
            case LocalTimeRule():
                return self._local_time(rule)

    def _grouped(self, rule: Rule, kind: type[AllRule] | type[AnyRule]) -> str:
        text = self.rule(rule)
        inside = isinstance(rule, kind) and len(rule.rules) > 1
        return self.fill(self.words.grouped, rule=text) if inside else text

    def _negated(self, rule: Rule) -> str:
        words = self.words
        match rule:
            case DidRule(at_least=1, at_most=None, measure=measure):
                return self._behaviour(rule, self.facts_of(measure.source)[0].did_not)
            case TraitRule(trait=trait, condition=Condition(operator=Operator.EXISTS, operands=(known,))):
                return self.fill(words.not_known if known else words.known, trait=trait)
            case MemberRule(audience=name):
                return self.fill(words.not_member, name=name)
            case ListRule(list=name):
                return self.fill(words.not_listed, name=name)
            case _:
                return self.fill(words.negated, rule=self.rule(rule))

    def _did(self, rule: DidRule) -> str:
        facts, _ = self.facts_of(rule.measure.source)
        if rule.at_most == 0:
            return self._behaviour(rule, facts.did_not)
        once = rule.at_least == 1 and rule.at_most is None
        return self._behaviour(rule, facts.did if once else facts.did_times)

    def _behaviour(self, rule: DidRule, parts: Parts) -> str:
        measure = rule.measure
        facts, what = self.facts_of(measure.source)
        return self.joined(
            parts,
            what=what,
            where=self.where(measure.where),
            within=self.window(measure.span),
            times=self._times(rule, lambda count: counted(count, facts.times, what=what)),
        )

    def _times(self, rule: DidRule, times: Callable[[int], str]) -> str:
        words, least, most = self.words, rule.at_least, rule.at_most
        if most is None:
            return self.fill(words.at_least, times=times(least))
        if least == most:
            return self.fill(words.exactly, times=times(most))
        if least == 0:
            return self.fill(words.at_most, times=times(most))
        return self.fill(words.from_to, low=least, times=times(most))

    def _sequence(self, rule: SequenceRule) -> str:
        words = self.words
        begun = self.joined(words.begun, first=self.one(rule.first), within=self.window(rule.first.span))
        slots = {"begun": begun, "then": self.one(rule.then)}
        if rule.after_seconds is None:
            return self.fill(words.then if rule.followed else words.not_then, **slots)
        pattern = words.then_within if rule.followed else words.not_then_within
        return self.fill(pattern, **slots, after=self.duration(rule.after_seconds))

    def _local_time(self, rule: LocalTimeRule) -> str:
        words = self.words
        days = [words.weekdays[day] for day in rule.weekdays] if len(rule.weekdays) < WEEK_DAYS else []
        whole = (rule.from_hour, rule.to_hour) == (0, DAY_HOURS)
        hours = "" if whole and days else self.fill(words.hours, low=rule.from_hour, high=rule.to_hour)
        when = " ".join(part for part in (self.listed(words.join_values, days), hours) if part)
        return self.fill(words.local_time[rule.zone], when=when)
