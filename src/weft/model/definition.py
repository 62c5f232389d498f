"""The states of definitions over time: what was in force, since when, and who saw to it."""

from enum import StrEnum
from typing import Any

import msgspec

Key = tuple[str, str]
"""Kind and name of a definition."""


class How(StrEnum):
    """In which way a state of a definition came about."""

    FILES = "files"  # a file was edited by hand
    CONSOLE = "console"
    API = "api"
    APPLY = "apply"
    ROLLBACK = "rollback"


class Author(msgspec.Struct, frozen=True):
    """Who changes definitions, and how. who: the name of a token or of an account; empty where nobody knows."""

    who: str = ""
    how: How = How.FILES


class DefinitionVersion(msgspec.Struct, frozen=True):
    """One state of a definition. number: from 1 on; body: None, it was deleted; path: inside of `definitions`."""

    kind: str
    name: str
    number: int
    body: dict[str, Any] | None
    path: str
    at_us: int
    author: Author


class SetAside(msgspec.Struct, frozen=True):
    """A definition that cannot be in force as its file says, and why.

    name: empty when a whole file cannot be read. kept: its last good state stays in force instead.
    """

    kind: str
    name: str
    path: str
    reasons: tuple[str, ...]
    kept: bool
