"""Consent, addresses, user agents and times: what a context says, read with care."""

import pytest

from weft.collect.clock import EARLIEST_US, LATEST_US, microseconds, occurred_us
from weft.collect.context import network_of, purposes_of
from weft.collect.user_agent import client_of
from weft.collect.wire import WireEvent


@pytest.mark.parametrize(
    ("given", "purposes"),
    [
        ({"categoryPreferences": {"ads": True, "mail": False}}, {"ads": True, "mail": False}),
        ({"ads": True, "mail": False}, {"ads": True, "mail": False}),
        (
            {"ads": "true", "mail": 1, "push": None, "sms": {}},
            dict.fromkeys(["ads", "mail", "push", "sms"], False),
        ),
        ({"categoryPreferences": ["ads"]}, {"ads": False}),
        ({"categoryPreferences": "yes"}, {}),
        (True, {}),
        ([], {}),
        ("granted", {}),
    ],
)
def test_only_a_literal_true_is_consent(given: object, purposes: dict[str, bool]) -> None:
    assert purposes_of(given) == purposes


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0"),
        ("2001:db8:aa:bb::1", "2001:db8:aa::"),
        ("::1", "::"),
        ("::ffff:203.0.113.9", "203.0.113.0"),
        ("203.0.113", ""),
        ("", ""),
    ],
)
def test_addresses_are_truncated(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("agent", "browser", "os", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36 Edg/120.0",
         "Edge", "Windows", "desktop"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.1 Safari/605.1.15", "Safari", "macOS", "desktop"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox", "Linux", "desktop"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36", "Chrome", "Android", "mobile"),
        ("Mozilla/5.0 (Linux; Android 13; SM-X900) Chrome/120.0 Safari/537.36", "Chrome", "Android", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) CriOS/120.0 Mobile/15E148", "Chrome", "iOS", "tablet"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) SamsungBrowser/2.1", "Samsung Internet", "Linux", "tv"),
        ("curl/8.5.0", "", "", "other"),
    ],
)  # fmt: skip
def test_user_agents(agent: str, browser: str, os: str, device: str) -> None:
    client = client_of(agent)
    assert (client.browser, client.os, client.device, client.is_bot) == (browser, os, device, False)


@pytest.mark.parametrize(
    "agent", ["Mozilla/5.0 (compatible; bingbot/2.0)", "GPTBot/1.2", "Mozilla/5.0 HeadlessChrome/1"]
)
def test_declared_bots(agent: str) -> None:
    assert client_of(agent).is_bot


@pytest.mark.parametrize(
    "value", ["", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1e308, float("nan")]
)
def test_what_is_no_usable_time(value: str | float) -> None:
    assert microseconds(value) is None


def test_a_corrected_time_stays_in_bounds() -> None:
    early = WireEvent(timestamp="1900-01-01T00:00:00Z", sent_at="2199-01-01T00:00:00Z")
    assert occurred_us(early, None, 0, historical=False) == EARLIEST_US
    late = WireEvent(timestamp="2199-01-01T00:00:00Z", sent_at="1901-01-01T00:00:00Z")
    assert occurred_us(late, None, 0, historical=False) == LATEST_US


def test_the_events_own_sent_at_decides() -> None:
    event = WireEvent(original_timestamp=1_000, sent_at=2_000)
    assert occurred_us(event, 5_000, 10_000_000_000, historical=False) == 9_000_000_000


def test_a_time_without_sent_at_is_taken_as_it_is() -> None:
    assert occurred_us(WireEvent(timestamp=5), None, 10**15, historical=False) == 5_000_000
    assert occurred_us(WireEvent(), None, 10**15, historical=False) == 10**15
    assert occurred_us(WireEvent(timestamp="x"), None, 1, historical=False) == "timestamp"
    assert occurred_us(WireEvent(timestamp=1, sent_at="x"), None, 1, historical=False) == "sentAt"
