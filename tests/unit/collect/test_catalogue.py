"""What the catalogue learns, and what it must not remember."""

import json

import pyarrow as pa

from weft.collect.catalogue import EXAMPLE_CHARS, SAMPLE_EVENTS, frequent_values, learn
from weft.model.catalogue import Learned
from weft.model.staged import STAGED


def staged(*rows: tuple[str, str, str]) -> pa.Table:
    kinds, names, properties = zip(*rows, strict=True) if rows else ((), (), ())
    table = STAGED.empty_table().to_pydict() | {"type": kinds, "name": names, "properties": properties}
    columns = [pa.array(table[f.name] or [None] * len(rows), f.type) for f in STAGED]
    return pa.table(columns, schema=STAGED)


def test_events_and_properties_with_their_types() -> None:
    text = '{"n":1,"f":1.5,"b":true,"s":"red","z":null,"o":{"k":"v"},"l":[1],"products":[{"sku":"a"}]}'
    assert set(learn(staged(("track", "Seen", text)))) == {
        Learned("track", "Seen", "", "object", 1),
        Learned("track", "Seen", "n", "integer", 1, "1"),
        Learned("track", "Seen", "f", "number", 1, "1.5"),
        Learned("track", "Seen", "b", "boolean", 1, "true"),
        Learned("track", "Seen", "s", "string", 1, "red"),
        Learned("track", "Seen", "z", "null", 1),
        Learned("track", "Seen", "o", "object", 1),
        Learned("track", "Seen", "o.k", "string", 1, "v"),
        Learned("track", "Seen", "l", "array", 1),
        Learned("track", "Seen", "products", "array", 1),
        Learned("track", "Seen", "products[].sku", "string", 1, "a"),
    }


def test_counts_of_events_are_exact_and_properties_come_from_a_sample() -> None:
    learned = learn(staged(*[("track", "Seen", '{"a":1}')] * (SAMPLE_EVENTS + 50)))
    assert {(item.property, item.count) for item in learned} == {
        ("", SAMPLE_EVENTS + 50),
        ("a", SAMPLE_EVENTS),
    }


def test_nothing_personal_is_kept_as_an_example() -> None:
    personal = '"email":"x","first_name":"Kim","note":"write to kim@example.com","call":"+49 30 123456"'
    text = f'{{{personal},"ring":491701234567,"paid":1250000,"ok":"blue"}}'
    examples = {item.property: item.example for item in learn(staged(("identify", "", text)))}
    assert {name for name, example in examples.items() if example} == {"paid", "ok"}


def test_examples_are_short() -> None:
    learned = learn(staged(("track", "Seen", '{"a":"' + "x" * 500 + '"}')))
    assert max(len(item.example) for item in learned) == EXAMPLE_CHARS


def test_groups_are_one_kind_of_event() -> None:
    learned = learn(staged(("group", "acme", "{}"), ("group", "umbrella", "{}")))
    assert learned == [Learned("group", "", "", "object", 2)]


def test_nothing_teaches_nothing() -> None:
    assert learn(STAGED.empty_table()) == []


def test_the_most_frequent_values_come_first_and_what_is_personal_or_names_its_event_is_left_out() -> None:
    events = [
        {
            "brand": "Bosch" if at % 3 else "Makita",
            "order_id": f"o{at}",
            "email": "kim@example.com",
            "sizes": ["s", "m"],
        }
        for at in range(12)
    ]
    found = frequent_values(json.dumps({**each, "at": {"zone": 1}, "note": "x" * 90}) for each in events)
    assert found == {
        "at.zone": [("1", 12)],
        "brand": [("Bosch", 8), ("Makita", 4)],
        "sizes": [("m", 12), ("s", 12)],
    }
