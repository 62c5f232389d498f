"""The forms of a world's events: wire messages (dicts), staged columns, and flat Parquet to import.

All forms are read off the same columns, so a world is the same stream whichever way it goes in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow.compute import SliceOptions, call_function, cast

from bench.people import (
    CATEGORIES,
    COUNTRIES,
    FIRST_NAMES,
    LAST_NAMES,
    PLANS,
    PRODUCTS,
    People,
    Shop,
    World,
    email_of,
    name_of,
)
from bench.stream import Kind, Stream, stream, streams
from weft.model.staged import IDENTIFIERS, STAGED
from weft.sources.files.mapping import Mapping, TimeColumn

QUANTITIES = (1, 2, 3, 4)
SOURCE = "shop"

NAMES = {
    Kind.HOME: ("page", "Home"),
    Kind.BROWSED: ("page", "Category"),
    Kind.SEARCHED: ("track", "Products Searched"),
    Kind.VIEWED: ("track", "Product Viewed"),
    Kind.ADDED: ("track", "Product Added"),
    Kind.CHECKOUT: ("track", "Checkout Started"),
    Kind.ORDERED: ("track", "Order Completed"),
    Kind.LOGGED_IN: ("identify", ""),
}
"""Kind → type and name on the wire (Segment's spec and its e-commerce names)."""

MAPPING = Mapping(
    kind="events",
    identifiers={"user_id": "user_id", "email": "email", "anonymous_id": "anonymous_id"},
    time=TimeColumn("timestamp"),
    type_column="type",
    event_column="event",
    message_id="message_id",
    spread="properties",
)
"""What the columns of `flat` mean, to an import."""


class Forms:
    """Writes the streams of one world in every form."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = People(world)
        self.shop = Shop(world)

    def streams(self) -> Iterator[Stream]:
        """Yield the world's chunks in order."""
        return streams(self.world, self.people, self.shop)

    def chunk(self, number: int) -> Stream:
        """Draw one chunk."""
        return stream(self.world, self.people, self.shop, number)

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield every event as a wire message, oldest first, without sentAt."""
        for events in self.streams():
            for row in range(len(events)):
                yield self.message(events, row)

    def message(self, events: Stream, row: int) -> dict[str, Any]:
        """Return one event as a wire message."""
        person, kind = int(events.person[row]), Kind(int(events.kind[row]))
        type_, name = NAMES[kind]
        at = datetime.fromtimestamp(int(events.at_us[row]) / 1e6, UTC)
        country = COUNTRIES[self.people.country[person]]
        message: dict[str, Any] = {
            "type": type_,
            "messageId": f"{self._mark(events)}{int(events.number[row])}",
            "anonymousId": f"anon-{person}-{int(events.device[row])}",
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "context": _context(country.locale),
        }
        if events.known[row]:
            message["userId"] = f"u-{person}"
        if kind is Kind.LOGGED_IN:
            message["traits"] = self.identify_traits(person)
            return message
        message["event" if type_ == "track" else "name"] = name
        properties = self.properties(
            kind, int(events.product[row]), int(events.quantity[row]), int(self.people.country[person])
        )
        if kind is Kind.ORDERED:
            properties = {"order_id": f"o-{events.chunk}-{int(events.number[row])}", **properties}
        message["properties"] = properties
        return message

    def properties(self, kind: Kind, item: int, quantity: int, country: int) -> dict[str, Any]:
        """Return what an event says besides who and when; the number of an order is not in it."""
        category, where = CATEGORIES[self.shop.category[item]], COUNTRIES[country]
        price = self.shop.price(item, where)
        value = round(price * quantity, 2)
        sku = f"p-{item}"
        match kind:
            case Kind.HOME:
                return {"path": "/"}
            case Kind.BROWSED:
                return {"path": f"/{category}", "category": category}
            case Kind.SEARCHED:
                return {"query": category}
            case Kind.VIEWED:
                return {"product_id": sku, "category": category, "price": price, "currency": where.currency}
            case Kind.ADDED | Kind.CHECKOUT:
                return {
                    "product_id": sku,
                    "category": category,
                    "price": price,
                    "quantity": quantity,
                    "value": value,
                }
            case Kind.ORDERED:
                return {
                    "revenue": value,
                    "currency": where.currency,
                    "product_id": sku,
                    "category": category,
                    "quantity": quantity,
                }
            case Kind.LOGGED_IN:
                return {}

    def identify_traits(self, person: int) -> dict[str, Any]:
        """Return the traits that a person's log-in sends."""
        return {
            "email": email_of(person),
            "name": name_of(person),
            "country": COUNTRIES[self.people.country[person]].code,
            "plan": PLANS[self.people.plan[person]],
        }

    def staged(self, events: Stream) -> pa.Table:
        """Return a chunk in the columns of `STAGED`, as an import at the end of the world's days would."""
        at = pa.array(events.at_us, pa.timestamp("us"))
        size = len(events)
        nothing = pa.nulls(size, pa.string())
        kinds = pa.array(events.kind)
        columns = {
            "position": pa.array(np.zeros(size, np.int64)),
            "message_id": _joined(self._mark(events), pa.array(events.number)),
            "type": pa.array([NAMES[kind][0] for kind in Kind]).take(kinds),
            "name": pa.array([NAMES[kind][1] for kind in Kind]).take(kinds),
            "occurred_at": at,
            "received_at": pa.repeat(pa.scalar(self.world.until_us, pa.timestamp("us")), size),
            "source": pa.repeat(SOURCE, size),
            "identifiers": self._identifiers(events),
            "properties": self._properties(events),
            "context": self._contexts.take(pa.array(self.people.country[events.person])),
            "consent": nothing,
            "record_id": nothing,
        }
        return pa.table(columns, schema=STAGED)

    def _mark(self, events: Stream) -> str:
        return f"w{self.world.seed}-{events.chunk}-"

    def _identifiers(self, events: Stream) -> pa.Array:
        """user_id where it is known, the e-mail of a log-in, anonymous_id: in the order of the collect pipeline."""
        given = np.stack([events.known, events.kind == Kind.LOGGED_IN, np.ones(len(events), bool)], axis=1)
        person = pa.array(events.person)
        values = pa.concat_arrays(
            [
                _joined("u-", person),
                self._emails(events.person),
                _joined("anon-", person, "-", pa.array(events.device)),
            ]
        )
        rows, kinds = np.nonzero(given)
        namespaces = pa.array(["user_id", "email", "anonymous_id"]).take(pa.array(kinds))
        flat = pa.StructArray.from_arrays(
            [namespaces, values.take(pa.array(kinds * len(events) + rows))],
            fields=list(IDENTIFIERS.value_type),
        )
        offsets = np.concatenate(([0], np.cumsum(given.sum(axis=1)))).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), flat, type=IDENTIFIERS)

    def _emails(self, person: NDArray[np.int64]) -> pa.Array:
        first, last = (
            pa.array(names).take(pa.array(person % len(names))) for names in (FIRST_NAMES, LAST_NAMES)
        )
        return _joined(first, ".", last, ".", pa.array(person), "@example.com")

    def _properties(self, events: Stream) -> pa.Array:
        country = self.people.country[events.person].astype(np.int64)
        code = ((events.kind * PRODUCTS + events.product) * len(QUANTITIES) + events.quantity - 1) * len(
            COUNTRIES
        ) + country
        text = self._templates.take(pa.array(code))
        orders, logins = events.kind == Kind.ORDERED, events.kind == Kind.LOGGED_IN
        text = call_function(
            "replace_with_mask", [text, pa.array(orders), self._orders(events, orders, text)]
        )
        return call_function(
            "replace_with_mask", [text, pa.array(logins), self._logins(events.person[logins])]
        )

    @staticmethod
    def _orders(events: Stream, mask: NDArray[np.bool_], text: pa.Array) -> pa.Array:
        rest = call_function("utf8_slice_codeunits", [text.filter(pa.array(mask))], SliceOptions(1))
        return _joined(f'{{"order_id":"o-{events.chunk}-', pa.array(events.number[mask]), '",', rest)

    def _logins(self, person: NDArray[np.int64]) -> pa.Array:
        return pa.array(
            [msgspec.json.encode(self.identify_traits(int(one))).decode() for one in person], pa.string()
        )

    @cached_property
    def _templates(self) -> pa.Array:
        """The JSON of every kind, product, quantity and country, in the order of the code above."""
        encode = msgspec.json.Encoder().encode
        combinations = product(Kind, range(PRODUCTS), QUANTITIES, range(len(COUNTRIES)))
        return pa.array([encode(self.properties(*one)).decode() for one in combinations])

    @cached_property
    def _contexts(self) -> pa.Array:
        return pa.array([msgspec.json.encode(_context(country.locale)).decode() for country in COUNTRIES])


def flat(staged: pa.Table) -> pa.Table:
    """Return staged events as a data team would export them: one plain column a thing, one row an event."""
    identifiers = staged["identifiers"].combine_chunks()
    columns = {
        "message_id": staged["message_id"],
        "type": staged["type"],
        "event": staged["name"],
        "timestamp": staged["occurred_at"],
        "user_id": _of(identifiers, "user_id"),
        "anonymous_id": _of(identifiers, "anonymous_id"),
        "email": _of(identifiers, "email"),
        "properties": staged["properties"],
    }
    return pa.table(columns)


def write_parquet(folder: Path, world: World, *, imported: bool = True) -> list[Path]:
    """Write a world as Parquet files of one chunk each and return them in order.

    imported: the plain table of `flat`, for an import; else the staged columns themselves.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forms = Forms(world)
    paths: list[Path] = []
    for events in forms.streams():
        table = forms.staged(events)
        paths.append(folder / f"events-{events.chunk:05}.parquet")
        pq.write_table(flat(table) if imported else table, paths[-1], compression="zstd", compression_level=1)
    return paths


def _of(identifiers: pa.ListArray, namespace: str) -> pa.Array:
    """Return each row's value in a namespace, or null."""
    flat_ = identifiers.flatten()
    same = call_function("equal", [flat_.field("namespace"), namespace])
    hit = np.nonzero(same.to_numpy(zero_copy_only=False))[0]
    rows = call_function("list_parent_indices", [identifiers]).to_numpy()[hit]
    index = np.full(len(identifiers), -1, np.int64)
    index[rows] = hit
    return flat_.field("value").take(pa.array(index, mask=index < 0))


def _joined(*parts: pa.Array | str) -> pa.Array:
    texts = [part if isinstance(part, str) else cast(part, pa.string()) for part in parts]
    return call_function("binary_join_element_wise", [*texts, ""])


def _context(locale: str) -> dict[str, Any]:
    return {"library": {"name": "weft-world", "version": "1"}, "locale": locale}
