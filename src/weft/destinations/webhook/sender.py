"""Sends webhooks one by one over a kept-open connection, and reads what the answer means."""

import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from uuid import UUID, uuid4

from msgspec import Struct

from weft.activate.destination import Parcel, Surroundings
from weft.consent.gate import require
from weft.destinations.http import Endpoint, HttpClient, Unreachable
from weft.destinations.webhook.signature import sign
from weft.model.delivery import Outcome, Receipt

TEST_BODY = b'{"type":"weft.test","data":{}}'
MESSAGE_PREFIX = "msg_"


class WebhookTarget(Struct, frozen=True):
    """Where to, and signed with what."""

    endpoint: Endpoint
    secrets: tuple[bytes, ...]


class WebhookSender:
    """The `Sender` of one thread."""

    def __init__(self, target: WebhookTarget, surroundings: Surroundings) -> None:
        self._target = target
        self._refused = not target.endpoint.secure and not surroundings.private_networks
        self._client = HttpClient(
            target.endpoint,
            timeout_seconds=surroundings.timeout_seconds,
            private_networks=surroundings.private_networks,
        )

    def send(self, batch: Sequence[Parcel]) -> Sequence[Receipt]:
        """Send each parcel in turn."""
        return [self._one(parcel) for parcel in batch]

    def test(self) -> Receipt:
        """Send a `weft.test` message, which is about nobody."""
        return self._post(uuid4(), TEST_BODY)

    def close(self) -> None:
        """Let go of the socket."""
        self._client.close()

    def _one(self, parcel: Parcel) -> Receipt:
        require(parcel.cleared)
        return self._post(parcel.item.key, parcel.item.payload)

    def _post(self, key: UUID, body: bytes) -> Receipt:
        started, at = time.perf_counter(), time.time()
        outcome, status, error, retry_after = self._try(key, body, int(at))
        return Receipt(
            key=key,
            outcome=outcome,
            status=status,
            error=error,
            retry_after_seconds=retry_after,
            at_us=int(at * 1_000_000),
            latency_ms=round((time.perf_counter() - started) * 1_000, 3),
        )

    def _try(self, key: UUID, body: bytes, timestamp: int) -> tuple[Outcome, int, str, float | None]:
        if self._refused:
            return Outcome.FAILED, 0, "not_https", None
        message_id = MESSAGE_PREFIX + key.hex
        headers = (
            (b"content-type", b"application/json"),
            (b"user-agent", b"Weft-Webhook/1"),
            (b"webhook-id", message_id.encode()),
            (b"webhook-timestamp", str(timestamp).encode()),
            (b"webhook-signature", sign(self._target.secrets, message_id, timestamp, body).encode()),
        )
        try:
            answer = self._client.post(headers, body)
        except Unreachable as error:
            return Outcome.UNKNOWN if error.sent else Outcome.FAILED, 0, error.word, None
        outcome, word = meaning(answer.status)
        return outcome, answer.status, word, retry_after_seconds(answer.retry_after, timestamp)


def meaning(status: int) -> tuple[Outcome, str]:
    """Return what a status means, and the word for it.

    A redirect is never followed; it and every 5xx, 408 and 429 are tried again. Any other 4xx stays as it is.
    """
    if 200 <= status < 300:
        return Outcome.ACCEPTED, ""
    if 300 <= status < 400:
        return Outcome.FAILED, "redirect"
    if 400 <= status < 500 and status not in {408, 429}:
        return Outcome.REFUSED, "refused"
    return Outcome.FAILED, "rate_limited" if status == 429 else "unavailable"


def retry_after_seconds(value: str, now_seconds: float) -> float | None:
    """Read a Retry-After header: seconds or a date; None for anything else."""
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_seconds)
    except (ValueError, TypeError, OverflowError):
        return None
