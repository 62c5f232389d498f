"""The definitions of a workspace: YAML files under `definitions/<kind>/`, one definition or a list in each."""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from weft.errors import Misconfigured

KINDS = ("traits", "audiences", "plans", "destinations")


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
        for body in _read(path, faults):
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


def _read(path: Path, faults: list[str]) -> list[dict[str, Any]]:
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
