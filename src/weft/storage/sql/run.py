"""Runs the SQL of a trait over what is known of everybody, in a process of its own, and reads what it came to."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from weft.clock import us_of
from weft.language.text import iso_of
from weft.model.measure import ValueType
from weft.model.trait import Trait
from weft.storage.database_profiles import count_profiles
from weft.storage.defined import json_column
from weft.storage.duckdb_arrow import fetch, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.sql.check import reads_of
from weft.storage.sql.sandbox import MEGABYTE, RESULT, Job
from weft.storage.sql.views import MOMENT, write_views

FOLDER = "sql-"
SPARE_ROWS = 1_000
"""So many rows more than profiles may be given: some ids may be of nobody."""
TEXT_CHARACTERS = 1_000
LIST_MOST = 100
SAID_CHARACTERS = 500
REPEATED_SHOWN = 3
FIRST_US, LAST_US = us_of(datetime.min.replace(tzinfo=UTC)), us_of(datetime.max.replace(tzinfo=UTC))

ANCHORS = """
SELECT profile_id, min_by(node_id, (right(CAST(node_id AS VARCHAR), 16) <> right(CAST(profile_id AS VARCHAR), 16),
    node_id)) AS node_id
FROM identity_map WHERE profile_id IN (SELECT id FROM wanted) GROUP BY profile_id
"""
"""A profile → the node that its id was made of (15 of their digits are the same), as long as that is in it."""
TYPES: Mapping[ValueType, pa.DataType] = {
    ValueType.NUMBER: pa.float64(),
    ValueType.TEXT: pa.string(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.TIME: MOMENT,
    ValueType.LIST: pa.list_(pa.string()),
}


class Limits(NamedTuple):
    """What a run may use."""

    memory_mb: int
    seconds: int


class Answer(NamedTuple):
    """What a run came to. values: node → (profile, the value as JSON). unknown: rows of profiles that there are not."""

    values: dict[bytes, tuple[bytes, str]]
    unknown: int


class FailedRunError(Exception):
    """Why a run has no result; for people."""


def run_sql(trait: Trait, database: Engine, warehouse: Warehouse, limits: Limits) -> Answer:
    """Return what a SQL trait comes to now. Raises FailedRunError. What it leaves on disk is gone when it returns."""
    batch = trait.batch
    assert batch is not None
    reads = reads_of(batch.sql)
    cursor = warehouse.cursor()
    try:
        with tempfile.TemporaryDirectory(prefix=FOLDER, dir=warehouse.path.parent) as name:
            folder = Path(name)
            with database.connect().execution_options(read_only=True) as connection:
                people = count_profiles(connection)
            _leave_room(warehouse.path)
            write_views(*reads, cursor, database, folder)
            _run_apart(
                Job(name, batch.sql, limits.memory_mb, limits.seconds, people + SPARE_ROWS), limits.seconds
            )
            rows = pq.read_table(folder / RESULT)
        return _answer(cursor, rows, trait.value_type)
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise FailedRunError(  # what an error says may quote people's values
            f"it could not be run ({type(error).__name__}); see whether the disk is full, else define it anew"
        ) from error
    finally:
        cursor.close()


def forget_left(folder: Path) -> None:
    """Delete what runs left in the folder of the warehouse when their engine was killed: it is of people."""
    for each in folder.glob(f"{FOLDER}*"):
        shutil.rmtree(each, ignore_errors=True)


def _leave_room(path: Path) -> None:
    """Refuse to copy a history that could fill the disk: no copy is larger than the file of the warehouse."""
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < 2 * size:
        raise FailedRunError(
            f"it reads a copy of the history, and the disk has {free / MEGABYTE:,.0f} MB free of the "
            f"{2 * size / MEGABYTE:,.0f} that this may need; make room"
        )


def _run_apart(job: Job, seconds: int) -> None:
    """Run a job in a process that has nothing of this one but the path of its modules."""
    paths = os.pathsep.join(each for each in sys.path if each)
    environment = {"PATH": os.defpath, "PYTHONPATH": paths, "HOME": job.folder}
    command = [sys.executable, "-m", "weft.storage.sql.sandbox"]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module)
            command,
            input=msgspec.json.encode(job),
            env=environment,
            cwd=job.folder,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FailedRunError(f"it took more than {seconds} s; ask for less") from None
    if done.returncode == 1 and done.stderr:
        raise FailedRunError(done.stderr.decode(errors="replace").strip()[-SAID_CHARACTERS:])
    if done.returncode:
        raise FailedRunError(
            f"it was ended ({-done.returncode}): it took more than {seconds} s, or more memory than there is"
        )


def _answer(cursor: duckdb.DuckDBPyConnection, rows: pa.Table, kind: ValueType) -> Answer:
    rows = rows.rename_columns([name.lower() for name in rows.column_names])
    rows = rows.filter(rows["value"].is_valid())
    ids, values = _ids(rows["profile_id"]), _json(rows["value"], kind)
    given = {key: value for key, value in zip(ids, values, strict=True) if key is not None}
    unknown = ids.count(None)
    if len(given) + unknown < len(ids):
        raise FailedRunError(_repeated(ids))
    with registered(cursor, "wanted", pa.table([uuid_array(list(given))], names=["id"])):
        anchors = fetch(cursor, ANCHORS)
    found = {
        node: (key, value)
        for key, node in zip(uuid_bytes(anchors["profile_id"]), uuid_bytes(anchors["node_id"]), strict=True)
        if (value := given[key]) is not None
    }
    return Answer(found, unknown + len(given) - anchors.num_rows)


def _ids(column: "pa.ChunkedArray[Any]") -> list[bytes | None]:
    """Return profile ids as 16 bytes; None for what is no id."""
    if isinstance(column.type, pa.ExtensionType):
        return pa.chunked_array(
            [chunk.storage for chunk in column.chunks], column.type.storage_type
        ).to_pylist()
    if pa.types.is_fixed_size_binary(column.type):
        return column.to_pylist()
    return [_id(text) for text in column.to_pylist()]


def _id(text: str | None) -> bytes | None:
    try:
        return UUID(text).bytes
    except (ValueError, TypeError):
        return None


def _json(column: "pa.ChunkedArray[Any]", kind: ValueType) -> Sequence[str | None]:
    """Return values as JSON; None for what is missing: infinite numbers and times, empty lists."""
    try:
        cast = column.cast(TYPES[kind], safe=False)
        values = _times(cast) if kind is ValueType.TIME else json_column(cast)
    except pa.ArrowInvalid as error:
        raise FailedRunError(f"its values are not of the type {kind}: {error}") from None
    return [None if (fit := _fit(value)) is None else msgspec.json.encode(fit).decode() for value in values]


def _times(column: "pa.ChunkedArray[Any]") -> list[str | None]:
    """Return times as text; None for those that it cannot say: infinite ones, and of no year from 1 to 9999."""
    times = column.cast(pa.int64()).to_pylist()
    return [iso_of(at_us) if at_us is not None and FIRST_US <= at_us <= LAST_US else None for at_us in times]


def _fit(value: Any) -> Any:
    match value:
        case float() if value - value != 0:
            return None
        case str():
            return value[:TEXT_CHARACTERS]
        case list():
            return [text[:TEXT_CHARACTERS] for text in value[:LIST_MOST] if text is not None] or None
        case _:
            return value


def _repeated(ids: Sequence[bytes | None]) -> str:
    seen: set[bytes] = set()
    repeated: dict[bytes, None] = {}
    for key in ids:
        if key is not None and key in seen:
            repeated[key] = None
        elif key is not None:
            seen.add(key)
    shown = ", ".join(str(UUID(bytes=key)) for key in list(repeated)[:REPEATED_SHOWN])
    return f"it gives {len(repeated):,} profiles more than one value ({shown}); group by profile_id"
