"""An import: the rows of a file become Parquet chunks beside the log, and the log refers to each of them once."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from weft.errors import Rejected, Transient
from weft.model.accepted import Chunk
from weft.ports import EventLog
from weft.sources.files.journal import Journal, Manifest, Progress, settle
from weft.sources.files.mapping import Mapping, check_mapping, mapping_hash
from weft.sources.files.parquet_reader import ParquetReader
from weft.sources.files.raw import BadRow, Cursor, RawChunk, Reader
from weft.sources.files.shape import FileShape, inspect_file
from weft.sources.files.staging import ColumnEngine, Origin, Staged, Stager
from weft.sources.files.text.reader import TextReader

ID_CHARACTERS = 24
CONTENT_CHARACTERS = 12
ROW_GROUP_ROWS = 125_000
WRITTEN: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["position", "type", "name", "received_at", "source", "context", "consent"],
    "write_statistics": ["occurred_at"],
}
"""How chunks are written. The columns without a dictionary differ in nearly every row."""


class ImportProgress(msgspec.Struct, frozen=True):
    """How far an import is; fraction from 0 to 1."""

    fraction: float
    rows: int
    staged: int
    rejected: int


class ImportResult(msgspec.Struct, frozen=True):
    """How an import ended. already: the same file was imported before, and nothing was done now.

    rows = staged + rejected. chunks: entries of the log. rejected_path: absent if nothing was rejected.
    """

    import_id: str
    rows: int
    staged: int
    rejected: int
    chunks: int
    already: bool
    resumed: bool
    rejected_path: Path | None


class Trial(msgspec.Struct, frozen=True):
    """What would become of the first chunk of a file."""

    rows: int
    staged: int
    bad: tuple[BadRow, ...]


def import_file(
    path: Path,
    mapping: Mapping,
    *,
    data: Path,
    log: EventLog,
    engine: ColumnEngine,
    received_at_us: int,
    source: str,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportResult:
    """Import a file. The same file with the same mapping again is a no-op; one that was cut short goes on.

    data: the workspace's data folder. Raises Rejected (the file or the mapping), Transient (disk full: call again).
    """
    shape = inspect_file(path, mapping.encoding)
    check_mapping(mapping, shape.columns, dotted=shape.format == "jsonl")
    before = _stamp(path)
    content = _digest(path)
    import_id = _import_id(content, mapping)
    manifest = Manifest(import_id, path.name, content, source, received_at_us, mapping)
    try:
        with Journal.opened(data / "imports" / import_id, manifest) as journal:
            if journal.progress.finished:
                return _result(journal, already=True)
            _run(shape, journal, log, engine, progress)
            if _stamp(path) != before:
                raise Rejected(f"{path} changed while it was read. Import it again once nobody writes it.")
            journal.record(msgspec.structs.replace(journal.progress, finished=True))
            return _result(journal, already=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Transient(
                f"The disk is full after {path}. Make room and give the same command: it goes on from here."
            ) from error
        raise


def try_file(path: Path, mapping: Mapping, *, engine: ColumnEngine, source: str) -> Trial:
    """Stage the first chunk of a file and keep nothing. Raises Rejected as `import_file` does."""
    shape = inspect_file(path, mapping.encoding)
    check_mapping(mapping, shape.columns, dotted=shape.format == "jsonl")
    chunk = next(_reader(shape).chunks(Cursor()))
    stager = Stager(mapping, shape, chunk.table.schema, Origin("dry-run", "dry-run", source, 0), engine)
    staged = stager.stage(chunk)
    return Trial(chunk.rows, staged.table.num_rows, staged.bad)


def _reader(shape: FileShape) -> Reader:
    return ParquetReader(shape) if shape.format == "parquet" else TextReader(shape)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _import_id(content: str, mapping: Mapping) -> str:
    """Return an id that only the same bytes, read the same way, have."""
    text = "\n".join((content, mapping_hash(mapping), mapping.kind))
    return hashlib.sha256(text.encode()).hexdigest()[:ID_CHARACTERS]


def _run(
    shape: FileShape,
    journal: Journal,
    log: EventLog,
    engine: ColumnEngine,
    progress: Callable[[ImportProgress], None],
) -> None:
    """Read, stage and write: three chunks are under way at a time, committed in their order."""
    reader = _reader(shape)
    manifest = journal.manifest
    origin = Origin(
        manifest.import_id, manifest.content[:CONTENT_CHARACTERS], manifest.source, manifest.received_at_us
    )
    stager: Stager | None = None
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(1) as behind:
        for chunk in _read_ahead(reader.chunks(journal.progress.cursor), ahead):
            stager = stager or Stager(manifest.mapping, shape, chunk.table.schema, origin, engine)
            staged = stager.stage(chunk)
            if writing:
                writing.result()
            progress(_told(journal.progress, chunk.fraction))
            writing = behind.submit(_commit, journal, log, chunk, staged)
        if writing:
            writing.result()
    progress(_told(journal.progress, 1.0))


def _told(progress: Progress, fraction: float) -> ImportProgress:
    return ImportProgress(min(fraction, 1.0), progress.rows, progress.staged, progress.rejected)


def _read_ahead(chunks: Iterator[RawChunk], pool: ThreadPoolExecutor) -> Iterator[RawChunk]:
    upcoming = pool.submit(next, chunks, None)
    while (chunk := upcoming.result()) is not None:
        upcoming = pool.submit(next, chunks, None)
        yield chunk


def _commit(journal: Journal, log: EventLog, chunk: RawChunk, staged: Staged) -> None:
    """Make one chunk durable: its file, its place in the log, its rejected rows, then the note that it is done."""
    done = journal.progress
    rows = staged.table.num_rows
    manifest = journal.manifest
    if rows:
        path = journal.folder / f"{done.number:06}.parquet"
        _write_chunk(staged.table, path)
        log.append_chunk(
            Chunk(
                key=f"{manifest.import_id}/{done.number}",
                path=f"imports/{manifest.import_id}/{path.name}",
                count=rows,
                received_at_us=manifest.received_at_us,
                source=manifest.source,
            )
        )
    journal.record(
        Progress(
            cursor=chunk.after,
            number=done.number + 1,
            rows=done.rows + chunk.rows,
            staged=done.staged + rows,
            rejected=done.rejected + len(staged.bad),
            chunks=done.chunks + bool(rows),
            rejected_bytes=journal.reject(staged.bad),
        )
    )


def _write_chunk(table: pa.Table, path: Path) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        pq.write_table(table, file, row_group_size=ROW_GROUP_ROWS, **WRITTEN)
        file.flush()
        os.fsync(file.fileno())
    settle(fresh, path)


def _result(journal: Journal, *, already: bool) -> ImportResult:
    progress = journal.progress
    return ImportResult(
        import_id=journal.manifest.import_id,
        rows=progress.rows,
        staged=progress.staged,
        rejected=progress.rejected,
        chunks=progress.chunks,
        already=already,
        resumed=journal.resumed and not already,
        rejected_path=journal.rejected_path if progress.rejected else None,
    )
