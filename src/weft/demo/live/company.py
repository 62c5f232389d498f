"""What the company's systems tell of a present day: the rows of the history's files, each at its time."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from weft.clock import HOUR_US, us_of
from weft.demo import campaigns
from weft.demo.buying import Orders, lines_of
from weft.demo.goods import Goods
from weft.demo.live.messages import Due
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.systems import crm, erp, rental, service
from weft.demo.world import EVER, Window, World

TILL_US = 4_000_000
"""An order is in the ERP so long after it was placed."""


def sales(orders: Orders, goods: Goods) -> list[Due]:
    """Return the day's orders and their lines, as the ERP books them."""
    lines, keys = lines_of(orders, goods, EVER), erp.Keys(orders)
    tables = {
        "erp/orders.parquet": erp.order_table(orders, lines, keys),
        "erp/lines.parquet": erp.line_table(orders, lines, keys, goods),
    }
    return [
        Due(us_of(row["ordered_at"]) + TILL_US, path, row)
        for path, table in tables.items()
        for row in table.to_pylist()
    ]


def aftermath(orders: Orders, goods: Goods, window: Window, later: str = "") -> list[Due]:
    """Return what follows from orders within a window: returns, tickets and their solution, answers to the survey.

    later: marks the tickets that come after the history, whose own have their numbers already.
    """
    lines, keys = lines_of(orders, goods, window), erp.Keys(orders)
    dues = [
        Due(us_of(row["returned_at"]), "erp/returns.parquet", row)
        for row in erp.return_table(orders, lines, keys, goods).to_pylist()
    ]
    tickets, _ = service.tickets(orders, lines, window, later)
    for line in tickets["line"].to_pylist():
        dues += _ticket(msgspec.json.decode(line), window)
    answers, _ = service.surveys(orders, lines, window)
    for row in answers.to_pylist():
        row["answered_at"] = datetime.fromisoformat(row["answered_at"])
        dues.append(Due(us_of(row["answered_at"]), "survey/answers.csv", row))
    return dues


def _ticket(row: dict[str, Any], window: Window) -> Iterator[Due]:
    """Yield a ticket as it is opened, and once more when it is solved."""
    row["opened_at"] = datetime.fromisoformat(row["opened_at"])
    opened, hours = us_of(row["opened_at"]), row.pop("hours_to_solve")
    yield Due(opened, "service/tickets.jsonl", {**row, "state": "open"})
    solved = opened + hours * HOUR_US
    if solved < window.until_us:
        yield Due(solved, "service/tickets.jsonl", {**row, "state": "solved", "hours_to_solve": hours})


def mails(people: People, world: World, day: int, window: Window) -> list[Due]:
    """Return what becomes of the day's mailing, which goes to one in `campaigns.EVERY_DAYS` of the people."""
    asked = campaigns.ask(people, campaigns.mailing(world, day))
    turn = people.code[asked.row] % campaigns.EVERY_DAYS == day % campaigns.EVERY_DAYS
    return mail_dues(people, campaigns.only(asked, turn), window)


def mail_dues(people: People, asked: campaigns.Asked, window: Window) -> list[Due]:
    """Return what the mail system tells of a campaign within a window."""
    rows = campaigns.mails(people, asked, window).to_pylist()
    return [Due(us_of(row["timestamp"]), "mail/events.parquet", row) for row in rows]


def consents(people: People, rhythm: Rhythm, day: int) -> list[Due]:
    """Return what people say about consent on a day."""
    rows = crm.present_consents(people, rhythm, day).to_pylist()
    return [Due(us_of(row["at"]), "consent/changes.csv", row) for row in rows]


def trucks(booked: pa.Table, fleet: pa.Table, window: Window) -> list[Due]:
    """Return a day's bookings as they are made, and once more when it is clear what became of each.

    A truck is not given twice within the bookings of one day; those of other days are not looked at.
    """
    dues: list[Due] = []
    for row in rental.dispatch(booked, fleet).to_pylist():
        at, begins, ends = (us_of(row[name]) for name in ("booked_at", "begins_at", "ends_at"))
        settled = {"cancelled": (at + begins) // 2, "refused": begins, "done": ends}[row["state"]]
        dues.append(Due(at, "rental/bookings.csv", {**row, "state": "booked", "truck": None}))
        if settled < window.until_us:
            dues.append(Due(settled, "rental/bookings.csv", row))
    return dues
