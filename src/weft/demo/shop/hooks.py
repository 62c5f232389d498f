"""The receiver of the world's webhooks: a mailing tool that takes nobody without an address."""

import hmac
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from weft.destinations.webhook.signature import parse_secrets, sign

KEPT = 200


class Arrived(msgspec.Struct, frozen=True):
    """A webhook that came in. status: what it was answered."""

    at_us: int
    message_id: str
    status: int
    kind: str
    data: dict[str, Any]


class Hooks:
    """Takes webhooks and remembers the newest."""

    def __init__(self, secret: str) -> None:
        self._secrets = parse_secrets(secret) if secret else ()
        self._lock = threading.Lock()
        self._arrived: deque[Arrived] = deque(maxlen=KEPT)
        self._counts: dict[int, int] = {}

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take one in and return the status to answer.

        401: the signature is wrong. 400: it is no webhook. 422: nobody without an e-mail address can be written to,
        so what has none is refused for good, and Weft keeps it as a dead letter.
        """
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not self._secrets or not self._signed(message_id, timestamp, headers, body):
            return 401
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
            kind, data = str(message["type"]), dict(message["data"])
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            return 400
        addressed = kind == "weft.test" or bool(data.get("identifiers", {}).get("email"))
        status = 200 if addressed else 422
        with self._lock:
            self._counts[status] = self._counts.get(status, 0) + 1
            self._arrived.appendleft(Arrived(time.time_ns() // 1_000, message_id, status, kind, data))
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
