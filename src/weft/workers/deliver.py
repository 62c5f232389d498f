"""deliver: the outbox → destinations. One transaction a turn acknowledges what came back and leases what goes out.

A turn reads what is due, asks the gate again with the consent of this moment, and commits the leases before anything
is sent. So a withdrawal that commits before the lease stops the send; one that commits after it finds the send begun,
at most CLEARANCE_SECONDS earlier.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from uuid import UUID

import structlog

from weft.activate.act import nodes_of
from weft.activate.destination import Destination, Parcel, Surroundings
from weft.activate.settle import settlement
from weft.clock import DAY_US, MINUTE_US, now_us
from weft.config import DeliverSettings
from weft.consent.gate import Cleared
from weft.errors import NotFound
from weft.model.consent import Act, Denied
from weft.model.delivery import Denial, Receipt, Settlement
from weft.model.destination import Connection
from weft.model.profile import ProfileDocument
from weft.storage import database_outbox as outbox
from weft.storage.database import Connection as DatabaseConnection
from weft.storage.database import Engine, transaction
from weft.storage.database_consent import read_evidence
from weft.workers.dispatch import (
    Clearing,
    ServedProfiles,
    denial,
    evidence_by_node,
    judge,
    load_profiles,
)
from weft.workers.lane import Done, Lane, LaneStatus
from weft.workers.worker import Worker

log = structlog.get_logger()

DELIVER = "deliver"
STAGE = "send"
LEASE_SPARE_SECONDS = 30.0
KEEP_DAYS = 30
TRIM_EVERY_SECONDS = 600.0
LOOK_EVERY_SECONDS = 0.05
TURN_SECONDS = 0.008
ITEMS_PER_TURN = 5_000
ABSENT_US = MINUTE_US
"""An item whose profile cannot be found (it is being rebuilt) waits this long; it is never sent unasked."""


class DeliverLanes:
    """Empties the outbox: a worker that coordinates, and a lane per connection.

    sole: no other process empties this outbox, so at the start every lease is one that a dead run left behind.
    """

    def __init__(
        self,
        *,
        database: Engine,
        profiles: ServedProfiles,
        connections: Sequence[Connection],
        registry: Mapping[str, Destination],
        clearing: Clearing,
        settings: DeliverSettings,
        environ: Mapping[str, str] = os.environ,
        sole: bool = True,
        random: Random | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self.name = DELIVER
        self._worker = Worker(DELIVER, self.step, wait_seconds=LOOK_EVERY_SECONDS)
        self._database = database
        self._looking = database.execution_options(read_only=True)
        self._profiles = profiles
        self._clearing = clearing
        self._settings = settings
        self._owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._sole = sole
        self._random = random or Random()  # noqa: S311 - jitter is no secret
        self._clock = clock
        self._unsettled: list[tuple[Lane, Done]] = []
        self._recovered = False
        self._trim_at = 0.0
        self._turn_at = 0.0
        self._turn = threading.Lock()
        self.lanes = {
            connection.name: Lane(
                connection,
                registry[connection.common.type],
                Surroundings(
                    environ,
                    settings.private_networks,
                    connection.common.timeout_seconds or settings.timeout_seconds,
                ),
                self._worker.wake,
            )
            for connection in connections
        }

    @property
    def healthy(self) -> bool:
        """False while the coordinator fails; a dead destination is no illness."""
        return self._worker.healthy

    @property
    def broken(self) -> bool:
        """True when only a fresh process can go on."""
        return self._worker.broken

    @property
    def done(self) -> int:
        """Items moved since the start."""
        return self._worker.done

    @property
    def failures(self) -> int:
        """Turns that failed in a row."""
        return self._worker.failures

    def start(self) -> None:
        """Begin."""
        for lane in self.lanes.values():
            lane.start()
        self._worker.start()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._worker.wake()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Let the sends that run end, acknowledge them, and give back what was not sent."""
        deadline = time.monotonic() + timeout_seconds
        self._worker.stop(timeout_seconds)
        for lane in self.lanes.values():
            lane.stop(max(0.1, deadline - time.monotonic()))
        self.step()

    def status(self) -> tuple[LaneStatus, ...]:
        """Return what each lane is doing, by name."""
        return tuple(self.lanes[name].status() for name in sorted(self.lanes))

    def test(self, name: str) -> Receipt:
        """Send a message about nobody through this connection and return what came of it."""
        if name not in self.lanes:
            raise NotFound(
                f"There is no connection `{name}`. Defined are: {', '.join(sorted(self.lanes)) or 'none'}."
            )
        return self.lanes[name].test()

    def step(self) -> int:
        """Do one turn; return how many items moved."""
        with self._turn:
            return self._step()

    def _step(self) -> int:
        now_us = self._clock()
        if not self._recovered:
            self._recover(now_us)
        self._linger()
        for lane in self.lanes.values():
            self._unsettled += [(lane, done) for done in lane.collect(time.monotonic())]
        wanted = self._due(now_us)
        if not wanted and not self._unsettled:
            self._trim(now_us)
            return 0
        ids = {waiting.item.profile_id for _, items in wanted for waiting in items}
        documents = load_profiles(self._profiles, ids) if ids else {}
        settlements = [self._settlement(lane, done, now_us) for lane, done in self._unsettled]
        with transaction(self._database) as connection:
            outbox.settle(connection, settlements, self._owner)
            parcels = self._lease(connection, wanted, documents, now_us)
        self._unsettled.clear()
        for lane, batch in parcels:
            lane.hand_out(batch, time.monotonic())
        return len(settlements) + sum(len(batch) for _, batch in parcels)

    def _linger(self) -> None:
        """Let receipts gather, so that a commit acknowledges many."""
        now = time.monotonic()
        if (left := self._turn_at + TURN_SECONDS - now) > 0:
            time.sleep(left)
        self._turn_at = time.monotonic()

    def _due(self, now_us: int) -> list[tuple[Lane, list[outbox.Waiting]]]:
        now = time.monotonic()
        rooms: list[tuple[Lane, int]] = []
        left = ITEMS_PER_TURN
        for lane in self.lanes.values():
            if (room := min(left, lane.room(now))) > 0:
                rooms.append((lane, room))
                left -= room
        if not rooms:
            return []
        with transaction(self._looking) as connection:
            found = [(lane, outbox.due(connection, lane.name, now_us, room)) for lane, room in rooms]
        return [(lane, items) for lane, items in found if items]

    def _settlement(self, lane: Lane, done: Done, now_us: int) -> Settlement:
        return settlement(
            done.receipt,
            done.parcel.attempt,
            repeatable=lane.repeatable,
            settings=self._settings,
            now_us=now_us,
            random=self._random,
        )

    def _lease(
        self,
        connection: DatabaseConnection,
        wanted: Sequence[tuple[Lane, list[outbox.Waiting]]],
        documents: Mapping[UUID, ProfileDocument],
        now_us: int,
    ) -> list[tuple[Lane, list[Parcel]]]:
        """Ask the gate about all that is due, end what it refuses, and lease the rest."""
        nodes = {key: nodes_of(document, self._clearing.node_key) for key, document in documents.items()}
        evidence = evidence_by_node(read_evidence(connection, {n for held in nodes.values() for n in held}))
        cleared: dict[UUID, Cleared] = {}
        denials: list[Denial] = []
        absent: list[UUID] = []
        for waiting in (waiting for _, items in wanted for waiting in items):
            item = waiting.item
            if item.profile_id not in nodes:
                absent.append(item.key)
                continue
            act = Act(item.profile_id, nodes[item.profile_id], waiting.purpose, waiting.channel)
            answer = judge(act, evidence, self._clearing.defaults, now_us)
            if isinstance(answer, Denied):
                denials.append(denial(item, act, answer, STAGE, now_us))
            else:
                cleared[item.key] = answer
        outbox.deny(connection, denials)
        outbox.postpone(connection, absent, now_us + ABSENT_US)
        longest = max((lane.timeout_seconds for lane, _ in wanted), default=0.0)
        until_us = now_us + int((longest + LEASE_SPARE_SECONDS) * 1_000_000)
        attempts = outbox.lease(connection, cleared, self._owner, until_us)
        return [
            (
                lane,
                [
                    Parcel(w.item, cleared[w.item.key], attempts[w.item.key])
                    for w in items
                    if w.item.key in attempts
                ],
            )
            for lane, items in wanted
        ]

    def _recover(self, now_us: int) -> None:
        with transaction(self._database) as connection:
            taken = sum(
                outbox.recover(
                    connection,
                    lane.name,
                    now_us,
                    repeatable=lane.repeatable,
                    all_but=self._owner if self._sole else None,
                )
                for lane in self.lanes.values()
            )
        self._recovered = True
        if taken:
            log.info("deliver.recovered", items=taken)

    def _trim(self, now_us: int) -> None:
        """Now and then, when there is nothing to send: forget what is long settled, take back lapsed leases."""
        now = time.monotonic()
        if now < self._trim_at:
            return
        with transaction(self._database) as connection:
            trimmed = outbox.trim(connection, now_us - KEEP_DAYS * DAY_US)
        self._recovered = self._sole
        self._trim_at = now + (1.0 if trimmed >= outbox.DELETED_ITEMS_PER_CALL else TRIM_EVERY_SECONDS)
