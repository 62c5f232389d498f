"""A small workspace for tests of dispatch and deliver: a database, signals in memory, real lanes."""

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from weft.activate.connection import read_connections
from weft.activate.destination import Destination, destinations
from weft.config import DeliverSettings
from weft.definitions import Definition
from weft.model.consent import ConsentRecord
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal, SignalKind
from weft.storage.database import open_database, transaction
from weft.storage.database_consent import record_consent
from weft.storage.database_delivery import counts
from weft.workers.deliver import DeliverLanes
from weft.workers.dispatch import Clearing, make_dispatch_step

KEY = "node key"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


def profile(number: int) -> ProfileDocument:
    identifiers = (Identifier("user_id", str(number)), Identifier("email", f"{number}@example.com"))
    return ProfileDocument(UUID(int=number), identifiers, {"plan": "pro"}, {"vip": 1}, 0, 0, 1, 0)


class Stream:
    """Signals and served profiles, in memory."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.profiles: dict[UUID, ProfileDocument] = {}
        self.merged: dict[UUID, UUID] = {}

    def enter(self, *numbers: int) -> None:
        for number in numbers:
            self.profiles[UUID(int=number)] = profile(number)
            signal = Signal(len(self.signals) + 1, SignalKind.ENTERED, UUID(int=number), "vip", 1_000, 1)
            self.signals.append(signal)

    def read(self, after: int, limit: int) -> list[Signal]:
        return self.signals[after : after + limit]

    def many(self, ids: Iterable[bytes]) -> dict[bytes, ProfileDocument]:
        return {key: self.profiles[UUID(bytes=key)] for key in ids if UUID(bytes=key) in self.profiles}

    def get(self, profile_id: UUID) -> ProfileDocument | None:
        return self.profiles.get(self.merged.get(profile_id, profile_id))


class House:
    """One workspace: a database, connections, dispatch by hand and deliver in its threads."""

    def __init__(self, folder: Path, registry: Mapping[str, Destination] | None = None) -> None:
        self.registry = registry or destinations()
        self.database = open_database("sqlite:///database.sqlite", folder)
        self.stream = Stream()
        self.clearing = Clearing(KEY, {"service": "allow"})
        self.lanes: DeliverLanes | None = None
        self.killed: list[DeliverLanes] = []

    def connect(self, *bodies: dict[str, Any], **settings: Any) -> None:
        vip = Definition("audiences", "vip", {}, "vip.yaml")
        common = {"type": "webhook", "purpose": "service", "secret_env": "HOOK", "when": {"entered": ["vip"]}}
        filled = [{k: v for k, v in {**common, **body}.items() if v is not ...} for body in bodies]
        made = [Definition("destinations", body["name"], body, "") for body in filled]
        self.connections, problems = read_connections([vip, *made], self.registry, {"HOOK": SECRET})
        assert not problems, problems
        self.settings = DeliverSettings(
            **{"private_networks": True, "backoff_seconds": 0.02, "timeout_seconds": 1.0, **settings}
        )
        self.dispatch = make_dispatch_step(
            database=self.database,
            signals=self.stream,
            profiles=self.stream,
            connections=self.connections,
            registry=self.registry,
            clearing=self.clearing,
            on_enqueued=lambda: self.lanes and self.lanes.wake(),
        )

    def start(self) -> DeliverLanes:
        self.lanes = DeliverLanes(
            database=self.database,
            profiles=self.stream,
            connections=self.connections,
            registry=self.registry,
            clearing=self.clearing,
            settings=self.settings,
            environ={"HOOK": SECRET},
        )
        self.lanes.start()
        return self.lanes

    def tell(self, *numbers: int) -> None:
        self.stream.enter(*numbers)
        while self.dispatch():
            pass

    def states(self, destination: str = "crm") -> dict[str, int]:
        with transaction(self.database) as connection:
            return {str(state): n for state, n in counts(connection).get(destination, {}).items()}

    def withdraw(self, *numbers: int) -> None:
        nodes = [node_id(KEY, Identifier("email", f"{number}@example.com")) for number in numbers]
        with transaction(self.database) as connection:
            record_consent(
                connection, [ConsentRecord(node, "service", False, 5, "test", "withdrawal") for node in nodes]
            )

    def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, (self.states(), self.lanes and self.lanes.status())
            time.sleep(0.02)

    def kill(self) -> None:
        """Stop as a kill would, as far as the database can tell: nothing is acknowledged or given back."""
        assert self.lanes is not None
        self.lanes._worker.stop()
        self.killed.append(self.lanes)
        self.lanes = None

    def close(self) -> None:
        for lanes in (*self.killed, *([self.lanes] if self.lanes else ())):
            lanes.stop(5)
        self.database.dispose()
