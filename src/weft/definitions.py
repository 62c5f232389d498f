"""The definitions of a workspace: YAML files under `definitions/<kind>/`, one definition or a list in each."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from weft.errors import Misconfigured

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""Names under which a definition may be made: they are names of files too."""

KINDS = ("identity", "traits", "audiences", "survivorship", "plans", "destinations")


class Definition(msgspec.Struct, frozen=True):
    """One definition as it was written: its kind, its name, its body and the file for error messages."""

    kind: str
    name: str
    body: dict[str, Any]
    path: str


def load_definitions(folder: Path) -> tuple[Definition, ...]:
    """Read every definition of a workspace, sorted by kind and name.

    Raises Misconfigured with all faults at once: bad YAML, no name, a name given twice, an unknown folder.
    """
    faults: list[str] = []
    found: dict[tuple[str, str], Definition] = {}
    for path in sorted(folder.rglob("*.y*ml")) if folder.is_dir() else ():
        kind = path.relative_to(folder).parts[0]
        if kind not in KINDS:
            faults.append(f"{path}: put it into one of the folders {', '.join(KINDS)}")
            continue
        for body in read_bodies(path, faults):
            name = body.get("name")
            if not isinstance(name, str) or not name:
                faults.append(f"{path}: a definition needs a `name`")
                continue
            if (kind, name) in found:
                faults.append(f"{path}: {kind} `{name}` is already defined in {found[kind, name].path}")
                continue
            found[kind, name] = Definition(kind, name, body, str(path))
    if faults:
        raise Misconfigured("\n".join(faults), code="bad_definition")
    return tuple(found[key] for key in sorted(found))


def read_bodies(path: Path, faults: list[str]) -> list[dict[str, Any]]:
    """Read the definitions of a file; what is wrong with it is added to `faults`. Raises OSError."""
    try:
        content: Any = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.append(f"{path}: not valid YAML: {error}")
        return []
    items: list[Any] = content if isinstance(content, list) else [content]
    if not all(isinstance(item, dict) for item in items):
        faults.append(f"{path}: expected a mapping or a list of mappings")
        return []
    return items


class Saved(msgspec.Struct, frozen=True):
    """What came of writing a definition. comments_lost: those that stood beside what was written again."""

    path: str
    comments_lost: tuple[str, ...] = ()


def save_definition(folder: Path, definition: Definition, present: Definition | None) -> Saved:
    """Write a definition into the file of the present one, or into a new file, whole or not at all.

    The lines of comment at the head of a file stay; YAML that is written again keeps no others.
    Raises Misconfigured when the file cannot be written.
    """
    path = folder / definition.kind / f"{definition.name}.yaml" if present is None else Path(present.path)
    return _replace(path, definition.name if present is None else present.name, definition.body)


def delete_definition(present: Definition) -> Saved:
    """Take a definition out of its file, and the file away when nothing is left in it."""
    return _replace(Path(present.path), present.name, None)


def _replace(path: Path, name: str, body: dict[str, Any] | None) -> Saved:
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        content: Any = yaml.safe_load(text)
        items: list[Any] = content if isinstance(content, list) else [] if content is None else [content]
        at = next((i for i, item in enumerate(items) if item.get("name") == name), len(items))
        items = [*items[:at], *([] if body is None else [body]), *items[at + 1 :]]
        if not items:
            path.unlink(missing_ok=True)
            return Saved(str(path), tuple(_comments(text)))
        head = _head(text)
        shown = items if isinstance(content, list) else items[0]
        fresh = head + yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=100)
        _write(path, fresh)
    except OSError as error:
        raise Misconfigured(
            f"{path} cannot be written ({error.strerror}). Give the user that runs Weft the right to write there."
        ) from error
    return Saved(str(path), tuple(_comments(text[len(head) :])))


def _write(path: Path, text: str) -> None:
    """Replace a file durably; its new name is no YAML, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _head(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)


def _comments(text: str) -> Iterator[str]:
    """Yield the comments: what stands behind a `#` between the tokens of YAML."""
    end = 0
    for token in yaml.scan(text):
        for line in text[end : token.start_mark.index].splitlines():
            _, mark, comment = line.partition("#")
            if mark:
                yield comment.strip()
        end = max(end, token.end_mark.index)
