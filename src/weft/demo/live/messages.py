"""What happens, as wire messages: the rows that a history file would have, read with that file's own mapping."""

from collections.abc import Mapping as Lookup
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from weft.clock import us_of
from weft.demo.mappings import FILES, HistoryFile
from weft.sources.files.expression import YES
from weft.sources.files.mapping import property_columns
from weft.web.times import time_text

WEB = "web/events.parquet"
FAULTY_EVERY = 40
"""One in so many products in the cart has a price that is none, for the quarantine."""
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
)
"""By device: two phones and a computer of one's own, the tablet at home, the computer on the counter."""

_FILES = {each.path: each for each in FILES}
RECORD_SOURCES = tuple(sorted({each.source for each in FILES if each.mapping.kind == "records"}))
SOURCES = tuple(sorted({each.source for each in FILES} - {"crm", "loyalty"}))
"""Those that send in the present. The CRM and the old card are exports of a day."""


class Due(NamedTuple):
    """A row of a system, and when (on the clock of the world) it is told. path: of the history file with such rows."""

    at_us: int
    path: str
    row: dict[str, Any]

    @property
    def source(self) -> str:
        """The source that tells it."""
        return _FILES[self.path].source


def message_of(due: Due, told_us: int) -> dict[str, Any]:
    """Return a row as the wire has it, told at a moment of ours: its times are moved by as much as the telling is."""
    message = _web(due.row) if due.path == WEB else _by_mapping(_FILES[due.path], due, told_us - due.at_us)
    message.setdefault("timestamp", time_text(told_us))
    return message


def _web(row: Lookup[str, Any]) -> dict[str, Any]:
    properties = msgspec.json.decode(row["properties"])
    message: dict[str, Any] = {
        "type": row["type"],
        "messageId": row["message_id"],
        "anonymousId": row["anonymous_id"],
        "context": msgspec.json.decode(row["context"])
        | {
            "library": {"name": "demo-shop", "version": "1"},
            "locale": row["locale"],
            "userAgent": AGENTS[row["device"]],
        },
    }
    if row["user_id"]:
        message["userId"] = row["user_id"]
    if row["type"] == "identify":
        said = {purpose: row[f"consent_{purpose}"] == "yes" for purpose in ("marketing", "analytics")}
        message["context"]["consent"] = {"categoryPreferences": said}
        message["traits"] = properties
        return message
    message["name" if row["type"] == "page" else "event"] = row["event"]
    if row["event"] == "Product Added" and int(row["message_id"][:6], 16) % FAULTY_EVERY == 0:
        properties["price"] = "n/a"
    message["properties"] = properties
    return message


def _by_mapping(file: HistoryFile, due: Due, shift_us: int) -> dict[str, Any]:
    mapping, row = file.mapping, due.row
    context: dict[str, Any] = {"library": {"name": file.source, "version": "1"}}
    message: dict[str, Any] = {"context": context}
    named = {namespace: _cell(row, column) for namespace, column in mapping.identifiers.items()}
    if named.get("user_id"):
        message["userId"] = named["user_id"]
    context["externalIds"] = [
        {"type": namespace, "id": value}
        for namespace, value in named.items()
        if value and namespace != "user_id"
    ]
    said = {purpose: row[column] for purpose, column in mapping.consent.items() if row[column]}
    if said:
        context["consent"] = {"categoryPreferences": {purpose: word in YES for purpose, word in said.items()}}
    if mapping.kind == "records":
        key = row[mapping.record_id]
        message |= {"type": "record", "name": mapping.object, "recordId": key}
        message["messageId"] = f"{mapping.object}:{key}:{due.at_us}"
    else:
        event = row[mapping.event_column] if mapping.event_column else mapping.event
        message |= {"type": "track", "event": event, "messageId": row[mapping.message_id]}
    if mapping.time:
        message["timestamp"] = _moved(row[mapping.time.column], shift_us)
    message["properties"] = {
        name: _moved(row[column], shift_us)
        for name, column in property_columns(mapping, list(row)).items()
        if row[column] is not None
    }
    return message


def _cell(row: Lookup[str, Any], column: str) -> Any:
    outer, dot, inner = column.partition(".")
    return row[outer][inner] if dot else row[column]


def _moved(value: Any, shift_us: int) -> Any:
    """Return a time moved and as text, anything else as it is."""
    if not isinstance(value, datetime):
        return value
    return time_text(us_of(value) + shift_us)
