"""From the rows of a file to staged events: the computed columns, the identifiers, and why a row is rejected."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.collect.identifiers import normalise_identifier
from weft.model.staged import EVENT_TYPES, IDENTIFIERS, STAGED
from weft.sources.files import expression as columns
from weft.sources.files.keys import each_distinct, key_text
from weft.sources.files.mapping import Mapping
from weft.sources.files.raw import LINE, RAW, BadRow, RawChunk, column
from weft.sources.files.safe_json import fault_of_json, suspicious_json, suspicious_written
from weft.sources.files.shape import FileShape

NO_TIME = "no time"


class ColumnEngine(Protocol):
    """Runs Ibis expressions over Arrow tables."""

    def prepare(self, steps: Sequence[tuple[str, ir.Table]], name: str) -> Callable[[pa.Table], pa.Table]:
        """Return a function that runs steps, each by its name, over a table called `name`: the last one's rows.

        They come in any order.
        """
        ...


class Origin(NamedTuple):
    """What is the same for all rows of an import. content: a short digest of the file's bytes."""

    import_id: str
    content: str
    source: str
    received_at_us: int


class Staged(NamedTuple):
    """The rows of a chunk: those that go on (as STAGED), and those that do not."""

    table: pa.Table
    bad: tuple[BadRow, ...]


class Stager:
    """Stages the chunks of one file."""

    def __init__(
        self, mapping: Mapping, shape: FileShape, schema: pa.Schema, origin: Origin, engine: ColumnEngine
    ) -> None:
        self._mapping = mapping
        self._shape = shape
        self._origin = origin
        self._compute = engine.prepare(columns.expression(mapping, shape, schema), columns.RAW_TABLE)
        self._show = engine.prepare(columns.rejection(mapping, shape, schema), columns.RAW_TABLE)
        self._written = shape.format != "jsonl" and not mapping.spread and all(map(_plain, schema.types))

    def stage(self, chunk: RawChunk) -> Staged:
        """Return the staged rows of a chunk, in order, and its bad rows by line."""
        if not chunk.rows or not chunk.table.num_rows:
            return Staged(STAGED.empty_table(), chunk.bad)
        computed = _in_order(self._compute(chunk.table))
        keys = {part: self._key(chunk.table, computed, part) for part in columns.key_columns(self._mapping)}
        identifiers = {
            namespace: _normalised(namespace, keys[f"identifier {namespace}"])
            for namespace in self._mapping.identifiers
        }
        faults = self._faults(computed, keys, identifiers)
        good = pc.is_null(faults)
        table = self._table(computed, keys, identifiers)
        if faults.null_count == len(faults):
            return Staged(table, chunk.bad)
        bad = sorted([*chunk.bad, *self._bad_rows(chunk.table, faults)], key=lambda row: row.line)
        return Staged(table.filter(good), tuple(bad))

    def _key(self, raw: pa.Table, computed: pa.Table, part: str) -> pa.Array:
        source = columns.key_columns(self._mapping)[part]
        if self._shape.format == "jsonl":
            values = _whole(computed[columns.key_name(part)])
        else:
            values = _whole(raw[column(self._shape.columns.index(source))])
        return key_text(
            values, number=self._mapping.types.get(source) in ("integer", "number", "decimal_comma")
        )

    def _table(
        self, computed: pa.Table, keys: dict[str, pa.Array], identifiers: dict[str, pa.Array]
    ) -> pa.Table:
        rows = computed.num_rows
        received = pa.scalar(self._origin.received_at_us, pa.timestamp("us"))
        nothing = pa.nulls(rows, pa.string())
        values = {
            "position": pa.array(np.zeros(rows, np.int64)),
            "message_id": self._message_ids(computed, keys),
            "type": self._types(keys, rows),
            "name": self._names(keys, rows),
            "occurred_at": pc.fill_null(self._times(computed, rows), received),
            "received_at": pa.repeat(received, rows),
            "source": pa.repeat(self._origin.source, rows),
            "identifiers": _identifiers(identifiers),
            "properties": _whole(computed[columns.PROPERTIES]),
            "context": self._contexts(computed, rows),
            "consent": _whole(computed[columns.CONSENT]) if self._mapping.consent else nothing,
            "record_id": self._record_ids(computed, keys) if self._mapping.kind == "records" else nothing,
        }
        return pa.table([values[name] for name in STAGED.names], schema=STAGED)

    def _types(self, keys: dict[str, pa.Array], rows: int) -> pa.Array:
        if self._mapping.kind == "records":
            return pa.repeat("record", rows)
        if "type" not in keys:
            return pa.repeat("track", rows)
        return pc.fill_null(pc.utf8_lower(keys["type"]), "track")

    def _names(self, keys: dict[str, pa.Array], rows: int) -> pa.Array:
        if self._mapping.kind == "records":
            return pa.repeat(self._mapping.object, rows)
        return (
            pc.fill_null(keys["name"], self._mapping.event)
            if "name" in keys
            else pa.repeat(self._mapping.event, rows)
        )

    def _contexts(self, computed: pa.Table, rows: int) -> pa.Array:
        return _whole(computed[columns.CONTEXT]) if self._mapping.context else pa.repeat("{}", rows)

    def _times(self, computed: pa.Table, rows: int) -> pa.Array:
        if not self._mapping.time:
            return pa.nulls(rows, pa.timestamp("us"))
        return pc.cast(_whole(computed[columns.TIME]), pa.timestamp("us"))

    def _record_ids(self, computed: pa.Table, keys: dict[str, pa.Array]) -> pa.Array:
        by_line = pc.binary_join_element_wise(self._origin.content, _lines(computed), ":")
        return pc.coalesce(keys["own"], by_line) if "own" in keys else by_line

    def _message_ids(self, computed: pa.Table, keys: dict[str, pa.Array]) -> pa.Array:
        by_line = pc.binary_join_element_wise(self._origin.import_id, _lines(computed), ":")
        if self._mapping.kind == "events":
            return pc.coalesce(keys["own"], by_line) if "own" in keys else by_line
        record_ids = self._record_ids(computed, keys)
        version = _whole(computed[columns.CONTENT]) if self._mapping.record_id else self._origin.import_id
        return pc.binary_join_element_wise(self._mapping.object, record_ids, version, ":")

    def _faults(
        self, computed: pa.Table, keys: dict[str, pa.Array], identifiers: dict[str, pa.Array]
    ) -> pa.Array:
        """Return why each row is rejected, or null. The first reason counts."""
        none = pa.nulls(computed.num_rows, pa.string())
        faults = [self._property_faults(computed)]
        if self._mapping.context:
            contexts = _whole(computed[columns.CONTEXT])
            what = f"{self._mapping.context} holds no JSON object"
            faults.append(_json_faults(contexts, what, suspicious_json(contexts)))
        faults.append(self._identifier_faults(keys, identifiers))
        if self._mapping.time:
            faults.append(self._time_faults(computed))
        if self._mapping.type_column:
            types = self._types(keys, computed.num_rows)
            known = pc.is_in(types, pa.array([kind for kind in EVENT_TYPES if kind != "record"]))
            faults.append(
                pc.if_else(known, None, pc.binary_join_element_wise("the type is unknown: ", types, ""))
            )
        if self._mapping.kind == "events":
            named = pc.not_equal(self._names(keys, computed.num_rows), "")
            needed = pc.equal(self._types(keys, computed.num_rows), "track")
            faults.append(pc.if_else(pc.and_(needed, pc.invert(named)), "no event name", none))
        return pc.coalesce(*faults)

    def _property_faults(self, computed: pa.Table) -> pa.Array:
        properties = _whole(computed[columns.PROPERTIES])
        what = f"{self._mapping.spread} holds no JSON object" if self._mapping.spread else "not a JSON object"
        doubts = suspicious_written(properties) if self._written else suspicious_json(properties)
        return _json_faults(properties, what, doubts)

    def _identifier_faults(self, keys: dict[str, pa.Array], identifiers: dict[str, pa.Array]) -> pa.Array:
        namespaces = self._mapping.identifiers
        usable = pc.is_valid(pc.coalesce(*identifiers.values()))
        given = pc.is_valid(pc.coalesce(*(keys[f"identifier {namespace}"] for namespace in namespaces)))
        names = ", ".join(namespaces.values())
        empty = f"no identifier: {names} {'is' if len(namespaces) == 1 else 'are'} empty"
        unfit = f"no identifier: no usable {' or '.join(namespaces)} in {names}"
        return pc.if_else(usable, pa.scalar(None, pa.string()), pc.if_else(given, unfit, empty))

    def _time_faults(self, computed: pa.Table) -> pa.Array:
        return pc.if_else(pc.is_valid(_whole(computed[columns.TIME])), pa.scalar(None, pa.string()), NO_TIME)

    def _bad_rows(self, table: pa.Table, faults: pa.Array) -> Iterator[BadRow]:
        bad = pc.is_valid(faults)
        shown = _in_order(self._show(table.filter(bad)))
        times = pc.fill_null(shown[columns.TIME], "(empty)").to_pylist()
        rows = zip(
            shown[LINE].to_pylist(),
            faults.filter(bad).to_pylist(),
            shown[RAW].to_pylist(),
            times,
            strict=True,
        )
        for line, reason, text, time in rows:
            told = f"{self._time_column} is no time: {time}" if reason == NO_TIME else reason
            yield BadRow(line, told, (text or "").rstrip("\r\n"))

    @property
    def _time_column(self) -> str:
        return self._mapping.time.column if self._mapping.time else ""


def _in_order(table: pa.Table) -> pa.Table:
    """Return the rows by their lines; an engine with several threads may have mixed them."""
    whole = table.combine_chunks()
    lines = whole[LINE].to_numpy()
    return whole if bool(np.all(lines[1:] > lines[:-1])) else whole.sort_by(LINE).combine_chunks()


def _normalised(namespace: str, values: pa.Array) -> pa.Array:
    """Return the values as the wire would have them; each distinct one is looked at once."""

    def normalise(value: Any) -> str | None:
        return None if value is None else normalise_identifier(namespace, value)

    return each_distinct(values, normalise)


def _identifiers(values: dict[str, pa.Array]) -> pa.Array:
    """Return each row's identifiers in the order of the mapping."""
    rows = len(next(iter(values.values())))
    present = np.stack([pc.is_valid(one).to_numpy(zero_copy_only=False) for one in values.values()], axis=1)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    row, place = np.nonzero(present)
    flat = pa.concat_arrays(list(values.values())).take(pa.array(place * rows + row))
    namespaces = pa.array(list(values)).take(pa.array(place))
    struct = pa.StructArray.from_arrays([namespaces, flat], fields=list(IDENTIFIERS.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), struct)


def _json_faults(objects: pa.Array, what: str, doubts: pa.Array | None) -> pa.Array:
    """Return what is wrong with each text, or null. what: of those that are null. doubts: which to look at."""
    faults = pc.if_else(pc.is_valid(objects), pa.scalar(None, pa.string()), what)
    if doubts is None or not pc.any(doubts).as_py():
        return faults
    doubtful = np.flatnonzero(pc.fill_null(doubts, fill_value=False))
    texts: list[str] = objects.take(pa.array(doubtful)).to_pylist()
    found = np.zeros(len(faults), np.bool_)
    reasons = [fault_of_json(text) for text in texts]
    found[[row for row, reason in zip(doubtful, reasons, strict=True) if reason]] = True
    return pc.replace_with_mask(
        faults, pa.array(found), pa.array([one for one in reasons if one], pa.string())
    )


def _plain(kind: pa.DataType) -> bool:
    """Say whether JSON written from a column of this type holds no nesting and no endless number."""
    small = pa.types.is_integer(kind) and kind != pa.uint64()
    other = pa.types.is_string(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return small or other or pa.types.is_temporal(kind)


def _lines(computed: pa.Table) -> pa.Array:
    return pc.cast(_whole(computed[LINE]), pa.string())


def _whole(values: pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
