"""The identifiers of an uploaded list: out of CSV, of lines or of JSON, each fault with its line."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from weft.errors import Rejected
from weft.model.identifier import Identifier

IDENTIFIERS_MOST = 250_000
FAULTS_SHOWN = 100
VALUE_SHOWN = 60
DELIMITERS = ",;\t"
NAMESPACE = re.compile(r"[a-z0-9_]{1,64}")

Normalise = Callable[[str, object], str | None]
"""(namespace, value) → the value as nodes are made of it; None if it names nobody."""


class Form(StrEnum):
    """How a list is written. LINES: an identifier a line. CSV: with a header, or of one column."""

    LINES = "lines"
    CSV = "csv"
    JSON = "json"


class Reason(StrEnum):
    """Why a line names nobody."""

    NO_NAMESPACE = "no_namespace"
    UNUSABLE = "unusable"


SAID = {
    Reason.NO_NAMESPACE: "say of which namespace it is, as in `email:kim@example.com`, or give one for all",
    Reason.UNUSABLE: "this is no usable value of its namespace",
}


class LineFault(msgspec.Struct, frozen=True):
    """A line that names nobody, and why. line: from 1; of JSON the place in the array."""

    line: int
    value: str
    reason: Reason


class ListRead(msgspec.Struct, frozen=True):
    """A list as it was read. identifiers: each once, in their order; repeated: how many stood there again.

    faults: the first FAULTS_SHOWN of all `faulty` lines.
    """

    identifiers: tuple[Identifier, ...]
    repeated: int
    faulty: int
    faults: tuple[LineFault, ...]


Row = tuple[int, str, str]
"""Line, namespace (empty: in the value), value."""


def read_list(
    content: bytes, form: Form, normalise: Normalise, *, namespace: str = "", column: str = ""
) -> ListRead:
    """Return the identifiers of a list.

    namespace: of all values; without it each says its own, as `namespace:value` or in a column `namespace` (JSON: a
    member). column: the column of a CSV file that has the values.
    Raises Rejected for what cannot be read at all: no UTF-8, no such column, more than IDENTIFIERS_MOST.
    """
    if namespace and not NAMESPACE.fullmatch(namespace):
        raise Rejected(
            f"namespace: `{namespace}` is none; use one such as `email` or `user_id` (a-z, 0-9, _)."
        )
    found: dict[Identifier, None] = {}
    faults: list[LineFault] = []
    repeated = faulty = 0
    for line, own, value in _rows(content, form, namespace, column):
        read = _identifier(own or namespace, value, normalise)
        if isinstance(read, Identifier):
            repeated += read in found
            found[read] = None
            if len(found) > IDENTIFIERS_MOST:
                raise Rejected(f"A list holds at most {IDENTIFIERS_MOST:,} identifiers. Cut it into several.")
            continue
        faulty += 1
        if len(faults) < FAULTS_SHOWN:
            faults.append(LineFault(line, value[:VALUE_SHOWN], read))
    return ListRead(tuple(found), repeated, faulty, tuple(faults))


def _identifier(namespace: str, value: str, normalise: Normalise) -> Identifier | Reason:
    """Return the identifier, or why there is none."""
    if not namespace:
        namespace, colon, value = value.partition(":")
        namespace = namespace if colon else ""
    namespace = namespace.strip()
    if not NAMESPACE.fullmatch(namespace):
        return Reason.NO_NAMESPACE
    normal = normalise(namespace, value) if len(value.splitlines()) <= 1 else None
    return Reason.UNUSABLE if normal is None else Identifier(namespace, normal)


def _rows(content: bytes, form: Form, namespace: str, column: str) -> Iterator[Row]:
    if form is Form.JSON:
        return _json_rows(content)
    text = _decoded(content)
    if form is Form.LINES:
        lines = enumerate(text.splitlines(), start=1)
        return ((number, "", line.strip()) for number, line in lines if line.strip())
    return _csv_rows(text, namespace, column)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Rejected(
            f"line {line}: this is no UTF-8. Save the file as UTF-8 and upload it again."
        ) from None


def _csv_rows(text: str, namespace: str, column: str) -> Iterator[Row]:
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        values, own = _columns(header, namespace, column)
        if values is None:  # one column without a header: its first line is a value
            values = 0
            yield from ((1, "", cell) for cell in header if cell)
        line = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, _cell(row, own), _cell(row, values)
            line = reader.line_num + 1
    except csv.Error as error:  # a quote that is never closed would swallow the lines behind it
        raise Rejected(
            f'line {line}: this is no CSV ({error}). See whether a `"` there is alone; within quotes write it twice.'
        ) from None


def _columns(header: Sequence[str], namespace: str, column: str) -> tuple[int | None, int | None]:
    """Return which columns have the values (None: there is one column, without a header) and their namespaces."""
    places = {name.casefold(): at for at, name in enumerate(header)}
    own = None if namespace else places.get("namespace")
    wanted = column or ("value" if own is not None else namespace)
    if wanted.casefold() in places and wanted:
        return places[wanted.casefold()], own
    if column or len(header) > 1:
        known = ", ".join(f"`{name}`" for name in header)
        what = f"There is no column `{wanted}`" if wanted else "There are several columns"
        raise Rejected(f"{what}; the first line has {known}. Say which has the identifiers: `column`.")
    return None, None


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _json_rows(content: bytes) -> Iterator[Row]:
    try:
        found = msgspec.json.decode(content, type=list[str | int | Mapping[str, str | int]])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Rejected(
            f'This is no array of identifiers ({error}). Write `["kim@example.com"]` with a namespace, or '
            '`[{"namespace": "email", "value": "kim@example.com"}]`.'
        ) from None
    for place, each in enumerate(found, start=1):
        if isinstance(each, Mapping):
            yield place, str(each.get("namespace", "")), str(each.get("value", ""))
        else:
            yield place, "", str(each)
