"""What facts tell of a person: traits of identify events, and those that are read out of records and other events."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from pyarrow.compute import SetLookupOptions, call_function

from weft.model.measure import PropertyColumn
from weft.model.survivorship import Strategy, Survival
from weft.profile.candidates import Candidate, tell
from weft.profile.given import known_zones
from weft.profile.projection import Delta, NodeState
from weft.storage.duckdb_arrow import microseconds, uuid_bytes

READ = pa.array(["record", "track"])
"""Types of facts that tell traits where the workspace says which."""

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_values = msgspec.json.Decoder()


class _Fact(NamedTuple):
    node: bytes
    at_us: int
    key: bytes
    properties: str
    type: str
    name: str
    source: str


def telling(facts: pa.Table, survival: Survival) -> pa.Table:
    """Return the facts that tell traits."""
    wanted = call_function("equal", [facts["type"], "identify"])
    if survival.records:
        names = pa.array(survival.record_names, pa.string())
        read = call_function("is_in", [facts["type"]], options=SetLookupOptions(value_set=READ))
        named = call_function("is_in", [facts["name"]], options=SetLookupOptions(value_set=names))
        wanted = call_function("or_kleene", [wanted, call_function("and_kleene", [read, named])])
    return facts.filter(wanted)


def add_zones(facts: pa.Table, holders: Mapping[bytes, Delta] | Mapping[bytes, NodeState]) -> None:
    """Add to each node where the latest of its facts was, as a zone that is known. facts: with `timezone`, a text."""
    places = call_function("is_in", [facts["timezone"]], options=SetLookupOptions(value_set=_zone_names()))
    rows = facts.filter(places)
    columns = uuid_bytes(rows["node_id"]), microseconds(rows["occurred_at"]), uuid_bytes(rows["message_key"])
    for node, at_us, key, zone in zip(*columns, rows["timezone"].to_pylist(), strict=True):
        holder, entry = holders[node], (at_us, key, zone)
        if holder.zone is None or entry > holder.zone:
            holder.zone = entry


@cache
def _zone_names() -> pa.Array:
    return pa.array(sorted(known_zones()), pa.string())


def add_told(
    rows: pa.Table, holders: Mapping[bytes, Delta] | Mapping[bytes, NodeState], survival: Survival
) -> None:
    """Add what facts tell to the deltas (or the states) of their nodes."""
    if survival.is_plain and not survival.records:
        return _add_plain(rows, holders)
    for fact in _facts(rows):
        holder = holders[fact.node]
        told = _told(fact, survival)
        origin = "" if fact.type == "identify" else f"{fact.source}/{fact.name}"
        for trait, value in told.items():
            survivorship = survival.of(trait)
            plain = survivorship.strategy is Strategy.MOST_RECENT
            candidate = Candidate(
                fact.at_us,
                fact.key,
                value,
                origin if plain else origin or fact.source,
                verified=survivorship.verified_by != "" and told.get(survivorship.verified_by) == b"true",
                times=int(survivorship.strategy is Strategy.MOST_FREQUENT),
            )
            tell(holder, trait, candidate, survivorship)
    return None


def _add_plain(rows: pa.Table, holders: Mapping[bytes, Delta] | Mapping[bytes, NodeState]) -> None:
    """Do the same where the most recent value counts and only identify events tell: most workspaces, in less time."""
    survivorship = Survival().default
    for node, at, key, properties in zip(
        uuid_bytes(rows["node_id"]),
        microseconds(rows["occurred_at"]),
        uuid_bytes(rows["message_key"]),
        rows["properties"].to_pylist(),
        strict=True,
    ):
        holder = holders[node]
        traits = holder.traits
        told = _objects.decode(properties)
        if not traits:
            holder.traits = {name: (at, key, bytes(value)) for name, value in told.items()}
            continue
        for name, raw in told.items():
            held, value = traits.get(name), bytes(raw)
            if held is None or (held[2] == value and name not in holder.told):
                if held is None or (at, key) > held[:2]:
                    traits[name] = (at, key, value)
            else:
                tell(holder, name, Candidate(at, key, value), survivorship)


def _facts(rows: pa.Table) -> Iterator[_Fact]:
    columns: Iterable[list[Any]] = (
        uuid_bytes(rows["node_id"]),
        microseconds(rows["occurred_at"]),
        uuid_bytes(rows["message_key"]),
        *(rows[name].to_pylist() for name in ("properties", "type", "name", "source")),
    )
    return map(_Fact._make, zip(*columns, strict=True))


def _told(fact: _Fact, survival: Survival) -> dict[str, bytes]:
    """Return trait → value as JSON. A record's empty cell tells nothing; an identify event may take a value back."""
    if fact.type == "identify":
        return {name: bytes(value) for name, value in _objects.decode(fact.properties).items()}
    wanted = survival.told_by(fact.name, fact.source)
    properties: object = _values.decode(fact.properties) if wanted else None
    found = {trait: _at(column, properties) for trait, column in wanted.items()}
    return {
        trait: msgspec.json.encode(value)
        for trait, value in found.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }


def _at(column: PropertyColumn, value: Any) -> Any:
    for key in column.keys:
        if isinstance(value, list) and key.isdecimal():
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value
