"""The rules that are previewed, and 100 audiences as definitions and as the SQL that somebody would write by hand."""

from typing import Any

from weft.model.measure import PropertyColumn, ValueType

VIEWED, ADDED, ORDERED = "Product Viewed", "Product Added", "Order Completed"
SEARCHED, CHECKOUT = "Products Searched", "Checkout Started"


def _where(name: str, **condition: Any) -> list[dict[str, Any]]:
    return [{"property": name, **condition}]


PREVIEWED: tuple[dict[str, Any], ...] = (
    {"trait": "orders", "at_least": 2},
    {"trait": "country", "is": "KR"},
    {"trait": "last_order_category", "one_of": ["garden", "barbecue"]},
    {"all": [{"trait": "plan", "is": "gold"}, {"trait": "country", "is_not": "GB"}]},
    {"all": [{"trait": "revenue", "more_than": 500}, {"trait": "views_7d", "at_most": 2}]},
    {"any": [{"trait": "units", "at_least": 10}, {"trait": "products_seen", "at_least": 30}]},
    {"trait": "revenue", "top_percent": 10},
    {"did": ORDERED, "at_least": 2, "within": "30d"},
    {"did": ORDERED, "within": "60d"},
    {"did": VIEWED, "at_least": 3, "within": "7d"},
    {"did": VIEWED, "at_least": 20},
    {"did": SEARCHED, "at_least": 3, "within": "14d"},
    {"did": {"type": "page"}, "at_least": 5, "within": "30d"},
    {"did": CHECKOUT, "at_least": 1, "at_most": 2},
    {"did": VIEWED, "within": "this_month"},
    {"did": ORDERED, "within": {"last": "30d", "before": "30d"}},
    {"did": VIEWED, "at_least": 2, "within": "30d", "where": _where("category", **{"is": "drills"})},
    {"did": ORDERED, "where": _where("quantity", at_least=3)},
    {"did": VIEWED, "at_least": 3, "within": "14d", "where": _where("price", more_than=100)},
    {"did": ORDERED, "within": "90d", "where": _where("revenue", between=[50, 200])},
    {"did": ADDED, "within": "7d", "where": _where("value", more_than=50)},
    {"did": SEARCHED, "within": "30d", "where": _where("query", contains="gar")},
    {"did": ORDERED, "within": "30d", "where": _where("currency", **{"is": "KRW"})},
    {"all": [{"did": ADDED, "within": "3d"}, {"not": {"did": ORDERED, "within": "3d"}}]},
    {"all": [{"did": CHECKOUT, "within": "7d"}, {"not": {"did": ORDERED, "within": "7d"}}]},
    {"all": [{"did": ORDERED, "at_least": 2}, {"not": {"did": ORDERED, "within": "60d"}}]},
    {"all": [{"trait": "country", "is": "TW"}, {"did": VIEWED, "at_least": 5, "within": "14d"},
             {"not": {"trait": "plan", "is": "none"}}]},
    {"all": [{"any": [{"did": SEARCHED, "within": "1d"}, {"did": ADDED, "within": "1d"}]},
             {"not": {"audience": "buyers"}}]},
    {"last_time": ORDERED, "less_than": "now-60d"},
    {"sequence": {"first": ADDED, "not_then": ORDERED, "after": "1h"}, "within": "7d"},
)  # fmt: skip

EVENTS = (VIEWED, ADDED, CHECKOUT, ORDERED, SEARCHED)
DAYS = (1, 3, 7, 14, 30, 60, 90)
LEAST = (1, 3)
SUMS = tuple(range(50, 1_050, 50))


def hundred() -> dict[str, dict[str, Any]]:
    """Return 100 audiences by name: each event so often in each window or ever, and who spent more than so much."""
    found: dict[str, dict[str, Any]] = {}
    for number, event in enumerate(EVENTS):
        for least in LEAST:
            found[f"e{number}_ever_{least}"] = {"did": event, "at_least": least}
            for days in DAYS:
                found[f"e{number}_{days}d_{least}"] = {"did": event, "at_least": least, "within": f"{days}d"}
    return found | {f"spent_{sum_}": {"trait": "spent", "more_than": sum_} for sum_ in SUMS}


SPENT: dict[str, Any] = {"name": "spent", "kind": "sum", "event": ORDERED, "property": "revenue"}
REVENUE = PropertyColumn("revenue", ValueType.NUMBER)


def by_hand() -> str:
    """Return one statement for how many are in each of them: one pass over the events, one over the people.

    It reads the variable `now`. Whoever wrote it by hand would write the same lines, and leave no window to the reader.
    """
    counts = [f"count(*) FILTER (name = '{event}') AS e{n}_ever" for n, event in enumerate(EVENTS)]
    counts += [
        f"count(*) FILTER (name = '{event}' AND occurred_at > moment - INTERVAL {days} DAY AND occurred_at <= moment) "
        f"AS e{n}_{days}d"
        for n, event in enumerate(EVENTS)
        for days in DAYS
    ]
    names = [line.rpartition(" AS ")[2] for line in counts]
    totals = ", ".join(f"sum({name}) AS {name}" for name in names)
    members = [f"count(*) FILTER ({name} >= {least}) AS {name}_{least}" for name in names for least in LEAST]
    members += [f"count(*) FILTER (spent > {sum_}) AS spent_{sum_}" for sum_ in SUMS]
    listed = ", ".join(f"'{event}'" for event in EVENTS)
    return f"""
    WITH clock AS (SELECT getvariable('now')::TIMESTAMP AS moment),
    node AS (
        SELECT node_id, {", ".join(counts)},
            sum({REVENUE.column_name}::DECIMAL(38, 8)) FILTER (name = '{ORDERED}') AS spent
        FROM event, clock WHERE type = 'track' AND name IN ({listed}) GROUP BY node_id
    ),
    person AS (
        SELECT profile_id, {totals}, sum(spent) AS spent FROM node JOIN identity_map USING (node_id) GROUP BY profile_id
    )
    SELECT {", ".join(members)} FROM person
    """
