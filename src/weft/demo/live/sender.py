"""Posts what is due to the collector, as fast as the clock of the world goes, and remembers how far it came."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from weft.clock import now_us
from weft.demo.live.messages import Due, message_of
from weft.web.times import time_text

BATCH_EVENTS = 100
PAUSE_SECONDS = 0.25
RETRY_SECONDS = 1.0
REQUEST_SECONDS = 30.0
FILE = "live.json"


class Place(msgspec.Struct, frozen=True):
    """How far the present was told, on the clock of the world."""

    at_us: int


def load_place(folder: Path) -> Place | None:
    """Return how far an earlier run came; None if there was none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Place)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def save_place(folder: Path, place: Place) -> None:
    """Remember how far this run came."""
    fresh = folder / (FILE + ".new")
    fresh.write_bytes(msgspec.json.encode(place) + b"\n")
    fresh.replace(folder / FILE)


class Sender:
    """Posts to the collector until each message is acknowledged.

    keys: source → write key. sent: messages that were acknowledged. said: told once when the collector is away, and
    once when it is back.

    What should have happened by now is sent at once under its own time. From then on the world's clock goes `speed`
    times as fast as ours, and a message carries the time of its sending: one from the future would be taken for a
    wrong clock. Message ids depend on the world alone, so what is sent again after a crash is dropped as repeated.
    """

    def __init__(
        self,
        collector: str,
        keys: Mapping[str, str],
        speed: float,
        said: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._client = httpx.Client(base_url=collector, timeout=REQUEST_SECONDS)
        self._collector, self._keys, self._speed, self._said = collector, keys, speed, said
        self.sent = 0

    def send(
        self, present: Iterator[Due], from_us: int, told: Callable[[int], object] = lambda _: None
    ) -> None:
        """Send until the stream ends. from_us: where the stream begins. told: called with how far all of it is sent.

        Raises httpx.HTTPStatusError when the collector refuses a request for good.
        """
        began, world_us = time.monotonic(), max(from_us, now_us())
        waiting: dict[str, list[dict[str, Any]]] = {}
        last_us = from_us
        for due in present:
            ahead = (due.at_us - world_us) / 1e6 / self._speed - (time.monotonic() - began)
            if waiting and (ahead > PAUSE_SECONDS or max(map(len, waiting.values())) >= BATCH_EVENTS):
                self._flush(waiting)
                told(last_us)
                waiting = {}
            if ahead > 0:
                time.sleep(ahead)
            waiting.setdefault(due.source, []).append(message_of(due, min(due.at_us, now_us())))
            last_us = due.at_us
        if waiting:
            self._flush(waiting)
            told(last_us)

    def post(self, source: str, messages: list[dict[str, Any]]) -> None:
        """Send messages of one source, again and again until they are acknowledged."""
        body = msgspec.json.encode({"batch": messages, "sentAt": time_text(now_us())})
        away = False
        while True:
            try:
                answer = self._client.post("/v1/batch", content=body, auth=(self._keys[source], ""))
                if answer.status_code != 429 and answer.status_code < 500:
                    break
            except httpx.TransportError:
                if not away:
                    self._said(
                        f"{self._collector} does not answer; what happens meanwhile is sent when it does"
                    )
                away = True
            time.sleep(RETRY_SECONDS)
        answer.raise_for_status()
        self.sent += len(messages)
        if away:
            self._said(f"{self._collector} answers again")

    def _flush(self, waiting: Mapping[str, list[dict[str, Any]]]) -> None:
        for source, messages in waiting.items():
            self.post(source, messages)
