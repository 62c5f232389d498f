"""The present: what people do now, as wire messages, and the sender that posts them to the collector."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from weft.demo.buying import lines_of, order_totals, present_orders
from weft.demo.columns import DAY_US, Bools
from weft.demo.goods import Goods
from weft.demo.names import Names
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.visits import visits_of
from weft.demo.web import Web
from weft.demo.world import BLOCK_PEOPLE, COUNTRIES, World

BATCH_EVENTS = 100
PAUSE_SECONDS = 0.25
RETRY_SECONDS = 1.0
GIVE_UP_SECONDS = 120.0
KEPT_BLOCKS = 8
FAULTY_EVERY = 40
"""One in so many products in the cart has a price that is none, for the quarantine."""
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
)
"""By device: two phones and a computer of one's own, the tablet at home, the computer on the counter."""


class Due(NamedTuple):
    """A message and when, on the clock of the world, it is due."""

    at_us: int
    message: dict[str, Any]


class Present:
    """Makes the days after the history. The people are the same, and who was gone stays gone."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._names, self._goods = Names(), Goods(world)
        self._web = Web(self._goods)
        table = pq.read_table(folder / "truth" / "people.parquet", columns=["alive"])
        self._alive: Bools = table["alive"].to_numpy().astype(bool)
        kept = KEPT_BLOCKS if world.blocks <= KEPT_BLOCKS else 1
        self._people = lru_cache(kept)(lambda block: People(world, self._names, block))

    def since(self, start_us: int) -> Iterator[Due]:
        """Yield what happens from a moment on, in order of time, without end."""
        day = (start_us - self._world.until_us) // DAY_US
        while True:
            table = self._day(day)
            late = table.filter(pc.greater_equal(table["at_us"], start_us))
            for batch in late.to_batches(2_000):
                for row in batch.to_pylist():
                    yield Due(row["at_us"], message_of(row))
            day += 1

    def _day(self, day: int) -> pa.Table:
        begin = self._world.until_us + day * DAY_US
        rhythm = Rhythm(begin, begin + DAY_US)
        parts = [self._block(block, rhythm, day) for block in range(self._world.blocks)]
        return pa.concat_tables(parts).sort_by([("at_us", "ascending"), ("message_id", "ascending")])

    def _block(self, block: int, rhythm: Rhythm, day: int) -> pa.Table:
        people = self._people(block)
        alive = self._alive[block * BLOCK_PEOPLE :][: people.size]
        orders = present_orders(people, rhythm, alive, day)
        lines = lines_of(orders, self._goods)
        totals, _ = order_totals(orders, lines)
        visits = visits_of(orders, self._goods, rhythm)
        table = self._web.events(visits, orders, totals, np.bincount(lines.order, minlength=len(orders)))
        return (
            table.append_column("at_us", pa.array(visits.at_us))
            .append_column("device", pa.array(visits.device))
            .append_column(
                "locale", pa.array([one.locale for one in COUNTRIES]).take(people.country[visits.row])
            )
        )


def message_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as Segment's wire has it, without its times."""
    properties = msgspec.json.decode(row["properties"])
    message: dict[str, Any] = {
        "type": row["type"],
        "messageId": row["message_id"],
        "anonymousId": row["anonymous_id"],
        "context": {
            "library": {"name": "demo-shop", "version": "1"},
            "locale": row["locale"],
            "userAgent": AGENTS[row["device"]],
        },
    }
    if row["user_id"]:
        message["userId"] = row["user_id"]
    if row["type"] == "identify":
        said = {purpose: row[f"consent_{purpose}"] == "yes" for purpose in ("marketing", "analytics")}
        message["context"]["consent"] = {"categoryPreferences": said}
        message["traits"] = properties
        return message
    message["name" if row["type"] == "page" else "event"] = row["event"]
    if row["event"] == "Product Added" and int(row["message_id"][:6], 16) % FAULTY_EVERY == 0:
        properties["price"] = "n/a"
    message["properties"] = properties
    return message


class Sender:
    """Posts what is due to the collector, as fast as the clock of the world goes.

    sent: events that were acknowledged. The time of an event is that of its sending, however fast the world turns.
    """

    def __init__(self, collector: str, write_key: str, speed: float) -> None:
        self._client = httpx.Client(base_url=collector, auth=(write_key, ""), timeout=30.0)
        self._speed = speed
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self.sent = 0

    def send(
        self, present: Iterator[Due], start_us: int, told: Callable[[int], object] = lambda _: None
    ) -> None:
        """Send until the stream ends. Raises httpx.HTTPError when the collector stays away."""
        began = time.monotonic()
        waiting: list[dict[str, Any]] = []
        for due in present:
            ahead = (due.at_us - start_us) / 1e6 / self._speed - (time.monotonic() - began)
            if waiting and (ahead > PAUSE_SECONDS or len(waiting) >= BATCH_EVENTS):
                self._post(waiting)
                told(due.at_us)
                waiting = []
            if ahead > 0:
                time.sleep(ahead)
            waiting.append(self._stamped(due.message))
        if waiting:
            self._post(waiting)

    def _stamped(self, message: dict[str, Any]) -> dict[str, Any]:
        """Give a message its time, and an id that a second run over the same day does not use again."""
        return {**message, "messageId": f"{message['messageId']}-{self._run}", "timestamp": _now()}

    def _post(self, messages: list[dict[str, Any]]) -> None:
        body = msgspec.json.encode({"batch": messages, "sentAt": _now()})
        patience = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                answer = self._client.post(
                    "/v1/batch", content=body, headers={"Content-Type": "application/json"}
                )
                if answer.status_code != 429 and answer.status_code < 500:
                    answer.raise_for_status()
                    self.sent += len(messages)
                    return
            except httpx.TransportError:
                if time.monotonic() > patience:
                    raise
            time.sleep(RETRY_SECONDS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
