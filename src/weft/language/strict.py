"""Reading a definition strictly: every fault of it is found, and each says what to write instead."""

import datetime as dt
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True):
    """A fault of a definition (`is_error`), or what is probably one (a warning).

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

    def __str__(self) -> str:
        return f"{self.path}: {self.name}: {self.message}"


class Reader:
    """Collects the problems of one definition while it is read."""

    def __init__(self, path: str, name: str) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._name = name

    def fault(self, at: str, message: str) -> None:
        """Note an error at a place inside the definition, such as `who.all[0]`."""
        text = f"{at}: {message}" if at else message
        self.problems.append(Problem(self._path, self._name, text, at=at))

    def warn(self, at: str, message: str, word: str, **parameters: str) -> None:
        """Note a warning. word, parameters: the same for programs."""
        told = {"at": at, **parameters}
        text = f"{at}: {message}" if at else message
        problem = Problem(self._path, self._name, text, False, word, tuple(told.items()))
        self.problems.append(problem)

    def struct(self, kind: type[T], body: object, at: str) -> T | None:
        """Read one mapping as a struct; None if anything in it is wrong."""
        if not isinstance(body, dict):
            self.fault(at, f"expected a mapping, found {_shown(body)}")
            return None
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
                self.fault(inside(at, key), _said(error))
        return kind(**values) if ok else None

    def _keys(self, body: Mapping[Any, object], fields: Iterable[str], at: str) -> bool:
        ok = True
        for key in body:
            if key not in fields:
                ok = False
                self.fault(at, f"`{key}` is no key here{nearest(str(key), fields)}")
        return ok


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the closest known words, or all of them when none is close."""
    words = sorted(known)
    close = closest(word, words)
    if close:
        return "; did you mean " + " or ".join(f"`{match}`" for match in close) + "?"
    return "; use one of " + ", ".join(words) if words else ""


def closest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that this one may have been meant to be, the closest first."""
    return get_close_matches(word, sorted(known), n=3, cutoff=0.6)


def inside(at: str, key: str) -> str:
    """Return the place of a key inside a place."""
    return f"{at}.{key}" if at else key


def plain(value: Any) -> Any:
    """Return YAML's value with its dates and times as ISO 8601 text."""
    match value:
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case dt.date():  # of which datetime is one
            return value.isoformat()
        case _:
            return value


def _said(error: msgspec.ValidationError) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def _shown(value: object) -> str:
    return "nothing" if value is None else f"`{value}`"
