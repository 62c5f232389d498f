"""Answers why: the same expressions as live, over the facts of one profile, now or as they were known at a moment."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from sqlalchemy import Engine

from weft.audience.sentence import clauses
from weft.consent.gate import consent_state, latest
from weft.model.audience import (
    Audience,
    ConsentRule,
    DidRule,
    ListRule,
    Rule,
    SequenceRule,
    TimeRule,
    TraitRule,
    givens_in,
    measures_in,
)
from weft.model.explanation import ClauseOutcome, Explanation, Fact, Facts, PastProfile
from weft.model.expression import Given, GivenKind, Value
from weft.model.identifier import node_id
from weft.model.measure import Measure
from weft.model.profile import ProfileDocument
from weft.model.trait import Trait
from weft.profile.given import told_values, zone_of
from weft.profile.projection import NodeState, Sayings, apart, told_traits
from weft.storage.arrow_frame import given_table
from weft.storage.database_batches import batches_of
from weft.storage.database_consent import list_consents
from weft.storage.database_lists import lists_of
from weft.storage.database_profiles import read_nodes
from weft.storage.database_thresholds import read_thresholds
from weft.storage.defined import Defined, at_home, define
from weft.storage.duckdb_arrow import in_memory, microseconds, uuid_bytes
from weft.storage.duckdb_explain import (
    Explained,
    explain,
    known_facts,
    statements_behind,
    statements_of,
)
from weft.storage.duckdb_told import add_told, add_zones, telling
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.outside import batch_values, sayings

VALUE, CLAUSE = "v", "c"


class Known(NamedTuple):
    """What is known of a profile at a moment.

    told: the traits that survive, and what told each. zone: the person's own (IANA name), empty where it is not known.
    """

    facts: pa.Table
    told: tuple[dict[str, Any], dict[str, str]]
    zone: str
    now_us: int


class Explaining:
    """Explains rules and past profiles, from any thread; nothing is written."""

    def __init__(self, database: Engine, warehouse: Warehouse, defined: Defined, node_key: str) -> None:
        self._reader = database.execution_options(read_only=True)
        self._warehouse = warehouse
        self._defined = defined
        self._node_key = node_key
        self._small = in_memory()  # opened once: each explanation takes a cursor

    def explain(self, profile: ProfileDocument, rule: Rule, now_us: int, *, past: bool) -> Explanation:
        """Return what a rule comes to at a moment. past: by what was known then, else by what is known."""
        each = clauses(at_home(rule, self._defined.home))
        name = {clause.path: f"{ordinal:06}" for ordinal, clause in enumerate(each)}
        values = {clause.path: value for clause in each if (value := _value(clause.rule)) is not None}
        wanted = define(
            [Trait(VALUE + name[path], value) for path, value in values.items()],
            [Audience(CLAUSE + name[clause.path], clause.rule) for clause in each],
            self._defined.survival,
            self._defined.home,
        )
        known = self._known(profile, now_us, past=past)
        found = self._evaluate(profile, wanted, known, behind=True)
        facts = _facts(known.facts)
        return Explanation(
            now_us,
            f"{CLAUSE}{name[each[0].path]}" in found.audiences,
            tuple(
                ClauseOutcome(
                    clause.path,
                    f"{CLAUSE}{name[clause.path]}" in found.audiences,
                    _plain(found.traits.get(VALUE + name[clause.path]), values.get(clause.path)),
                    None if (compared := values.get(clause.path)) is None else compared.value_type,
                    tuple(_behind(measure, found, facts) for measure in _measures(clause.rule)),
                )
                for clause in each
            ),
            found.due_us,
        )

    def past(self, profile: ProfileDocument, at_us: int) -> PastProfile:
        """Return what a profile was by what was known at a moment: its present identifiers, today's definitions."""
        known = self._known(profile, at_us, past=True)
        found = self._evaluate(profile, self._defined, known, behind=False)
        times = microseconds(known.facts["occurred_at"])
        says = sayings(self._defined)
        lasting, context = apart(found.traits, says)
        nodes = set(uuid_bytes(known.facts["node_id"]))
        document = msgspec.structs.replace(
            profile,
            identifiers=tuple(
                each for each in profile.identifiers if node_id(self._node_key, each).bytes in nodes
            ),
            traits=known.told[0] | lasting,
            sources=known.told[1] | {name: says.versions[name] for name in lasting},
            context=context,
            audiences=dict.fromkeys(found.audiences, 0),
            first_seen_us=min(times, default=0),
            last_seen_us=max(times, default=0),
            position=max(known.facts["position"].to_pylist(), default=0),
            as_of_us=at_us,
            events=len(times),
            zone=known.zone,
        )
        return PastProfile(document, len(times))

    def _known(self, profile: ProfileDocument, now_us: int, *, past: bool) -> Known:
        nodes = [node_id(self._node_key, each).bytes for each in profile.identifiers]
        facts = known_facts(self._warehouse, nodes, now_us if past else None)
        says = sayings(self._defined)
        if not past:
            with self._reader.begin() as connection:
                states = read_nodes(connection, profile.profile_id.bytes)
            return _known(facts, sorted(states, key=lambda state: state.id), says, now_us)
        holders = {node: NodeState(node, "", "") for node in sorted(nodes)}
        add_told(telling(facts, self._defined.survival), holders, self._defined.survival)
        add_zones(facts, holders)
        return _known(facts, list(holders.values()), says, now_us)

    def _evaluate(
        self, profile: ProfileDocument, defined: Defined, known: Known, *, behind: bool
    ) -> Explained:
        key = profile.profile_id.bytes
        zone = known.zone or defined.home
        given = given_table(defined, {key: (zone, self._given(profile, defined, known))})
        with self._reader.begin() as connection:
            thresholds = read_thresholds(connection)
        sql = statements_behind(*defined.content) if behind else statements_of(self._warehouse, defined)
        return explain(self._small, sql, defined, key, known.facts, given, known.now_us, thresholds)

    def _given(self, profile: ProfileDocument, defined: Defined, known: Known) -> dict[Given, object]:
        found = told_values(defined.givens, known.told[0])
        nodes = [node_id(self._node_key, each) for each in profile.identifiers]
        consents = [given for given in defined.givens if given.kind is GivenKind.CONSENT]
        lists = {given.name: given for given in defined.givens if given.kind is GivenKind.LIST}
        batches = {given.name: given for given in defined.givens if given.kind is GivenKind.BATCH}
        with self._reader.begin() as connection:
            said = list_consents(connection, nodes) if consents else ()
            listed = (
                lists_of(connection, [node.bytes for node in nodes], lists, known.now_us) if lists else {}
            )
            came = batches_of(connection, [node.bytes for node in nodes], batches, known.now_us)
        found |= batch_values(profile.profile_id.bytes, [node.bytes for node in nodes], came, batches)
        until = [record for record in said if record.at_us <= known.now_us]
        for given in consents:
            held = list(latest(until, given.name).values())
            if held:
                found[given] = consent_state(held, known.now_us).value
        return found | {lists[name]: True for names in listed.values() for name in names}


def _known(facts: pa.Table, states: Sequence[NodeState], says: Sayings, now_us: int) -> Known:
    told = told_traits(states, says)
    return Known(facts, told, zone_of(told[0], (state.zone for state in states)), now_us)


def _value(rule: Rule) -> Value | None:
    """Return what a clause compares, if that is one value."""
    match rule:
        case TraitRule(value=value):
            return value
        case DidRule(measure=measure) | TimeRule(measure=measure):
            return measure
        case ConsentRule() | ListRule():
            return next(givens_in(rule))
        case _:
            return None


def _plain(found: Any, compared: Value | None) -> Any:
    """Return a value as it is compared: of a context trait without what else is told of it."""
    fades = isinstance(compared, Measure) and compared.fading is not None
    return found["value"] if fades and isinstance(found, dict) else found


def _measures(rule: Rule) -> list[Measure]:
    """Return the measures of a clause that stands for itself, each once; a mean is told by its sum."""
    if not isinstance(rule, TraitRule | DidRule | TimeRule | SequenceRule):
        return []
    return list(dict.fromkeys(measure.parts[0] for measure in measures_in(rule)))


def _behind(measure: Measure, found: Explained, facts: Mapping[int, Fact]) -> Facts:
    behind = found.behind[measure]
    return Facts(behind.many, tuple(facts[position] for position in behind.positions))


def _facts(rows: pa.Table) -> dict[int, Fact]:
    columns: Sequence[list[Any]] = [
        rows[name].to_pylist() for name in ("position", "message_id", "type", "name")
    ]
    occurred = microseconds(rows["occurred_at"])
    more = [rows[name].to_pylist() for name in ("source", "properties")]
    return {
        position: Fact(position, message, kind, name, at_us, source, msgspec.json.decode(properties))
        for position, message, kind, name, at_us, source, properties in zip(
            *columns, occurred, *more, strict=True
        )
    }
