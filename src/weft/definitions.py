"""The definitions of a workspace: YAML files under `definitions/<kind>/`, one definition or a list in each."""

import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import yaml

from weft.errors import Misconfigured

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""Names under which a definition may be made: they are names of files too."""

KINDS = ("identity", "traits", "audiences", "survivorship", "plans", "slots", "destinations")
PATTERN = "*.y*ml"
NESTED_MOST = 200
VALUES_MOST = 250_000
INTEGER_BEFORE = 2**63
STUMBLES = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What PyYAML raises beside its own errors for a value that does not fit its tag: `!!bool x`, `!!timestamp x`."""
SURROGATE = re.compile("[\ud800-\udfff]")


class Definition(msgspec.Struct, frozen=True):
    """One definition as it was written: its kind, its name, its body and the file for error messages."""

    kind: str
    name: str
    body: dict[str, Any]
    path: str


class Fault(msgspec.Struct, frozen=True):
    """Why a definition cannot be used. name: empty when it is the whole file."""

    kind: str
    name: str
    path: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.path, self.name, self.message)))


class Read(msgspec.Struct, frozen=True):
    """What files say: definitions sorted by kind and name, and everything that cannot be read."""

    definitions: tuple[Definition, ...]
    faults: tuple[Fault, ...]


def load_definitions(folder: Path) -> tuple[Definition, ...]:
    """Read every definition of a workspace, sorted by kind and name.

    Raises Misconfigured with all faults at once: bad YAML, no name, a name given twice, an unknown folder.
    """
    found = read_folder(folder)
    if found.faults:
        raise Misconfigured("\n".join(map(str, found.faults)), code="bad_definition")
    return found.definitions


def read_folder(folder: Path) -> Read:
    """Read every definition of a workspace; faults are in the result."""
    texts, unreadable = texts_in(folder)
    found = read_texts(texts, folder)
    return Read(found.definitions, (*unreadable, *found.faults))


def texts_in(folder: Path) -> tuple[dict[str, str], list[Fault]]:
    """Return the definition files of a folder, path inside of it → text, and those that are no text."""
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for path in sorted(folder.rglob(PATTERN)) if folder.is_dir() else ():
        inside = path.relative_to(folder)
        try:
            texts[inside.as_posix()] = path.read_text("utf-8")
        except FileNotFoundError:  # an editor is replacing it
            continue
        except (UnicodeDecodeError, OSError) as error:
            faults.append(Fault(inside.parts[0], "", str(path), f"cannot be read as text: {error}"))
    return texts, faults


def read_texts(texts: Mapping[str, str], folder: Path | None = None) -> Read:
    """Read definitions out of texts, path inside of `definitions` → text. folder: begins the paths in messages."""
    faults: list[Fault] = []
    found: dict[tuple[str, str], Definition] = {}
    for inside in sorted(texts):
        path = inside if folder is None else str(folder / inside)
        kind = PurePosixPath(inside).parts[0]
        if kind not in KINDS:
            faults.append(Fault("", "", path, f"put it into one of the folders {', '.join(KINDS)}"))
            continue
        bodies, wrong = bodies_in(texts[inside])
        faults += [Fault(kind, "", path, each) for each in wrong]
        for body in bodies:
            name = body.get("name")
            if not isinstance(name, str) or not name:
                faults.append(Fault(kind, "", path, "a definition needs a `name`"))
            elif (kind, name) in found:
                other = found[kind, name].path
                faults.append(Fault(kind, name, path, f"{kind} `{name}` is already defined in {other}"))
            else:
                found[kind, name] = Definition(kind, name, body, path)
    return Read(tuple(found[key] for key in sorted(found)), tuple(faults))


def read_bodies(path: Path, faults: list[str]) -> list[dict[str, Any]]:
    """Read the definitions of a file; what is wrong with it is added to `faults`. Raises OSError."""
    try:
        bodies, wrong = bodies_in(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        bodies, wrong = [], [f"not valid YAML: {error}"]
    faults += [f"{path}: {each}" for each in wrong]
    return bodies


class _Loader(yaml.SafeLoader):
    """Reads YAML where a key stands once, and a date that there is not is the text that was written."""


def _once(loader: _Loader, node: yaml.Node) -> Any:
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"`{key.value[:80]}` is there twice", problem_mark=key.start_mark
            )
        seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
    return loader.construct_yaml_map(node)


def _dated(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except STUMBLES:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:map", _once)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _dated)


def read_yaml(text: str) -> Any:
    """Return what YAML says. Raises yaml.YAMLError, with the place."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except RecursionError:
        raise yaml.YAMLError("it is nested too deep") from None
    except STUMBLES as error:
        raise yaml.YAMLError(f"a value that is not what its tag says ({error})") from None


def bodies_in(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the definitions in the text of a file, or what is wrong with it."""
    try:
        content = read_yaml(text)
    except yaml.YAMLError as error:
        return [], [f"not valid YAML: {error}"]
    items: list[Any] = content if isinstance(content, list) else [content]
    if not all(isinstance(item, dict) for item in items):
        return [], ["expected a mapping or a list of mappings"]
    good = [item for item in items if _is_plain(item)]
    wrong = [item for item in items if not _is_plain(item)]
    names = ", ".join(f"`{item.get('name')}`" for item in wrong)
    said = [
        f"{names}: keys must be text (quote `yes`, `no`, `on`, `off` and numbers), values what JSON has too, "
        "no text half of a surrogate pair, and it has at most "
        f"{VALUES_MOST:,} values, anchors followed, nested {NESTED_MOST} deep"
    ]
    return good, said if wrong else []


def _is_plain(value: Any) -> bool:
    """Say whether JSON could hold it too: keys are texts, and YAML's anchors make it neither endless nor huge."""
    left: list[tuple[Any, int]] = [(value, 0)]
    values = 0
    while left:
        each, depth = left.pop()
        values += 1
        if values > VALUES_MOST or depth > NESTED_MOST:
            return False
        inner: Iterable[Any] = ()
        if isinstance(each, dict):
            inner = (*each, *each.values())
            if not all(isinstance(key, str) for key in each):
                return False
        elif isinstance(each, list):
            inner = each
        elif not _is_scalar(each):
            return False
        left += [(item, depth + 1) for item in inner]
    return True


def _is_scalar(value: Any) -> bool:
    """Say whether a value comes back from JSON as it was: no `.inf`, no half of a character, no set."""
    match value:
        case bool() | None | dt.date():  # of which datetime is one
            return True
        case int():
            return abs(value) < INTEGER_BEFORE
        case float():
            return math.isfinite(value)
        case str():
            return SURROGATE.search(value) is None
        case _:
            return False


def version_of(body: Mapping[str, Any]) -> str:
    """Return what tells one state of a definition from another."""
    return hashlib.blake2b(msgspec.json.encode(body, order="sorted"), digest_size=8).hexdigest()


def state_of(definitions: Sequence[Definition]) -> str:
    """Return what tells one state of all definitions from another; where they stand does not matter."""
    states = sorted([each.kind, each.name, version_of(each.body)] for each in definitions)
    return hashlib.blake2b(msgspec.json.encode(states), digest_size=8).hexdigest()
