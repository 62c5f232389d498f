"""The phrases of a clause, out of which one takes what it needs."""

from collections.abc import Iterable
from typing import Any

import msgspec

from weft.audience.text.catalogue import Catalogue, Named
from weft.audience.text.concepts import facts_for
from weft.audience.text.lexicon import WEEKDAYS, Part
from weft.audience.text.scan import Token
from weft.model.measure import Source

FREE = (Part.WORD, Part.VALUE, Part.PLACE, Part.BOOLEAN)


class NotRead(Exception):  # noqa: N818  an answer, not an error
    """These phrases make no rule, and why; trait: the definition that would help."""

    def __init__(self, tokens: Iterable[Token], why: str, trait: dict[str, Any] | None = None) -> None:
        super().__init__(why)
        self.tokens = tuple(tokens)
        self.why = why
        self.trait = trait


class Operand(msgspec.Struct, frozen=True):
    """With what a value is compared. operator: empty for `is`."""

    operator: str
    tokens: tuple[Token, ...]
    numbers: tuple[float, ...] = ()


class Bag:
    """What of a clause was not yet used."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = [each for each in tokens if each.part is not Part.VOID]
        self._facts_from = -1

    def take(self, part: Part) -> Token | None:
        """Take the first phrase that is this."""
        token = next((each for each in self.tokens if each.part is part), None)
        if token is not None:
            self.tokens.remove(token)
        return token

    def take_all(self, part: Part) -> list[Token]:
        """Take every phrase that is this."""
        taken = [each for each in self.tokens if each.part is part]
        self.tokens = [each for each in self.tokens if each.part is not part]
        return taken

    def weekdays(self) -> list[str]:
        """Take the days of the week, in the order of the week."""
        named = {day for token in self.take_all(Part.WEEKDAY) for day in token.value.split()}
        return [day for day in WEEKDAYS if day in named]

    def only(self, *parts: Part) -> bool:
        """Say whether there is something left, and all of it is one of these."""
        return bool(self.tokens) and all(each.part in parts for each in self.tokens)

    def must_be_empty(self) -> None:
        """Raise NotRead if anything was not used."""
        if self.tokens:
            raise NotRead(self.tokens, "this part has no place in the rule")

    def has_named(self, kind: str) -> bool:
        """Say whether a name of this kind is there."""
        return any(named.kind == kind for each in self.tokens for named in each.named)

    def take_named(self, kind: str) -> Token | None:
        """Take the first name of this kind."""
        token = next(
            (each for each in self.tokens if any(named.kind == kind for named in each.named)),
            None,
        )
        if token is not None:
            self.tokens.remove(token)
        return token

    def facts(self, catalogue: Catalogue) -> set[Source]:
        """Return the facts that are named; those of a concept that the workspace does not have are none."""
        found: set[Source] = set()
        for token in self.tokens:
            if token.part is Part.FACT:
                found.add(_source(token, catalogue))
        return found

    def take_facts(self, catalogue: Catalogue) -> Source | None:
        """Take the facts that the clause is about. Raises NotRead if it is about two."""
        found = self.facts(catalogue)
        if len(found) > 1:
            raise NotRead(self.tokens, "two events in one clause; put `and`, `or` or `then` between them")
        self._facts_from = max((token.start for token in self.take_all(Part.FACT)), default=-1)
        return next(iter(found), None)

    def take_property(self, source: Source) -> tuple[Token, Named] | None:
        """Take the first name of a property of these facts."""
        for token in self.tokens:
            for named in token.named:
                if named.kind == "property" and named.source == source:
                    self.tokens.remove(token)
                    return token, named
        return None

    def take_value(self, source: Source) -> Named | None:
        """Take the first value that was seen in a property of these facts."""
        for token in self.tokens:
            for named in token.named:
                if named.kind == "value" and named.source == source:
                    self.tokens.remove(token)
                    return named
        return None

    def often(self) -> Operand | None:
        """Take how often: `3 times`, `3 orders`; not `bought 3 socks`, which are not facts."""
        counted = self.take(Part.TIMES)
        if counted is None:
            counted = self.take(Part.AMOUNT)
            if counted is not None and self._facts_from < counted.start:
                raise NotRead((counted,), "say how often, such as `3 times`")
        return None if counted is None else self._compared(counted)

    def operand(self, *, beside: Token | None = None) -> Operand | None:
        """Take what a value is compared with. beside: the nearest to this phrase, those behind it first."""
        share = self.take(Part.SHARE) if beside is None else None
        if share is not None:
            return Operand(share.value, (share,), share.numbers)
        ago = self.take(Part.AGO)
        if ago is not None:
            return Operand(ago.value, (ago,))
        amount = self._nearest((Part.AMOUNT,), beside)
        if amount is not None:
            return self._compared(amount)
        compare = self.take(Part.COMPARE)
        if compare is not None and compare.value in ("exists", "missing"):
            return Operand(compare.value, (compare,))
        values = self._values(beside, many=compare is not None or beside is None)
        if not values:
            return None
        operator = compare.value if compare is not None else "one_of" if len(values) > 1 else ""
        return Operand(operator, tuple(values))

    def _compared(self, amount: Token) -> Operand:
        if amount.value in ("", "some") and (compare := self.take(Part.COMPARE)) is not None:
            return Operand(compare.value, (compare, amount), amount.numbers)
        kind, *numbers = amount.value.split(" ")
        return Operand(kind, (amount,), tuple(map(float, numbers)) or amount.numbers)

    def _nearest(self, parts: tuple[Part, ...], beside: Token | None) -> Token | None:
        found = [each for each in self.tokens if each.part in parts]
        if not found:
            return None
        at = beside.start if beside is not None else 0
        token = min(found, key=lambda each: (each.start < at, abs(each.start - at)))
        self.tokens.remove(token)
        return token

    def _values(self, beside: Token | None, *, many: bool) -> list[Token]:
        """Take values: words one behind the other are one, such as `New York`."""
        if not many:
            first = self._nearest((*FREE, Part.NAME), beside)
            return [] if first is None else [first]
        taken = [each for each in self.tokens if each.part in FREE or each.named]
        self.tokens = [each for each in self.tokens if each not in taken]
        joined: list[Token] = []
        for token in taken:
            last = joined[-1] if joined else None
            if last and last.part is token.part is Part.WORD and token.start == last.end + 1:
                joined[-1] = msgspec.structs.replace(last, end=token.end, text=f"{last.text} {token.text}")
            else:
                joined.append(token)
        return joined


def _source(token: Token, catalogue: Catalogue) -> Source:
    named = next((each.source for each in token.named if each.kind == "fact"), None)
    if named is not None:
        return named
    found = facts_for(token.value, catalogue)
    if not found:
        raise NotRead((token,), "no event or record that is known is this")
    return found[0]


def facts_of(did: str | dict[str, str]) -> Source:
    """Return the source of a `did`."""
    if isinstance(did, str):
        return Source("track", did)
    ((kind, name),) = did.items()
    return Source(kind, name)
