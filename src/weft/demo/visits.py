"""What people do on the web: sessions of browsing, carts, log-ins and orders, on their own and on shared devices."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from weft.demo.buying import Orders, seasonal_category
from weft.demo.columns import Bools, Floats, Ints
from weft.demo.goods import BARBECUE, KIOSK_SHARE, LEISURE, WORKWEAR, Goods
from weft.demo.people import People
from weft.demo.rhythm import Rhythm, is_friday_night, is_monday_commute, is_weekend, week_hour
from weft.demo.world import PERSONAS

SESSION_EVENTS = 5.5
PAUSE_SECONDS = 28.0
TABLET_VISITS = 0.35
TABLET, COUNTER = 3, 4
NEVER = np.int64(2**62)
TWO_FACES = PERSONAS.index("two_faces")
OTHER_AT_WEEKENDS = tuple(PERSONAS.index(name) for name in ("trade", "evening"))
"""Personas whose favourite is that of their working days: at weekends they look for something else."""


class Kind(IntEnum):
    """What happens in one event."""

    HOME = 0
    LISTED = 1
    SEARCHED = 2
    VIEWED = 3
    ADDED = 4
    REMOVED = 5
    CHECKOUT = 6
    ORDERED = 7
    LOGGED_IN = 8
    READ = 9
    TRUCKS = 10


_BROWSING = (
    (Kind.LISTED, 0.24), (Kind.SEARCHED, 0.12), (Kind.VIEWED, 0.44), (Kind.ADDED, 0.11), (Kind.REMOVED, 0.02),
    (Kind.READ, 0.04), (Kind.TRUCKS, 0.03),
)  # fmt: skip


@dataclass(frozen=True)
class Visits:
    """Web events as columns, by time. row: the person's place in the block. known: it carries her user_id. order: index
    of the order it is, or -1. number: of the event in its block."""

    people: People
    mark: str
    number: Ints
    at_us: Ints
    row: Ints
    device: Ints
    known: Bools
    kind: Ints
    product: Ints
    order: Ints

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class _Sessions:
    row: Ints
    order: Ints
    length: Ints
    start: Ints
    anchor_us: Ints
    device: Ints
    login_at: Ints
    known_from: Ints
    interest: Ints


def visits_of(orders: Orders, goods: Goods, rhythm: Rhythm) -> Visits:
    """Draw the web events between the two ends of the rhythm: sessions that only look, and one for each web order."""
    people = orders.people
    draw = people.world.draw(f"visits{orders.mark}", people.block)
    sessions = _sessions(orders, rhythm, draw)
    of = np.repeat(np.arange(len(sessions.length)), sessions.length)
    place = np.arange(len(of)) - sessions.start[of]
    at_us = _event_times(draw, sessions, of)
    kind = _kinds(draw, sessions, of, place)
    row = sessions.row[of]
    other = draw.random(len(of)) < 0.35
    category = np.where(other, seasonal_category(at_us, draw.random(len(of))), sessions.interest[of])
    reads = (draw.random(len(of)) < _reading(sessions.interest[of])) & (people.persona[row] == TWO_FACES)
    kind = np.where(reads & (kind <= Kind.VIEWED) & (place > 0), Kind.READ, kind)
    by_time = np.argsort(at_us, kind="stable")
    last = place == sessions.length[of] - 1
    return Visits(
        people=people,
        mark=orders.mark,
        number=np.arange(len(of)),
        at_us=at_us[by_time],
        row=row[by_time],
        device=sessions.device[of][by_time],
        known=(place >= sessions.known_from[of])[by_time],
        kind=kind[by_time],
        product=goods.pick(category, people.band[row], draw.random(len(of)))[by_time],
        order=np.where(last, sessions.order[of], -1)[by_time],
    )


def _sessions(orders: Orders, rhythm: Rhythm, draw: np.random.Generator) -> _Sessions:
    """Draw the sessions. A session with an order ends at the order's time; any other begins at its own."""
    people = orders.people
    from_us = np.maximum(people.joined_us, rhythm.since_us)
    share = (rhythm.until_us - from_us) / (rhythm.until_us - rhythm.since_us)
    looks = draw.poisson(people.visits_per_day * rhythm.mass_days(people.persona, people.country) * share)
    web = np.flatnonzero(orders.web)
    row = np.concatenate((np.repeat(np.arange(people.size), looks), orders.row[web]))
    order = np.concatenate((np.full(len(row) - len(web), -1), web))
    chance = draw.random(len(row))
    anchor_us = rhythm.times(people.persona[row], people.country[row], from_us[row], chance)
    anchor_us = np.where(order >= 0, orders.at_us[order] if len(orders) else anchor_us, anchor_us)
    length = 1 + draw.geometric(1 / SESSION_EVENTS, len(row))
    length = np.where(order >= 0, length + 4, length)
    device = _devices(people, row, draw)
    login_at, known_from = _log_ins(people, row, order, device, length, draw)
    hour = week_hour(anchor_us, people.country[row])
    persona = people.persona[row]
    at_leisure = is_weekend(hour) & np.isin(persona, OTHER_AT_WEEKENDS)
    favourite = np.where(
        at_leisure, np.array(LEISURE)[people.code[row] % len(LEISURE)], people.favourite[row]
    )
    usual = np.where(draw.random(len(row)) < 0.65, favourite, seasonal_category(anchor_us, chance))
    two_faced = persona == TWO_FACES
    interest = np.where(two_faced & is_monday_commute(hour), WORKWEAR, usual)
    interest = np.where(two_faced & is_friday_night(hour), BARBECUE, interest)
    return _Sessions(
        row, order, length, np.cumsum(length) - length, anchor_us, device, login_at, known_from, interest
    )


def _reading(interest: Ints) -> Floats:
    """Return how often somebody with two faces reads instead of looking: on the way to work, or before she cooks."""
    return np.where(interest == WORKWEAR, 0.6, np.where(interest == BARBECUE, 0.25, 0.0))


def _devices(people: People, row: Ints, draw: np.random.Generator) -> Ints:
    """Return the device of each session: one of her own, the tablet at home, or the one on the counter of a branch."""
    own = (draw.random(len(row)) ** 1.6 * people.devices[row]).astype(np.int64)
    tablet = people.has_tablet[row] & (draw.random(len(row)) < TABLET_VISITS)
    counter = draw.random(len(row)) < KIOSK_SHARE
    return np.where(counter, COUNTER, np.where(tablet, TABLET, own))


def _log_ins(
    people: People, row: Ints, order: Ints, device: Ints, length: Ints, draw: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return where in each session the log-in stands (or -1) and from where on it is known who it is.

    Who orders is known. On a shared device one logs in each time, on her own she may still be logged in.
    """
    mood, place = draw.random(len(row)), draw.random(len(row))
    buys, shared = order >= 0, device >= TABLET
    logs_in = people.has_account[row] & (np.where(buys, mood < 0.5, mood < 0.28) | (buys & shared))
    remembered = people.has_account[row] & ~shared & ~logs_in & (buys | (mood < 0.62))
    room = np.maximum(np.where(buys, length - 4, length - 1), 1)
    login_at = np.where(logs_in, np.minimum(1 + (place * room).astype(np.int64), room), -1)
    return login_at, np.where(logs_in, login_at, np.where(remembered, 0, NEVER))


def _event_times(draw: np.random.Generator, sessions: _Sessions, of: Ints) -> Ints:
    pause_ms: Ints = 800 + (draw.exponential(PAUSE_SECONDS, len(of)) * 1_000).astype(np.int64)
    pause_ms[sessions.start] = 0
    total = np.cumsum(pause_ms)
    since_start = (total - total[sessions.start][of]) * 1_000
    ends = sessions.start + sessions.length - 1
    whole = since_start[ends][of]
    ahead: Ints = np.where(sessions.order[of] >= 0, whole, 0)
    return sessions.anchor_us[of] + since_start - ahead


def _kinds(draw: np.random.Generator, sessions: _Sessions, of: Ints, place: Ints) -> Ints:
    edges: Floats = np.cumsum([share for _, share in _BROWSING])
    drawn = np.searchsorted(edges[:-1], draw.random(len(of)), side="right")
    kinds = np.array([kind for kind, _ in _BROWSING], np.int64)[drawn]
    left = sessions.length[of] - 1 - place
    buys = sessions.order[of] >= 0
    kinds[place == 0] = Kind.HOME
    for steps_left, kind in ((3, Kind.VIEWED), (2, Kind.ADDED), (1, Kind.CHECKOUT), (0, Kind.ORDERED)):
        kinds[buys & (left == steps_left)] = kind
    logs_in = (place == sessions.login_at[of]) & ~(buys & (left <= 2))
    kinds[logs_in] = Kind.LOGGED_IN
    return kinds
