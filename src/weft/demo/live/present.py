"""The days after the history: the same people, going on as they were, seen by every system."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import heapq
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from weft.clock import DAY_US
from weft.demo import campaigns
from weft.demo.buying import Orders, history_orders, lines_of, order_totals, present_orders
from weft.demo.columns import Bools
from weft.demo.goods import Goods
from weft.demo.live import company
from weft.demo.live.messages import WEB, Due
from weft.demo.names import Names
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.systems import rental
from weft.demo.visits import visits_of
from weft.demo.web import Web
from weft.demo.world import BLOCK_PEOPLE, COUNTRIES, EVER, Window, World

KEPT_BLOCKS = 8
LATE_DAYS = 21
"""What follows from a day (a return, an answer, a truck brought back) comes within so many days, or is never told.

That bounds what a start in the middle of the present has to draw again.
"""
HISTORY = -1
"""Stands for the day that all of the history is."""


class Present:
    """Makes the days after the history. Who was gone stays gone. It tells the same from whatever moment on."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._names, self._goods = Names(), Goods(world)
        self._web = Web(self._goods)
        self._trucks = rental.fleet(world)
        table = pq.read_table(folder / "truth" / "people.parquet", columns=["alive"])
        self._alive: Bools = table["alive"].to_numpy().astype(bool)
        kept = KEPT_BLOCKS if world.blocks <= KEPT_BLOCKS else 1
        self._people = lru_cache(kept)(lambda block: People(world, self._names, block))

    def since(self, start_us: int) -> Iterator[Due]:
        """Yield what happens from a moment on, in order of time, without end."""
        today = (start_us - self._world.until_us) // DAY_US
        waiting: list[tuple[int, int, Due]] = []
        number = count()

        def wait_for(dues: list[Due]) -> None:
            for due in dues:
                if due.at_us >= start_us:
                    heapq.heappush(waiting, (due.at_us, next(number), due))

        for day in range(max(HISTORY, today - LATE_DAYS), today):
            wait_for(self._told(day))
        for day in count(today):
            wait_for(self._told(day))
            for due in self._visits(day, start_us):
                while waiting and waiting[0][0] <= due.at_us:
                    yield heapq.heappop(waiting)[2]
                yield due
            while waiting and waiting[0][0] < self._rhythm(day).until_us:
                yield heapq.heappop(waiting)[2]

    def _rhythm(self, day: int) -> Rhythm:
        begin = self._world.until_us + day * DAY_US
        return Rhythm(begin, begin + DAY_US)

    def _told(self, day: int) -> list[Due]:
        """Return what the systems tell because of a day, then or later, in order of time."""
        dues: list[Due] = []
        if day == HISTORY:
            for block in range(self._world.blocks):
                dues += self._left_over(self._people(block))
            return sorted(dues, key=lambda due: due.at_us)
        rhythm = self._rhythm(day)
        window = Window(rhythm.since_us, rhythm.until_us + LATE_DAYS * DAY_US)
        booked: list[pa.Table] = []
        for block in range(self._world.blocks):
            people = self._people(block)
            orders = self._orders(block, rhythm, day)
            dues += company.sales(orders, self._goods)
            dues += company.aftermath(orders, self._goods, window)
            dues += company.mails(people, self._world, day, window)
            dues += company.consents(people, rhythm, day)
            booked.append(rental.present_bookings(people, rhythm, day))
        dues += company.trucks(pa.concat_tables(booked), self._trucks, window)
        return sorted(dues, key=lambda due: due.at_us)

    def _left_over(self, people: People) -> list[Due]:
        """Return what follows from the history, but after its end."""
        world = self._world
        window = Window(world.until_us, world.until_us + LATE_DAYS * DAY_US)
        asked = [campaigns.ask(people, each) for each in campaigns.campaigns_of(world)]
        orders = history_orders(
            people, Rhythm(world.since_us, world.until_us), campaigns.brought_about(asked)
        )
        dues = company.aftermath(orders, self._goods, window, later="L")
        for each in asked:
            dues += company.mail_dues(people, each, window)
        return dues

    def _orders(self, block: int, rhythm: Rhythm, day: int) -> Orders:
        alive = self._alive[block * BLOCK_PEOPLE :][: self._people(block).size]
        return present_orders(self._people(block), rhythm, alive, day)

    def _visits(self, day: int, start_us: int) -> Iterator[Due]:
        rhythm = self._rhythm(day)
        parts = [self._block_visits(block, rhythm, day) for block in range(self._world.blocks)]
        table = pa.concat_tables(parts).sort_by([("at_us", "ascending"), ("message_id", "ascending")])
        late = table.filter(pc.greater_equal(table["at_us"], start_us))
        for batch in late.to_batches(2_000):
            for row in batch.to_pylist():
                yield Due(row["at_us"], WEB, row)

    def _block_visits(self, block: int, rhythm: Rhythm, day: int) -> pa.Table:
        people = self._people(block)
        orders = self._orders(block, rhythm, day)
        lines = lines_of(orders, self._goods, EVER)
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
