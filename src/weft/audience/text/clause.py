"""From the phrases of one clause to its rule, in whatever order the language puts them."""

from collections.abc import Iterable, Iterator
from typing import Any

from weft.audience.text.bag import Bag, NotRead, Operand, facts_of
from weft.audience.text.catalogue import Catalogue, Named
from weft.audience.text.concepts import amount_of, computed, facts_for, unsettled
from weft.audience.text.lexicon import Part
from weft.audience.text.operand import comparison_of, trait_of
from weft.audience.text.scan import Token
from weft.language.span import read_window
from weft.language.strict import Reader
from weft.language.text import duration_of
from weft.model.measure import Kind, Source

Body = dict[str, Any]

TURNED = {"is": "is_not", "one_of": "none_of", "contains": ""}
STARTING = ("today", "this_week", "this_month", "this_quarter", "this_year")


def clause(tokens: Iterable[Token], catalogue: Catalogue, before: Body | None) -> Body:
    """Return the rule, as it is written, that these phrases are together.

    before: the rule of the clause before, whose behaviour a clause is about that names none.
    Raises NotRead for phrases that make no rule, or more than one.
    """
    return _Clause(Bag(tokens), catalogue, before).rule()


class _Clause:
    def __init__(self, bag: Bag, catalogue: Catalogue, before: Body | None) -> None:
        self._bag = bag
        self._catalogue = catalogue
        self._before = before

    def rule(self) -> Body:
        bag = self._bag
        negated = len(bag.take_all(Part.NOT)) % 2 == 1
        consent = bag.take(Part.CONSENT)
        if consent is not None:
            found = {"consent": self._named("purpose", Part.TRAIT), "is": consent.value}
        elif bag.take(Part.AUDIENCE) or bag.has_named("audience"):
            found = {"audience": self._named("audience")}
        elif bag.take(Part.LIST) or bag.has_named("list"):
            found = {"list": self._named("list")}
        elif (spend := bag.take(Part.SPEND)) is not None:
            found = self._spent(spend)
        elif bag.only(Part.WEEKDAY):
            found = {"local_time": {"weekdays": bag.weekdays()}}
        elif bag.facts(self._catalogue) or (self._before and bag.only(Part.WINDOW, Part.TIMES)):
            return self._behaviour(negated=negated)
        else:
            return self._trait(negated=negated)
        bag.must_be_empty()
        return {"not": found} if negated else found

    def _named(self, kind: str, other: Part | None = None) -> str:
        token = self._bag.take_named(kind)
        if token is not None:
            return next(each.name for each in token.named if each.kind == kind)
        known = self._bag.take(other) if other else None
        if known is not None and any(known.value == each for each in self._catalogue.purposes):
            return known.value
        raise NotRead(self._bag.tokens, f"no {kind} of this name is known")

    def _spent(self, spend: Token) -> Body:
        """Return a comparison of the computed trait that sums up orders in this window."""
        self._bag.take_all(Part.FACT)
        window = _window(self._bag.take(Part.WINDOW))
        span = None if window is None else read_window(Reader("", ""), window, "", "window")
        found = computed(self._catalogue, Kind.SUM, span)
        if not found:
            raise NotRead((spend,), "no computed trait says this", self._missing(window))
        operand = self._bag.operand()
        if operand is None:
            raise NotRead((spend,), "say how much")
        return {"trait": found[0].name} | comparison_of(operand, found[0])

    def _missing(self, window: object) -> Body | None:
        """Return the computed trait that would say how much was spent."""
        for source in facts_for("order", self._catalogue):
            amount = amount_of(source, self._catalogue)
            if amount is not None:
                key = "event" if source.type == "track" else "record"
                name = "spend" + (f"_{window}" if isinstance(window, str) else "")
                trait = {"name": name, "kind": "sum", key: source.name, "property": amount}
                return trait | ({"window": window} if window else {})
        return None

    def _behaviour(self, *, negated: bool) -> Body:
        bag = self._bag
        edge = bag.take(Part.FIRST) or bag.take(Part.LAST)
        source, where = self._facts()
        if edge is not None:
            found = self._when(edge, source, where)
        else:
            window = _window(bag.take(Part.WINDOW))
            found = {"did": _written_source(source)} | _often(bag.often())
            found |= {} if window is None else {"within": window}
            found |= {"where": where} if where else {}
        bag.must_be_empty()
        return {"not": found} if negated else found

    def _facts(self) -> tuple[Source, list[Body]]:
        """Return which facts, and the conditions on them; those of the clause before if none are named."""
        bag = self._bag
        source = bag.take_facts(self._catalogue)
        if source is None:
            found = _did_of(self._before)
            if found is None:
                raise NotRead(bag.tokens, "say what was done")
            return facts_of(found["did"]), list(found.get("where", []))
        days = bag.weekdays()
        where: list[Body] = []
        if days:
            where.append({"at": "weekday"} | ({"one_of": days} if days[1:] else {"is": days[0]}))
        where += self._conditions(source)
        open_ = bag.take(Part.UNSETTLED)
        if open_ is not None:
            ways = list(unsettled(source, self._catalogue))
            if not ways:
                raise NotRead((open_,), "nothing that is known of it says whether it is settled")
            where.append(ways[0])
        return source, where

    def _conditions(self, source: Source) -> Iterator[Body]:
        bag = self._bag
        while (found := bag.take_property(source)) is not None:
            token, named = found
            operand = bag.operand(beside=token)
            if operand is None:
                raise NotRead((token,), "say what it is to be")
            yield {"property": named.name} | comparison_of(operand, named)
        while (seen := bag.take_value(source)) is not None:
            yield {"property": seen.name, "is": seen.value}

    def _when(self, edge: Token, source: Source, where: list[Body]) -> Body:
        key = "first_time" if edge.part is Part.FIRST else "last_time"
        facts: Any = _written_source(source)
        if where:
            facts = ({"event": facts} if isinstance(facts, str) else facts) | {"where": where}
        ago, window = self._bag.take(Part.AGO), self._bag.take(Part.WINDOW)
        if ago is not None and ago.value:
            return {key: facts, ago.value: f"now-{duration_of(ago.seconds)}"}
        written = _window(window)
        match written:
            case str() if written in STARTING:
                return {key: facts, "at_least": written}
            case str() if written not in STARTING and written[0].isdigit():
                return {key: facts, "more_than": f"now-{written}"}
            case {"since": since, "until": until}:
                return {"all": [{key: facts, "at_least": since}, {key: facts, "less_than": until}]}
            case {"since": since}:
                return {key: facts, "at_least": since}
            case {"until": until}:
                return {key: facts, "less_than": until}
            case _:
                raise NotRead((edge,), "say when")

    def _trait(self, *, negated: bool) -> Body:
        bag = self._bag
        named = trait_of(bag, self._catalogue)
        if named is None:
            raise NotRead(bag.tokens, "no trait, event or audience that is known")
        operand = bag.operand()
        if operand is None:
            bag.must_be_empty()
            return {"trait": named.name, "exists": not negated}
        comparison = comparison_of(operand, named)
        bag.must_be_empty()
        if negated:
            turned = _turned(comparison)
            return {"trait": named.name} | turned if turned else {"not": {"trait": named.name} | comparison}
        return {"trait": named.name} | comparison


def _turned(comparison: Body) -> Body:
    """Return the operator that is met where this one is not, a missing value too; empty if there is none."""
    ((operator, operand),) = comparison.items()
    return {TURNED[operator]: operand} if TURNED.get(operator) else {}


def _window(token: Token | None) -> str | Body | None:
    """Return the window as it is written."""
    if token is None:
        return None
    kind, _, seconds = token.value.partition(" ")
    if kind == "last":
        return duration_of(int(seconds) if seconds else token.seconds)
    if kind == "since" and len(token.dates) > 1:
        return {"since": token.dates[0], "until": token.dates[1]}
    return {kind: token.dates[0]} if token.dates else kind


def after_of(token: Token) -> str:
    """Return how long after something else may come, of a phrase such as `within 1 hour`."""
    window = _window(token)
    if not isinstance(window, str) or not window[0].isdigit():
        raise NotRead((token,), "say how long after it, such as `within 1 hour`")
    return window


def _often(operand: Operand | None) -> Body:
    """Return how often: a plain number is that often or more."""
    if operand is None:
        return {}
    numbers = operand.numbers
    if any(not number.is_integer() or not 0 <= number < 2**53 for number in numbers):
        raise NotRead(operand.tokens, "something happens a whole number of times")
    first = int(numbers[0])
    match operand.operator:
        case "" | "some" if not first:  # else it would be everybody
            return {"at_least": 0, "at_most": 0}
        case "some" | "" | "at_least":
            return {"at_least": first} if first != 1 else {}
        case "more_than":
            return {"at_least": first + 1}
        case "at_most":
            return {"at_least": 0, "at_most": first}
        case "less_than" if first:
            return {"at_least": 0, "at_most": first - 1}
        case "is":
            return {"at_least": first, "at_most": first} if first != 1 else {"at_most": 1}
        case "between" if numbers[0] <= numbers[1]:
            return {"at_least": first, "at_most": int(numbers[1])}
        case _:
            raise NotRead(operand.tokens, "nobody does something so often")


def _did_of(body: Body | None) -> Body | None:
    """Return the behaviour in a rule, of the negated too."""
    while body is not None and "not" in body:
        body = body["not"]
    return body if body is not None and "did" in body else None


def _written_source(source: Source) -> str | Body:
    return source.name or "" if source.type == "track" else {source.type: source.name}


def did_facts(source: Source) -> Named:
    """Return facts as a name that stands for them."""
    return Named("fact", source.name or "", source)
