"""What the grammar must know of a language: phrases, each with what it stands for."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Part(StrEnum):
    """What a phrase does in a sentence."""

    AND = "and"
    OR = "or"
    NOT = "not"
    THEN = "then"
    """What follows comes later."""
    OPEN = "open"
    CLOSE = "close"
    VOID = "void"
    """Says nothing about who is meant: articles, particles, `people who`."""
    WINDOW = "window"
    AGO = "ago"
    """A relative time, compared: value is the operator, empty where another word says it."""
    AMOUNT = "amount"
    TIMES = "times"
    """A number of facts; value as of AMOUNT."""
    COMPARE = "compare"
    """An operator whose operand stands elsewhere."""
    SHARE = "share"
    """top_percent or bottom_percent."""
    FIRST = "first"
    LAST = "last"
    FACT = "fact"
    TRAIT = "trait"
    SPEND = "spend"
    WEEKDAY = "weekday"
    """value: the days, set apart by spaces."""
    UNSETTLED = "unsettled"
    """Of a record: nobody closed it."""
    BOOLEAN = "boolean"
    CONSENT = "consent"
    """value: the state."""
    AUDIENCE = "audience"
    LIST = "list"
    PLACE = "place"
    VALUE = "value"
    NAME = "name"
    WORD = "word"
    """Nothing that is known."""


class Phrase(msgspec.Struct, frozen=True):
    """A phrase and what it stands for.

    pattern: a regular expression of lower case; a space is any white space, or in a script without spaces none;
    {n}, {m}: numbers, {unit}: a unit of time, {date}, {until}: dates. also: what else it says. glued: only directly
    behind something that was understood, as endings are.
    """

    part: Part
    pattern: str
    value: str = ""
    also: tuple[tuple[Part, str], ...] = ()
    glued: bool = False


class Lexicon(msgspec.Struct, frozen=True):
    """A language. numbers, units (seconds): word → how many. spaced: whether words stand apart."""

    phrases: tuple[Phrase, ...]
    numbers: Mapping[str, float]
    scales: Mapping[str, float]
    units: Mapping[str, int]
    spaced: bool


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKDAYS, WEEKEND = " ".join(WEEKDAYS[:5]), " ".join(WEEKDAYS[5:])
DECADES = range(10, 100, 10)
"""Ages are told by them: in the thirties."""
AGE = ((Part.TRAIT, "age"),)


def phrases(part: Part, value: str, *patterns: str, also: tuple[tuple[Part, str], ...] = ()) -> list[Phrase]:
    """Return phrases that stand for the same."""
    return [Phrase(part, pattern, value, also) for pattern in patterns]
