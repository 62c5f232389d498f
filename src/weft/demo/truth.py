"""The ground truth: which identifier and which record is whose, what people are worth, what campaigns did."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.demo.buying import Lines, Orders, expected_contribution, expected_orders
from weft.demo.columns import Ints, joined, times
from weft.demo.goods import Goods
from weft.demo.people import People
from weft.demo.visits import TABLET, Visits
from weft.demo.world import COUNTRIES, PERSONAS


def identifiers(people: People, system: str, namespace: str, values: Any, row: Ints) -> pa.Table:
    """Return that these values, normalised as the collector does it, mean these people in a system; nulls left out."""
    texts = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else pa.array(values)
    if namespace == "phone":
        texts = normal_phone(texts)
    if namespace == "email":
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    table = pa.table(
        {
            "namespace": pa.repeat(namespace, len(row)),
            "value": texts,
            "person": people.person[row],
            "system": pa.repeat(system, len(row)),
        }
    )
    return table.filter(pc.is_valid(texts))


def normal_phone(texts: pa.Array) -> pa.Array:
    """Return phones as the collector keeps them: digits, with + where the number was given so; too short is null."""
    only = pc.replace_substring_regex(texts, "[^0-9]", "")
    length = pc.utf8_length(only)
    plus = pc.match_substring_regex(texts, r"^[( ]*\+")
    zeros = pc.and_(pc.starts_with(only, "00"), pc.invert(plus))
    text = pc.if_else(plus, joined("+", only), only)
    text = pc.if_else(zeros, joined("+", pc.utf8_slice_codeunits(only, 2)), text)
    return pc.if_else(pc.and_(pc.greater_equal(length, 5), pc.less_equal(length, 17)), text, None)


def web_identifiers(visits: Visits) -> pa.Table:
    """Return who stands behind the ids of the web. A shared device has a row for each of its people."""
    people = visits.people
    pairs = np.unique(visits.row * 8 + visits.device)
    row, device = pairs // 8, pairs % 8
    shared = device >= TABLET
    known = np.unique(visits.row[visits.known])
    parts = [
        identifiers(people, "web", "anonymous_id", people.anonymous_id(row[mask], device[mask]), row[mask])
        for mask in (~shared, shared)
    ]
    parts[1] = parts[1].set_column(3, "system", pa.repeat("web, shared device", parts[1].num_rows))
    parts.append(identifiers(people, "web", "user_id", people.user_id.take(pa.array(known)), known))
    for late in (0, 1):
        logged = np.unique(
            visits.row[visits.known & ((visits.at_us >= people.moved_us[visits.row]) == bool(late))]
        )
        parts.append(identifiers(people, "web", "email", people.emails[late].take(pa.array(logged)), logged))
    parts.append(identifiers(people, "web", "phone", people.phone_e164.take(pa.array(known)), known))
    return pa.concat_tables(parts)


def records(people: People, file: str, ids: Any, row: Ints) -> pa.Table:
    """Return whose these records (or events, by their message id) are."""
    return pa.table({"file": pa.repeat(file, len(row)), "id": ids, "person": people.person[row]})


def persons(people: People, orders: Orders, lines: Lines, goods: Goods) -> pa.Table:
    """Return the people: who they are, what drives them, what they did and what they are worth."""
    row = orders.row
    earned = np.bincount(row[lines.order], lines.contribution, people.size)
    orders_next = expected_orders(people, orders.alive)
    names = pa.array(PERSONAS)
    return pa.table(
        {
            "person": people.person,
            "name": people.native_name,
            "roman_name": people.roman_name(people.spelling, np.zeros(people.size, np.int64)),
            "country": pa.array([one.code for one in COUNTRIES]).take(pa.array(people.country)),
            "city": people.city_name,
            "born": people.born,
            "household": people.household,
            "persona": names.take(pa.array(people.persona)),
            "joined": times(people.joined_us),
            "has_account": people.has_account,
            "in_crm": people.in_crm,
            "in_loyalty": people.in_loyalty,
            "marketing_consent": people.marketing,
            "analytics_consent": people.analytics,
            "rate_per_day": people.rate,
            "gone_chance": people.gone,
            "alive": orders.alive,
            "orders": np.bincount(row, minlength=people.size),
            "orders_by_campaigns": np.bincount(row[orders.campaign > 0], minlength=people.size),
            "contribution": np.round(earned, 2),
            "expected_orders_365d": orders_next,
            "expected_contribution_365d": orders_next * expected_contribution(people, goods),
        }
    )
