"""Truck rental: who books which kind of truck when, and the fleet that can or cannot serve it."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import heapq

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.clock import DAY_US, HOUR_US, SECOND_US
from weft.demo.columns import Ints, digits, joined, pick, take, times, where
from weft.demo.goods import BRANCHES, TRUCK_KINDS, TRUCKS_PER_BRANCH, local
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.truth import identifiers, records
from weft.demo.world import COUNTRIES, World

RENTAL_DAYS = 75.0
"""A renter books once in so many days."""
AHEAD_DAYS = 4.0
PEOPLE_PER_TRUCK = 70
CANCELLED_SHARE = 0.08


def bookings(people: People, rhythm: Rhythm) -> tuple[pa.Table, list[pa.Table]]:
    """Return the bookings of a block, and whose they are. The columns begin_us, end_us, site and kind are for
    `dispatch`, which says what became of each."""
    draw = people.world.draw("rental", people.block)
    days = (rhythm.until_us - people.joined_us) / DAY_US
    row = np.repeat(np.arange(people.size), draw.poisson(np.where(people.is_renter, days / RENTAL_DAYS, 0)))
    begin = rhythm.times(
        people.persona[row], people.country[row], people.joined_us[row], draw.random(len(row))
    )
    begin = begin // HOUR_US * HOUR_US
    ahead = (draw.exponential(AHEAD_DAYS, len(row)) * DAY_US).astype(np.int64)
    table = _booked(people, row, (begin - ahead) // SECOND_US * SECOND_US, begin, draw, "")
    return table, [
        identifiers(people, "rental", "user_id", table["account"], row),
        identifiers(people, "rental", "phone", table["phone"], row),
        records(people, "rental/bookings.csv", table["booking_no"], row),
    ]


def present_bookings(people: People, rhythm: Rhythm, day: int) -> pa.Table:
    """Return what is booked on one present day, as `bookings` does."""
    draw = people.world.draw(f"rental-{day}", people.block)
    wanted = rhythm.mass_days(people.persona, people.country) * people.is_renter / RENTAL_DAYS
    row = np.repeat(np.arange(people.size), draw.poisson(wanted))
    start = np.full(len(row), rhythm.since_us)
    at_us = rhythm.times(people.persona[row], people.country[row], start, draw.random(len(row)))
    ahead = (draw.exponential(AHEAD_DAYS, len(row)) * DAY_US).astype(np.int64)
    begin = (at_us + ahead) // HOUR_US * HOUR_US + HOUR_US
    return _booked(people, row, at_us, begin, draw, f"{day}-")


def _booked(
    people: People, row: Ints, at_us: Ints, begin: Ints, draw: np.random.Generator, mark: str
) -> pa.Table:
    size = len(row)
    hours = np.array([4, 8, 24, 48])[pick(draw, (0.3, 0.4, 0.22, 0.08), size)]
    kind = pick(draw, (0.42, 0.26, 0.22, 0.10), size)
    country = people.country[row]
    price = local(np.array([each for _, each in TRUCK_KINDS])[kind] * (0.4 + hours / 24), country)
    online = people.has_account[row] & (draw.random(size) < 0.6)
    return pa.table(
        {
            "booking_no": joined(f"B{mark}{people.block:03}", digits(np.arange(size), 6)),
            "account": where(online, people.user_id.take(pa.array(row))),
            "phone": where(~online, people.phone_national.take(pa.array(row))),
            "booked_at": times(at_us),
            "begin_us": begin,
            "end_us": begin + hours * HOUR_US,
            "site": people.branch[row],
            "kind": kind,
            "price": np.round(price, 2),
            "currency": take([one.currency for one in COUNTRIES], country),
            "cancelled": draw.random(size) < CANCELLED_SHARE,
        }
    )


def fleet(world: World) -> pa.Table:
    """Return the trucks: enough of them for the people of this world, most of the time."""
    per_branch = max(TRUCKS_PER_BRANCH, world.people // (PEOPLE_PER_TRUCK * len(BRANCHES)))
    site = np.repeat(np.arange(len(BRANCHES)), per_branch)
    number = np.arange(len(site))
    kind = number % per_branch % len(TRUCK_KINDS)
    return pa.table(
        {
            "truck": joined("T", digits(number + 1, 5)),
            "branch": take([code for code, _, _ in BRANCHES], site),
            "kind": take([name for name, _ in TRUCK_KINDS], kind),
            "site": site,
            "kind_no": kind,
        }
    )


def dispatch(booked: pa.Table, trucks: pa.Table) -> pa.Table:
    """Give each booking the truck that has been free for longest; without one it is refused. No truck is out twice."""
    order = pc.sort_indices(booked, sort_keys=[("begin_us", "ascending"), ("booking_no", "ascending")])
    booked = booked.take(order)
    free: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for site, kind, name in zip(
        trucks["site"].to_pylist(), trucks["kind_no"].to_pylist(), trucks["truck"].to_pylist(), strict=True
    ):
        heapq.heappush(free.setdefault((site, kind), []), (-(2**62), name))
    states: list[str] = []
    given: list[str | None] = []
    columns = (booked[name].to_pylist() for name in ("site", "kind", "begin_us", "end_us", "cancelled"))
    for site, kind, begin, end, cancelled in zip(*columns, strict=True):
        waiting = free[site, kind]
        can = not cancelled and waiting[0][0] <= begin
        given.append(heapq.heapreplace(waiting, (end, waiting[0][1]))[1] if can else None)
        states.append("done" if can else "cancelled" if cancelled else "refused")
    site, kind = (booked[name].to_numpy() for name in ("site", "kind"))
    plain = booked.drop_columns(["begin_us", "end_us", "site", "kind", "cancelled"])
    more = {
        "begins_at": times(booked["begin_us"].to_numpy()),
        "ends_at": times(booked["end_us"].to_numpy()),
        "branch": take([code for code, _, _ in BRANCHES], site),
        "truck_kind": take([name for name, _ in TRUCK_KINDS], kind),
        "truck": pa.array(given, pa.string()),
        "state": pa.array(states, pa.string()),
    }
    for name, values in more.items():
        plain = plain.append_column(name, values)
    return plain
