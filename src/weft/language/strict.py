"""Reading a definition strictly: every fault of it is found, and each says what to write instead."""

import datetime as dt
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from rapidfuzz import fuzz, process

T = TypeVar("T", bound=msgspec.Struct)
DEPTH_MAX = 100
PARTS_MAX = 250_000
PROBLEMS_MAX = 100
WORD_CHARACTERS = 80
LISTED_WORDS = 40
ALIKE_PERCENT = 60
_BROKEN = re.compile("[\x00\ud800-\udfff]")


class Problem(msgspec.Struct, frozen=True):
    """A fault of a definition (`is_error`), or what is probably one (a warning).

    follows: it is an error only because another definition has one.
    word, parameters: a warning for programs, which find a text of their own; empty for an error. at: the place inside
    of the definition, with which the message begins.
    """

    path: str
    name: str
    message: str
    is_error: bool = True
    word: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    at: str = ""
    follows: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.name}: {self.message}"


class Reader:
    """Collects the problems of one definition while it is read."""

    def __init__(self, path: str, name: str) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._name = name

    def fault(self, at: str, message: str, *, follows: bool = False) -> None:
        """Note an error at a place inside the definition, such as `who.all[0]`. follows: as in `Problem`."""
        text = f"{at}: {message}" if at else message
        self._note(Problem(self._path, self._name, text, at=at, follows=follows))

    def warn(self, at: str, message: str, word: str, **parameters: str) -> None:
        """Note a warning. word, parameters: the same for programs."""
        told = {"at": at, **parameters}
        text = f"{at}: {message}" if at else message
        self._note(Problem(self._path, self._name, text, False, word, tuple(told.items())))

    @property
    def failed(self) -> bool:
        """Whether any error was found."""
        return any(problem.is_error for problem in self.problems)

    def _note(self, problem: Problem) -> None:
        """Keep the problem, unless there are so many that nobody reads on; an error is never the one left out."""
        if len(self.problems) < PROBLEMS_MAX or (problem.is_error and not self.failed):
            self.problems.append(problem)

    def plain(self, body: object) -> Any:
        """Return YAML's value with its dates and times as ISO 8601 text; None and a fault if it is far too large."""
        try:
            return plain(body)
        except UnreadableError as error:
            self.fault("", str(error))
            return None

    def whole(self, kind: type[T], body: object) -> T | None:
        """Read a definition as it came out of YAML or JSON; None if anything in it is wrong."""
        read = self.plain(body)
        return None if read is None else self.struct(kind, read, "")

    def struct(self, kind: type[T], body: object, at: str) -> T | None:
        """Read one mapping as a struct; None if anything in it is wrong."""
        if not isinstance(body, dict):
            self.fault(at, f"expected a mapping, found {_shown(body)}")
            return None
        with suppress(msgspec.ValidationError):
            return msgspec.convert(body, kind)  # at once; key by key only to find every fault
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        ok = self._keys(body, fields, at)
        values: dict[str, Any] = {}
        for key, field in fields.items():
            if key not in body:
                if field.required:
                    ok = False
                    self.fault(at, f"`{key}` is missing")
                continue
            try:
                values[field.name] = msgspec.convert(body[key], field.type)
            except msgspec.ValidationError as error:
                ok = False
                self.fault(inside(at, key), _said(error, field.type))
        return kind(**values) if ok else None

    def _keys(self, body: Mapping[Any, object], fields: Iterable[str], at: str) -> bool:
        ok = True
        for key in body:
            if key not in fields:
                ok = False
                self.fault(at, f"`{str(key)[:WORD_CHARACTERS]}` is no key here{nearest(str(key), fields)}")
        return ok


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the closest known words, or all of them when none is close."""
    words = sorted(known)
    return hint(closest(word, words), words)


def hint(close: Sequence[str], words: Sequence[str]) -> str:
    """Return a hint that names the close ones among the known words, or all of them when none is."""
    if close:
        return "; did you mean " + " or ".join(f"`{match}`" for match in close) + "?"
    if not words:
        return ""
    more = f" and {len(words) - LISTED_WORDS} more" if len(words) > LISTED_WORDS else ""
    return "; use one of " + ", ".join(words[:LISTED_WORDS]) + more


def closest(word: str, known: Iterable[str], alike_percent: int = ALIKE_PERCENT) -> list[str]:
    """Return the known words that this one may have been meant to be, the closest first."""
    found = process.extract(
        word[:WORD_CHARACTERS], sorted(known), scorer=fuzz.ratio, limit=3, score_cutoff=alike_percent
    )
    return [match for match, *_ in found]


def inside(at: str, key: str) -> str:
    """Return the place of a key inside a place."""
    return f"{at}.{key}" if at else key


class UnreadableError(ValueError):
    """A value of YAML that no store can hold, or that comes to far too much once its anchors are followed."""


def plain(value: Any) -> Any:
    """Return YAML's value with its dates and times as ISO 8601 text. Raises UnreadableError."""
    return _plain(value, iter(range(PARTS_MAX)), DEPTH_MAX)


def _plain(value: Any, left: Iterator[int], depth: int) -> Any:
    if next(left, None) is None:
        raise UnreadableError(
            f"more than {PARTS_MAX:,} values, anchors followed; split it into several definitions"
        )
    if not depth:
        raise UnreadableError(f"nested deeper than {DEPTH_MAX}; write it flatter")
    match value:
        case dict():
            pairs = value.items()
            return {_plain(key, left, depth - 1): _plain(item, left, depth - 1) for key, item in pairs}
        case list():
            return [_plain(item, left, depth - 1) for item in value]
        case dt.date():  # of which datetime is one
            return value.isoformat()
        case str() if _BROKEN.search(value):
            raise UnreadableError(
                f"{value[:WORD_CHARACTERS]!r} has a character that is none (U+0000 or half of a pair)"
            )
        case _:
            return value


def _said(error: msgspec.ValidationError, kind: Any) -> str:
    text = str(error)
    found = text.partition("nvalid enum value '")[2].rpartition("'")[0]
    if len(text) > 2 * WORD_CHARACTERS:
        text = text[:WORD_CHARACTERS] + "…"
    return (
        text[:1].lower()
        + text[1:]
        + (nearest(found, _choices(msgspec.inspect.type_info(kind))) if found else "")
    )


def _choices(kind: msgspec.inspect.Type) -> list[str]:
    """Return the texts among which a field chooses."""
    match kind:
        case msgspec.inspect.Metadata(type=inner) | msgspec.inspect.ListType(item_type=inner):
            return _choices(inner)
        case msgspec.inspect.EnumType(cls=words):
            return [str(word.value) for word in words]
        case msgspec.inspect.LiteralType(values=words):
            return [str(word) for word in words]
        case _:
            return []


def _shown(value: object) -> str:
    return "nothing" if value is None else f"`{reprlib.repr(value)}`"
