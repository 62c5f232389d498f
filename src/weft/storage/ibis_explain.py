"""The statements that explain one profile: the compiled expressions over its facts, and the facts behind a measure."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis
import ibis.expr.types as ir

from weft.clock import SECOND_US
from weft.model.measure import Measure
from weft.storage.defined import Defined
from weft.storage.duckdb_explain import ExplainSql, KnownFactsSql
from weft.storage.duckdb_schema import EVENT
from weft.storage.ibis_compiled import Compiled, compiled_of
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, epoch_us, getvariable, json_extract_string
from weft.storage.ibis_measure import counts
from weft.storage.ibis_places import places_of
from weft.storage.ibis_property import TEXTS, TIMEZONE, extract_all
from weft.storage.ibis_rows import inside, stored
from weft.storage.ibis_statement import create_temporary_like, insert_into, select, table

SHOWN_MOST = 20
RAW = [name for name in EVENT if name not in ("identifiers", "consent", "record_id")]


def known_facts_sql() -> KnownFactsSql:
    """Compile where the facts of the nodes in `wanted` are, those that count now and those that did at a moment, and
    what reads the facts at the positions in `chosen`.
    """
    places = places_of(ibis.table({"node_id": "uuid"}, name="wanted"))
    superseded = table("superseded")
    event = table("event")
    until = getvariable("known_at").cast("timestamp")
    then = event.semi_join(places, "position").filter(event.received_at <= until)
    newer = superseded.semi_join(then, "position")
    replacing = event.semi_join(newer, event.position == newer.by_position)
    replaced = newer.semi_join(
        replacing.filter(replacing.received_at <= until), newer.by_position == replacing.position
    )
    now = places.anti_join(superseded, "position")
    chosen = event.semi_join(ibis.table({"position": "int64"}, name="chosen"), "position")
    return KnownFactsSql(
        now=select(now.select("position").order_by("position")),
        then=select(then.anti_join(replaced, "position").select("position").order_by("position")),
        facts=select(chosen.select(*RAW, timezone=_zone(chosen))),
    )


def _zone(facts: ir.Table) -> Value:
    """Return in which time zone a fact says that it happened."""
    said: Value = json_extract_string(facts.context, ibis.literal([TIMEZONE], type=TEXTS))
    return said[0]


def explain_sql(defined: Defined, *, behind: bool) -> ExplainSql:
    """Compile for a set of definitions. behind: also what names the facts behind each measure."""
    compiled = compiled_of(defined)
    raw = ibis.table({name: EVENT[name] for name in RAW}, name="raw")
    facts, clock, given, zones, owner = _tables(compiled)
    states = owner.left_join(compiled.state_from_facts(facts, clock), ibis.literal(value=True))
    placed = compiled.placed(owner, given, clock, zones)
    named = compiled.measures if behind else ()
    return ExplainSql(
        raw=tuple(RAW),
        tables=tuple(create_temporary_like(each) for each in (raw, facts, clock, given, zones, owner)),
        fill=insert_into(
            "facts", raw.mutate(**extract_all(compiled.property_columns, raw)).select(facts.columns)
        ),
        evaluate=select(compiled.evaluate(states, given, clock, zones)),
        behind=tuple(select(_behind(measure, facts, placed)) for measure in named),
    )


def _tables(compiled: Compiled) -> tuple[ir.Table, ...]:
    """Return facts, clock, given, zones and owner."""
    schemas = {
        "facts": {name: EVENT[name] for name in RAW} | dict(compiled.facts_schema().items()),
        "clock": compiled.clock_schema,
        "given": compiled.given_schema,
        "zones": compiled.zones_schema,
        "owner": {"profile_id": "uuid"},
    }
    return tuple(ibis.table(schema, name=name) for name, schema in schemas.items())


def _behind(measure: Measure, facts: ir.Table, placed: ir.Table) -> ir.Table:
    """Return the newest facts that a measure counts now, and how many there are."""
    near = facts.mutate(at_us=epoch_us(facts.occurred_at))
    mine = near.filter(counts(measure, near)).cross_join(placed)
    compared = [column.column_name for column in measure.compared]
    now = mine.filter(
        inside(measure, mine.at_us, lambda ordinal: stored(mine[compared[ordinal]]), Frame(mine))
    )
    if measure.fading is not None and measure.fading.session_seconds:
        now = _last_session(now, measure.fading.session_seconds * SECOND_US)
    counted = now.mutate(many=now.position.count().over())
    newest = counted.order_by([ibis.desc("at_us"), ibis.desc("position")]).limit(SHOWN_MOST)
    return newest.select("position", "many")


def _last_session(facts: ir.Table, gap_us: int) -> ir.Table:
    before = facts.at_us.lag().over(order_by=facts.at_us)
    begun = facts.mutate(begun=ibis.cases((before.isnull() | (facts.at_us - before >= gap_us), facts.at_us)))
    whole = begun.mutate(session=begun.begun.max().over())
    return whole.filter(whole.at_us >= whole.session)
