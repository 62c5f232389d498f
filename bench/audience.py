"""audience: how soon a rule is counted for everybody, and what the compiled expressions cost beside SQL by hand."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import httpx
import ibis
from msgspec import structs

from bench.audience_rules import PREVIEWED, REVENUE, SPENT, by_hand, hundred
from bench.figure import Figure, at_most, figure
from bench.load import percentile_ms
from bench.people import World
from bench.preload import past
from bench.supervise import Site
from weft.clock import SECOND_US, now_us, us_of, utc_now
from weft.definitions import Definition
from weft.model.audience import DidRule, Rule
from weft.model.span import Fixed, Sliding
from weft.storage.arrow_frame import clock_table
from weft.storage.defined import define
from weft.storage.definitions_read import understand
from weft.storage.duckdb_schema import EVENT, TABLES
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.ibis_compiled import compiled_of
from weft.storage.ibis_functions import Value
from weft.storage.ibis_property import column_type
from weft.storage.ibis_statement import select
from weft.storage.open import warehouse_path

TARGETS = (at_most("preview_ms", 1_000), at_most("ratio_to_sql", 1.3), at_most("explain_ms", 100))
WAIT_SECONDS = 900.0
REPEATS = 3
SET_NOW = "SET VARIABLE now = ?"


def audience(
    *,
    people: int = 1_000_000,
    events: int = 20_000_000,
    warm_seconds: float = 120.0,
    workspace: Path | None = None,
) -> Figure:
    """Preview 30 varied rules; then compute 100 audiences for everybody, compiled and by hand.

    Parameters
    ----------
    people
        People of the past.
    events
        Events of the past, over 90 days.
    warm_seconds
        How long the builder stands open before the first rule is counted, so that facts are near.
    workspace
        A workspace of this benchmark that is there already and does not run, instead of a new one.
    """
    with past(World(people=people, events=events, until_us=now_us()), workspace) as (shop, *_):
        keys: dict[str, float | int | None] = {}
        with shop.started("engine") as engine:
            headers = {"Authorization": f"Bearer {shop.token()}"}
            address = f"http://127.0.0.1:{shop.api_port}"
            with httpx.Client(base_url=address, headers=headers, timeout=60.0) as api:
                began = time.perf_counter()
                first = _preview(api, {"trait": "orders", "at_least": 1})
                keys["picture_s"] = round(time.perf_counter() - began, 1)
                time.sleep(warm_seconds)
                _preview(api, {"trait": "orders", "at_least": 1})
                taken = [_timed(lambda rule=rule: _preview(api, rule)) for rule in PREVIEWED]
                members = [each["profile_id"] for each in first["sample"]]
                explained = {which: _explained(api, members[which]) for which in (0, 1)}
            keys["rss_mb"] = engine.memory_mb()
        keys |= {
            "preview_ms": round(median(taken) * 1_000, 1),
            "preview_p95_ms": percentile_ms(taken, 95),
            "preview_max_ms": round(max(taken) * 1_000, 1),
            "explain_ms": round(median(explained[1]) * 1_000, 1),
            "explain_p95_ms": percentile_ms(explained[1], 95),
            "explain_new_ms": round(median(explained[0]) * 1_000, 1),
            "profiles": first["of"],
        }
        keys |= _beside_sql(shop)
    notes = [
        f"{len(PREVIEWED)} rules over HTTP, each asked once, with clauses, overlaps, reach, a breakdown and a sample.",
        "explain_ms: the same rules over HTTP for one person, after they were asked for another one; explain_new_ms: "
        "for that other one, compiled for the first time.",
        "ratio_to_sql: 100 audiences in one statement, their windows standing where they are at one moment, as in a "
        "preview; the median of three runs each. (A rebuild also keeps what each node's facts come to.)",
    ]
    return figure("audience", keys, TARGETS, notes)


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _explained(api: httpx.Client, person: str) -> list[float]:
    """Ask why a person meets each rule or not; return the seconds of each answer."""

    def ask(rule: dict[str, Any]) -> None:
        api.post("/api/audiences/explain", json={"who": rule, "person": person}).raise_for_status()

    return [_timed(lambda rule=rule: ask(rule)) for rule in PREVIEWED]


def _preview(api: httpx.Client, rule: dict[str, Any]) -> dict[str, Any]:
    """Ask until it is counted."""
    body = {"who": rule, "traits": ["country"], "wait_seconds": 20}
    until = time.perf_counter() + WAIT_SECONDS
    while time.perf_counter() < until:
        answer = api.post("/api/audiences/preview", json=body)
        if answer.status_code == 200:
            return answer.json()
        if answer.status_code != 202:
            raise RuntimeError(f"{rule} was not counted: {answer.text}")
    raise RuntimeError(f"no picture of everybody in {WAIT_SECONDS:g} s")


def _beside_sql(shop: Site) -> dict[str, float | int | None]:
    """Count 100 audiences for everybody by the compiled expressions and by hand. Raises RuntimeError if they differ."""
    settings = shop.workspace().settings.storage
    warehouse = Warehouse(warehouse_path(settings.warehouse, shop.data), settings.warehouse_memory_mb)
    try:
        warehouse.add_properties([REVENUE])
        now = utc_now()
        with warehouse.bulk():
            cursor = warehouse.cursor()
            cursor.execute(SET_NOW, [now.isoformat()])
            compiled, hand = _compiled(us_of(now)), by_hand()
            cursor.register("clock", clock_table(define((), ()), us_of(now), {}))
            mine, theirs = ([_run(cursor, sql) for _ in range(REPEATS)] for sql in (compiled, hand))
    finally:
        warehouse.close()
    if mine[0][1] != theirs[0][1]:
        raise RuntimeError("the compiled expressions and the SQL by hand do not agree")
    ours_s, sql_s = (median(seconds for seconds, _ in runs) for runs in (mine, theirs))
    return {
        "compiled_100_s": round(ours_s, 2),
        "sql_100_s": round(sql_s, 2),
        "ratio_to_sql": round(ours_s / sql_s, 2),
    }


def _compiled(now_us: int) -> str:
    """Return one statement for how many are in each of the 100 audiences, by name, at a moment."""
    definitions = [Definition("traits", "spent", SPENT, "t")]
    definitions += [
        Definition("audiences", name, {"name": name, "who": who}, "a") for name, who in hundred().items()
    ]
    understood = understand(definitions)
    standing = (structs.replace(each, who=_standing(each.who, now_us)) for each in understood.audiences)
    compiled = compiled_of(define((), standing))
    names = {column.column_name: column_type(column) for column in compiled.property_columns}
    states = compiled.gather(ibis.table(EVENT | names, name="event"), compiled.measures)
    owner = ibis.table(TABLES["identity_map"], name="identity_map").select("node_id", "profile_id")
    found = compiled.evaluate(
        states.join(owner, "node_id").drop("node_id"),
        ibis.table(compiled.given_schema, name="given"),
        ibis.table(compiled.clock_schema, name="clock"),
        ibis.table(compiled.zones_schema, name="zones"),
    )
    flags: dict[str, Value] = {each.name: found[f"a_{each.name}"] for each in compiled.audiences}
    members = {name: holds.sum() for name, holds in flags.items()}
    return select(found.agg(**members))


def _standing(rule: Rule, now_us: int) -> Rule:
    """Return a rule whose sliding window stands where it is at a moment: then no row is kept of each fact."""
    if not isinstance(rule, DidRule) or not isinstance(rule.measure.span, Sliding):
        return rule
    since = now_us - rule.measure.span.from_seconds * SECOND_US + 1
    return structs.replace(rule, measure=structs.replace(rule.measure, span=Fixed(since, now_us + 1)))


def _run(cursor: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, dict[str, int]]:
    began = time.perf_counter()
    found = cursor.execute(sql).fetchone()
    took = time.perf_counter() - began
    assert found is not None and cursor.description is not None
    return took, {column[0]: int(value or 0) for column, value in zip(cursor.description, found, strict=True)}
