"""Random rules as people write them, all of them right."""

from typing import Any

from hypothesis import strategies as st

from weft.audience.definition import read_audiences
from weft.definitions import Definition
from weft.language.property import WEEKDAYS
from weft.language.span import NAMED
from weft.model.audience import Audience
from weft.profile.definition import read_traits

Body = dict[str, Any]

TRAITS: list[Body] = [
    {"name": "orders", "kind": "count", "event": "Order Completed"},
    {"name": "brands", "kind": "top", "event": "Product Viewed", "property": "products.*.brand"},
    {"name": "last_seen", "kind": "last", "type": "page"},
    {"name": "favourite", "kind": "most_frequent", "event": "Product Viewed", "property": "category"},
    {"name": "agreed", "kind": "last", "type": "identify", "property": "agreed", "as": "boolean"},
    {"name": "change", "formula": "(orders - 1) / days_since(last_seen)"},
]
OTHERS: list[Body] = [
    {"name": "buyers", "who": {"trait": "orders", "at_least": 1}},
    {"name": "lapsed", "who": {"all": [{"audience": "buyers"}, {"not": {"did": "Visit", "within": "30d"}}]}},
]

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
DURATIONS = st.builds("{}{}".format, st.integers(1, 2_500), st.sampled_from("smhdw"))
FIXED = st.datetimes().map(lambda time: time.isoformat()) | st.dates().map(lambda day: day.isoformat())
RELATIVE = st.one_of(
    st.just("now"),
    st.builds("now{}{}".format, st.sampled_from("+-"), DURATIONS),
    st.builds(
        "{}{}".format,
        st.sampled_from(["this_week", "this_month", "this_quarter", "this_year"]),
        st.sampled_from(["", "-1", "+1", "-18"]),
    ),
    st.builds("today{}".format, st.sampled_from(["", "-7d", "+3d"])),
)
TIMES = FIXED | RELATIVE
PATHS = st.sampled_from(["total", "address.city", "v1\\.2.x", "products.0.sku", "$url"])


def among(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    many = st.lists(value, min_size=1, max_size=3)
    return st.one_of(
        *(st.fixed_dictionaries({key: value}) for key in ("is", "is_not")),
        *(st.fixed_dictionaries({key: many}) for key in ("one_of", "none_of")),
    )


def ordered(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    keys = ("more_than", "at_least", "less_than", "at_most")
    return st.one_of(*(st.fixed_dictionaries({key: value}) for key in keys))


def parts(keys: tuple[str, ...] = ("contains", "starts_with", "ends_with")) -> st.SearchStrategy[Body]:
    return st.one_of(*(st.fixed_dictionaries({key: TEXTS}) for key in keys))


EXISTS = st.fixed_dictionaries({"exists": st.booleans()})
BETWEEN = st.one_of(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: {"between": sorted(pair)}),
    st.tuples(st.dates(), st.dates()).map(
        lambda pair: {"between": [day.isoformat() for day in sorted(pair)]}
    ),
    st.just({"between": ["today-7d", "today"]}),
    st.just({"between": ["2026-01-01", "now"]}),
)
NUMBER = among(NUMBERS) | ordered(NUMBERS) | EXISTS
TEXT = among(TEXTS) | parts() | EXISTS
TIME = among(TIMES) | ordered(TIMES) | EXISTS
LIST = parts(("contains",)) | EXISTS
BOOLEAN = among(st.booleans()) | EXISTS


def told_as(kind: str, comparison: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
    return comparison.map(lambda body: body | {"as": kind})


TOLD = st.one_of(
    NUMBER.filter(lambda body: "exists" not in body),
    TEXT,
    ordered(TIMES),
    BETWEEN,
    told_as("time", TIME),
    told_as("number", NUMBER),
    told_as("boolean", BOOLEAN),
    told_as("list", LIST),
)
PERCENT = st.one_of(
    *(
        st.fixed_dictionaries({key: st.integers(1, 100) | st.floats(0.1, 100)})
        for key in ("top_percent", "bottom_percent")
    )
)
COMPUTED = st.one_of(
    st.tuples(st.sampled_from(["orders", "change"]), NUMBER | PERCENT),
    st.tuples(st.just("brands"), LIST),
    st.tuples(st.just("last_seen"), TIME),
    st.tuples(st.just("favourite"), TEXT),
    st.tuples(st.just("agreed"), BOOLEAN),
    st.tuples(PATHS, TOLD),
).map(lambda pair: {"trait": pair[0]} | pair[1])


def keyed(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({}, optional=optional)


OTHER = st.one_of(
    st.tuples(st.sampled_from(["-2d", "3h"]), PATHS).map(lambda pair: {"property": pair[1], "plus": pair[0]}),
    st.tuples(NUMBERS, PATHS).map(lambda pair: {"context": pair[1], "plus": pair[0]}),
)
CONDITION = st.one_of(
    st.tuples(PATHS, TOLD).map(lambda pair: {"property": pair[0]} | pair[1]),
    st.tuples(PATHS, LIST).map(lambda pair: {"context": f"products.*.{pair[0]}"} | pair[1]),
    st.tuples(PATHS, ordered(OTHER)).map(lambda pair: {"property": pair[0]} | pair[1]),
    st.tuples(PATHS, PATHS).map(lambda pair: {"property": pair[0], "is": {"property": pair[1]}}),
    st.tuples(PATHS, PATHS, st.sampled_from(["number", "time"])).map(
        lambda found: {"property": found[0], "at_most": {"context": found[1]}, "as": found[2]}
    ),
    st.sampled_from(WEEKDAYS).map(lambda day: {"at": "weekday", "is": day}),
    st.integers(0, 23).map(lambda hour: {"at": "hour", "at_least": hour}),
)
WHERE = st.lists(CONDITION, max_size=3)
SOURCE = st.one_of(
    TEXTS.map(lambda name: {"event": name}), st.just({"record": "order"}), st.just({"type": "page"})
)
FACTS = TEXTS | st.tuples(SOURCE, keyed(where=WHERE)).map(lambda pair: pair[0] | pair[1])
WITHIN = st.one_of(
    DURATIONS,
    st.sampled_from(sorted(NAMED)),
    st.tuples(DURATIONS, DURATIONS).map(lambda pair: {"last": pair[0], "before": pair[1]}),
    st.tuples(
        st.sampled_from(["day", "quarter"]), st.integers(-40, -1), st.sampled_from(["person", "workspace"])
    ).map(
        lambda found: {
            "calendar": found[0],
            "from": found[1],
            "to": found[1] + 2 if found[1] < 0 else 1,
            "zone": found[2],
        }
    ),
    st.dates().map(lambda day: {"since": day.isoformat()}),
    st.just({"since": "2026-01-01", "until": "2026-02-01T08:00+09:00"}),
)
DID = st.tuples(
    TEXTS | SOURCE,
    st.sampled_from([{}, {"at_least": 2}, {"at_least": 0, "at_most": 3}, {"at_most": 1}]),
    keyed(within=WITHIN, where=WHERE),
).map(lambda found: {"did": found[0]} | found[1] | found[2])
SEQUENCE = st.tuples(
    FACTS, st.sampled_from(["then", "not_then"]), FACTS, keyed(after=DURATIONS), keyed(within=WITHIN)
).map(lambda found: {"sequence": {"first": found[0], found[1]: found[2]} | found[3]} | found[4])
WHEN = st.tuples(st.sampled_from(["first_time", "last_time"]), FACTS, TIME).map(
    lambda found: {found[0]: found[1]} | found[2]
)
LOCAL_TIME = st.tuples(
    st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=9, unique=True),
    st.sampled_from([{}, {"from": 9, "to": 18}, {"from": 22, "to": 6}, {"from": 8}]),
    keyed(zone=st.sampled_from(["person", "workspace"])),
).map(lambda found: {"local_time": {"weekdays": found[0]} | found[1] | found[2]})
LEAVES = st.one_of(
    COMPUTED,
    DID,
    SEQUENCE,
    WHEN,
    LOCAL_TIME,
    st.just({"local_time": {"from": 9, "to": 18}}),
    st.sampled_from(["buyers", "lapsed"]).map(lambda name: {"audience": name}),
    st.tuples(TEXTS, st.sampled_from(["granted", "refused", "unknown"])).map(
        lambda pair: {"consent": pair[0], "is": pair[1]}
    ),
    TEXTS.map(lambda name: {"list": name}),
    st.tuples(TEXTS, st.integers(0, 49), st.floats(50, 100)).map(
        lambda found: {"split": found[0], "from": found[1], "to": found[2]}
    ),
)
WRITTEN_RULES: st.SearchStrategy[Body] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"all": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"any": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=8,
)
"""What stands behind `who`, over the traits TRAITS and the audiences OTHERS."""


def read_who(who: object) -> tuple[Audience | None, list[str]]:
    """Read a rule beside TRAITS and OTHERS; return the audience, and every problem of any of them."""
    bodies = [("traits", body) for body in TRAITS]
    bodies += [("audiences", body) for body in (*OTHERS, {"name": "it", "who": who})]
    definitions = [Definition(kind, body["name"], body, "a.yaml") for kind, body in bodies]
    traits, problems = read_traits(definitions)
    audiences, more = read_audiences(definitions, traits)
    found = next((each for each in audiences if each.name == "it"), None)
    return found, [str(problem) for problem in (*problems, *more)]
