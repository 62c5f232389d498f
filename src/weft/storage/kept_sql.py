"""Compiled statements kept on disk, because Ibis takes longer to load and to compile than a start may take.

One file for each sort of statements. Its first line is a hash of the second, of what the statements were made from, and
of the code that made them; whatever does not fit it (an older file, half a file) is made again.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import duckdb
import msgspec

PACKAGE = Path(__file__).parent.parent
MAKERS = ("storage", "model", "language")
"""Folders whose code decides what a definition compiles to."""
LIBRARIES = ("ibis-framework", "sqlglot")

Sql = TypeVar("Sql", bound=tuple[object, ...])


def kept(folder: Path, kind: type[Sql], about: object, make: Callable[[], Sql]) -> Sql:
    """Return statements from disk, or make and keep them. kind: a NamedTuple; about: all that they are made from.

    A folder that cannot be written costs time, nothing else.
    """
    path = folder / f"{kind.__name__}.json"
    made_from = _digest(_code(), kind.__name__.encode(), msgspec.json.encode(about, order="sorted"))
    found = _read(path, kind, made_from)
    if found is not None:
        return found
    made = make()
    with suppress(OSError):
        _write(path, msgspec.json.encode(made), made_from)
    return made


def _read(path: Path, kind: type[Sql], made_from: bytes) -> Sql | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        return msgspec.json.decode(body, type=kind) if head == _digest(made_from, body) else None
    except (OSError, msgspec.DecodeError):
        return None


def _write(path: Path, body: bytes, made_from: bytes) -> None:
    """Write the file whole or not at all; it is not synced, for half a file after a power cut is noticed."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(_digest(made_from, body) + b"\n" + body)
    fresh.replace(path)


@cache
def _code() -> bytes:
    return code_hash()


def code_hash() -> bytes:
    """Return a hash of everything that turns definitions into SQL: our own files, Ibis, the engine."""
    versions = [duckdb.__version__, *(version(name) for name in LIBRARIES)]
    files = [path for folder in MAKERS for path in sorted((PACKAGE / folder).glob("*.py"))]
    return _digest("\n".join(versions).encode(), *(path.read_bytes() for path in files))


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest().encode()
