"""When an event happened: the sender's clock corrected by ours (rule 9 of the wire)."""

from datetime import UTC, datetime
from functools import lru_cache

from weft.collect.wire import Time, WireEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_US = -2_208_988_800_000_000  # 1900
LATEST_US = 7_258_118_400_000_000  # 2200
MILLISECONDS_FROM = 1e11
"""A number at least this large counts milliseconds, a smaller one seconds."""


def microseconds(value: Time) -> int | None:
    """Read an ISO 8601 text (UTC if it names no zone) or a number since 1970; None if it is neither."""
    if isinstance(value, str):
        return _from_text(value)
    if value is None or not abs(value) <= LATEST_US:
        return None
    moment = int(value * 1000 if abs(value) >= MILLISECONDS_FROM else value * 1_000_000)
    return moment if EARLIEST_US <= moment <= LATEST_US else None


@lru_cache(maxsize=1024)
def _sent_us(value: Time) -> int | None:
    """Read a sentAt, which the events of a batch share."""
    return microseconds(value)


def _from_text(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - _EPOCH
    us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return us if EARLIEST_US <= us <= LATEST_US else None


def occurred_us(event: WireEvent, sent_at: Time, received_at_us: int, *, historical: bool) -> int | str:
    """Return when the event happened in microseconds since 1970, or the name of the field that is no time.

    timestamp = receivedAt - (sentAt - originalTimestamp); without sentAt, or for an import, as the sender says.
    sent_at: of the batch.
    """
    sent = event.sent_at if event.sent_at is not None else sent_at
    original = event.original_timestamp if event.original_timestamp is not None else event.timestamp
    if original is None:
        return received_at_us
    said = microseconds(original)
    if said is None:
        return "originalTimestamp" if event.original_timestamp is not None else "timestamp"
    if historical or sent is None:
        chosen = microseconds(event.timestamp) if event.timestamp is not None else said
        return "timestamp" if chosen is None else chosen
    sent_us = _sent_us(sent)
    if sent_us is None:
        return "sentAt"
    corrected = received_at_us - sent_us + said
    return min(max(corrected, EARLIEST_US), LATEST_US)
