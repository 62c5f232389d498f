"""The ERP: orders, their lines, what came back, and the stock."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa

from weft.clock import DAY_US
from weft.demo.buying import CURRENCIES, Lines, Orders, order_totals
from weft.demo.columns import Ints, iso, joined, take, times, where
from weft.demo.goods import BRANCHES, BRANDS, CATEGORIES, PRODUCTS, Goods, local
from weft.demo.truth import identifiers, records
from weft.demo.world import COUNTRIES, World

COVER_DAYS = 30
LEAD_DAYS = 7
REORDER_DAYS = 12


class Keys:
    """Whose each order is, as the till wrote it down: the account on the web; card, phone or e-mail in a branch."""

    def __init__(self, orders: Orders) -> None:
        people, row = orders.people, orders.row
        draw = people.world.draw(f"till{orders.mark}", people.block)
        how = draw.random(len(row))
        index = pa.array(row)
        self.orders = orders
        branch = ~orders.web
        self.user_id = where(orders.web, people.user_id.take(index))
        self.loyalty_id = where(branch & people.in_loyalty[row] & (how < 0.7), people.loyalty_no.take(index))
        self.phone = where(branch & (how < 0.8), people.phone_national.take(index))
        self.email = where(branch & (how >= 0.75), people.email_at(row, orders.at_us))

    def columns(self, at: Ints | None = None) -> dict[str, pa.Array]:
        """Return the columns, for each order or for those at some places."""
        found = {
            "account": self.user_id,
            "loyalty_card": self.loyalty_id,
            "phone": self.phone,
            "email": self.email,
        }
        return found if at is None else {name: values.take(pa.array(at)) for name, values in found.items()}

    def truth(self) -> list[pa.Table]:
        """Return whose the keys and the orders are."""
        people, row = self.orders.people, self.orders.row
        named = (
            ("user_id", self.user_id),
            ("loyalty_id", self.loyalty_id),
            ("phone", self.phone),
            ("email", self.email),
        )
        facts = [identifiers(people, "erp", namespace, values, row) for namespace, values in named]
        return [*facts, records(people, "erp/orders.parquet", self.orders.number, row)]


def order_table(orders: Orders, lines: Lines, keys: Keys) -> pa.Table:
    """Return one row an order: what it came to and what it cost, in its currency."""
    country = orders.people.country[orders.row]
    total, _ = order_totals(orders, lines)
    cost = np.bincount(lines.order, local(lines.cost, country[lines.order]) * lines.quantity, len(orders))
    sites = [code for code, _, _ in BRANCHES]
    return pa.table(
        {
            "order_no": orders.number,
            "ordered_at": times(orders.at_us),
            **keys.columns(),
            "channel": take(["branch", "web"], orders.web.astype(np.int64)),
            "branch": where(~orders.web, take(sites, orders.people.branch[orders.row])),
            "country": take([one.code for one in COUNTRIES], country),
            "currency": take(CURRENCIES, country),
            "lines": np.bincount(lines.order, minlength=len(orders)),
            "total": total,
            "cogs": np.round(cost, 2),
            "total_gbp": np.round(np.bincount(lines.order, lines.price * lines.quantity, len(orders)), 2),
            "cogs_gbp": np.round(np.bincount(lines.order, lines.cost * lines.quantity, len(orders)), 2),
        }
    )


def line_table(orders: Orders, lines: Lines, keys: Keys, goods: Goods) -> pa.Table:
    """Return one row a line."""
    country = orders.people.country[orders.row][lines.order]
    return pa.table(
        {
            "line_no": joined(orders.number.take(pa.array(lines.order)), "-", lines.line),
            "order_no": orders.number.take(pa.array(lines.order)),
            "ordered_at": times(orders.at_us[lines.order]),
            **keys.columns(lines.order),
            **_product(goods, lines.product),
            "quantity": lines.quantity,
            "unit_price": local(lines.price, country),
            "unit_cost": local(lines.cost, country),
            "discount": lines.discount,
            "currency": take(CURRENCIES, country),
        }
    )


def return_table(orders: Orders, lines: Lines, keys: Keys, goods: Goods) -> pa.Table:
    """Return one row a line that came back."""
    back = np.flatnonzero(lines.returned_us >= 0)
    order = lines.order[back]
    country = orders.people.country[orders.row[order]]
    draw = orders.people.world.draw(f"returns{orders.mark}", orders.people.block)
    reasons = ["wrong size", "broken", "not as shown", "changed my mind"]
    refund = local(lines.price[back], country) * lines.quantity[back]
    return pa.table(
        {
            "return_no": joined("R", orders.number.take(pa.array(order)), "-", lines.line[back]),
            "line_no": joined(orders.number.take(pa.array(order)), "-", lines.line[back]),
            "returned_at": times(lines.returned_us[back]),
            **keys.columns(order),
            **_product(goods, lines.product[back]),
            "quantity": lines.quantity[back],
            "refund": np.round(refund, 2),
            "refund_gbp": np.round(lines.price[back] * lines.quantity[back], 2),
            "currency": take(CURRENCIES, country),
            "reason": take(reasons, draw.integers(0, len(reasons), len(back))),
        }
    )


def sold_by_day(orders: Orders, lines: Lines) -> Ints:
    """Return how many of each product went out on each day (days in rows), what came back subtracted on its day."""
    world = orders.people.world
    sold = np.zeros(world.days * PRODUCTS, np.int64)
    for at_us, sign, mask in (
        (orders.at_us[lines.order], 1, np.ones(len(lines.order), bool)),
        (lines.returned_us, -1, lines.returned_us >= 0),
    ):
        day = np.clip((at_us[mask] - world.since_us) // DAY_US, 0, world.days - 1)
        place = day * PRODUCTS + lines.product[mask]
        sold += sign * np.bincount(place, lines.quantity[mask], len(sold)).astype(np.int64)
    return sold.reshape(world.days, PRODUCTS)


def stock_table(world: World, sold: Ints, goods: Goods) -> pa.Table:
    """Return the stock at the end of each week: it is ordered again when it would last less than REORDER_DAYS."""
    daily = np.maximum(sold.mean(axis=0), 0.05)
    stock = np.ceil(daily * COVER_DAYS)
    coming = np.zeros((world.days + LEAD_DAYS + 1, PRODUCTS))
    on_order = np.zeros(PRODUCTS)
    weeks: list[pa.Table] = []
    for day in range(world.days):
        stock += coming[day] - sold[day]
        on_order -= coming[day]
        ordered = np.where(stock + on_order < daily * REORDER_DAYS, np.ceil(daily * COVER_DAYS), 0)
        coming[day + LEAD_DAYS] += ordered
        on_order += ordered
        if day % 7 == 6 or day == world.days - 1:
            at = np.full(PRODUCTS, world.since_us + (day + 1) * DAY_US)
            weeks.append(
                pa.table(
                    {
                        "date": iso(at - 1, form="%Y-%m-%d"),
                        "sku": [each.sku for each in goods.products],
                        "on_hand": np.maximum(stock, 0).astype(np.int64),
                        "missing": np.maximum(-stock, 0).astype(np.int64),
                        "on_order": on_order.astype(np.int64),
                    }
                )
            )
    return pa.concat_tables(weeks)


def product_table(goods: Goods) -> pa.Table:
    """Return the price list, with names in three languages and prices in each currency."""
    every = goods.products
    names = [CATEGORIES[each.category] for each in every]
    prices = {
        f"price_{one.currency.lower()}": local(goods.price, np.full(PRODUCTS, number))
        for number, one in enumerate(COUNTRIES)
    }
    return pa.table(
        {
            "sku": [each.sku for each in every],
            "name": [each.name for each in every],
            "category": [each.name for each in names],
            "category_ko": [each.ko for each in names],
            "category_zh": [each.zh for each in names],
            "brand": [BRANDS[each.brand] for each in every],
            "price_band": [("budget", "middle", "professional")[each.band] for each in every],
            **prices,
            "cost_share": [each.cost_share for each in every],
        }
    )


def _product(goods: Goods, product: Ints) -> dict[str, pa.Array]:
    return {
        "sku": take([each.sku for each in goods.products], product),
        "category": take([CATEGORIES[each.category].name for each in goods.products], product),
    }
