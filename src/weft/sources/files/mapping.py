"""A mapping says what the columns of a file mean. It is data: JSON or YAML in a file, flags on the command line."""

import hashlib
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml

from weft.definitions import read_yaml
from weft.errors import Rejected

Kind = Literal["events", "records"]
ColumnType = Literal["text", "integer", "number", "decimal_comma", "boolean"]

ISO = "iso"
UNIX_UNITS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats for numbers since 1970 UTC, and how many microseconds one of them is."""
NAMED_FORMATS = (ISO, *UNIX_UNITS)


class TimeColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column that says when it happened.

    format: `iso`, `unix_s`, `unix_ms`, `unix_us`, or a pattern such as `%d/%m/%Y %H:%M`.
    timezone: an IANA name for times that carry no offset of their own.
    """

    column: str
    format: str = ISO
    timezone: str = "UTC"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the columns of a file mean.

    identifiers: namespace → column; the first one that a row has is the node the row belongs to.
    object: of records, what a row is (order, ticket, contact). time: required for events.
    event, event_column: the name of every event, or the column it stands in. type_column: track, identify, page ...;
    without it every event is a track.
    message_id, record_id: the columns of an event's and of a record's own key.
    properties: property → column. None keeps all columns under their own names; of events only those that the mapping
    uses for nothing else.
    spread: a column that holds the properties as an object; then `properties` is not used.
    context: a column that holds the context of an event as an object (where it was, in which zone …).
    types: how the text of a CSV column is read (text if not said). consent: purpose → column of yes or no.
    """

    kind: Kind
    identifiers: dict[str, str]
    object: str = ""
    time: TimeColumn | None = None
    event: str = ""
    event_column: str = ""
    type_column: str = ""
    message_id: str = ""
    record_id: str = ""
    properties: dict[str, str] | None = None
    spread: str = ""
    context: str = ""
    types: dict[str, ColumnType] = {}
    consent: dict[str, str] = {}
    encoding: str = ""


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a JSON or YAML file. Raises Rejected with the place of the fault."""
    try:
        content = read_yaml(path.read_text("utf-8"))
        return msgspec.convert(content, Mapping)
    except OSError as error:
        raise Rejected(
            f"The mapping {path} cannot be read ({error.strerror}).", code="bad_mapping"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise Rejected(
            f"{path} is no mapping: {error}. `weft import FILE --save-mapping {path}` writes one to start from.",
            code="bad_mapping",
        ) from error


def save_mapping(mapping: Mapping, path: Path) -> None:
    """Write a mapping as YAML, or as JSON if the name ends in .json."""
    if path.suffix == ".json":
        path.write_bytes(msgspec.json.format(msgspec.json.encode(mapping)) + b"\n")
        return
    plain: Any = msgspec.to_builtins(mapping)
    path.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), "utf-8")


def mapping_hash(mapping: Mapping) -> str:
    """Return a digest of what the mapping says, whatever file form it came in."""
    return hashlib.sha256(msgspec.json.encode(mapping)).hexdigest()


def check_mapping(mapping: Mapping, columns: Sequence[str], *, dotted: bool) -> None:
    """Raise Rejected with every fault at once. dotted: `a.b` may name a member of a nested object."""
    faults = [
        *_missing_columns(mapping, columns, dotted=dotted),
        *_missing_parts(mapping),
        *_bad_time(mapping),
    ]
    if faults:
        raise Rejected("The mapping does not fit this file:\n- " + "\n- ".join(faults), code="bad_mapping")


def used_columns(mapping: Mapping) -> Lookup[str, str]:
    """Return each part of the mapping that names a column → that column."""
    parts = {
        "time": mapping.time.column if mapping.time else "",
        "event_column": mapping.event_column,
        "type_column": mapping.type_column,
        "message_id": mapping.message_id,
        "record_id": mapping.record_id,
        "spread": mapping.spread,
        "context": mapping.context,
    }
    parts |= {f"identifiers.{namespace}": column for namespace, column in mapping.identifiers.items()}
    parts |= {f"properties.{name}": column for name, column in (mapping.properties or {}).items()}
    parts |= {f"consent.{purpose}": column for purpose, column in mapping.consent.items()}
    parts |= {f"types.{column}": column for column in mapping.types}
    return {part: column for part, column in parts.items() if column}


def spoken_for(mapping: Mapping) -> tuple[str, ...]:
    """Return the columns that are no properties because they have become something else. A record keeps its row."""
    if mapping.kind == "records":
        return ()
    parts = used_columns(mapping)
    return tuple({c: None for part, c in parts.items() if not part.startswith(("properties.", "types."))})


def property_columns(mapping: Mapping, columns: Sequence[str]) -> dict[str, str]:
    """Return property → column for a file with these columns."""
    if mapping.properties is not None:
        return mapping.properties
    unwanted = spoken_for(mapping)
    return {name: name for name in columns if name not in unwanted}


def _missing_columns(mapping: Mapping, columns: Sequence[str], *, dotted: bool) -> list[str]:
    return [
        f"{part}: there is no column `{column}`. The file has: {', '.join(columns)}"
        for part, column in used_columns(mapping).items()
        if column not in columns and not (dotted and "." in column)
    ]


def _missing_parts(mapping: Mapping) -> list[str]:
    faults: list[str] = []
    if not mapping.identifiers:
        faults.append(
            "no column says whose row it is: pass --identifier user_id=COLUMN (or email=, phone= ...)"
        )
    if mapping.kind == "records":
        if not mapping.object:
            faults.append(
                "records need the name of what a row is: pass --object order (or ticket, contact ...)"
            )
        faults += _not_for(
            mapping, "records", ("event", "event_column", "type_column", "message_id", "context")
        )
    else:
        if not mapping.event and not mapping.event_column and not mapping.type_column:
            faults.append("events need a name: pass --event-name NAME or --event-column COLUMN")
        if mapping.time is None:
            faults.append("events need their time: pass --time COLUMN")
        faults += _not_for(mapping, "events", ("object", "record_id"))
    return faults


def _not_for(mapping: Mapping, kind: str, parts: Sequence[str]) -> list[str]:
    return [f"{part} is not for {kind}: leave it out" for part in parts if getattr(mapping, part)]


def _bad_time(mapping: Mapping) -> list[str]:
    if mapping.time is None:
        return []
    faults: list[str] = []
    if mapping.time.format not in NAMED_FORMATS and "%" not in mapping.time.format:
        faults.append(
            f"time.format `{mapping.time.format}` is not known: use {', '.join(NAMED_FORMATS)} "
            "or a pattern such as %d/%m/%Y"
        )
    try:
        ZoneInfo(mapping.time.timezone)
    except (KeyError, ValueError):
        faults.append(f"time.timezone `{mapping.time.timezone}` is not known: use a name such as Asia/Seoul")
    return faults
