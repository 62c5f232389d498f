"""The receiver of the world's webhooks: a mailing tool, which takes nobody whom it cannot write to."""

import hmac
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from weft.clock import now_us
from weft.destinations.webhook.signature import parse_secrets, sign

KEPT = 200
BLOCKED_HOST = "hanmail.example"
"""Takes no mail of this tool's any more. About one address in ten of the world is there."""


class Arrived(msgspec.Struct, frozen=True):
    """A webhook that came in. status: what it was answered."""

    at_us: int
    message_id: str
    status: int
    kind: str
    data: dict[str, Any]


def _writable(data: Mapping[str, Any]) -> bool:
    identifiers = data.get("identifiers")
    addresses = identifiers.get("email") if isinstance(identifiers, dict) else None
    return isinstance(addresses, list) and any(not str(one).endswith("@" + BLOCKED_HOST) for one in addresses)


class Hooks:
    """Takes webhooks and remembers the newest."""

    def __init__(self, secret: str) -> None:
        self._secrets = parse_secrets(secret) if secret else ()
        self._lock = threading.Lock()
        self._arrived: deque[Arrived] = deque(maxlen=KEPT)
        self._counts: dict[int, int] = {}

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take one in and return the status to answer.

        401: the signature is wrong. 400: it is no webhook. 422: there is no address, or none that takes the tool's
        mail; that is for good, so Weft keeps it as a dead letter.
        """
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not self._secrets or not self._signed(message_id, timestamp, headers, body):
            return 401
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
            kind, data = str(message["type"]), dict(message["data"])
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            return 400
        status = 200 if kind == "weft.test" or _writable(data) else 422
        with self._lock:
            self._counts[status] = self._counts.get(status, 0) + 1
            self._arrived.appendleft(Arrived(now_us(), message_id, status, kind, data))
        return status

    def _signed(self, message_id: str, timestamp: str, headers: Mapping[str, str], body: bytes) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit()):
            return False
        given = headers.get("webhook-signature", "").split()
        wanted = sign(self._secrets, message_id, int(timestamp), body).split()
        return any(hmac.compare_digest(one, other) for one in given for other in wanted)

    def shown(self) -> dict[str, Any]:
        """Return the newest, and how many were taken and refused since the start."""
        with self._lock:
            return {
                "taken": self._counts.get(200, 0),
                "refused": self._counts.get(422, 0),
                "newest": list(self._arrived),
            }
