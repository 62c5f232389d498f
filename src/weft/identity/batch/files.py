"""Reading person files (CSV, Parquet) for batch resolution: ids, truth, and the columns that say who somebody is."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from weft.errors import Rejected
from weft.identity.kinds.names.split import split_names
from weft.identity.scoring.table import distinct

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 20_000
SAMPLE_BYTES = 4 << 20
UNIFORM = 0.9
PANDAS_INDEX = "__index_level"
BLOCK_BYTES = 16 << 20
FOREIGN = {
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
    b"\x1f\x8b": "is compressed; unpack it first",
    b"PK\x03\x04": "is an Excel or ZIP file; save it as CSV",
}
"""How files begin that are often taken for CSV, and what to do with them."""


@dataclass(frozen=True, slots=True)
class PersonFile:
    """One file as it was read: its columns (all but id and truth, as text or dates), ids and truth."""

    path: Path
    columns: dict[str, pa.ChunkedArray]
    ids: pa.ChunkedArray
    truth: pa.ChunkedArray | None


def read_file(
    path: Path, id_column: str, truth_column: str | None, wanted: Sequence[str] | None
) -> PersonFile:
    """Read one file. wanted: the columns to read beside id and truth; None, all of them.

    Raises Rejected for a file that is empty or unreadable, and for columns that it does not have.
    """
    names = column_names(path)
    keep = {name.strip(): name for name in names}
    for needed in [id_column, *([truth_column] if truth_column else []), *(wanted or [])]:
        if needed not in keep:
            raise Rejected(f"{path} has no column {needed!r}. It has: {', '.join(keep)}.")
    taken = list(dict.fromkeys([id_column, truth_column or id_column, *(keep if wanted is None else wanted)]))
    table = _read(path, names, [keep[name] for name in taken])
    if not table.num_rows:
        raise Rejected(f"{path} has no rows.")
    columns = dict(zip(taken, table.columns, strict=True))
    ids = columns.pop(id_column)
    truth = columns.pop(truth_column, ids) if truth_column else None
    _check_ids(path, id_column, ids)
    return PersonFile(path, columns, ids, truth)


def check_there(path: Path) -> None:
    """Raise Rejected where there is no such file, or where it is no table."""
    if not path.is_file():
        raise Rejected(f"There is no file {path}. Name a CSV or Parquet file.")
    column_names(path)


def check_writable(path: Path) -> None:
    """Raise Rejected where no file can be written, before hours went into what is to be in it."""
    there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise Rejected(f"{path} cannot be written ({error.strerror}). Name another file.") from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns as they stand there. Raises Rejected for what is no table."""
    if _is_parquet(path):
        return [name for name in _schema(path).names if not name.startswith(PANDAS_INDEX)]
    return _head(path).names


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise Rejected(f"{path} is a damaged Parquet file: {error} Write it again.") from error


@dataclass(frozen=True, slots=True)
class _Head:
    """How a CSV begins: its columns, what stands between two cells, and how many lines that takes."""

    names: list[str]
    delimiter: str
    lines: int


def _head(path: Path) -> _Head:
    import csv as text_csv

    with path.open("rb") as file:
        begin = file.read(max(map(len, FOREIGN)))
    for magic, what in FOREIGN.items():
        if begin.startswith(magic):
            raise Rejected(f"{path} {what}.")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        first = next((line for line in iter(lambda: text.readline(1 << 20), "") if line.strip()), "")
        delimiter = max(DELIMITERS, key=re.sub('"[^"]*"', "", first).count)
        text.seek(0)
        rows = text_csv.reader(text, delimiter=delimiter)
        try:
            names = next((row for row in rows if any(cell.strip() for cell in row)), [])
        except text_csv.Error as error:
            raise Rejected(
                f"{path} cannot be read as a table: {error}. Its first line must name the columns."
            ) from error
    if not names:
        raise Rejected(f"{path} is empty.")
    return _Head(names, delimiter, rows.line_num)


def _read(path: Path, names: list[str], taken: list[str]) -> pa.Table:
    if _is_parquet(path):
        return pq.read_table(path, columns=taken, use_pandas_metadata=False)
    with _open_csv(path, names, taken, BLOCK_BYTES) as reader:
        try:
            return reader.read_all()
        except pa.ArrowInvalid as error:
            raise _unreadable(path, error) from error


def _open_csv(path: Path, names: list[str], taken: list[str], block_bytes: int) -> csv.CSVStreamingReader:
    head = _head(path)
    convert = csv.ConvertOptions(
        include_columns=taken,
        column_types=dict.fromkeys(taken, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
    )
    parse = csv.ParseOptions(delimiter=head.delimiter, newlines_in_values=True)
    read = csv.ReadOptions(column_names=names, skip_rows=head.lines, block_size=block_bytes)
    try:
        return csv.open_csv(path, read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: pa.ArrowInvalid) -> Rejected:
    what = "Save it as UTF-8." if "UTF8" in str(error) else "Every line needs as many cells as the first."
    return Rejected(f"{path} cannot be read as a table: {error}. {what}")


def _check_ids(path: Path, column: str, ids: pa.ChunkedArray) -> None:
    if pa.types.is_nested(ids.type):
        raise Rejected(f"{path}: the column {column} holds lists or structs; an id is a text or a number.")
    if ids.null_count:
        raise Rejected(f"{path}: {ids.null_count:,} rows have no {column}. Every record needs an id.")
    if pc.count_distinct(ids).as_py() < len(ids):
        counted = pc.value_counts(ids.combine_chunks())
        twice = next(one["values"] for one in counted.to_pylist() if one["counts"] > 1)
        raise Rejected(f"{path}: the column {column} is not unique: {twice!r} stands there more than once.")


def truth_codes(files: Sequence[PersonFile]) -> NDArray[np.int32] | None:
    """Return one number per record for the person it truly is, over all files; -1 where it is not said."""
    if any(one.truth is None for one in files):
        return None
    said = [one.truth for one in files if one.truth is not None]
    if len({one.type for one in said}) > 1 or not pa.types.is_integer(said[0].type):
        said = [_stripped(one) for one in said]
    whole = pc.dictionary_encode(
        pa.chunked_array([chunk for one in said for chunk in one.chunks], said[0].type)
    )
    return pc.fill_null(whole.combine_chunks().indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)


def _stripped(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_trim_whitespace(values.cast(pa.string()))


def sample_of(path: Path) -> tuple[dict[str, pa.Array], int]:
    """Return rows of each column, for proposing what the columns mean, and a guess of how many there are.

    They are the first; of a column that says nearly always the same in them, or nothing, they are from the whole file
    (which may be sorted by it). The number of rows of a CSV is told from its size.
    """
    sample, rows = _first_rows(path)
    doubtful = [name for name, values in sample.items() if len(values) < rows and _is_uniform(values)]
    if doubtful:
        names = {name.strip(): name for name in column_names(path)}
        whole = _read(path, column_names(path), [names[name] for name in doubtful])
        places = np.linspace(0, whole.num_rows - 1, min(SAMPLE_ROWS, whole.num_rows)).astype(np.int64)
        spread = whole.take(pa.array(places)).combine_chunks()
        sample |= {
            name: column.combine_chunks() for name, column in zip(doubtful, spread.columns, strict=True)
        }
    return sample, rows


def _is_uniform(values: pa.Array) -> bool:
    counts = pc.value_counts(values.cast(pa.string())).field("counts")
    return pc.max(counts).as_py() >= UNIFORM * len(values)


def _first_rows(path: Path) -> tuple[dict[str, pa.Array], int]:
    if _is_parquet(path):
        with pq.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if not name.startswith(PANDAS_INDEX)]
            batch = next(file.iter_batches(SAMPLE_ROWS, columns=names), None)
            rows = file.metadata.num_rows
        return ({} if batch is None else dict(zip(names, batch.columns, strict=True))), rows
    names = column_names(path)
    with _open_csv(path, names, names, SAMPLE_BYTES) as reader:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return {}, 0
        except pa.ArrowInvalid as error:
            raise _unreadable(path, error) from error
    rows = batch.num_rows
    if path.stat().st_size > SAMPLE_BYTES:
        rows = int(rows * path.stat().st_size / SAMPLE_BYTES)
    first = batch.slice(0, SAMPLE_ROWS)
    return dict(zip((name.strip() for name in names), first.columns, strict=True)), rows


def with_names_apart(file: PersonFile, mapping: dict[str, str]) -> tuple[PersonFile, dict[str, str]]:
    """Take full names apart into given and family names, where the file has no columns for these.

    mapping: column → kind. Returns both with two columns more and without the full name.
    """
    whole = next((column for column, kind in mapping.items() if kind == "full_name"), None)
    if whole is None:
        return file, mapping
    columns, kinds = dict(file.columns), {one: kind for one, kind in mapping.items() if kind != "full_name"}
    codes, values = distinct(columns.pop(whole))
    for part, names in zip(("given_name", "family_name"), split_names(values), strict=True):
        if part not in mapping.values():
            indices = pa.array(codes, mask=codes < 0)
            columns[f"{whole} ({part})"] = pa.chunked_array([names.take(indices)])
            kinds[f"{whole} ({part})"] = part
    return replace(file, columns=columns), kinds
