"""The quarantine: what was refused, why, and a body that can be appended to the log again when the cause is gone."""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Struct, field

from weft.collect.event import derived_id
from weft.collect.rescue import UNREADABLE
from weft.collect.wire import Parsed, event_bodies
from weft.model.accepted import Accepted
from weft.model.reason import Dropped
from weft.model.staged import QUARANTINED

NAME_CHARS = 200

_encode = msgspec.json.Encoder().encode


class Refused(Struct, gc=False):
    """One event that goes no further. parsed: its request, None if nothing of it could be read."""

    position: int
    ordinal: int
    accepted: Accepted
    parsed: Parsed | None
    verdict: Dropped


class _Named(Struct):
    event: Any = None
    name: Any = None
    message_id: Any = field(default=None, name="messageId")


_decode_name = msgspec.json.Decoder(_Named).decode


def quarantine_table(refused: Sequence[Refused]) -> pa.Table:
    """Return the rows of QUARANTINED in the order of positions."""
    bodies: dict[int, list[bytes]] = {}
    rows: list[dict[str, Any]] = []
    for item in sorted(refused, key=lambda item: item.position):
        accepted = item.accepted
        if id(accepted) not in bodies:
            bodies[id(accepted)] = event_bodies(accepted.body, single=bool(accepted.default_type))
        pieces = bodies[id(accepted)]
        piece = pieces[item.ordinal] if item.ordinal < len(pieces) else b""
        rows.append(
            {
                "position": item.position,
                "reason": item.verdict.reason.value,
                "detail": item.verdict.detail,
                "received_at": accepted.received_at_us,
                "source": accepted.source,
                "name": _name_of(piece),
                "body": _as_text(_alone(item, _with_id(item, piece))),
                "default_type": accepted.default_type,
                "historical": accepted.historical,
            }
        )
    fields = [
        pa.field(field.name, pa.int64()) if field.name == "received_at" else field for field in QUARANTINED
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields)).cast(QUARANTINED)


def _alone(item: Refused, piece: bytes) -> bytes:
    """Return a request that holds only this event, with what its batch said for all."""
    parsed = item.parsed
    if parsed is None or not piece:
        return item.accepted.body
    if item.accepted.default_type:
        return piece
    shared: list[tuple[bytes, bytes]] = [
        (b"sentAt", _encode(parsed.sent_at) if parsed.sent_at is not None else b""),
        (b"context", bytes(parsed.context)),
        (b"integrations", bytes(parsed.integrations)),
    ]
    rest = b"".join(b',"' + name + b'":' + value for name, value in shared if value)
    return b'{"batch":[' + piece + b"]" + rest + b"}"


def _with_id(item: Refused, piece: bytes) -> bytes:
    """Give an event without messageId the one that its place in the log gives it, so that both copies are one."""
    whole = piece.strip()
    try:
        named = _decode_name(whole)
    except UNREADABLE:
        return piece
    if named.message_id is not None:
        return piece
    name = derived_id(item.position, zlib.crc32(item.accepted.body))
    comma = b"" if whole[1:-1].strip() == b"" else b","
    return whole[:-1] + comma + b'"messageId":"' + name.encode() + b'"}'


def _name_of(piece: bytes) -> str:
    try:
        named = _decode_name(piece)
    except UNREADABLE:
        return ""
    name = named.event or named.name
    return name[:NAME_CHARS].replace("\x00", "") if isinstance(name, str) else ""


def _as_text(body: bytes) -> str:
    """Return a body as text: bytes that are no UTF-8 as escapes of lone surrogates, which stay refused."""
    text = body.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode()
    return text.replace("\x00", "\\u0000")
