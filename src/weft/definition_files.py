"""Writing definition files: any number of them as one change, which a crash leaves done or not done, never half.

A change is written down whole in a journal inside of `definitions` first; from then on it is done. Whoever starts next
finishes what the journal says.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from weft.definitions import Definition, bodies_in, read_texts, read_yaml
from weft.errors import Misconfigured, Rejected
from weft.model.definition import Author, Key

JOURNAL = ".change.json"
"""Inside of `definitions`; its name is no YAML, so nobody takes it for a definition."""


class Change(msgspec.Struct, frozen=True):
    """Files to write, path inside of `definitions` → text, None to delete it; and who wanted it when."""

    files: dict[str, str | None]
    author: Author
    at_us: int


class Rewritten(msgspec.Struct, frozen=True):
    """Files written anew, as in `Change`. comments_lost: those that stood beside what was written again."""

    files: dict[str, str | None]
    comments_lost: tuple[str, ...] = ()


def rewritten(
    texts: Mapping[str, str], present: Mapping[Key, str], wanted: Mapping[Key, dict[str, Any] | None]
) -> Rewritten:
    """Return the files that change when definitions become `wanted` (None: they are deleted).

    texts: all files; present: where a definition stands now. A new one gets a file of its own. The lines of comment at
    the head of a file stay; YAML that is written again keeps no others. Raises Rejected for a file that is not YAML.
    """
    by_file: dict[str, dict[str, dict[str, Any] | None]] = {}
    for (kind, name), body in wanted.items():
        path = present.get((kind, name), f"{kind}/{name}.yaml")
        by_file.setdefault(path, {})[name] = body
    files: dict[str, str | None] = {}
    lost: list[str] = []
    for path, bodies in sorted(by_file.items()):
        fresh, comments = _rewrite(path, texts.get(path, ""), bodies)
        if fresh != texts.get(path):
            files[path] = fresh
            lost += comments
    return Rewritten(files, tuple(lost))


def exported(present: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str | None]:
    """Return what must be written so that files say what others say, path inside of the folder → text.

    A definition stays in the file in which it stands; files that lack nothing are not written. A file of others is
    taken as it is when nothing of it is there yet. Raises Rejected for files that are not definitions.
    """
    here, wanted = read_texts(present), read_texts(theirs)
    if here.faults:
        raise Rejected("\n".join(map(str, here.faults)), code="bad_definition")
    places = {(each.kind, each.name): each.path for each in here.definitions}
    known = {each.path for each in wanted.definitions if (each.kind, each.name) in places}
    whole = {path: text for path, text in theirs.items() if path not in present and path not in known}
    bodies: dict[Key, dict[str, Any] | None] = dict.fromkeys(places)
    for each in wanted.definitions:
        if each.path not in whole:
            bodies[each.kind, each.name] = each.body
            places.setdefault((each.kind, each.name), each.path)
    return dict(sorted((rewritten(present, places, bodies).files | whole).items()))


def placed(definitions: Iterable[Definition], folder: Path) -> dict[Key, str]:
    """Return in which files definitions stand, as `rewritten` wants it."""
    return {(each.kind, each.name): Path(each.path).relative_to(folder).as_posix() for each in definitions}


def begin_change(folder: Path, change: Change) -> None:
    """Write a change down: from here on it is done, whatever happens. Raises Misconfigured."""
    with _telling(folder):
        _write(folder / JOURNAL, msgspec.json.encode(change).decode())
        _sync(folder)


def pending_change(folder: Path) -> Change | None:
    """Return a change that was written down and not ended. Raises Misconfigured for one that cannot be read."""
    path = folder / JOURNAL
    try:
        return msgspec.json.decode(path.read_bytes(), type=Change)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise Misconfigured(
            f"{path}: a change of definitions that cannot be read ({error}). Delete it, then look at the files."
        ) from error


def write_change(folder: Path, change: Change) -> None:
    """Write the files of a change; again if need be, it comes to the same. Raises Misconfigured."""
    with _telling(folder):
        for inside, text in change.files.items():
            path = folder / inside
            if text is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, text)
        for parent in {(folder / inside).parent for inside in change.files}:
            if parent.is_dir():
                _sync(parent)


def end_change(folder: Path) -> None:
    """Forget a change that is written."""
    (folder / JOURNAL).unlink(missing_ok=True)


class _telling:  # noqa: N801 - reads as a function
    """Turns a file that cannot be written into Misconfigured."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise Misconfigured(
                f"{error.filename or self._folder} cannot be written ({error.strerror}). "
                "Give the user that runs Weft the right to write there."
            ) from error


def _rewrite(
    path: str, text: str, bodies: Mapping[str, dict[str, Any] | None]
) -> tuple[str | None, Sequence[str]]:
    """Return the text of a file with definitions put in place or taken out, None for an empty one; lost comments."""
    items, faults = bodies_in(text) if text.strip() else ([], [])
    if faults:
        raise Rejected(f"{path}: {faults[0]}\nMend that file first.", code="bad_definition")
    kept = [bodies.get(str(item.get("name")), item) for item in items]
    known = {item.get("name") for item in items}
    kept += [body for name, body in bodies.items() if name not in known]
    left = [item for item in kept if item is not None]
    if left == items:
        return text, ()
    if not left:
        return None, tuple(_comments(text))
    head = _head(text)
    shown = left if len(left) > 1 or isinstance(read_yaml(text), list) else left[0]
    fresh = head + yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=100)
    return fresh, tuple(_comments(text[len(head) :]))


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


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
