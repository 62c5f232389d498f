"""What an evaluation needs of profiles beside their facts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Connection, Engine

from weft.clock import us_of
from weft.collect.identifiers import normalise_identifier
from weft.consent.gate import consent_state, latest
from weft.model.consent import ConsentRecord
from weft.model.expression import Given, GivenKind
from weft.profile.given import batch_value, told_values, zone_of
from weft.profile.projection import Sayings, StoredProfile, told_by_all
from weft.storage.arrow_frame import given_table
from weft.storage.database_batches import BatchValue, batches_of
from weft.storage.database_consent import ConsentRow, held_consents
from weft.storage.database_lists import lists_of
from weft.storage.defined import Defined

UNWRITTEN = 2**62
"""From here on consent records are numbered that are not written yet: they come after all that are."""
NONE: Mapping[str, Mapping[bytes, tuple[bytes, str]]] = {}
LOOKED_UP = (GivenKind.CONSENT, GivenKind.LIST, GivenKind.BATCH)
Told = tuple[dict[str, Any], dict[str, str]]
"""The told traits that survive, and what told each."""


class Outside:
    """Looks up what is given of profiles, and only what the definitions need.

    tried: SQL trait → node → (profile, JSON), of those that are not asked of the database.
    """

    def __init__(
        self,
        database: Engine,
        defined: Defined,
        tried: Mapping[str, Mapping[bytes, tuple[bytes, str]]] = NONE,
    ) -> None:
        self._tried = tried
        self._reader = database.execution_options(read_only=True)
        self._defined = defined
        self._by_kind = {kind: [g for g in defined.givens if g.kind is kind] for kind in GivenKind}

    def of(
        self,
        profiles: Mapping[bytes, StoredProfile],
        told: Mapping[bytes, Told],
        now_us: int,
        saying: Iterable[ConsentRow] = (),
    ) -> pa.Table:
        """Return the rows of `given` for these profiles; none where the definitions need nothing.

        saying: consents that will be written with what is evaluated, in the order in which they came.
        """
        if not (self._defined.givens or self._defined.needs_zones):
            return given_table(self._defined, {})
        values: dict[bytes, tuple[str, dict[Given, object]]] = {}
        for key, profile in profiles.items():
            traits = told[key][0]
            known = told_values(self._by_kind[GivenKind.TOLD], traits)
            zone = zone_of(traits, (node.zone for node in profile.nodes.values()))
            values[key] = (zone or self._defined.home, known)
        if any(self._by_kind[kind] for kind in LOOKED_UP):
            with self._reader.begin() as connection:
                self._add_consents(connection, profiles, values, now_us, saying)
                self._add_lists(connection, profiles, values)
                self._add_batches(connection, profiles, values)
        return given_table(self._defined, values)

    def giving(
        self, profiles: Mapping[bytes, StoredProfile], now: datetime
    ) -> tuple[dict[bytes, Told], pa.Table]:
        """Return the told traits of profiles, and their rows of `given`."""
        told = told_by_all(profiles, sayings(self._defined))
        return told, self.of(profiles, told, us_of(now))

    def _add_consents(
        self,
        connection: Connection,
        profiles: Mapping[bytes, StoredProfile],
        values: Mapping[bytes, tuple[str, dict[Given, object]]],
        now_us: int,
        saying: Iterable[ConsentRow],
    ) -> None:
        purposes = {given.name: given for given in self._by_kind[GivenKind.CONSENT]}
        if not purposes:
            return
        held = held_consents(connection, _nodes(profiles), purposes)
        for number, row in enumerate(saying, UNWRITTEN):
            record = ConsentRecord(UUID(bytes=row[0]), *row[1:], record_id=number)
            held.setdefault(row[0], []).append(record)
        for key, profile in profiles.items():
            records = [record for node in profile.nodes for record in held.get(node, ())]
            for purpose, given in purposes.items():
                mine = list(latest(records, purpose).values())
                if mine:
                    values[key][1][given] = consent_state(mine, now_us).value

    def _add_lists(
        self,
        connection: Connection,
        profiles: Mapping[bytes, StoredProfile],
        values: Mapping[bytes, tuple[str, dict[Given, object]]],
    ) -> None:
        lists = {given.name: given for given in self._by_kind[GivenKind.LIST]}
        if not lists:
            return
        listed = lists_of(connection, _nodes(profiles), lists)
        for key, profile in profiles.items():
            mine = {name for node in profile.nodes for name in listed.get(node, ())}
            values[key][1].update((lists[name], True) for name in mine)

    def _add_batches(
        self,
        connection: Connection,
        profiles: Mapping[bytes, StoredProfile],
        values: Mapping[bytes, tuple[str, dict[Given, object]]],
    ) -> None:
        batches = {given.name: given for given in self._by_kind[GivenKind.BATCH]}
        if not batches:
            return
        found = batches_of(connection, _nodes(profiles), batches.keys() - self._tried.keys())
        for name in batches.keys() & self._tried.keys():
            values_of = self._tried[name]
            for node in values_of.keys() & set(_nodes(profiles)):
                found.setdefault(node, []).append(BatchValue(name, *values_of[node], 0))
        for key, profile in profiles.items():
            values[key][1].update(batch_values(key, profile.nodes, found, batches))


def batch_values(
    profile: bytes,
    nodes: Iterable[bytes],
    found: Mapping[bytes, Sequence[BatchValue]],
    batches: Mapping[str, Given],
) -> dict[Given, object]:
    """Return what SQL traits last came to for a profile.

    Of profiles that were merged since, that one's value counts whose id stays, else that of the smallest node.
    """
    mine = sorted((each.profile != profile, node, each) for node in nodes for each in found.get(node, ()))
    values = {each.trait: each.value for *_, each in reversed(mine)}
    return {batches[trait]: batch_value(value, batches[trait].type) for trait, value in values.items()}


def sayings(defined: Defined) -> Sayings:
    """Return how the traits of a profile come about."""
    versions = {trait.name: f"computed:{trait.version}" for trait in defined.traits}
    audiences = frozenset(audience.name for audience in defined.audiences)
    return Sayings(
        versions,
        defined.survival,
        normalise_identifier,
        audiences,
        held=frozenset(defined.held) - audiences,
        context={trait.name: trait for trait in defined.traits if trait.fading is not None},
    )


def _nodes(profiles: Mapping[bytes, StoredProfile]) -> Iterable[bytes]:
    return [node for profile in profiles.values() for node in profile.nodes]
