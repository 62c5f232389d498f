"""Write keys: where a request carries one, and a short memory of what each stands for."""

import base64
import binascii
import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from weft.collect.edge.asgi import Headers
from weft.ports import WriteKeys

KEY_SECONDS = 1.0
"""How long an answer of the store is believed; a revoked key stops after this."""
KEYS = 10_000
"""Most keys that are remembered: strangers who try keys must not fill the memory."""
KEY_CHARS = 256
QUERY_FIELDS = 200


class CachedKeys:
    """Write keys of another store, remembered for a second."""

    def __init__(self, keys: WriteKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._known: dict[str, tuple[str | None, float]] = {}

    def source_of(self, write_key: str) -> str | None:
        """Return the source's name, or None for a key that is unknown or revoked."""
        if len(write_key) > KEY_CHARS:
            return None
        now = self._clock()
        known = self._known.get(write_key)
        if known is not None and known[1] > now:
            return known[0]
        source = self._keys.source_of(write_key)
        if len(self._known) >= KEYS:
            self._known.clear()
        self._known[write_key] = (source, now + KEY_SECONDS)
        return source


class KeyReader:
    """Finds the write key in headers and query; the text of an Authorization header is decoded once."""

    def __init__(self) -> None:
        self._decoded: dict[bytes, str] = {}

    def key_of(self, headers: Headers, query: bytes) -> str:
        """Return the key of Basic, Bearer, X-Write-Key or the query, in this order; "" if there is none."""
        authorization = headers.get(b"authorization")
        if authorization is not None:
            key = self._decoded.get(authorization)
            if key is None:
                key = _decode(authorization)
                if len(self._decoded) >= KEYS:
                    self._decoded.clear()
                self._decoded[authorization] = key
            if key:
                return key
        header = headers.get(b"x-write-key")
        if header:
            return header.decode("latin-1").strip()
        return query_of(query).get("writeKey", "") if query else ""


def query_of(query: bytes) -> dict[str, str]:
    """Return the fields of a query; none if there are too many."""
    try:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=QUERY_FIELDS))
    except ValueError:
        return {}


def _decode(authorization: bytes) -> str:
    scheme, _, credentials = authorization.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return credentials.strip().decode("latin-1")
    if scheme.lower() != b"basic":
        return ""
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text.partition(":")[0]
