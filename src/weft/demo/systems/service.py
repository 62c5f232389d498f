"""The service desk: tickets, and what people answer when they are asked."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa

from weft.clock import HOUR_US
from weft.demo.buying import Lines, Orders
from weft.demo.columns import digits, iso, joined, pick, salt_of, take, uuids, where
from weft.demo.truth import identifiers, records
from weft.demo.world import TICKET_SHARE, Window

SURVEY_SHARE = 0.08
RETURN_TICKET_SHARE = 0.3
TOPICS = ("delivery", "defect", "invoice", "return", "advice")
SUBJECTS = (
    ("배송이 늦어요", "제품 불량", "세금계산서 요청", "반품 문의", "어떤 드릴이 좋을까요?"),
    ("商品還沒到", "商品故障", "需要統一發票", "想要退貨", "請推薦適合的電鑽"),
    ("Where is my parcel?", "It stopped working", "Invoice with VAT, please", "I want to return it",
     "Which drill for concrete?"),
)  # fmt: skip
COMMENTS = (
    ("별로예요", "그냥 그래요", "아주 만족해요 👍"),
    ("很失望", "還可以", "非常滿意 👍"),
    ("Disappointed", "It was fine", "Great service 👍"),
)


def tickets(
    orders: Orders, lines: Lines, window: Window | None = None, later: str = ""
) -> tuple[pa.Table, list[pa.Table]]:
    """Return tickets as JSON lines (one column), and whose they are. A return brings them more often.

    window: when they are opened (by default: within the history). later: marks those that come after it.
    """
    people = orders.people
    draw = people.world.draw(f"tickets{orders.mark}", people.block)
    returned = np.bincount(lines.order, lines.returned_us >= 0, len(orders)) > 0
    chance = TICKET_SHARE + RETURN_TICKET_SHARE * returned
    at = np.flatnonzero(draw.random(len(orders)) < chance)
    row, size = orders.row[at], len(at)
    opened = orders.at_us[at] + (draw.exponential(60, size) * HOUR_US).astype(np.int64)
    there = (window or people.world.history).holds(opened)
    at, row, opened, size = at[there], row[there], opened[there], int(there.sum())
    topic = np.where(returned[at], 3, pick(draw, (0.34, 0.24, 0.16, 0.08, 0.18), size))
    subjects = [text for texts in SUBJECTS for text in texts]
    number = joined(f"T{orders.mark}{later}{people.block:03}", digits(np.arange(size), 6))
    email = people.email_at(row, opened)
    hours = np.maximum(1, draw.gamma(1.2, 18, size)).astype(np.int64)
    priority = take(["low", "normal", "high", "urgent"], pick(draw, (0.2, 0.55, 0.2, 0.05), size))
    line = joined(
        '{"ticket":"', number, '","opened_at":"', iso(opened), '","requester":{"email":"', email,
        '"},"order_no":"', orders.number.take(pa.array(at)), '","topic":"', take(TOPICS, topic),
        '","subject":"', take(subjects, people.country[row] * len(TOPICS) + topic),
        '","priority":"', priority, '","hours_to_solve":', hours, "}",
    )  # fmt: skip
    return pa.table({"line": line}), [
        identifiers(people, "service", "email", email, row),
        records(people, "service/tickets.jsonl", number, row),
    ]


def surveys(orders: Orders, lines: Lines, window: Window | None = None) -> tuple[pa.Table, list[pa.Table]]:
    """Return answers to "would you recommend us?" (0 to 10); who sent something back is harsher."""
    people = orders.people
    draw = people.world.draw(f"surveys{orders.mark}", people.block)
    returned = np.bincount(lines.order, lines.returned_us >= 0, len(orders)) > 0
    at = np.flatnonzero(draw.random(len(orders)) < SURVEY_SHARE)
    answered = orders.at_us[at] + 72 * HOUR_US + (draw.exponential(20, len(at)) * HOUR_US).astype(np.int64)
    there = (window or people.world.history).holds(answered)
    at, answered = at[there], answered[there]
    row, size = orders.row[at], len(at)
    score = np.clip(np.round(draw.normal(8.1, 1.9, size) - 2.5 * returned[at]), 0, 10).astype(np.int64)
    mood = np.searchsorted((7, 9), score, side="right")
    comments = [text for texts in COMMENTS for text in texts]
    comment = where(draw.random(size) < 0.35, take(comments, people.country[row] * 3 + mood))
    message = uuids(people.person[row], at, salt=people.world.seed + 41 + salt_of(orders.mark))
    email = people.email_at(row, answered)
    table = pa.table(
        {
            "message_id": message,
            "answered_at": iso(answered),
            "email": email,
            "order_no": orders.number.take(pa.array(at)),
            "score": score,
            "comment": comment,
        }
    )
    return table, [
        identifiers(people, "survey", "email", email, row),
        records(people, "survey/answers.csv", message, row),
    ]
