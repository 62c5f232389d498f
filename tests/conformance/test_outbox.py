"""The outbox under crashes at any step, against a model of what the receiver saw."""

from collections import Counter
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from weft.activate.settle import settlement
from weft.config import DeliverSettings
from weft.consent.gate import Cleared, clear
from weft.model.consent import Act, Denied, Evidence
from weft.model.delivery import Denial, Item, ItemState, Outcome, Receipt
from weft.storage import database_outbox as outbox
from weft.storage.database import open_database, transaction
from weft.storage.database_delivery import counts, list_attempts, list_denials, list_items

CRM = "crm"
DENIED = 6
SETTINGS = DeliverSettings(attempts=3, backoff_seconds=1.0, backoff_max_seconds=4.0)
END = {ItemState.DELIVERED, ItemState.DEAD, ItemState.DENIED, ItemState.IN_DOUBT}


def item(number: int, destination: str = CRM) -> Item:
    return Item(UUID(int=number), destination, "audience.entered", UUID(int=number), number, b"body")


def cleared(number: int) -> Cleared:
    answer = clear(
        Act(UUID(int=number), (UUID(int=1),), "marketing", "webhook"), Evidence(), {"marketing": "allow"}, 0
    )
    assert isinstance(answer, Cleared)
    return answer


def refusal(number: int, stage: str = "send") -> Denial:
    made = item(number)
    return Denial(
        made.key,
        stage,
        CRM,
        made.kind,
        made.profile_id,
        number,
        "marketing",
        "webhook",
        "refused",
        "record:1",
        9,
    )


DATABASE = open_database("sqlite://", Path())


class Outbox(RuleBasedStateMachine):
    """One destination; each run of the process is an owner; a crash forgets all that is in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.database = DATABASE
        with transaction(self.database) as connection:
            for table in (outbox.outbox, outbox.attempt, outbox.denial):
                connection.execute(table.delete())
        self.random = Random(0)
        self.now_us = 0
        self.run = 0
        self.enqueued: set[int] = set()
        self.leased: dict[UUID, int] = {}
        self.sent: list[Receipt] = []
        self.accepted: Counter[UUID] = Counter()
        self.denied: set[UUID] = set()

    @initialize(repeatable=st.booleans())
    def start(self, repeatable: bool) -> None:
        self.repeatable = repeatable
        for number in (1, 2, 3):
            self.enqueue(number)

    @property
    def owner(self) -> str:
        return f"run-{self.run}"

    @rule(number=st.integers(1, 6))
    def enqueue(self, number: int) -> None:
        with transaction(self.database) as connection:
            new = outbox.enqueue(connection, [(cleared(number), item(number))] * 2, self.now_us)
        assert new == (number not in self.enqueued)
        self.enqueued.add(number)

    @rule(
        limit=st.integers(1, 4),
        ends=st.lists(st.tuples(st.sampled_from(list(Outcome)), st.booleans()), min_size=4, max_size=4),
        death=st.sampled_from(["", "", "before the lease", "before a send", "mid-way", "before settling"]),
    )
    def turn(self, limit: int, ends: list[tuple[Outcome, bool]], death: str) -> None:
        """One turn of the worker, which may be killed at any of its steps."""
        self.lease(limit, committed=death != "before the lease")
        for sent, (key, (outcome, arrives)) in enumerate(zip(sorted(self.leased), ends, strict=False)):
            if death == "before a send" or (death == "mid-way" and sent == len(self.leased) // 2):
                break
            self.send(key, outcome, arrives)
        if death:
            self.settle(committed=False)
            self.crash(sole=True, wait_us=0)
        else:
            self.settle(committed=True)

    def lease(self, limit: int, committed: bool) -> None:
        with self.database.connect() as connection, connection.begin() as open_transaction:
            waiting = outbox.due(connection, CRM, self.now_us, limit)
            keys = {w.item.key: cleared(w.item.number) for w in waiting}
            leased = outbox.lease(connection, keys, self.owner, self.now_us + 10)
            assert leased.keys() == keys.keys()
            if not committed:
                open_transaction.rollback()
                return
        assert not leased.keys() & self.leased.keys(), "leased twice"
        self.leased |= leased

    def send(self, key: UUID, outcome: Outcome, arrives: bool) -> None:
        if outcome == Outcome.ACCEPTED or (outcome == Outcome.UNKNOWN and arrives):
            self.accepted[key] += 1
        self.sent.append(Receipt(key, outcome, at_us=self.now_us))

    def settle(self, committed: bool) -> None:
        settled = [
            settlement(
                receipt,
                self.leased[receipt.key],
                repeatable=self.repeatable,
                settings=SETTINGS,
                now_us=self.now_us,
                random=self.random,
            )
            for receipt in self.sent
        ]
        with self.database.connect() as connection, connection.begin() as open_transaction:
            outbox.settle(connection, settled, self.owner)
            if not committed:
                open_transaction.rollback()
                return
        for receipt in self.sent:
            del self.leased[receipt.key]
        self.sent.clear()

    @rule()
    def deny_what_is_due(self) -> None:
        with transaction(self.database) as connection:
            waiting = [w for w in outbox.due(connection, CRM, self.now_us, 9) if w.item.number == DENIED]
            outbox.deny(connection, [refusal(w.item.number) for w in waiting])
        self.denied |= {w.item.key for w in waiting}

    @rule(sole=st.booleans(), wait_us=st.integers(0, 20))
    def crash(self, sole: bool, wait_us: int) -> None:
        self.run += 1
        self.leased.clear()
        self.sent.clear()
        self.now_us += wait_us
        with transaction(self.database) as connection:
            outbox.recover(
                connection, CRM, self.now_us, repeatable=self.repeatable, all_but=self.owner if sole else None
            )

    @rule(wait_us=st.integers(1, 5_000_000))
    def wait(self, wait_us: int) -> None:
        self.now_us += wait_us

    @rule()
    def replay(self) -> None:
        with transaction(self.database) as connection:
            outbox.replay_dead(connection, self.now_us, destination=CRM)

    @invariant()
    def nothing_is_lost_and_nothing_is_sent_twice(self) -> None:
        with transaction(self.database) as connection:
            items = {entry.key: entry for entry in list_items(connection)}
        assert {entry.number for entry in items.values()} == self.enqueued
        for key, entry in items.items():
            assert (entry.due_us is not None) == (entry.state in {ItemState.PENDING, ItemState.RETRY})
            assert (entry.settled_us is not None) == (entry.state in END)
            assert entry.state != ItemState.DELIVERED or self.accepted[key], "delivered, but never accepted"
            assert (entry.state == ItemState.DENIED) == (key in self.denied)
            assert self.repeatable or self.accepted[key] <= 1, "accepted twice"
            assert not (self.repeatable and entry.state == ItemState.IN_DOUBT)
            assert entry.attempts <= SETTINGS.attempts + self.run

    def teardown(self) -> None:
        """Whatever happened, a receiver that works again gets every item that is still open."""
        self.crash(sole=True, wait_us=0)
        for _ in range(20):
            self.wait(5_000_000)
            self.replay()
            self.lease(limit=10, committed=True)
            for key in self.leased:
                self.accepted[key] += 1
                self.sent.append(Receipt(key, Outcome.ACCEPTED, at_us=self.now_us))
            if self.sent:
                self.settle(committed=True)
        self.nothing_is_lost_and_nothing_is_sent_twice()
        with transaction(self.database) as connection:
            states = counts(connection).get(CRM, {})
        assert states.keys() <= {ItemState.DELIVERED, ItemState.DENIED, ItemState.IN_DOUBT}


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@pytest.fixture
def database():
    engine = open_database("sqlite://", Path())
    yield engine
    engine.dispose()


def test_nothing_enters_or_leaves_without_cleared(database) -> None:
    denied = Denied("refused")  # pyright: ignore
    with transaction(database) as connection:
        for instead in (denied, None, object()):
            with pytest.raises(TypeError, match="Cleared"):
                outbox.enqueue(connection, [(instead, item(1))], 0)  # pyright: ignore
        with pytest.raises(TypeError, match="own profile"):
            outbox.enqueue(connection, [(cleared(2), item(1))], 0)
        outbox.enqueue(connection, [(cleared(1), item(1))], 0)
        with pytest.raises(TypeError, match="Cleared"):
            outbox.lease(connection, {UUID(int=1): None}, "me", 9)  # pyright: ignore


def test_the_payload_goes_when_it_is_no_longer_needed(database) -> None:
    with transaction(database) as connection:
        outbox.enqueue(connection, [(cleared(n), item(n)) for n in (1, 2, 3)], 0)
        outbox.deny(connection, [refusal(1)])
        outbox.lease(connection, {UUID(int=n): cleared(n) for n in (2, 3)}, "me", 9)
        for number, outcome in ((2, Outcome.ACCEPTED), (3, Outcome.REFUSED)):
            receipt = Receipt(UUID(int=number), outcome, 500, "refused", at_us=5, latency_ms=1.5)
            settled = settlement(receipt, 1, repeatable=True, settings=SETTINGS, now_us=5, random=Random(0))
            outbox.settle(connection, [settled], "me")
        bodies = dict(
            connection.execute(
                outbox.outbox.select().with_only_columns(outbox.outbox.c.number, outbox.outbox.c.payload)
            ).all()
        )
        assert bodies == {1: b"", 2: b"", 3: b"body"}
        (denial,) = list_denials(connection, destination=CRM)
        assert (denial.reason, denial.stage, denial.profile_id) == ("refused", "send", UUID(int=1))
        (attempt,) = list_attempts(connection, UUID(int=3))
        assert (attempt.outcome, attempt.status, attempt.error, attempt.latency_ms) == (
            "refused",
            500,
            "refused",
            1.5,
        )


def test_dead_letters_are_replayed_by_destination_or_by_key_and_keep_their_id(database) -> None:
    with transaction(database) as connection:
        outbox.enqueue(connection, [(cleared(n), item(n)) for n in (1, 2)], 0)
        outbox.enqueue(connection, [(cleared(3), item(3, "other"))], 0)
        outbox.lease(connection, {UUID(int=n): cleared(n) for n in (1, 2, 3)}, "me", 9)
        for number in (1, 2, 3):
            receipt = Receipt(UUID(int=number), Outcome.REFUSED, at_us=5)
            settled = settlement(receipt, 1, repeatable=True, settings=SETTINGS, now_us=5, random=Random(0))
            outbox.settle(connection, [settled], "me")
        assert outbox.replay_dead(connection, 6) == 0, "nothing named, nothing replayed"
        assert outbox.replay_dead(connection, 6, keys=[UUID(int=1)]) == 1
        assert outbox.replay_dead(connection, 6, destination=CRM) == 1
        assert outbox.replay_dead(connection, 6, destination=CRM) == 0
        assert [(w.item.key, w.attempts) for w in outbox.due(connection, CRM, 6, 9)] == [
            (UUID(int=1), 0),
            (UUID(int=2), 0),
        ]
        assert outbox.due(connection, "other", 6, 9) == []


def test_a_doubt_is_settled_by_hand_only(database) -> None:
    with transaction(database) as connection:
        outbox.enqueue(connection, [(cleared(n), item(n)) for n in (1, 2)], 0)
        outbox.lease(connection, {UUID(int=n): cleared(n) for n in (1, 2)}, "dead", 9)
        assert outbox.recover(connection, CRM, 8, repeatable=False) == 0, "the lease still runs"
        assert outbox.recover(connection, CRM, 9, repeatable=False) == 2
        assert outbox.due(connection, CRM, 99, 9) == []
        assert outbox.settle_doubt(connection, [UUID(int=1)], 10, delivered=True) == 1
        assert outbox.settle_doubt(connection, [UUID(int=2)], 10, delivered=False) == 1
        assert counts(connection) == {CRM: {ItemState.DELIVERED: 1, ItemState.DEAD: 1}}


def test_what_is_long_settled_is_forgotten_and_dead_letters_are_not(database) -> None:
    with transaction(database) as connection:
        outbox.enqueue(connection, [(cleared(n), item(n)) for n in (1, 2, 3)], 0)
        outbox.deny(connection, [refusal(1)])
        outbox.lease(connection, {UUID(int=2): cleared(2)}, "me", 9)
        receipt = Receipt(UUID(int=2), Outcome.REFUSED, at_us=5)
        outbox.settle(
            connection,
            [settlement(receipt, 1, repeatable=True, settings=SETTINGS, now_us=5, random=Random(0))],
            "me",
        )
        assert outbox.trim(connection, 9) == 0
        assert outbox.trim(connection, 10) == 1
        assert {entry.number for entry in list_items(connection)} == {2, 3}
        assert list_denials(connection) == []
