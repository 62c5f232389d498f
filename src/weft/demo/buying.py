"""What people buy: when (a BG/NBD process plus what campaigns bring about), which lines, what comes back."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from weft.clock import DAY_US
from weft.demo.columns import Bools, Floats, Ints, digits, joined, ranks
from weft.demo.goods import CATEGORIES, Goods, local
from weft.demo.people import People
from weft.demo.rhythm import Rhythm, month_of
from weft.demo.world import COUNTRIES, RETURN_SHARE, Window

FAVOURITE_SHARE = 0.55
LINES_MEAN = 1.1
WEB_SHARE = 0.65
"""Of the orders of people with an account; all others buy in a branch."""
SCREWS = len(CATEGORIES) - 1
DISCOUNTS = (0.0, 0.05, 0.10)
DISCOUNT_EDGES = (0.70, 0.90)
HANDLING_SHARE = 0.05
"""What a returned line costs, as a share of its price."""
VALUE_DAYS = 365


@dataclass(frozen=True)
class Orders:
    """Orders as columns, by time. row: the person's place in the block. campaign: the number of the campaign that alone
    brought it about, or 0. alive: by person, whether she still buys at the end."""

    people: People
    mark: str
    row: Ints
    at_us: Ints
    campaign: Ints
    web: Bools
    alive: Bools

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def number(self) -> pa.Array:
        """The order number."""
        return joined(f"SO{self.mark}{self.people.block:03}", digits(np.arange(len(self)), 6))


@dataclass(frozen=True)
class Lines:
    """Order lines as columns. order: index into the orders. price, cost: of one, in the list's unit, price after
    discount. returned_us: when it came back, or -1."""

    order: Ints
    line: Ints
    product: Ints
    quantity: Ints
    price: Floats
    cost: Floats
    discount: Floats
    returned_us: Ints

    @cached_property
    def contribution(self) -> Floats:
        """What each line earned, in the list's unit."""
        kept = (self.price - self.cost) * self.quantity
        return np.where(self.returned_us >= 0, -HANDLING_SHARE * self.price * self.quantity, kept)


def history_orders(people: People, rhythm: Rhythm, extra: list[tuple[Ints, Ints, int]]) -> Orders:
    """Draw the orders of a block. extra: row, time and campaign of the orders that campaigns brought about."""
    draw = people.world.draw("orders", people.block)
    days = (rhythm.until_us - people.joined_us) / DAY_US
    wanted = draw.poisson(people.rate * days)
    lasts = draw.geometric(np.maximum(people.gone, 1e-9))
    row = np.repeat(np.arange(people.size), wanted)
    chance = draw.random(len(row))
    chance = chance[np.lexsort((chance, row))]
    kept = ranks(wanted) < lasts[row]
    row, chance = row[kept], chance[kept]
    at_us = rhythm.times(people.persona[row], people.country[row], people.joined_us[row], chance)
    campaign = np.zeros(len(row), np.int64)
    for rows, at, number in extra:
        row, at_us = np.append(row, rows), np.append(at_us, at)
        campaign = np.append(campaign, np.full(len(rows), number))
    order = np.lexsort((row, at_us))
    web = draw.random(len(row)) < WEB_SHARE
    alive = lasts > wanted
    return Orders(
        people, "", row[order], at_us[order], campaign[order], web & people.has_account[row[order]], alive
    )


def present_orders(people: People, rhythm: Rhythm, alive: Bools, day: int) -> Orders:
    """Draw the orders of one present day, of those who still buy."""
    draw = people.world.draw(f"orders-{day}", people.block)
    wanted = draw.poisson(people.rate * rhythm.mass_days(people.persona, people.country) * alive)
    row = np.repeat(np.arange(people.size), wanted)
    start = np.full(len(row), rhythm.since_us)
    at_us = rhythm.times(people.persona[row], people.country[row], start, draw.random(len(row)))
    order = np.lexsort((row, at_us))
    nothing = np.zeros(len(row), np.int64)
    web = draw.random(len(row)) < WEB_SHARE
    return Orders(
        people, f"{day}-", row[order], at_us[order], nothing, web & people.has_account[row[order]], alive
    )


def seasonal_category(at_us: Ints, uniform: Floats) -> Ints:
    """Return a category that sells at that time of the year."""
    weights = np.ones((12, len(CATEGORIES)))
    for number, category in enumerate(CATEGORIES):
        if category.peak_month:
            distance = np.abs((np.arange(12) - (category.peak_month - 1) + 6) % 12 - 6)
            weights[:, number] = 0.4 + 2.2 * np.exp(-(distance**2) / 3)
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.minimum((uniform[:, None] > edges[month_of(at_us)]).sum(axis=1), len(CATEGORIES) - 1)


def lines_of(orders: Orders, goods: Goods, window: Window | None = None) -> Lines:
    """Draw the lines of orders, and which of them come back in a window (by default: within the history)."""
    people = orders.people
    draw = people.world.draw(f"lines{orders.mark}", people.block)
    counts = 1 + draw.poisson(LINES_MEAN * people.basket[orders.row])
    order = np.repeat(np.arange(len(orders)), counts)
    row, at_us, size = orders.row[order], orders.at_us[order], len(order)
    usual = draw.random(size) < FAVOURITE_SHARE
    category = np.where(usual, people.favourite[row], seasonal_category(at_us, draw.random(size)))
    product = goods.pick(category, people.band[row], draw.random(size))
    many = draw.random(size)
    quantity = np.where(category == SCREWS, 1 + (many * 6).astype(np.int64), 1 + (many > 0.85))
    discount = np.array(DISCOUNTS)[np.searchsorted(DISCOUNT_EDGES, draw.random(size))]
    back_us = at_us + ((2 + draw.exponential(6.0, size)) * DAY_US).astype(np.int64)
    returned = (draw.random(size) < RETURN_SHARE) & (window or people.world.history).holds(back_us)
    return Lines(
        order=order,
        line=ranks(counts) + 1,
        product=product,
        quantity=quantity.astype(np.int64),
        price=goods.price[product] * (1 - discount),
        cost=goods.cost[product],
        discount=discount,
        returned_us=np.where(returned, back_us, -1),
    )


def order_totals(orders: Orders, lines: Lines) -> tuple[Floats, Floats]:
    """Return what each order came to in its currency, and what it earned in the list's unit."""
    country = orders.people.country[orders.row]
    line_total = local(lines.price, country[lines.order]) * lines.quantity
    total = np.bincount(lines.order, line_total, len(orders)).astype(np.float64)
    earned = np.bincount(lines.order, lines.contribution, len(orders)).astype(np.float64)
    return np.round(total, 2), earned


def expected_orders(people: People, alive: Bools) -> Floats:
    """Return the orders to expect in the next VALUE_DAYS, given the latent rate: until gone, at most that long."""
    chance = np.maximum(people.gone, 1e-9)
    return np.where(alive, -np.expm1(-people.rate * chance * VALUE_DAYS) / chance, 0.0)


def expected_contribution(people: People, goods: Goods) -> Floats:
    """Return what one order of each person earns on average, in the list's unit."""
    every = np.arange(1, 1_000) / 1_000
    margin = np.zeros((len(CATEGORIES), 3))
    price = np.zeros_like(margin)
    discount = float(np.dot(DISCOUNTS, np.diff([0.0, *DISCOUNT_EDGES, 1.0])))
    for category in range(len(CATEGORIES)):
        many = 3.5 if category == SCREWS else 1.15
        for band in range(3):
            same = np.full(len(every), category)
            found = goods.pick(same, np.full(len(every), band), every)
            paid = goods.price[found] * (1 - discount)
            margin[category, band] = float((paid - goods.cost[found]).mean()) * many
            price[category, band] = float(paid.mean()) * many
    line = (1 - RETURN_SHARE) * margin - RETURN_SHARE * HANDLING_SHARE * price
    own = line[people.favourite, people.band]
    other = line.mean(axis=0)[people.band]
    per_line = FAVOURITE_SHARE * own + (1 - FAVOURITE_SHARE) * other
    return per_line * (1 + LINES_MEAN * people.basket)


CURRENCIES = [one.currency for one in COUNTRIES]
