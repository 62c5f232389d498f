"""What an import has done, on disk: so that it goes on where it stopped, and never does a thing twice.

The folder of an import holds `import.json` (what it is), `NNNNNN.parquet` (its chunks), `journal.jsonl` (one line per
chunk that is in the log, then one that says it is finished) and `rejected.csv`.
"""

import csv
import fcntl
import io
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from weft.errors import Rejected
from weft.sources.files.mapping import Mapping
from weft.sources.files.raw import BadRow, Cursor

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Manifest(msgspec.Struct, frozen=True):
    """What is imported. Written once, before the first chunk, so that a restart makes the same chunks."""

    import_id: str
    file: str
    content: str
    source: str
    received_at_us: int
    mapping: Mapping


class Progress(msgspec.Struct, frozen=True):
    """How far an import is. chunks: that were appended to the log. rejected_bytes: length of `rejected.csv`."""

    cursor: Cursor = Cursor()
    number: int = 0
    rows: int = 0
    staged: int = 0
    rejected: int = 0
    chunks: int = 0
    rejected_bytes: int = 0
    finished: bool = False


class Journal:
    """The folder of one import, held by one process."""

    def __init__(self, folder: Path, manifest: Manifest, progress: Progress) -> None:
        self.folder = folder
        self.manifest = manifest
        self.progress = progress
        self.resumed = progress != Progress()

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, manifest: Manifest) -> Generator[Self]:
        """Open or begin the import of a manifest; the first one that was written counts."""
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, folder)
            path = folder / "import.json"
            if not path.exists():
                write_durably(path, msgspec.json.encode(manifest))
            known = msgspec.json.decode(path.read_bytes(), type=Manifest)
            progress = _last_progress(folder / "journal.jsonl")
            journal = cls(folder, known, progress)
            if not progress.finished:
                journal.cut_rejected()
            yield journal
        finally:
            os.close(descriptor)

    @property
    def rejected_path(self) -> Path:
        """Where the rejected rows stand."""
        return self.folder / "rejected.csv"

    def cut_rejected(self) -> None:
        """Forget rejected rows of a chunk that was not finished."""
        if self.rejected_path.exists():
            os.truncate(self.rejected_path, self.progress.rejected_bytes)

    def reject(self, rows: Sequence[BadRow]) -> int:
        """Add rejected rows to their file; return its length in bytes."""
        if not rows:
            return self.progress.rejected_bytes
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        if self.progress.rejected_bytes == 0:
            writer.writerow(("line", "reason", "row"))
        writer.writerows((row.line, neutral(row.reason), neutral(row.raw)) for row in rows)
        with self.rejected_path.open("ab") as file:
            file.write(buffer.getvalue().encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def record(self, progress: Progress) -> None:
        """Note that a chunk is in the log, or that the import is finished."""
        with (self.folder / "journal.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(progress) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.progress = progress


def neutral(cell: str) -> str:
    """Return a cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, or not at all, whatever happens."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    settle(fresh, path)


def settle(fresh: Path, path: Path) -> None:
    """Give a written and synced file its name, durably."""
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Rejected(
            f"This file is being imported by another process ({folder.name}). Wait for it to end.",
            code="already_running",
        ) from None


def _last_progress(path: Path) -> Progress:
    """Return the last whole line; a half-written one at the end is from a crash and cut off."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Progress()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    lines = whole.splitlines()
    return msgspec.json.decode(lines[-1], type=Progress) if lines else Progress()
