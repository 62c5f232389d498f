"""The events of a world, in columns: people come in sessions, look around, sometimes log in, sometimes buy.

A chunk of events depends only on the world and its own number, so chunks can be made in any order, by several
processes. Times rise within a chunk; a session that runs over the end of its chunk makes neighbours overlap a
little, as real streams do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bench.people import CATEGORIES, EVENT_STREAM, People, Shop, World

CHUNK_EVENTS = 250_000
SESSION_EVENTS = 10
PAUSE_SECONDS = 25.0
SESSION_ROOM_US = 3_600 * 1_000_000

HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 10, 11, 10, 9, 9, 9, 10, 12, 14, 15, 14, 9, 5)
"""How busy each hour of the (UTC) day is."""


class Kind(IntEnum):
    """What a person does."""

    HOME = 0
    BROWSED = 1
    SEARCHED = 2
    VIEWED = 3
    ADDED = 4
    CHECKOUT = 5
    ORDERED = 6
    LOGGED_IN = 7


BROWSING = ((Kind.BROWSED, 0.30), (Kind.SEARCHED, 0.12), (Kind.VIEWED, 0.46), (Kind.ADDED, 0.12))


@dataclass(frozen=True)
class Stream:
    """Events as columns of equal length, in the order of time.

    at_us: microseconds since 1970, whole milliseconds. known: whether the event carries the user_id. kind: a
    Kind. product and quantity are drawn for every event, used or not. number: place in the chunk, which with
    `chunk` makes the message_id.
    """

    chunk: int
    number: NDArray[np.int64]
    at_us: NDArray[np.int64]
    person: NDArray[np.int64]
    device: NDArray[np.int64]
    known: NDArray[np.bool_]
    kind: NDArray[np.int64]
    product: NDArray[np.int64]
    quantity: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class _Sessions:
    """Sessions as columns. start: index of the first event of each. login_at: place in the session, or -1."""

    person: NDArray[np.int64]
    device: NDArray[np.int64]
    began_us: NDArray[np.int64]
    length: NDArray[np.int64]
    start: NDArray[np.int64]
    known_from: NDArray[np.int64]
    login_at: NDArray[np.int64]
    buys: NDArray[np.bool_]


def streams(world: World, people: People, shop: Shop) -> Iterator[Stream]:
    """Yield every chunk of the world, oldest first; together they hold exactly `world.events` events."""
    for chunk in range(chunk_count(world)):
        yield stream(world, people, shop, chunk)


def chunk_count(world: World) -> int:
    """Return how many chunks the world's events fill."""
    return -(-world.events // CHUNK_EVENTS)


def stream(world: World, people: People, shop: Shop, chunk: int) -> Stream:
    """Draw one chunk."""
    size = min(CHUNK_EVENTS, world.events - chunk * CHUNK_EVENTS)
    draw = np.random.default_rng((world.seed, EVENT_STREAM, chunk))
    sessions = _sessions(world, people, draw, chunk, size)
    of = np.repeat(np.arange(len(sessions.length)), sessions.length)
    place = np.arange(size) - sessions.start[of]
    at_us = sessions.began_us[of] + _elapsed_us(draw, sessions, of)
    category = np.where(
        draw.random(size) < 0.6,
        people.favourite[sessions.person[of]],
        draw.integers(0, len(CATEGORIES), size),
    )
    order = np.argsort(at_us, kind="stable")
    return Stream(
        chunk=chunk,
        number=np.arange(size),
        at_us=at_us[order],
        person=sessions.person[of][order],
        device=sessions.device[of][order],
        known=(place >= sessions.known_from[of])[order],
        kind=_kinds(draw, sessions, of, place)[order],
        product=shop.pick(category.astype(np.uint8), draw.random(size))[order],
        quantity=(1 + (draw.random(size) ** 3 * 4).astype(np.int64))[order],
    )


def _sessions(world: World, people: People, draw: np.random.Generator, chunk: int, size: int) -> _Sessions:
    lengths = draw.geometric(1 / SESSION_EVENTS, size // 4 + 16).astype(np.int64)
    ends = np.cumsum(lengths)
    count = int(np.searchsorted(ends, size)) + 1
    length = lengths[:count].copy()
    length[-1] -= ends[count - 1] - size
    person = people.draw(draw.random(count))
    chunks = chunk_count(world)
    fraction = (chunk + np.sort(draw.random(count))) / chunks
    known, mood = people.known[person], draw.random(count)
    login_at = np.where(
        known & (mood < 0.25), (draw.random(count) * np.maximum(length - 3, 1)).astype(np.int64), -1
    )
    never = np.int64(2**62)
    known_from = np.where(login_at >= 0, login_at, np.where(known & (mood < 0.75), 0, never))
    return _Sessions(
        person=person,
        device=(draw.random(count) * people.devices[person]).astype(np.int64),
        began_us=_clock(world, fraction),
        length=length,
        start=np.cumsum(length) - length,
        known_from=known_from,
        login_at=login_at,
        buys=(length >= 4) & (draw.random(count) < 0.12),
    )


def _clock(world: World, fraction: NDArray[np.float64]) -> NDArray[np.int64]:
    """Spread fractions of the world's span over its days, busy hours first."""
    day_us = 86_400_000_000
    days = fraction * world.days
    busy = np.concatenate(([0.0], np.cumsum(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS)))
    within = np.interp(days % 1.0, busy, np.linspace(0.0, 1.0, len(busy)))
    span_us = world.until_us - world.since_us - SESSION_ROOM_US
    at_us = (np.floor(days) + within) * day_us * (span_us / (world.days * day_us))
    return world.since_us + (at_us // 1_000).astype(np.int64) * 1_000


def _elapsed_us(draw: np.random.Generator, sessions: _Sessions, of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the time since the session began: pauses between events, added up within each session."""
    pause_ms = 500 + (draw.exponential(PAUSE_SECONDS, len(of)) * 1_000).astype(np.int64)
    pause_ms[sessions.start] = 0
    total = np.cumsum(pause_ms)
    return (total - total[sessions.start][of]) * 1_000


def _kinds(
    draw: np.random.Generator, sessions: _Sessions, of: NDArray[np.int64], place: NDArray[np.int64]
) -> NDArray[np.int64]:
    edges = np.cumsum([share for _, share in BROWSING])
    kinds = np.array([kind for kind, _ in BROWSING])[
        np.searchsorted(edges[:-1], draw.random(len(of)), side="right")
    ]
    left = sessions.length[of] - 1 - place
    kinds[place == 0] = Kind.HOME
    for steps_left, kind in ((2, Kind.ADDED), (1, Kind.CHECKOUT), (0, Kind.ORDERED)):
        kinds[sessions.buys[of] & (left == steps_left)] = kind
    kinds[place == sessions.login_at[of]] = Kind.LOGGED_IN
    return kinds
