"""Web events as the shop's own event store has them: one row an event, the properties as JSON."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from itertools import product
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.demo.buying import CURRENCIES, Orders
from weft.demo.columns import Floats, Ints, joined, salt_of, take, times, uuids, where
from weft.demo.goods import BANDS, BARBECUE, BRANDS, CATEGORIES, GARDEN, PRODUCTS, Goods, local
from weft.demo.moments import contexts
from weft.demo.visits import Kind, Visits
from weft.demo.world import COUNTRIES

NAMES = {
    Kind.HOME: ("page", "Home"),
    Kind.LISTED: ("track", "Product List Viewed"),
    Kind.SEARCHED: ("track", "Products Searched"),
    Kind.VIEWED: ("track", "Product Viewed"),
    Kind.ADDED: ("track", "Product Added"),
    Kind.REMOVED: ("track", "Product Removed"),
    Kind.CHECKOUT: ("track", "Checkout Started"),
    Kind.ORDERED: ("track", "Order Completed"),
    Kind.LOGGED_IN: ("identify", ""),
    Kind.READ: ("track", "Article Read"),
    Kind.TRUCKS: ("track", "Trucks Searched"),
}
"""Type and name of each kind: Segment's e-commerce names where it has one."""

ARTICLES = {
    "site safety": (
        ("Scaffolding: the daily check", "비계 일일 점검", "鷹架每日檢查"),
        ("Hearing protection on site", "현장 청력 보호", "工地聽力保護"),
        ("Working alone, safely", "단독 작업 안전 수칙", "單獨作業安全守則"),
    ),
    "outdoor cooking": (
        ("Charcoal or gas?", "숯불일까, 가스일까?", "木炭還是瓦斯？"),
        ("How to clean a grill", "그릴 청소법", "烤架清潔方法"),
        ("Ribs in four hours", "네 시간 립 바비큐", "四小時烤肋排"),
    ),
    "gardening": (
        ("When to cut a hedge", "산울타리 다듬는 시기", "何時修剪樹籬"),
        ("A lawn in spring", "봄철 잔디 관리", "春季草坪照護"),
        ("Compost without smell", "냄새 없는 퇴비 만들기", "無異味堆肥"),
    ),
}
"""Topic → titles."""
_TOPICS = {BARBECUE: "outdoor cooking", GARDEN: "gardening"}
"""By category; of all others: site safety."""


class Web:
    """Writes visits. The JSON of everything that does not name a person is made once."""

    def __init__(self, goods: Goods) -> None:
        encode = msgspec.json.Encoder().encode
        every = product(Kind, range(PRODUCTS), range(len(COUNTRIES)))
        self._texts = pa.array([encode(properties_of(goods, *one)).decode() for one in every])

    def events(self, visits: Visits, orders: Orders, totals: Floats, items: Ints) -> pa.Table:
        """Return the rows. totals, items: of each order, in its currency."""
        people, row = visits.people, visits.row
        country = people.country[row]
        logged_in, ordered = visits.kind == Kind.LOGGED_IN, visits.kind == Kind.ORDERED
        kind = visits.kind
        text = self._texts.take(pa.array((kind * PRODUCTS + visits.product) * len(COUNTRIES) + country))
        text = pc.replace_with_mask(text, pa.array(logged_in), _traits(visits, np.flatnonzero(logged_in)))
        own = _order_texts(orders, totals, items, visits.order[ordered])
        text = pc.replace_with_mask(text, pa.array(ordered), own)
        email = people.email_at(row, visits.at_us)
        salt = people.world.seed + 1 + salt_of(visits.mark)
        return pa.table(
            {
                "message_id": uuids(np.full(len(visits), people.block), visits.number, salt=salt),
                "type": take([NAMES[one][0] for one in Kind], kind),
                "event": take([NAMES[one][1] for one in Kind], kind),
                "timestamp": times(visits.at_us),
                "user_id": where(visits.known, people.user_id.take(pa.array(row))),
                "anonymous_id": people.anonymous_id(row, visits.device),
                "email": where(logged_in, email),
                "phone": where(logged_in, people.phone_e164.take(pa.array(row))),
                "consent_marketing": where(
                    logged_in, take(["no", "yes"], people.marketing[row].astype(np.int64))
                ),
                "consent_analytics": where(
                    logged_in, take(["no", "yes"], people.analytics[row].astype(np.int64))
                ),
                "properties": text,
                "context": contexts(visits),
            }
        )


def properties_of(goods: Goods, kind: Kind, number: int, country: int) -> dict[str, Any]:
    """Return what an event of a kind says in a country about a product, by its number; it names no person."""
    where_ = COUNTRIES[country]
    each = goods.products[number]
    category = CATEGORIES[each.category]
    own_name = (category.ko, category.zh, category.name)[country]
    path = f"/{where_.language}/{category.name}"
    match kind:
        case Kind.HOME:
            return {"path": f"/{where_.language}/", "country": where_.code, "language": where_.language}
        case Kind.LISTED:
            return {"path": path, "category": category.name, "list": own_name, "country": where_.code}
        case Kind.SEARCHED:
            return {"query": own_name, "category": category.name, "country": where_.code}
        case Kind.READ:
            topic = _TOPICS.get(each.category, "site safety")
            titles = ARTICLES[topic]
            return {"topic": topic, "title": titles[number % len(titles)][(1, 2, 0)[country]]}
        case Kind.TRUCKS:
            return {"truck": ("van", "flatbed", "box truck", "tipper")[number % 4], "country": where_.code}
        case Kind.CHECKOUT | Kind.ORDERED:
            return {"currency": where_.currency, "country": where_.code}
        case Kind.LOGGED_IN:
            return {}
        case _:
            price = float(local(np.array([each.price]), np.array([country]))[0])
            return {
                "product_id": each.sku,
                "name": each.name,
                "brand": BRANDS[each.brand],
                "category": category.name,
                "price_band": BANDS[each.band],
                "price": price,
                "currency": where_.currency,
                "country": where_.code,
            }


def _traits(visits: Visits, at: Ints) -> pa.Array:
    """Return the traits that a log-in sends. A third of the people write their name in Latin letters."""
    people, row = visits.people, visits.row[at]
    roman = people.roman_name(people.spelling, people.code % 2).take(pa.array(row))
    name = pc.if_else(pa.array(people.code[row] % 3 == 0), roman, people.native_name.take(pa.array(row)))
    return joined(
        '{"email":"', people.email_at(row, visits.at_us[at]), '","phone":"', people.phone_e164.take(pa.array(row)),
        '","name":"', name, '","language":"', take(["ko", "zh", "en"], people.country[row]),
        '","country":"', take([one.code for one in COUNTRIES], people.country[row]),
        '","city":"', people.city_name.take(pa.array(row)), '"}',
    )  # fmt: skip


def _order_texts(orders: Orders, totals: Floats, items: Ints, order: Ints) -> pa.Array:
    country = orders.people.country[orders.row[order]]
    return joined(
        '{"order_id":"', orders.number.take(pa.array(order)), '","revenue":', totals[order], ',"products":',
        items[order], ',"currency":"', take(CURRENCIES, country), '","country":"',
        take([one.code for one in COUNTRIES], country), '"}',
    )  # fmt: skip
