"""Finds the person, asks the gate, and decides what a slot shows: the edge and the engine do it alike."""

from collections.abc import Mapping

from sqlalchemy import Engine

from weft.clock import now_us
from weft.collect.identifiers import normalise_identifier
from weft.consent.gate import Cleared, clear
from weft.decide.decision import Decision, decide
from weft.model.consent import Act, Denied
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.model.slot import Slot
from weft.ports import Profiles
from weft.storage.database_consent import read_evidence

CHANNEL = "web"


class Chooser:
    """Decides for one person at a time. defaults: of consent, purpose → `allow` or `deny`."""

    def __init__(
        self, profiles: Profiles, database: Engine, defaults: Mapping[str, str], node_key: str
    ) -> None:
        self._profiles = profiles
        self._reader = database.execution_options(read_only=True)
        self._defaults = defaults
        self._node_key = node_key

    def choose(self, slot: Slot, namespace: str, value: str) -> Decision:
        """Decide for whoever has this identifier, as the profile is served now."""
        normal = normalise_identifier(namespace, value)
        found = None if normal is None else self._profiles.find(Identifier(namespace, normal))
        return decide(slot, None, None) if found is None else self.choose_for(slot, found)

    def choose_for(self, slot: Slot, profile: ProfileDocument) -> Decision:
        """Decide for a person who is known."""
        return decide(slot, profile.audiences, self._gate_said(slot, profile))

    def _gate_said(self, slot: Slot, profile: ProfileDocument) -> Cleared | Denied:
        nodes = [node_id(self._node_key, each) for each in profile.identifiers]
        with self._reader.connect() as connection:
            evidence = read_evidence(connection, nodes)
        act = Act(profile.profile_id, tuple(nodes), slot.purpose, CHANNEL)
        return clear(act, evidence, self._defaults, now_us())
