"""From a signal to an act: its key, its kind, and what the gate must be asked."""

import hashlib
from uuid import UUID

from weft.model.consent import Act
from weft.model.destination import Connection
from weft.model.identifier import SEPARATOR, node_id
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal, SignalKind

KINDS = {
    SignalKind.ENTERED: "audience.entered",
    SignalKind.EXITED: "audience.exited",
    SignalKind.MERGED: "profile.merged",
    SignalKind.SPLIT: "profile.split",
    SignalKind.MOVED: "profile.moved",
}
"""Signal → type of the message that goes out."""


def act_key(destination: str, signal: Signal) -> UUID:
    """Return the key of telling this destination this signal: always and everywhere the same."""
    parts = (destination, signal.number, signal.kind, signal.profile_id, signal.subject, signal.at_us)
    digest = hashlib.sha256(SEPARATOR.join(map(str, parts)).encode()).digest()
    return UUID(bytes=digest[:16])


def nodes_of(profile: ProfileDocument, node_key: str) -> tuple[UUID, ...]:
    """Return the nodes of a profile, for the gate."""
    return tuple(node_id(node_key, identifier) for identifier in profile.identifiers)


def act_of(connection: Connection, profile: ProfileDocument, node_key: str) -> Act:
    """Return what the gate is asked before this connection tells anything about this profile."""
    common = connection.common
    return Act(profile.profile_id, nodes_of(profile, node_key), common.purpose, common.channel)
