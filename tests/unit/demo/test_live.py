"""The present: deterministic, on the wire as SDKs write it, and sent until it is acknowledged."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.demo.conftest import WORLD

from weft.collect.wire import parse
from weft.config import CollectSettings
from weft.demo.columns import DAY_US
from weft.demo.live import Due, Present, Sender

NOON_US = WORLD.until_us + DAY_US // 2


@pytest.fixture(scope="module")
def stream(made: Path) -> list[Due]:
    """The first 2,000 messages from the noon after the history on."""
    return list(islice(Present(WORLD, made).since(NOON_US), 2_000))


def test_it_goes_on_in_order_over_midnight(stream: list[Due]) -> None:
    at = [due.at_us for due in stream]
    assert at == sorted(at)
    assert at[0] >= NOON_US
    assert at[-1] > WORLD.until_us + DAY_US
    assert len({due.message["messageId"] for due in stream}) == len(stream)


def test_the_same_world_has_the_same_present(made: Path, stream: list[Due]) -> None:
    assert list(islice(Present(WORLD, made).since(NOON_US), 50)) == stream[:50]


def test_it_is_what_sdks_write(stream: list[Due]) -> None:
    body = msgspec.json.encode({"batch": [due.message for due in stream]})
    parsed = parse(body, CollectSettings(), single=False)
    assert [event.type for event in parsed.events] == [due.message["type"] for due in stream]  # type: ignore[union-attr]


def test_people_come_unknown_and_log_in(stream: list[Due]) -> None:
    messages = [due.message for due in stream]
    assert any("userId" not in message for message in messages)
    identified = [message for message in messages if message["type"] == "identify"]
    assert identified
    for message in identified:
        assert message["userId"]
        assert message["traits"]["email"].endswith(".example")
        said = message["context"]["consent"]["categoryPreferences"]
        assert set(said) == {"marketing", "analytics"}
    assert any(message.get("event") == "Order Completed" for message in messages)


@contextmanager
def _collector(answers: list[int]) -> Generator[tuple[str, list[dict[str, Any]]]]:
    """Serve these answers in turn (then 200), and keep the bodies."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_is_not_acknowledged_is_sent_again_under_the_same_ids(
    stream: list[Due], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.demo.live.RETRY_SECONDS", 0.01)
    with _collector([503, 429]) as (address, bodies):
        sender = Sender(address, "key", speed=1e6)
        sender.send(iter(stream[:150]), stream[0].at_us)
    assert sender.sent == 150
    assert bodies[0]["batch"] == bodies[1]["batch"] == bodies[2]["batch"]
    assert sum(len(body["batch"]) for body in bodies[2:]) == 150


def test_a_refused_key_is_told_at_once(stream: list[Due]) -> None:
    with _collector([401]) as (address, _), pytest.raises(httpx.HTTPStatusError):
        Sender(address, "wrong", speed=1e6).send(iter(stream[:5]), stream[0].at_us)


def test_a_faster_clock_sends_sooner(stream: list[Due]) -> None:
    """Of an hour of the world at 36,000 times our pace a tenth of a second remains."""
    hour = [due for due in stream if due.at_us < NOON_US + 3_600_000_000]
    assert len(hour) > 10
    with _collector([]) as (address, bodies):
        sender = Sender(address, "key", speed=36_000)
        sender.send(iter(hour), NOON_US)
    stamps = sorted(message["timestamp"] for body in bodies for message in body["batch"])
    assert sender.sent == len(hour)
    assert stamps[0] < stamps[-1]
