"""What a file is: its format, encoding, delimiter and columns, found from its first bytes."""

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from weft.errors import Rejected
from weft.sources.files.text.rows import split_rows
from weft.sources.files.text.stream import REPLACEMENT, TextStream, codec_name

Format = Literal["csv", "jsonl", "parquet"]

HEAD_BYTES = 256 * 1024
HEADER_BYTES = 64 * 1024
CANDIDATE_ENCODINGS = ("cp949", "big5", "shift_jis", "gb18030", "cp1252")
DELIMITERS = (",", ";", "\t", "|")
JSON_SAMPLE_ROWS = 1_000
FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: save the sheet as CSV UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV UTF-8"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first (gunzip)"),
    (b"(\xb5/\xfd", "compressed with zstd: unpack it first (zstd -d)"),
    (b"%PDF", "a PDF: export the table as CSV"),
    (b"SQLite format 3\x00", "a SQLite database: export the table as CSV"),
    (b"ORC", "an ORC file: write it as Parquet"),
    (b"Obj\x01", "an Avro file: write it as Parquet"),
)


class FileShape(msgspec.Struct, frozen=True):
    """How to read a file.

    columns: names as the mapping uses them, in order; of JSON lines the members seen in the sample.
    types: Arrow types of a Parquet file's columns. header_bytes, header_lines: what stands before the first row.
    notes: what was found odd and is dealt with, for the user.
    """

    path: Path
    format: Format
    size_bytes: int
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    header_bytes: int = 0
    header_lines: int = 0
    types: tuple[pa.DataType, ...] = ()
    rows: int = 0
    notes: tuple[str, ...] = ()


def inspect_file(path: Path, encoding: str = "") -> FileShape:
    """Say what a file is. Raises Rejected, with what to do, if it cannot be imported at all."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from error
    if not head.strip():
        raise Rejected(f"{path} is empty: there is nothing to import.", code="empty_file")
    if head.startswith(b"PAR1"):
        return _parquet(path)
    for magic, what in FOREIGN:
        if head.startswith(magic):
            raise _unknown(path, f"It is {what}.")
    encoding = codec_name(encoding) if encoding else _detect_encoding(path, head)
    with TextStream(path, encoding) as stream:
        text = stream.read(HEAD_BYTES)
    if text.count(b"\0") > len(text) // 100:
        raise _unknown(path, "It holds binary data.")
    if encoding != "utf-8" and text.count(REPLACEMENT) > len(text) // 100:
        raise _wrong_encoding(path, head, f"does not read as {encoding}")
    first = text.lstrip()[:1]
    if first == b"[":
        raise _unknown(path, "It is one JSON array. Write one object a line, e.g. with: jq -c '.[]'")
    if first == b"{":
        return _json_lines(path, encoding, text)
    return _csv(path, encoding, text)


def _unknown(path: Path, why: str) -> Rejected:
    return Rejected(
        f"{path} is not CSV, JSON lines or Parquet. {why}",
        code="unknown_format",
    )


def _detect_encoding(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        if not _mostly_utf8(head):
            raise _wrong_encoding(path, head, "is not UTF-8") from error
    return "utf-8"


def _mostly_utf8(head: bytes) -> bool:
    """Tell a UTF-8 file with a few broken rows, which are rejected one by one, from one in another encoding."""
    others = [line for line in head.split(b"\n") if not line.isascii()]
    broken = sum(1 for line in others[:-1] if "\N{REPLACEMENT CHARACTER}" in line.decode("utf-8", "replace"))
    return broken * 10 < len(others)


def _wrong_encoding(path: Path, head: bytes, fault: str) -> Rejected:
    """Name the encodings that the bytes fit, each with a sample of what they then say."""
    lines = [line for line in head.split(b"\n")[:50] if not line.isascii()]
    line = lines[0][:200] if lines else head[:200]
    readings: list[str] = []
    for encoding in CANDIDATE_ENCODINGS:
        try:
            codecs.getincrementaldecoder(encoding)().decode(head)
            text = codecs.getincrementaldecoder(encoding)().decode(line).strip()
        except UnicodeDecodeError:
            continue
        readings.append(f"  --encoding {encoding:<10} {text[:60]}")
    told = "\n".join(readings) or "  no encoding that Weft tried fits; export the file again as CSV UTF-8"
    return Rejected(
        f"{path} {fault}. Pass the encoding that reads right here (or utf-8, to reject the rows that are not):\n"
        f"{told}",
        code="bad_encoding",
    )


def _parquet(path: Path) -> FileShape:
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Rejected(
            f"{path} begins like a Parquet file and cannot be read ({error}). Was it copied completely?",
            code="broken_file",
        ) from error
    if rows == 0 or not schema.names:
        raise Rejected(f"{path} has no rows: there is nothing to import.", code="empty_file")
    names, notes = _unique(schema.names)
    size = path.stat().st_size
    return FileShape(path, "parquet", size, names, types=tuple(schema.types), rows=rows, notes=notes)


def _json_lines(path: Path, encoding: str, text: bytes) -> FileShape:
    names: dict[str, None] = {}
    for line in text.split(b"\n")[:JSON_SAMPLE_ROWS]:
        try:
            row: Any = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(row, dict):
            names.update(dict.fromkeys(row))
    if not names:
        raise _unknown(path, "It begins like JSON, but none of its first lines is a JSON object.")
    return FileShape(path, "jsonl", path.stat().st_size, tuple(names), encoding)


def _csv(path: Path, encoding: str, text: bytes) -> FileShape:
    if b"\n" not in text and b"\r" in text:
        raise Rejected(
            f"{path} ends its lines with a carriage return only. Convert it first, e.g. with: tr '\\r' '\\n'",
            code="unknown_format",
        )
    skipped = len(text) - len(text.lstrip(b"\r\n"))
    body = text[skipped:]
    delimiter = _detect_delimiter(body)
    whole = len(text) < HEAD_BYTES
    rows = split_rows(body, delimiter, final=whole)
    if not len(rows.stops) or rows.stops[0] > HEADER_BYTES:
        raise _unknown(path, f"Its first line does not end within {HEADER_BYTES} bytes.")
    if whole and not body[rows.used_bytes if len(rows.stops) == 1 else rows.stops[0] :].strip():
        raise Rejected(f"{path} has one line and no rows below it.", code="empty_file")
    header = _header(body[: int(rows.ends[0])], delimiter)
    _refuse_data(path, header)
    names, notes = _unique(header)
    used = int(rows.stops[0])
    return FileShape(
        path,
        "csv",
        path.stat().st_size,
        names,
        encoding,
        delimiter,
        header_bytes=skipped + used,
        header_lines=text[: skipped + used].count(b"\n"),
        notes=notes,
    )


def _detect_delimiter(text: bytes) -> str:
    """Take the one that cuts most of the first rows into as many fields as the header, and into most."""

    def fit(delimiter: str) -> tuple[int, int]:
        fields = split_rows(text[:HEADER_BYTES], delimiter, final=False).fields[:100]
        if not len(fields) or fields[0] < 2:
            return (0, 0)
        return (int((fields == fields[0]).sum() * 20 // len(fields)), int(fields[0]))

    return max(DELIMITERS, key=fit)


def _header(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8", "replace")
    return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=False))]


def _refuse_data(path: Path, header: Sequence[str]) -> None:
    def is_data(cell: str) -> bool:
        return "@" in cell or cell.replace(".", "", 1).replace("-", "").isdigit()

    if header and sum(map(is_data, header)) * 2 > len(header):
        raise Rejected(
            f"The first line of {path} looks like a row, not like column names ({', '.join(header[:5])}). "
            "Add a line with the names on top.",
            code="no_header",
        )


def _unique(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give every column a name of its own; say which were changed."""
    unique: dict[str, None] = {}
    notes: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = name or f"column_{number}"
        fresh, count = wanted, 1
        while fresh in unique:
            count += 1
            fresh = f"{wanted}_{count}"
        if fresh != name:
            why = "has no name" if not name else f"is called `{name}` like another"
            notes.append(f"Column {number} {why}; here it is `{fresh}`.")
        unique[fresh] = None
    return tuple(unique), tuple(notes)
