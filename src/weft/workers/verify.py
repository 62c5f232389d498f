"""The state hash: two runs over the same input must come to the same, however often they were killed."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from weft.clock import us_of
from weft.model.identifier import Identifier
from weft.profile.projection import NodeState, Sayings, StoredProfile, told_by_all, told_traits
from weft.storage.database_profiles import stored_profiles
from weft.storage.database_thresholds import read_thresholds
from weft.storage.defined import Defined
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_hash import WarehouseHash, warehouse_hash
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.outside import Outside, sayings

SLICE_PROFILES = 20_000
MODULUS = 1 << 256


class StateHash(msgspec.Struct, frozen=True):
    """What a workspace knows, in a few numbers. profiles: how many are served; served: a hash of all of them."""

    warehouse: WarehouseHash
    profiles: int
    served: str


def state_hash(database: Engine, warehouse: Warehouse, defined: Defined, as_of: datetime) -> StateHash:
    """Return the hash of the facts and of every served profile, evaluated at one moment.

    It does not depend on the order of arrival, on profile ids, or on when anything was computed, so it is equal for a
    run that was killed and one that was not, for the same `as_of` (UTC, not before the last projection).
    """
    evaluator, says, outside = Evaluator(warehouse, defined), sayings(defined), Outside(database, defined)
    with database.execution_options(read_only=True).begin() as connection:
        evaluator.thresholds = read_thresholds(connection)
    total, count = 0, 0
    for profiles in _slices(database):
        owned = {node: key for key, profile in profiles.items() for node in profile.nodes}
        states = [
            (node.id, node.measures) for profile in profiles.values() for node in profile.nodes.values()
        ]
        given = outside.of(profiles, told_by_all(profiles, says), us_of(as_of))
        _, evaluated = evaluator.evaluate(None, states, owned, given, as_of)
        for key, profile in profiles.items():
            known = (_known(profile, says), evaluated[key].traits, sorted(evaluated[key].audiences))
            digest = hashlib.sha256(msgspec.json.encode(known, order="deterministic")).digest()
            total = (total + int.from_bytes(digest)) % MODULUS
        count += len(profiles)
    return StateHash(warehouse_hash(warehouse), count, f"{total:064x}")


def _slices(database: Engine) -> Iterator[dict[bytes, StoredProfile]]:
    after = b""
    with database.execution_options(read_only=True).begin() as connection:
        while found := stored_profiles(connection, after, SLICE_PROFILES):
            yield found
            after = max(found)


def _known(profile: StoredProfile, says: Sayings) -> object:
    nodes = sorted(profile.nodes.values(), key=_place)
    counts = [_place(node) for node in nodes]
    kept = [
        {trait: (sorted(told.candidates), told.dropped) for trait, told in node.told.items()}
        for node in nodes
    ]
    return counts, told_traits(nodes, says), kept


def _place(node: NodeState) -> tuple[str, str, int, int, int]:
    """Return what tells a node from others; which of a shared device's stays has its own node depends on the order."""
    value = Identifier.of(node.namespace, node.value).value
    return node.namespace, value, node.events, node.first_us, node.last_us
