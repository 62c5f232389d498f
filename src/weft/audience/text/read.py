"""Typed text becomes a rule: phrases, then clauses, then what stands between them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice, product
from typing import Any

import msgspec

from weft.audience.definition import rule_of
from weft.audience.sentence import sentences
from weft.audience.text.bag import FREE, NotRead
from weft.audience.text.catalogue import Catalogue
from weft.audience.text.clause import Body, after_of, clause, did_facts
from weft.audience.text.concepts import facts_for, script_of
from weft.audience.text.lexicon import Part
from weft.audience.text.scan import LEXICONS, Readings, Token, scan
from weft.audience.writing import written

TEXT_CHARACTERS = 1_000
WAYS_MOST = 64
DEPTH_MOST = 15
OTHERS_MOST = 5
DAYS = {Part.WEEKDAY, Part.WINDOW}


class ReadPart(msgspec.Struct, frozen=True):
    """What one part of a text was read as. start, end: characters; sentence: language → the rule."""

    start: int
    end: int
    text: str
    rule: dict[str, Any]
    sentence: dict[str, str]


class Unread(msgspec.Struct, frozen=True):
    """A part of a text that was not understood, why, and known names that may have been meant.

    trait: the definition of a computed trait with which it would be understood, if there is one.
    """

    start: int
    end: int
    text: str
    why: str
    near: tuple[str, ...] = ()
    trait: dict[str, Any] | None = None


class Choice(msgspec.Struct, frozen=True):
    """Another rule that the text may mean."""

    rule: dict[str, Any]
    sentence: dict[str, str]


class TextReading(msgspec.Struct, frozen=True):
    """What a text was read as. rule: as stands behind `who`; None if any part of the text was not understood."""

    language: str
    rule: dict[str, Any] | None
    sentence: dict[str, str]
    parts: tuple[ReadPart, ...]
    not_understood: tuple[Unread, ...]
    alternatives: tuple[Choice, ...]


def read_text(text: str, catalogue: Catalogue, language: str | None = None) -> TextReading:
    """Return the rule that a text means in a workspace, or what of it was not understood. It never raises.

    language: en, ko or zh-TW; None: by its letters. At most TEXT_CHARACTERS; a longer text is not understood.
    """
    known = language if language in LEXICONS else script_of(text)
    if len(text) > TEXT_CHARACTERS:
        why = f"the text is longer than {TEXT_CHARACTERS:,} characters; say it in fewer words"
        return TextReading(known, None, {}, (), (Unread(0, len(text), text[:80], why),), ())
    reader = _TextReader(text, catalogue, scan(text, catalogue, known))
    return reader.reading(known)


class _Item(msgspec.Struct):
    """One clause, or a group in parentheses (body), and what stands before it."""

    joint: Part
    comma: bool
    places: list[Readings]
    body: Body | None = None
    negated: bool = False


class _TextReader:
    def __init__(self, text: str, catalogue: Catalogue, places: list[Readings]) -> None:
        self._text = text
        self._catalogue = catalogue
        self._places = places
        self._at = 0
        self._parts: list[ReadPart] = []
        self._unread: list[Unread] = []
        self._others: list[tuple[Body, Body]] = []

    def reading(self, language: str) -> TextReading:
        body = self._group(0)
        while self._at < len(self._places):  # a parenthesis that nobody opened
            self._fail(self._places[self._at][0], "this parenthesis was not opened")
            self._at += 1
            self._group(0)
        if body is None and not self._unread:
            self._unread.append(Unread(0, len(self._text), self._text, "say who is meant"))
        said = None if self._unread or body is None else self._checked(body)
        if said is None:
            return TextReading(language, None, {}, tuple(self._parts), tuple(self._unread), ())
        return TextReading(language, *said, tuple(self._parts), (), tuple(self._choices(body or {})))

    def _choices(self, body: Body) -> Iterator[Choice]:
        for part, other in self._others[:OTHERS_MOST]:
            said = self._said(_replaced(body, part, other))
            if said is not None:
                yield Choice(*said)

    def _checked(self, body: Body) -> tuple[Body, dict[str, str]] | None:
        said = self._said(body)
        if said is None:
            _, problems = rule_of(body, self._catalogue.traits, self._catalogue.audiences)
            self._unread.append(Unread(0, len(self._text), self._text, "; ".join(map(_message, problems))))
        return said

    def _said(self, body: Body) -> tuple[Body, dict[str, str]] | None:
        rule, _ = rule_of(body, self._catalogue.traits, self._catalogue.audiences)
        return None if rule is None else (written(rule), sentences(rule))

    def _group(self, depth: int) -> Body | None:
        """Read up to the parenthesis that closes; `and` binds closer than `or`."""
        items = _merged(list(self._items(depth)))
        ways: list[list[Body]] = [[]]
        before: Body | None = None
        for item in items:
            if item.joint is Part.OR and ways[-1]:
                ways.append([])
            body = item.body if item.body is not None else self._clause(item.places, before)
            if body is None:
                continue
            ways[-1].append({"not": body} if item.body is not None and item.negated else body)
            before = body if item.body is None else None
        bodies = [joined("all", way) for way in ways if way]
        return joined("any", bodies) if bodies else None

    def _items(self, depth: int) -> Iterator[_Item]:
        item = _Item(Part.AND, False, [])
        while self._at < len(self._places):
            readings = self._places[self._at]
            part = readings[0][0].part
            if part is Part.CLOSE:
                break
            self._at += 1
            if part in (Part.AND, Part.OR):
                if _says_nothing(item):
                    item.joint = part if part is Part.OR else item.joint
                    continue
                yield item
                item = _Item(part, readings[0][0].text.strip() in (",", "，", "、"), [])
            elif part is Part.OPEN:
                self._open(item, depth, readings)
            else:
                item.places.append(readings)
        if not _says_nothing(item):
            yield item

    def _open(self, item: _Item, depth: int, readings: Readings) -> None:
        """Read a group; behind a fact, its conditions."""
        if depth >= DEPTH_MOST:
            self._fail(readings[0], f"parentheses nest deeper than {DEPTH_MOST}")
            return
        if any(_is(each, Part.FACT) for each in item.places):
            self._inline(item)
            return
        negated = any(_is(each, Part.NOT) for each in item.places)
        rest = [each for each in item.places if not _is(each, Part.NOT, Part.VOID)]
        for each in rest:
            self._fail(each[0], "put `and` or `or` before the parenthesis")
        item.body, item.negated, item.places = self._group(depth + 1), negated, []
        self._close(readings)

    def _inline(self, item: _Item) -> None:
        """Take the conditions in a parenthesis as if it were not there."""
        while self._at < len(self._places):
            readings = self._places[self._at]
            self._at += 1
            if _is(readings, Part.CLOSE):
                return
            if not _is(readings, Part.AND):
                item.places.append(readings)

    def _close(self, opened: Readings) -> None:
        if self._at < len(self._places):
            self._at += 1
        else:
            self._fail(opened[0], "this parenthesis is not closed")

    def _clause(self, places: list[Readings], before: Body | None) -> Body | None:
        """Return the rule of a clause; note what it was read as, or that it was not understood."""
        failed: NotRead | None = None
        found: list[Body] = []
        for tokens in islice(self._ways(places), WAYS_MOST):
            try:
                body = self._one_or_two(tokens, before)
            except NotRead as error:
                better = failed is None or (error.trait is not None and failed.trait is None)
                failed = error if better else failed
                continue
            if body not in found and self._said(body) is not None:
                found.append(body)
        if not found:
            self._note(failed or NotRead(_tokens_of(places), "this makes no rule"), places)
            return None
        tokens = _tokens_of(places)
        start, end = tokens[0].start, tokens[-1].end
        said = self._said(found[0])
        if said is not None:
            self._parts.append(ReadPart(start, end, self._text[start:end], *said))
        self._others += [(found[0], other) for other in found[1:]]
        return found[0]

    def _ways(self, places: list[Readings]) -> Iterator[tuple[Token, ...]]:
        """Yield each way to read the phrases, the likeliest first."""
        choices = [[way for reading in each for way in self._facts(reading)] for each in places]
        for way in product(*choices):
            yield tuple(token for reading in way for token in reading)

    def _facts(self, reading: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
        """Yield a reading for each fact that a phrase may stand for."""
        first, *rest = reading
        if first.part is Part.NAME:
            facts = [named for named in first.named if named.kind == "fact"]
            others = tuple(named for named in first.named if named.kind != "fact")
            for named in facts:
                yield (msgspec.structs.replace(first, part=Part.FACT, named=(named,)), *rest)
            if others:
                yield (msgspec.structs.replace(first, named=others), *rest)
            return
        sources = facts_for(first.value, self._catalogue) if first.part is Part.FACT else []
        for source in sources:
            yield (msgspec.structs.replace(first, named=(did_facts(source),)), *rest)
        if not sources:
            yield reading

    def _one_or_two(self, tokens: tuple[Token, ...], before: Body | None) -> Body:
        """Return the rule of a clause, or of two about traits with no word between: `gold members in Seoul`."""
        try:
            return self._sequence(tokens, before)
        except NotRead as error:
            failed = error
        for cut in range(1, len(tokens)):
            with suppress(NotRead):
                both = [clause(each, self._catalogue, None) for each in (tokens[:cut], tokens[cut:])]
                if all("trait" in each for each in both):
                    return {"all": both}
        raise failed

    def _sequence(self, tokens: tuple[Token, ...], before: Body | None) -> Body:
        """Return the rule of a clause in which one thing comes behind another, or of any other."""
        cut = next((at for at, token in enumerate(tokens) if token.part is Part.THEN), None)
        if cut is None:
            return clause(tokens, self._catalogue, before)
        then = [token for token in tokens[cut + 1 :] if token.part is not Part.THEN]
        left = [token for token in tokens[:cut] if token.part is not Part.VOID]
        first = clause(left, self._catalogue, None) if left else before or {}
        window = next((token for token in then if token.part is Part.WINDOW), None)
        then = [token for token in then if token is not window]
        second = clause(then, self._catalogue, None)
        negated = "not" in second
        second = second["not"] if negated else second
        if (
            "did" not in first
            or not {"did", "where"} >= second.keys()
            or not {"did", "where", "within"} >= first.keys()
        ):
            raise NotRead(tokens, "say one thing that happened, and one that came after it")
        steps: Body = {"first": _step(first), "not_then" if negated else "then": _step(second)}
        steps |= {} if window is None else {"after": after_of(window)}
        return {"sequence": steps} | ({"within": first["within"]} if "within" in first else {})

    def _fail(self, reading: Sequence[Token], why: str) -> None:
        token = reading[0]
        self._unread.append(Unread(token.start, token.end, token.text, why))

    def _note(self, error: NotRead, places: list[Readings]) -> None:
        """Note the words of a clause that nobody knows; if all are known, what does not go together."""
        tokens = error.tokens or tuple(_tokens_of(places))
        words = [token for token in tokens if token.part is Part.WORD]
        for start, end in _stretches(words or tokens):
            text = self._text[start:end]
            near = () if error.trait else self._catalogue.near(text)
            self._unread.append(Unread(start, end, text, error.why, near, error.trait))


def joined(key: str, bodies: list[Body]) -> Body:
    """Return the rules as one."""
    flat: list[Body] = []
    for body in bodies:
        flat += body[key] if body.keys() == {key} else [body]
    return flat[0] if len(flat) == 1 else {key: flat}


def _merged(items: list[_Item]) -> list[_Item]:
    """Put the values of `in Seoul or Busan` into one clause."""
    found: list[_Item] = []
    waiting: list[_Item] = []
    for item in items:
        if found and _goes_with(item, found[-1]):
            found[-1].places += item.places
        elif _is_bare(item) and item.body is None and item.joint is Part.AND and not item.comma:
            waiting.append(item)
        else:
            if waiting and item.body is None and item.joint is Part.OR:
                item.places = [place for each in waiting for place in each.places] + item.places
                item.joint = waiting[0].joint
                waiting = []
            found += waiting
            waiting = []
            found.append(item)
    return [*found, *waiting]


def _goes_with(item: _Item, before: _Item) -> bool:
    """Say whether an item only names more values, or more days of the week, of the one before."""
    if item.body is not None or before.body is not None:
        return False
    if _has(item, Part.WEEKDAY):
        return _parts_of(item) <= DAYS and _has(before, Part.WEEKDAY)
    return _is_bare(item) and (item.joint is Part.OR or item.comma)


def _has(item: _Item, part: Part) -> bool:
    return part in _parts_of(item)


def _parts_of(item: _Item) -> set[Part]:
    return {token.part for readings in item.places for token in readings[0]} - {Part.VOID}


def _is_bare(item: _Item) -> bool:
    parts = _parts_of(item)
    days = Part.WEEKDAY in parts and parts <= DAYS
    return bool(parts) and (days or parts <= {*FREE, Part.NAME}) and not _names_more(item)


def _names_more(item: _Item) -> bool:
    return any(
        named.kind != "value" for readings in item.places for token in readings[0] for named in token.named
    )


def _is(readings: Readings, *parts: Part) -> bool:
    return any(
        token.part in parts or (Part.FACT in parts and any(named.kind == "fact" for named in token.named))
        for token in readings[0]
    )


def _says_nothing(item: _Item) -> bool:
    return item.body is None and all(_is(readings, Part.VOID) for readings in item.places)


def _tokens_of(places: list[Readings]) -> list[Token]:
    return [readings[0][0] for readings in places]


def _stretches(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return (start, end) of tokens; those one behind the other are one."""
    found: list[tuple[int, int]] = []
    for token in sorted(tokens, key=lambda each: each.start):
        if found and token.start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(token.end, found[-1][1]))
        else:
            found.append((token.start, token.end))
    return found


def _step(did: Body) -> str | Body:
    """Return the facts of a `did` as a step of a sequence."""
    facts = did["did"]
    if not did.get("where"):
        return facts
    return ({"event": facts} if isinstance(facts, str) else facts) | {"where": did["where"]}


def _replaced(body: Any, part: Body, other: Body) -> Any:
    """Return a rule with one of its parts for another."""
    if body == part:
        return other
    if isinstance(body, dict):
        return {key: _replaced(value, part, other) for key, value in body.items()}
    return [_replaced(each, part, other) for each in body] if isinstance(body, list) else body


def _message(problem: object) -> str:
    return str(getattr(problem, "message", problem))
