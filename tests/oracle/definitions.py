"""Random definitions of the whole language."""

from typing import Any

from hypothesis import strategies as st
from tests.oracle.naive.measures import value_type

EVENTS = ["Order Completed", "Product Viewed"]
SCALAR_PATHS = [
    "total",
    "quantity",
    "$current_url",
    "a/b",
    "c~d",
    "item.sku",
    "items.0.price",
    "paid",
    "when",
    "due",
]
LIST_PATHS = ["tags.*", "items.*.price"]
LISTS = st.sampled_from([*({"property": path} for path in LIST_PATHS), {"property": "tags", "as": "list"}])
CONTEXT_PATHS = ["page.path", "locale", "when"]
TOLD = ["plan", "age", "born", "vip", "interests", "address.city"]
NUMBERS = st.sampled_from([0, 1, 2, 2.5, 19.99, -3.1415, 39.98])
TEXTS = st.sampled_from(["abc", "a", "", "12.5", "ñ", "true", "2.5", "'"])
DURATIONS = st.sampled_from(["90s", "45m", "1h", "1d", "7d", "30d", "4w", "366d"])
TIMES = st.sampled_from(
    ["2026-01-05", "2026-02-01T00:30:00.250+00:00", "2025-06-01T00:00:00Z", "now", "now-30d", "now+1d", "now-1h",
     "today", "today-7d", "today+1d", "this_week", "this_week-1", "this_month", "this_month-1", "this_quarter+1",
     "this_year", "this_year-1"]
)  # fmt: skip
UNITS = ["day", "week", "month", "quarter", "year"]
ORDERED = ["more_than", "at_least", "less_than", "at_most"]


@st.composite
def windows(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(["sliding", "sliding", "before", "named", "calendar", "fixed"]))
    if kind == "sliding":
        return draw(DURATIONS)
    if kind == "before":
        return {"last": draw(DURATIONS), "before": draw(DURATIONS)}
    if kind == "named":
        ends = [f"{which}_{unit}" for which in ("this", "last") for unit in UNITS[1:]]
        return draw(st.sampled_from(["today", "yesterday", *ends]))
    if kind == "calendar":
        start = draw(st.integers(-14, 0))
        window = {
            "calendar": draw(st.sampled_from(UNITS)),
            "from": start,
            "to": draw(st.integers(start + 1, 1)),
        }
        return window | draw(st.sampled_from([{}, {"zone": "workspace"}, {"zone": "person"}]))
    ends = draw(st.sampled_from([("2026-01-01", "2026-02-01T00:00:00+09:00"), ("2025-06-01", "2026-03-01")]))
    return dict(
        draw(
            st.sampled_from(
                [[("since", ends[0])], [("until", ends[1])], [("since", ends[0]), ("until", ends[1])]]
            )
        )
    )


@st.composite
def comparisons(draw: st.DrawFn, kind: str | None = None, *, many: bool = True) -> dict[str, Any]:
    """An operator and its operand. kind: the type of the value, where it is known. many: one_of and none_of too."""
    kind = kind or draw(st.sampled_from(["number", "text", "time", "boolean", "exists"]))
    amid = ["one_of", "none_of"] if many else []
    match kind:
        case "exists":
            return {"exists": draw(st.booleans())}
        case "list":
            return draw(
                st.one_of(
                    st.booleans().map(lambda has: {"exists": has}), TEXTS.map(lambda t: {"contains": t})
                )
            )
        case "boolean":
            return {draw(st.sampled_from(["is", "is_not"])): draw(st.booleans())}
        case "text":
            pool = TEXTS
            operator = draw(st.sampled_from(["is", "is_not", "contains", "starts_with", "ends_with", *amid]))
        case _:
            pool = NUMBERS if kind == "number" else TIMES
            operator = draw(st.sampled_from([*ORDERED, "between", "is", "is_not", *amid]))
    typed = {"as": "time"} if kind == "time" and operator in ("is", "is_not", "one_of", "none_of") else {}
    if operator == "between":
        fixed = (
            pool
            if kind == "number"
            else st.sampled_from(["2025-06-01T00:00:00Z", "2026-01-05", "2026-02-01"])
        )
        bounds = sorted([draw(fixed), draw(fixed)])
        return {
            "between": draw(st.sampled_from([bounds, bounds if kind == "number" else ["now-30d", "now"]]))
        }
    if operator in ("one_of", "none_of"):
        return {operator: draw(st.lists(pool, min_size=1, max_size=3))} | typed
    return {operator: draw(pool)} | typed


def sources() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.sampled_from(EVENTS).map(lambda name: {"event": name}),
        st.sampled_from(["page", "identify", "track"]).map(lambda kind: {"type": kind}),
        st.just({"record": "order"}),
    )


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    place = draw(st.sampled_from(["property"] * 5 + ["other"] * 2 + ["list", "context", "at"]))
    match place:
        case "property":
            return {"property": draw(st.sampled_from(SCALAR_PATHS))} | draw(comparisons())
        case "list":
            return draw(LISTS) | draw(comparisons("list"))
        case "context":
            return {"context": draw(st.sampled_from(CONTEXT_PATHS))} | draw(comparisons())
        case "at":
            part = draw(st.sampled_from(["hour", "weekday"]))
            pool = st.integers(0, 23) if part == "hour" else st.sampled_from(["monday", "sunday", "saturday"])
            operators = [*ORDERED, "is", "is_not"] if part == "hour" else ["is", "is_not"]
            return {"at": part, draw(st.sampled_from(operators)): draw(pool)}
    other = draw(st.sampled_from([{"property": path} for path in SCALAR_PATHS] + [{"context": "when"}]))
    plus = draw(st.sampled_from(["2d", "-1h", 1.5, -2, "number", "time", "text"]))
    if plus in ("number", "time"):
        typed: dict[str, Any] = {"as": plus}
    else:
        other, typed = ({**other} if plus == "text" else {**other, "plus": plus}), {}
    operator = draw(st.sampled_from(["is", "is_not"] if plus == "text" else [*ORDERED, "is", "is_not"]))
    return {"property": draw(st.sampled_from(SCALAR_PATHS)), operator: other} | typed


def wheres() -> st.SearchStrategy[dict[str, Any]]:
    """Often none: most facts are to count."""
    some = st.lists(conditions(), min_size=1, max_size=2).map(lambda found: {"where": found})
    return st.one_of(st.just({}), st.just({}), some)


@st.composite
def facts_of(draw: st.DrawFn) -> Any:
    """What `first`, `then` and the like take."""
    written = draw(st.one_of(st.sampled_from(EVENTS), sources()))
    return written if isinstance(written, str) else written | draw(wheres())


KINDS = [
    "count", "sum", "min", "max", "mean", "first", "last", "distinct_count", "distinct", "most_frequent", "top",
    "streak", "longest_streak", "time_since",
]  # fmt: skip


@st.composite
def traits(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    body = {"name": name, "kind": kind} | draw(sources()) | draw(wheres())
    if draw(st.booleans()):
        body["window"] = draw(windows())
    match kind:
        case "count":
            return body
        case "streak" | "longest_streak":
            body |= draw(st.sampled_from([{}, {"unit": "day"}, {"unit": "week"}, {"unit": "month"}]))
            return body | draw(st.sampled_from([{}, {"zone": "workspace"}]))
        case "time_since":
            return body | draw(st.sampled_from([{}, {"unit": "day"}, {"unit": "hour"}]))
        case "sum" if draw(st.booleans()):
            factors = st.sampled_from([*SCALAR_PATHS[:2], "items.0.price"])
            return body | {"multiply": draw(st.lists(factors, min_size=2, max_size=2))}
        case "top" if draw(st.booleans()):
            body["k"] = draw(st.integers(1, 4))
    if kind in ("first", "last") and draw(st.integers(0, 3)) == 0:
        return body
    types = {
        "sum": ["number"], "mean": ["number"], "min": ["number", "time"], "max": ["number", "time"],
        "first": ["text", "number", "boolean", "time"], "last": ["text", "number", "boolean", "time"],
        "distinct_count": ["text", "number", "boolean", "time", "list"],
    }.get(kind, ["text", "number", "boolean", "list"])  # fmt: skip
    as_ = draw(st.sampled_from(types))
    if as_ == "list":
        return body | draw(LISTS)
    if draw(st.integers(0, 5)) == 0:
        body |= {"context": draw(st.sampled_from(CONTEXT_PATHS)), "as": as_}
    elif draw(st.integers(0, 8)) == 0 and as_ in ("text", "number"):
        return body | {"at": "weekday" if as_ == "text" else "hour"}
    else:
        body |= {"property": draw(st.sampled_from(SCALAR_PATHS)), "as": as_}
    return body


HALF_LIVES = ["9s", "6m", "144m", "1008m", "3d", "28d"]
"""Ten of each are as long as facts are old, or as windows are."""
ALIKE = [["weekday"], ["part_of_day"], ["hour"], ["weekday", "part_of_day"]]


@st.composite
def fading(draw: st.DrawFn, name: str, known: list[dict[str, Any]]) -> dict[str, Any]:
    """A context trait. known: the lasting ones, some of which it may be compared with."""
    kind = draw(st.sampled_from(["last", "most_frequent", "top"]))
    body = {"name": name, "kind": kind, "half_life": draw(st.sampled_from(HALF_LIVES))}
    body |= draw(sources()) | draw(wheres())
    gaps = st.sampled_from(["90s", "45m", "1h", "1d"]).map(lambda gap: {"last_session": gap})
    window = draw(st.one_of(st.none(), DURATIONS, st.just("last_session"), gaps))
    body |= {} if window is None else {"window": window}
    if draw(st.integers(0, 2)) == 0:
        body["like_now"] = draw(st.sampled_from(ALIKE))
    if kind == "top" and draw(st.booleans()):
        body["k"] = draw(st.integers(1, 4))
    place = draw(st.sampled_from(["property"] * 4 + ["context", "at"]))
    as_ = draw(st.sampled_from(["text", "number", "boolean", "time" if kind == "last" else "list"]))
    if place == "at":
        body["at"] = draw(st.sampled_from(["weekday", "hour"]))
    elif as_ == "list":
        body["property"] = draw(st.sampled_from(LIST_PATHS))
    else:
        paths = SCALAR_PATHS if place == "property" else CONTEXT_PATHS
        body |= {place: draw(st.sampled_from(paths)), "as": as_}
    texts = [each["name"] for each in known if "kind" in each and value_type(each) == "text"]
    if value_type(body) == "text" and draw(st.integers(0, 2)):
        body["beside"] = draw(st.sampled_from([*texts * 2, *TOLD]))
    return body


@st.composite
def formulas(draw: st.DrawFn, known: list[dict[str, Any]]) -> str:
    """A formula over traits that are known."""
    kinds = {body["name"]: "number" if "formula" in body else value_type(body) for body in known}
    numbers = [name for name, kind in kinds.items() if kind == "number"] + ["2", "0.5", "0"]
    times = [name for name, kind in kinds.items() if kind == "time"]
    leaves = [st.sampled_from(numbers)]
    if times:
        leaves += [st.sampled_from([f"days_since({name})", f"hours_since({name})"]) for name in times]
        leaves += [st.sampled_from(times).map(lambda name, b=times[0]: f"days_between({name}, {b})")]

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        singles = st.tuples(st.sampled_from(["abs", "round", "floor", "ceil"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        )
        several = st.tuples(st.sampled_from(["min", "max", "coalesce"]), inner, inner)
        return (
            pairs
            | singles
            | several.map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
            | inner.map(lambda p: f"(-{p})")
        )

    return draw(st.recursive(st.one_of(leaves), grown, max_leaves=5))


@st.composite
def all_traits(draw: st.DrawFn, most: int = 5) -> list[dict[str, Any]]:
    """Traits of facts, formulas over them and one another, and context traits, whose names begin with `c_`."""
    found = [draw(traits(f"trait_{ordinal}")) for ordinal in range(draw(st.integers(0, most)))]
    for ordinal in range(draw(st.integers(0, 2))):
        found.append({"name": f"formula_{ordinal}", "formula": draw(formulas(found))})
    return found + [draw(fading(f"c_{ordinal}", found)) for ordinal in range(draw(st.integers(0, 2)))]


@st.composite
def did(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(sources())
    rule: dict[str, Any] = {"did": source.get("event", source)} | draw(wheres())
    if draw(st.booleans()):
        rule["within"] = draw(windows())
    if draw(st.booleans()):
        rule["at_least"] = draw(st.integers(0, 3))
    if draw(st.booleans()):
        rule["at_most"] = rule.get("at_least", 1) + draw(st.integers(0, 2))
    return rule


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    steps = {"first": draw(facts_of()), draw(st.sampled_from(["then", "not_then"])): draw(facts_of())}
    if draw(st.booleans()):
        steps["after"] = draw(DURATIONS)
    return {"sequence": steps} | draw(
        st.one_of(st.just({}), windows().map(lambda window: {"within": window}))
    )


def others(members: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Rules that look at no facts."""
    shares = st.sampled_from([{}, {"to": 50}, {"from": 50}, {"from": 12.5, "to": 37.5}])
    times = st.sampled_from(
        [{"from": 9, "to": 18}, {"from": 22, "to": 6}, {"weekdays": ["saturday", "sunday"]}, {"to": 13},
         {"weekdays": ["sunday", "monday"], "from": 20, "to": 13, "zone": "workspace"}]
    )  # fmt: skip
    found = [
        st.sampled_from(["granted", "refused", "unknown"]).map(
            lambda state: {"consent": "marketing", "is": state}
        ),
        st.sampled_from(["vips", "blocked"]).map(lambda name: {"list": name}),
        st.tuples(st.sampled_from(["a", "ñ"]), shares).map(lambda pair: {"split": pair[0]} | pair[1]),
        times.map(lambda body: {"local_time": body}),
        st.tuples(st.sampled_from(["first_time", "last_time"]), facts_of(), comparisons("time")).map(
            lambda three: (
                {three[0]: three[1]} | {key: value for key, value in three[2].items() if key != "as"}
            )
        ),
    ]
    if members:
        found.append(st.sampled_from(members).map(lambda name: {"audience": name}))
    return st.one_of(found)


@st.composite
def in_context(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """A rule over a context trait: its value, since when, how surely, whether in conflict."""
    parts = {"": value_type(body), ".at": "time"}
    parts |= {} if body["kind"] == "last" else {".share": "number"}
    parts |= {".conflict": "boolean"} if "beside" in body else {}
    part = draw(st.sampled_from([*parts, ""]))
    condition = draw(comparisons(draw(st.sampled_from([parts[part]] * 3 + ["exists"]))))
    condition.pop("as", None)
    return {"trait": f"context.{body['name']}{part}"} | condition


def rules(known: list[dict[str, Any]], members: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A rule over traits, facts and other audiences that are known."""

    @st.composite
    def trait(draw: st.DrawFn) -> dict[str, Any]:
        body = draw(st.sampled_from([*known, *({"name": name} for name in TOLD)]))
        if "kind" not in body and "formula" not in body:
            as_list = draw(comparisons("list")) | {"as": "list"}
            return {"trait": body["name"]} | (as_list if body["name"] == "interests" else draw(comparisons()))
        if "half_life" in body:
            return draw(in_context(body))
        kind = "number" if "formula" in body else value_type(body)
        if kind == "number" and draw(st.integers(0, 4)) == 0:
            return {"trait": body["name"], draw(st.sampled_from(["top_percent", "bottom_percent"])): 10}
        condition = draw(comparisons(draw(st.sampled_from([kind, kind, "exists"]))))
        condition.pop("as", None)
        return {"trait": body["name"]} | condition

    return st.recursive(
        did() | trait() | sequences() | others(members),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
            inner.map(lambda item: {"not": item}),
        ),
        max_leaves=4,
    )


@st.composite
def all_audiences(draw: st.DrawFn, known: list[dict[str, Any]], most: int = 4) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for ordinal in range(draw(st.integers(0, most))):
        names = [body["name"] for body in found]
        found.append({"name": f"audience_{ordinal}", "who": draw(rules(known, names))})
    return found
