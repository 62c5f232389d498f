"""From rules as they are written to the model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from weft.audience import written as w
from weft.language.condition import Operators, read_condition
from weft.language.property import WEEKDAYS, read_where
from weft.language.source import read_facts, read_one_source
from weft.language.span import read_duration, read_window
from weft.language.strict import Reader, closest, inside, nearest
from weft.language.text import is_list_path, path_fault
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
from weft.model.measure import PERCENTILES, Kind, Measure, ValueType
from weft.model.span import Calendar, Fixed, Sliding, Span, Zone
from weft.model.trait import CONTEXT, Trait

RULE_DEPTH = 20
ALMOST_PERCENT = 80


class Known(msgspec.Struct, frozen=True):
    """What rules may name. bad_traits: computed ones with a fault of their own.

    audiences: the rules of those that were read; all_audiences: also the names of those with a fault.
    """

    traits: Mapping[str, Trait]
    bad_traits: frozenset[str]
    audiences: dict[str, Rule]
    all_audiences: frozenset[str]


def read_rule(reader: Reader, body: object, known: Known, at: str = "who") -> Rule | None:
    """Return the rule; None and faults if anything in the definition is wrong."""
    rule = _RuleReader(reader, known).rule(body, at, 1)
    return None if reader.failed else rule


def members_of(body: object, at: str = "who") -> Iterator[tuple[str, str]]:
    """Yield (place, name) of the other audiences that a rule names, as it is written."""
    left: list[tuple[str, object]] = [(at, body)]
    while left:
        place, rule = left.pop()
        if not isinstance(rule, dict):
            continue
        if isinstance(name := rule.get("audience"), str):
            yield place, name
        for key in ("all", "any"):
            if isinstance(inner := rule.get(key), list):
                left += [(f"{place}.{key}[{ordinal}]", each) for ordinal, each in enumerate(inner)]
        left.append((f"{place}.not", rule.get("not")))


class _RuleReader:
    """Reads rules; which kind it is, one key of the mapping tells."""

    def __init__(self, reader: Reader, known: Known) -> None:
        self._count = 0
        self._extents: dict[str, tuple[int, int]] = {}
        self._reader = reader
        self._known = known
        self._read: dict[str, Callable[[Any, str, int], Rule | None]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "trait": self._trait,
            "did": self._did,
            "sequence": self._sequence,
            "first_time": lambda written, at, _: self._time(Kind.FIRST, "first_time", written, at),
            "last_time": lambda written, at, _: self._time(Kind.LAST, "last_time", written, at),
            "audience": self._member,
            "consent": lambda written, _, __: ConsentRule(written.consent, written.is_),
            "list": lambda written, _, __: ListRule(written.list),
            "split": self._split,
            "local_time": self._local_time,
        }

    def rule(self, body: object, at: str, depth: int) -> Rule | None:
        if not isinstance(body, dict):
            self._reader.fault(at, f"expected a rule (a mapping with one of {', '.join(w.RULES)})")
            return None
        if not self._counts(at, 1, depth):
            return None
        kinds = [key for key in w.RULES if key in body]
        if len(kinds) != 1:
            hint = "" if kinds else "".join(nearest(str(key), w.RULES) for key in list(body)[:1])
            here = f"; here: {', '.join(kinds)}" if kinds else hint
            self._reader.fault(at, f"a rule has exactly one of {', '.join(w.RULES)}{here}")
            return None
        written = self._reader.struct(w.RULES[kinds[0]], body, at)
        return None if written is None else self._read[kinds[0]](written, at, depth)

    def _counts(self, at: str, rules: int, depth: int) -> bool:
        """Count rules; say whether they are still within the limits. The first one beyond is told, once."""
        before = self._count
        self._count += rules
        if self._count > w.RULES_MAX:
            if before <= w.RULES_MAX:
                self._reader.fault(
                    at, f"more than {w.RULES_MAX:,} rules, those of other audiences too; split it"
                )
            return False
        if depth > RULE_DEPTH:
            self._reader.fault(at, f"rules nest deeper than {RULE_DEPTH}; split the audience")
            return False
        return True

    def _all(self, written: w.WrittenAll, at: str, depth: int) -> Rule | None:
        rules = self._rules(written.all, f"{at}.all", depth)
        return AllRule(rules) if rules else None

    def _any(self, written: w.WrittenAny, at: str, depth: int) -> Rule | None:
        rules = self._rules(written.any, f"{at}.any", depth)
        return AnyRule(rules) if rules else None

    def _rules(self, bodies: Iterable[object], at: str, depth: int) -> tuple[Rule, ...] | None:
        rules = [self.rule(body, f"{at}[{ordinal}]", depth + 1) for ordinal, body in enumerate(bodies)]
        kept = tuple(rule for rule in rules if rule is not None)
        return kept if len(kept) == len(rules) else None

    def _not(self, written: w.WrittenNot, at: str, depth: int) -> Rule | None:
        rule = self.rule(written.not_, f"{at}.not", depth + 1)
        return NotRule(rule) if rule else None

    def _trait(self, written: w.WrittenTraitRule, at: str, _depth: int) -> Rule | None:
        trait = self._known.traits.get(written.trait)
        namespace, _, rest = written.trait.partition(".")
        context = namespace == CONTEXT and bool(rest)
        name = rest.partition(".")[0] if context else written.trait
        if trait is None and name in self._known.bad_traits:
            said = f"`{written.trait}` has a fault of its own; correct that first"
            self._reader.fault(inside(at, "trait"), said, follows=True)
            return None
        if trait is None and context:
            known = [each for each in self._known.traits if each.startswith(f"{CONTEXT}.")]
            said = f"no context trait is called `{rest[:80]}`{nearest(written.trait, known)}"
            self._reader.fault(inside(at, "trait"), said)
            return None
        condition = read_condition(self._reader, written, trait.value_type if trait else None, at)
        if condition is None:
            return None
        if context and condition.operator in PERCENTILES:
            self._reader.fault(
                inside(at, str(condition.operator)), "goes with traits that last, not with context"
            )
            return None
        if trait is not None:
            return TraitRule(written.trait, trait.value, condition)
        fault = path_fault(written.trait)
        if fault or is_list_path(written.trait):
            hint = "name the trait itself, `as: list`"
            self._reader.fault(inside(at, "trait"), fault or f"`*` has no meaning here; {hint}")
            return None
        self._warn_of_a_slip(written.trait, at)
        return TraitRule(written.trait, Given(GivenKind.TOLD, written.trait, condition.type), condition)

    def _warn_of_a_slip(self, trait: str, at: str) -> None:
        meant = f"{CONTEXT}.{trait}"
        close = [meant] if meant in self._known.traits else closest(trait, self._known.traits, ALMOST_PERCENT)
        if close:
            self._reader.warn(
                inside(at, "trait"),
                f"no computed trait is called `{trait}`, so it is read from what was told; "
                f"did you mean `{close[0]}`?",
                "unknown_trait",
                trait=trait,
                near=close[0],
            )

    def _did(self, written: w.WrittenDid, at: str, _depth: int) -> Rule | None:
        source = read_one_source(self._reader, written.did, f"{at}.did")
        span = read_window(self._reader, written.within, at, "within")
        where = read_where(self._reader, written.where, f"{at}.where")
        most = None if isinstance(written.at_most, UnsetType) else written.at_most
        least = 1 if isinstance(written.at_least, UnsetType) else written.at_least
        if most is not None and least > most:
            self._reader.fault(
                at,
                f"at_least {least} is above at_most {most}, so nobody qualifies; "
                "write `at_least: 0` as well to include those who never did it",
            )
        return None if source is None else DidRule(Measure(Kind.COUNT, source, where, (), span), least, most)

    def _sequence(self, written: w.WrittenSequence, at: str, _depth: int) -> Rule | None:
        place = f"{at}.sequence"
        steps = self._reader.struct(w.WrittenSteps, written.sequence, place)
        span = read_window(self._reader, written.within, at, "within")
        if steps is None:
            return None
        followed = steps.then is not UNSET
        behind = steps.then if followed else steps.not_then
        if isinstance(behind, UnsetType) or (followed and steps.not_then is not UNSET):
            self._reader.fault(place, "give exactly one of `then` and `not_then`")
            return None
        after = read_duration(self._reader, steps.after, place, "after")
        first = self._times(steps.first, f"{place}.first", span)
        then = self._times(behind, f"{place}.{'then' if followed else 'not_then'}", _later(span))
        return None if first is None or then is None else SequenceRule(first, then, after, followed)

    def _times(self, facts: str | dict[str, Any], at: str, span: Span | None) -> Measure | None:
        read = read_facts(self._reader, facts, at)
        return None if read is None else Measure(Kind.TIMES, *read, (), span)

    def _time(self, kind: Kind, key: str, written: Operators, at: str) -> Rule | None:
        read = read_facts(self._reader, getattr(written, key), inside(at, key))
        condition = read_condition(self._reader, written, ValueType.TIME, at)
        return None if read is None or condition is None else TimeRule(Measure(kind, *read), condition)

    def _member(self, written: w.WrittenMember, at: str, depth: int) -> Rule | None:
        name, place = written.audience, inside(at, "audience")
        if name not in self._known.all_audiences:
            self._reader.fault(
                place, f"no audience is called `{name[:80]}`{nearest(name, self._known.all_audiences)}"
            )
            return None
        if name not in self._known.audiences:
            self._reader.fault(place, f"`{name}` has a fault of its own; correct that first", follows=True)
            return None
        rule = self._known.audiences[name]
        if name not in self._extents:
            self._extents[name] = _extent(rule)
        rules, deep = self._extents[name]
        return MemberRule(name, rule) if self._counts(at, rules, depth + deep) else None

    def _split(self, written: w.WrittenSplit, at: str, _depth: int) -> Rule | None:
        if not written.from_ < written.to:
            self._reader.fault(
                at, f"`from` {written.from_:g} is not below `to` {written.to:g}, so it holds for nobody"
            )
            return None
        return SplitRule(written.split, written.from_ + 0.0, written.to + 0.0)

    def _local_time(self, written: w.WrittenLocalTimeRule, at: str, _depth: int) -> Rule | None:
        place = f"{at}.local_time"
        time = self._reader.struct(w.WrittenLocalTime, written.local_time, place)
        if time is None:
            return None
        if time.weekdays is UNSET and time.from_ is UNSET and time.to is UNSET:
            self._reader.fault(place, "give `weekdays`, or hours with `from` and `to`, or both")
            return None
        start = 0 if isinstance(time.from_, UnsetType) else time.from_
        end = w.HOURS if isinstance(time.to, UnsetType) else time.to
        if start == end:
            self._reader.fault(
                place, f"from {start} to {end} is no time at all; leave both out for the whole day"
            )
            return None
        names = WEEKDAYS if isinstance(time.weekdays, UnsetType) else time.weekdays
        days = tuple(sorted({WEEKDAYS.index(name) for name in names}))
        zone = Zone.PERSON if isinstance(time.zone, UnsetType) else time.zone
        return LocalTimeRule(days, start, end, zone)


def _later(span: Span | None) -> Span | None:
    """Return where whatever follows a fact of a window lies: from its beginning on, without an end.

    So that not all that ever happened has to be kept and looked through for a window of some days.
    """
    match span:
        case Sliding(from_seconds=seconds):
            return Sliding(seconds)
        case Calendar(first=first):
            return Calendar(first, first.following)  # the unit to come: nothing has happened after it
        case Fixed(since_us=since):
            return Fixed(since)
        case _:
            return None


def _extent(rule: Rule) -> tuple[int, int]:
    """Return to how many rules a rule comes, and how deep they nest; the rules of other audiences in their places."""
    match rule:
        case AllRule(rules=rules) | AnyRule(rules=rules):
            parts = [_extent(inner) for inner in rules]
        case NotRule(rule=inner) | MemberRule(rule=inner):
            parts = [_extent(inner)]
        case _:
            return 1, 1
    return 1 + sum(count for count, _ in parts), 1 + max(depth for _, depth in parts)
