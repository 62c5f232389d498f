"""What the shop's pages ask for: products as the events name them, people to log in as, and the till."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import hashlib
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from weft.demo.goods import BANDS, BRANDS, CATEGORIES, TRUCK_KINDS, Goods, local
from weft.demo.live.messages import Due
from weft.demo.names import Names
from weft.demo.people import People
from weft.demo.visits import Kind
from weft.demo.web import ARTICLES, properties_of
from weft.demo.world import COUNTRIES, World
from weft.errors import Rejected

SHOWN_PEOPLE = 4
"""Of each country, to choose from."""
LINES_MAX = 50
QUANTITY_MAX = 99


class Line(msgspec.Struct, frozen=True):
    """A line of a cart."""

    product_id: str
    quantity: int


class Cart(msgspec.Struct, frozen=True):
    """What somebody orders. country: a code."""

    user_id: str
    country: str
    lines: list[Line]


class Shelves:
    """The shop of one world. Its people are those of the world's first block, which is all of them in most worlds."""

    def __init__(self, world: World) -> None:
        self._goods = Goods(world)
        self._people = People(world, Names(), 0)
        self._number = {each.sku: number for number, each in enumerate(self._goods.products)}

    @cached_property
    def catalogue(self) -> dict[str, Any]:
        """Everything that is for sale, for hire or to be read, by country."""
        return {
            "brands": BRANDS,
            "bands": BANDS,
            "categories": [
                {"name": each.name, "en": each.name, "ko": each.ko, "zh": each.zh} for each in CATEGORIES
            ],
            "trucks": [name for name, _ in TRUCK_KINDS],
            "countries": {one.code: self._country(number) for number, one in enumerate(COUNTRIES)},
        }

    def _country(self, number: int) -> dict[str, Any]:
        one = COUNTRIES[number]
        return {
            "language": one.language,
            "locale": one.locale,
            "currency": one.currency,
            "places": one.places,
            "products": [
                properties_of(self._goods, Kind.VIEWED, product, number)
                for product in range(len(self._goods.products))
            ],
            "articles": [
                properties_of(self._goods, Kind.READ, article, number) for article in range(len(ARTICLES))
            ],
            "people": self._shown(number),
        }

    def _shown(self, country: int) -> list[dict[str, str]]:
        there = np.flatnonzero((self._people.country == country) & self._people.has_account)[:SHOWN_PEOPLE]
        return [
            {"email": self._emails[row], "name": self._people.native_name[row].as_py()}
            for row in there.tolist()
        ]

    @cached_property
    def _emails(self) -> list[str]:
        row = np.arange(self._people.size)
        return self._people.email_at(row, np.full(len(row), time.time_ns() // 1_000)).to_pylist()

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {email: row for row, email in enumerate(self._emails)}

    def account(self, email: str) -> dict[str, Any]:
        """Return the account of an address: that of the world's person, or a new one that is always the same."""
        email = email.strip().lower()
        row = self._row_of.get(email)
        if row is None:
            number = int.from_bytes(hashlib.sha256(email.encode()).digest()[:5])
            return {
                "user_id": f"s{number}",
                "traits": {"email": email},
                "marketing": False,
                "analytics": True,
            }
        people = self._people
        country = COUNTRIES[people.country[row]]
        traits = {
            "email": email,
            "phone": people.phone_e164[row].as_py(),
            "name": people.native_name[row].as_py(),
            "language": country.language,
            "country": country.code,
            "city": people.city_name[row].as_py(),
        }
        said = {"marketing": bool(people.marketing[row]), "analytics": bool(people.analytics[row])}
        return {"user_id": people.user_id[row].as_py(), "traits": traits, **said}

    def sell(self, cart: Cart, number: str) -> tuple[dict[str, Any], list[Due]]:
        """Return what the page tells of an order, and what the ERP does. Raises Rejected for what cannot be sold."""
        country = self._sellable_in(cart)
        product = np.array([self._number[line.product_id] for line in cart.lines])
        quantity = np.array([line.quantity for line in cart.lines])
        where = np.full(len(product), country)
        price, cost = local(self._goods.price[product], where), local(self._goods.cost[product], where)
        now_us, now = time.time_ns() // 1_000, datetime.now(UTC)
        shared = {"order_no": number, "ordered_at": now, "account": cart.user_id}
        none = {"loyalty_card": None, "phone": None, "email": None}
        money = {"currency": COUNTRIES[country].currency}
        total = round(float((price * quantity).sum()), 2)
        order = {
            **shared, **none, **money,
            "channel": "web", "branch": None, "country": cart.country, "lines": len(product), "total": total,
            "cogs": round(float((cost * quantity).sum()), 2),
            "total_gbp": round(float((self._goods.price[product] * quantity).sum()), 2),
            "cogs_gbp": round(float((self._goods.cost[product] * quantity).sum()), 2),
        }  # fmt: skip
        dues = [Due(now_us, "erp/orders.parquet", order)]
        for place, row in enumerate(product.tolist()):
            line = {
                **shared, **none, **money,
                "line_no": f"{number}-{place + 1}", "sku": cart.lines[place].product_id,
                "category": CATEGORIES[self._goods.products[row].category].name, "quantity": int(quantity[place]),
                "unit_price": float(price[place]), "unit_cost": float(cost[place]), "discount": 0.0,
            }  # fmt: skip
            dues.append(Due(now_us, "erp/lines.parquet", line))
        told = {
            "order_id": number, "revenue": total, "products": len(product), "country": cart.country, **money,
        }  # fmt: skip
        return told, dues

    def _sellable_in(self, cart: Cart) -> int:
        """Return the number of the cart's country. Raises Rejected for what cannot be sold."""
        countries = [number for number, one in enumerate(COUNTRIES) if one.code == cart.country]
        known = all(line.product_id in self._number for line in cart.lines)
        fair = all(1 <= line.quantity <= QUANTITY_MAX for line in cart.lines)
        if not (countries and known and fair and cart.user_id and 1 <= len(cart.lines) <= LINES_MAX):
            raise Rejected("This cart cannot be sold: name products, quantities, the country and who buys.")
        return countries[0]
