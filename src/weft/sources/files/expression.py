"""What is computed by columns: one Ibis expression from the rows of a file to times, properties and keys.

It reads the table `raw` (a `RawChunk`). Bad values become null here; `staging` says why.
"""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false

import functools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from weft.sources.files import functions as f
from weft.sources.files.mapping import (
    ISO,
    UNIX_UNITS,
    ColumnType,
    Mapping,
    TimeColumn,
    property_columns,
    spoken_for,
)
from weft.sources.files.raw import LINE, RAW, RAW_SHOWN_CHARACTERS, column
from weft.sources.files.shape import FileShape

RAW_TABLE = "raw"
TIME, PROPERTIES, CONTEXT, CONSENT, CONTENT = "time", "properties", "context", "consent", "content"
TIME_SHOWN_CHARACTERS = 60

EARLIEST, LATEST = "1900-01-01", "2200-01-01"
_EARLIEST_US, _LATEST_US = -2_208_988_800_000_000, 7_258_118_400_000_000
YES = ("true", "yes", "y", "t", "1", "1.0", "on", "예", "네", "동의", "是", "同意")
NO = ("false", "no", "n", "f", "0", "0.0", "off", "아니오", "거부", "미동의", "否", "不同意")
NO_NUMBER = ("", "-", "NULL", "null", "NaN", "nan", "NA", "N/A", "n/a", "None", "\\N")
HALF_DAYS = {"오전": "AM", "오후": "PM", "上午": "AM", "下午": "PM"}
_SEPARATOR: Any = ibis.literal("\x1f")
_EXACT_BELOW = 2.0**53
_THOUSANDS = r"^-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$"
_NUMBERS = ("integer", "number", "decimal_comma")
_DOCUMENT, _WRITTEN, _MISSING = "document", "written", "missing"
_OFFSET = r"[0-9](Z|z|[-+][0-9]{2}(:?[0-9]{2})?)$"


def key_name(part: str) -> str:
    """Return the name of the output column that holds a key (an identifier, a name, a record's key)."""
    return f"key {part}"


def key_columns(mapping: Mapping) -> dict[str, str]:
    """Return the parts whose values name something → their column."""
    parts = {
        "name": mapping.event_column,
        "type": mapping.type_column,
        "own": mapping.message_id or mapping.record_id,
    }
    parts |= {f"identifier {namespace}": source for namespace, source in mapping.identifiers.items()}
    return {part: source for part, source in parts.items() if source}


class Steps:
    """Expressions that build on each other: what one computes, the next only names.

    One expression would hold a copy of each value for every time that it is used, and of those copies' copies.
    """

    def __init__(self, first: ir.Table) -> None:
        self.done: list[tuple[str, ir.Table]] = []
        """Each step's name and expression, which reads the table or the step before."""
        self._table = first

    def __getitem__(self, name: str) -> Any:
        return self._table[name]

    def add(self, columns: dict[str, Any]) -> None:
        """Compute more columns; what replaces one has its name."""
        if columns:
            self._end(self._table.mutate(**columns))

    def finish(self, columns: dict[str, Any]) -> list[tuple[str, ir.Table]]:
        """Keep only these columns, and return the steps."""
        self._end(self._table.select(**columns))
        return self.done

    def _end(self, expression: ir.Table) -> None:
        name = f"step{len(self.done)}"
        self.done.append((name, expression))
        self._table = ibis.table(expression.schema(), name=name)


def expression(mapping: Mapping, shape: FileShape, schema: pa.Schema) -> Sequence[tuple[str, ir.Table]]:
    """Return the steps for one file. schema: of the chunks that its reader yields."""
    steps = Steps(ibis.table(ibis.Schema.from_pyarrow(schema), name=RAW_TABLE))
    cells = _JsonCells(steps) if shape.format == "jsonl" else _ColumnCells(steps, mapping, shape)
    steps.add({PROPERTIES: cells.properties(mapping)})
    properties = steps[PROPERTIES]
    columns: dict[str, Any] = {LINE: steps[LINE], PROPERTIES: properties}
    if mapping.context:
        columns[CONTEXT] = cells.object(mapping.context)
    if mapping.time:
        columns[TIME] = _time(cells.cell(mapping.time.column), mapping.time)
    if mapping.consent:
        columns[CONSENT] = _consent({purpose: cells.cell(c) for purpose, c in mapping.consent.items()})
    if isinstance(cells, _JsonCells):
        columns |= {key_name(part): cells.cell(source) for part, source in key_columns(mapping).items()}
    if mapping.record_id:
        when = [cells.cell(mapping.time.column).cast("string").fill_null("")] if mapping.time else []
        keys = [cells.cell(c).cast("string").fill_null("") for c in mapping.identifiers.values()]
        columns[CONTENT] = _SEPARATOR.join([properties, *when, *keys]).hexdigest("md5")
    return steps.finish(columns)


def rejection(mapping: Mapping, shape: FileShape, schema: pa.Schema) -> Sequence[tuple[str, ir.Table]]:
    """Return the steps that show rejected rows: their text (JSON where a file has none) and their time."""
    steps = Steps(ibis.table(ibis.Schema.from_pyarrow(schema), name=RAW_TABLE))
    cells = _JsonCells(steps) if shape.format == "jsonl" else _ColumnCells(steps, mapping, shape)
    text: Any = steps[RAW] if RAW in schema.names else None
    if text is None:
        values = {name: steps[column(index)] for index, name in enumerate(shape.columns)}
        text = f.without_nulls(_json_object(values))
    time: Any = cells.cell(mapping.time.column).cast("string") if mapping.time else ibis.null("string")
    return steps.finish(
        {
            LINE: steps[LINE],
            RAW: text.substr(0, RAW_SHOWN_CHARACTERS),
            TIME: time.substr(0, TIME_SHOWN_CHARACTERS),
        }
    )


class _JsonCells:
    """Cells of JSON lines: members of each line's object, found by their pointers."""

    def __init__(self, steps: Steps) -> None:
        text = steps[RAW]
        steps.add({_DOCUMENT: ibis.ifelse(_is_object(text), text, ibis.null("string"))})
        self._steps = steps

    @property
    def _document(self) -> Any:
        return self._steps[_DOCUMENT]

    def cell(self, name: str) -> Any:
        """Return a member as text; `a.b` goes into a nested object if there is no member of that whole name."""
        return self._member(f.json_extract_string, name)

    def _part(self, name: str) -> Any:
        return self._member(f.json_extract, name)

    def _member(self, extract: Any, name: str) -> Any:
        paths = [[name], name.split(".")] if "." in name else [[name]]
        return ibis.coalesce(*(extract(self._document, _pointer(path)) for path in paths))

    def object(self, name: str) -> Any:
        """Return the JSON of a member that is an object, `{}` where it is absent; null for anything else."""
        return _object_text(self._part(name).cast("string"), self._document)

    def properties(self, mapping: Mapping) -> Any:
        """Return the properties; null where the line is no JSON object."""
        if mapping.spread:
            return self.object(mapping.spread)
        if mapping.properties is None:
            kept = f.without_nulls(self._document)
            unwanted = dict.fromkeys(spoken_for(mapping))
            return f.json_merge_patch(kept, json.dumps(unwanted)) if unwanted else kept
        if not mapping.properties:
            return ibis.ifelse(self._document.notnull(), "{}", ibis.null("string"))
        chosen = _json_object({name: self._part(source) for name, source in mapping.properties.items()})
        written = f.without_nulls(chosen)
        return ibis.ifelse(self._document.notnull(), written, ibis.null("string"))


class _ColumnCells:
    """Cells of CSV and Parquet: columns."""

    def __init__(self, steps: Steps, mapping: Mapping, shape: FileShape) -> None:
        self._steps = steps
        self._types = mapping.types
        self._places = {name: column(index) for index, name in enumerate(shape.columns)}

    def cell(self, name: str) -> Any:
        """Return a column as it is."""
        return self._steps[self._places[name]]

    def object(self, name: str) -> Any:
        """Return the JSON of a column of objects or of their text, `{}` where it is empty; null for anything else."""
        cell = self.cell(name)
        return _object_text(cell if cell.type().is_string() else f.to_json(cell), ibis.literal("{}"))

    def properties(self, mapping: Mapping) -> Any:
        """Return the properties; null where a spread column holds no object."""
        if mapping.spread:
            return self.object(mapping.spread)
        sources = property_columns(mapping, list(self._places))
        if not sources:
            return ibis.literal("{}")
        self._add_numbers(sources.values())
        return _written(self._steps, {name: self._reading(source) for name, source in sources.items()})

    def _add_numbers(self, sources: Iterable[str]) -> None:
        """Add what stands in each column that is read as numbers."""
        numbers = {_number_name(self._places[s]): s for s in sources if self._read_as(s) in _NUMBERS}
        steps = self._steps
        steps.add({name: _any_number(self.cell(s), self._read_as(s)) for name, s in numbers.items()})
        steps.add({name: _kept_number(self.cell(s), steps[name]) for name, s in numbers.items()})

    def _read_as(self, source: str) -> ColumnType:
        return self._types.get(source, "text") if self.cell(source).type().is_string() else "text"

    def _reading(self, source: str) -> "_Reading":
        cell, read_as = self.cell(source), self._read_as(source)
        if read_as in _NUMBERS:
            return _number(cell, self._steps[_number_name(self._places[source])], read_as)
        return _read(cell, read_as)


def _json_object(values: dict[str, Any]) -> Any:
    """Return a JSON object. Names that differ only in case, which a struct cannot hold, come from several."""
    groups: list[dict[str, Any]] = []
    for name, value in values.items():
        group = next((one for one in groups if name.lower() not in map(str.lower, one)), None)
        if group is None:
            groups.append(group := {})
        group[name] = value
    documents = [f.to_json(ibis.struct(group)) for group in groups]
    return functools.reduce(f.json_merge_patch, documents)


def _pointer(steps: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _object_text(text: Any, owner: Any) -> Any:
    """Return the text if it is a JSON object; an absent one is empty, anything else null."""
    return ibis.cases(
        (owner.isnull(), ibis.null("string")),
        (text.startswith("{") & f.json_valid(text), text),
        (_is_object(text), text),
        (text.isnull() | text.strip().isin(("", "null")), ibis.literal("{}")),
        else_=ibis.null("string"),
    )


def _is_object(text: Any) -> Any:
    """Say whether a text is a JSON object: one that is JSON and begins with a brace."""
    return text.strip().startswith("{") & f.json_valid(text)


class _Reading(NamedTuple):
    """A cell as the value that JSON is to show: in the type of its column, and where it does not fit, in another."""

    value: Any
    others: tuple[Any, ...] = ()


def _written(steps: Steps, readings: dict[str, _Reading]) -> Any:
    """Return a JSON object. What does not fit its column's type is rare, and only those rows pay for it."""
    values = {name: f"value {place}" for place, name in enumerate(readings)}
    others = [
        {
            name: f"other {level} {place}"
            for place, name in enumerate(readings)
            if readings[name].others[level:]
        }
        for level in range(2)
    ]
    computed = {values[name]: reading.value for name, reading in readings.items()}
    for level, columns in enumerate(others):
        computed |= {column: readings[name].others[level] for name, column in columns.items()}
    steps.add(computed)
    steps.add(
        {
            _WRITTEN: _json_object({name: steps[column] for name, column in values.items()}),
            _MISSING: ibis.or_(*(steps[column].isnull() for column in values.values())),
        }
    )
    steps.add({_WRITTEN: ibis.ifelse(steps[_MISSING], f.without_nulls(steps[_WRITTEN]), steps[_WRITTEN])})
    for columns in filter(None, others):
        given = ibis.or_(*(steps[column].notnull() for column in columns.values()))
        patch = f.without_nulls(_json_object({name: steps[column] for name, column in columns.items()}))
        patched = f.json_merge_patch(steps[_WRITTEN], patch)
        steps.add({_WRITTEN: ibis.ifelse(given, patched, steps[_WRITTEN])})
    return steps[_WRITTEN]


def _read(cell: Any, read_as: ColumnType) -> _Reading:
    kind: dt.DataType = cell.type()
    if kind.is_floating():
        return _Reading(_finite(cell))
    if kind.is_timestamp():
        return _Reading(_iso_text(cell, kind))
    if read_as == "boolean":
        answer = _answer(cell)
        return _Reading(answer, (ibis.ifelse(answer.isnull(), cell, ibis.null("string")),))
    return _Reading(cell)


def _finite(number: Any) -> Any:
    return ibis.ifelse(number.isnan() | number.isinf(), ibis.null(number.type()), number)


def _iso_text(cell: Any, kind: Any) -> Any:
    if kind.timezone:
        return f.in_zone("UTC", cell).cast("string").replace(" ", "T").concat("Z")
    return cell.cast("string").replace(" ", "T")


def _number_name(place: str) -> str:
    return f"number {place}"


def _any_number(cell: Any, read_as: ColumnType) -> Any:
    """Return the number that a text says, if any."""
    if read_as == "decimal_comma":
        return cell.replace(".", "").replace(",", ".").try_cast("float64")
    plain = cell.try_cast("float64")
    bare: Any = ibis.ifelse(cell.re_search(_THOUSANDS), cell.replace(",", ""), ibis.null("string"))
    return ibis.cases((plain.notnull(), plain), else_=bare.try_cast("float64"))


def _kept_number(cell: Any, number: Any) -> Any:
    """Return the number, but not for `007`, nor if it has more digits than a number can hold exactly."""
    code = cell.startswith("0") & (cell.length() > 1) & ~cell.startswith("0.") & ~cell.startswith("0,")
    lost = number.isnan() | number.isinf() | (number.abs() >= _EXACT_BELOW)
    return ibis.ifelse(code | lost, ibis.null("float64"), number)


def _number(cell: Any, number: Any, read_as: ColumnType) -> _Reading:
    """Read a number. What is none stays text."""
    none = ibis.null("string")
    text = ibis.cases((number.notnull(), none), (cell.isin(NO_NUMBER), none), else_=cell)
    if read_as != "integer":
        return _Reading(number, (text,))
    whole = number == number.floor()
    integer = ibis.ifelse(whole, number, ibis.null("float64")).cast("int64")
    fraction = ibis.ifelse(whole, ibis.null("float64"), number)
    return _Reading(integer, (text, fraction))


def _answer(cell: Any) -> Any:
    text = cell.lower()
    return ibis.cases((text.isin(YES), True), (text.isin(NO), False), else_=ibis.null("boolean"))


def _consent(cells: dict[str, Any]) -> Any:
    """Return purpose → yes or no; what says neither is left out, for silence is no consent."""
    read = {purpose: _answer(cell.cast("string").strip()) for purpose, cell in cells.items()}
    return f.without_nulls(_json_object(read)).nullif("{}")


def _time(cell: Any, time: TimeColumn) -> Any:
    """Return UTC, or null for what cannot be read or is out of any sensible range."""
    kind: dt.DataType = cell.type()
    if kind.is_timestamp():
        found = f.in_zone("UTC", cell) if kind.timezone else _to_utc(cell, time.timezone)  # type: ignore[attr-defined]
    elif kind.is_date():
        found = _to_utc(cell.cast("timestamp"), time.timezone)
    elif time.format in UNIX_UNITS:
        return _unix(cell, UNIX_UNITS[time.format])
    else:
        text = cell if kind.is_string() else cell.cast("int64").cast("string")
        found = _iso(text, time.timezone) if time.format == ISO else _pattern(text, time)
    return ibis.ifelse(
        (found >= ibis.timestamp(EARLIEST)) & (found < ibis.timestamp(LATEST)), found, ibis.null(f.TIME)
    )


def _to_utc(local: Any, zone: str) -> Any:
    return local if zone == "UTC" else f.in_zone("UTC", f.at_zone(zone, local))


def _unix(cell: Any, factor: int) -> Any:
    whole = cell.type().is_integer()
    number = (cell if whole else cell.try_cast("float64")) * factor
    sane = (number >= _EARLIEST_US) & (number < _LATEST_US)
    kept: Any = ibis.ifelse(sane, number, ibis.null(number.type()))
    return f.make_timestamp(kept.cast("int64"))


def _iso(text: Any, zone: str) -> Any:
    """Read ISO 8601; an offset in the text beats the mapping's zone."""
    instant = f.in_zone("UTC", text.try_cast(f.INSTANT))
    if zone == "UTC":
        return instant
    return ibis.ifelse(text.re_search(_OFFSET) & (text.length() > 10), instant, _to_utc(instant, zone))


def _pattern(text: Any, time: TimeColumn) -> Any:
    if "%p" in time.format:
        for local, english in HALF_DAYS.items():
            text = text.replace(local, english)
    if re.search(r"%z", time.format):
        return f.in_zone("UTC", f.try_strptime_zoned(text, time.format))
    return _to_utc(f.try_strptime(text, time.format), time.timezone)
