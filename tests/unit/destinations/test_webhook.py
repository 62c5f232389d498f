import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from weft.activate.destination import Occasion
from weft.destinations.webhook.definition import DEFINITION, WebhookSettings, check, render
from weft.destinations.webhook.sender import meaning, retry_after_seconds
from weft.destinations.webhook.signature import parse_secrets, sign
from weft.model.delivery import Outcome
from weft.model.destination import EVERY, Include
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal, SignalKind

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PROFILE = ProfileDocument(
    profile_id=UUID(int=7),
    identifiers=(
        Identifier("email", "kim@example.com"),
        Identifier("email", "k@example.com"),
        Identifier("user_id", "42"),
    ),
    traits={"plan": "pro", "orders": 3},
    audiences={"vip": 1},
    first_seen_us=0,
    last_seen_us=0,
    position=1,
    as_of_us=0,
)
AT_US = 1_700_000_000_123_456


def body(kind: SignalKind, subject: str, include: Include) -> dict[str, object]:
    signal = Signal(5, kind, PROFILE.profile_id, subject, AT_US, 9)
    return json.loads(render(Occasion(signal, "audience.entered", PROFILE, include)))


def test_the_reference_library_verifies_what_is_signed() -> None:
    now = int(datetime.now(UTC).timestamp())
    payload = b'{"type":"audience.entered"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(parse_secrets(f"{OLD}, {NEW}"), "msg_1", now, payload),
    }
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(payload, headers) == {"type": "audience.entered"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(payload + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"3" * 32).decode()).verify(payload, headers)


@pytest.mark.parametrize(
    "text", ["", " , ", "secret", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ=", f"{OLD},whsec_x"]
)
def test_a_bad_secret_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand") as caught:
        parse_secrets(text)
    assert OLD not in str(caught.value)


def test_nothing_of_the_profile_goes_along_unless_it_is_included() -> None:
    assert body(SignalKind.ENTERED, "vip", Include()) == {
        "type": "audience.entered",
        "timestamp": "2023-11-14T22:13:20.123Z",
        "data": {"profile_id": str(UUID(int=7)), "signal": 5, "audience": "vip"},
    }


def test_what_is_included_goes_along() -> None:
    some = body(SignalKind.EXITED, "vip", Include(("plan", "missing"), ("email",)))["data"]
    assert some["traits"] == {"plan": "pro"}  # pyright: ignore
    assert some["identifiers"] == {"email": ["kim@example.com", "k@example.com"]}  # pyright: ignore
    everything = body(SignalKind.MERGED, str(UUID(int=8)), Include(EVERY, EVERY))["data"]
    assert everything["traits"] == {"plan": "pro", "orders": 3}  # pyright: ignore
    assert set(everything["identifiers"]) == {"email", "user_id"}  # pyright: ignore
    assert everything["merged_profile_id"] == str(UUID(int=8))  # pyright: ignore


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (204, Outcome.ACCEPTED),
        (302, Outcome.FAILED),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (408, Outcome.FAILED),
        (410, Outcome.REFUSED),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
        (999, Outcome.FAILED),
    ],
)
def test_what_a_status_means(status: int, outcome: Outcome) -> None:
    assert meaning(status)[0] == outcome


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after_seconds("7", 0) == 7
    assert retry_after_seconds(later, now.timestamp()) == 90
    assert retry_after_seconds(later, now.timestamp() + 1_000) == 0
    for nonsense in ("", "soon", "-5", "9" * 40, "١٢"):
        assert retry_after_seconds(nonsense, 0) is None


def test_settings_are_checked_with_the_environment() -> None:
    settings = WebhookSettings(url="http://kim@a/", secret_env="HOOK")
    faults = check(settings, {})
    assert len(faults) == 2
    assert "set the environment variable HOOK" in faults[1]
    assert check(WebhookSettings("https://example.com/", "HOOK"), {"HOOK": OLD}) == []
    assert DEFINITION.repeatable, "the receiver knows a message by its webhook-id"
