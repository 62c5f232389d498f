"""Signals through dispatch, the gate, the outbox and deliver to real HTTP receivers on loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook
from tests.outgoing import KEY, SECRET, House, profile
from tests.receiver import OK, Receiver, answer, hang, reply, reset, truncate

from weft.model.consent import ALL_CHANNELS
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.storage.database import transaction
from weft.storage.database_consent import suppress
from weft.storage.database_delivery import list_attempts, list_denials, list_items
from weft.storage.database_outbox import replay_dead
from weft.storage.database_worker import get_position
from weft.workers.dispatch import DISPATCH
from weft.workers.lane import CLEARANCE_SECONDS


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def test_a_signal_becomes_one_signed_message(house: House, receiver: Receiver) -> None:
    include = {"traits": ["plan"], "identifiers": ["email"]}
    house.connect({"name": "crm", "url": receiver.url, "include": include})
    house.tell(1)
    house.start()
    house.until(lambda: house.states() == {"delivered": 1})
    (request,) = receiver.requests
    assert Webhook(SECRET).verify(request.body, request.headers) == {
        "type": "audience.entered",
        "timestamp": "1970-01-01T00:00:00.001Z",
        "data": {
            "profile_id": str(UUID(int=1)),
            "signal": 1,
            "audience": "vip",
            "traits": {"plan": "pro"},
            "identifiers": {"email": ["1@example.com"]},
        },
    }
    with transaction(house.database) as connection:
        (entry,) = list_items(connection, profiles=[UUID(int=1)])
        assert request.message_id == f"msg_{entry.key.hex}"
        assert entry.evidence == "default:allow"
        (attempt,) = list_attempts(connection, entry.key)
        assert (attempt.status, attempt.error) == (200, "")


def test_reading_the_same_signals_again_sends_nothing_twice(house: House, receiver: Receiver) -> None:
    from weft.storage.database_worker import set_position

    house.connect({"name": "crm", "url": receiver.url})
    house.tell(1, 2, 3)
    with transaction(house.database) as connection:
        assert get_position(connection, DISPATCH) == 3
        set_position(connection, DISPATCH, 0)
    house.start()
    house.tell(4)
    house.until(lambda: house.states() == {"delivered": 4})
    assert len(set(receiver.ids())) == len(receiver.ids()) == 4


def test_what_the_gate_refuses_never_gets_into_the_outbox(house: House, receiver: Receiver) -> None:
    house.connect(
        {"name": "crm", "url": receiver.url}, {"name": "ads", "url": receiver.url, "purpose": "advertising"}
    )
    house.withdraw(1)
    with transaction(house.database) as connection:
        suppress(connection, [node_id(KEY, Identifier("user_id", "2"))], ALL_CHANNELS, "asked", 5)
    house.tell(1, 2, 3)
    house.start()
    house.until(lambda: house.states() == {"delivered": 1})
    with transaction(house.database) as connection:
        denials = {(d.destination, d.profile_id.int): d.reason for d in list_denials(connection)}
    assert denials == {
        ("crm", 1): "refused",
        ("crm", 2): "suppressed",
        ("ads", 1): "no_default",
        ("ads", 2): "suppressed",
        ("ads", 3): "no_default",
    }
    assert len(receiver.requests) == 1


def test_a_withdrawal_between_enqueue_and_send_stops_the_send(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url})
    house.tell(1, 2)
    house.withdraw(1)
    house.start()
    house.until(lambda: house.states() == {"delivered": 1, "denied": 1})
    assert [json.loads(r.body)["data"]["profile_id"] for r in receiver.requests] == [str(UUID(int=2))]
    with transaction(house.database) as connection:
        (denial,) = list_denials(connection)
    assert (denial.stage, denial.reason, denial.profile_id) == ("send", "refused", UUID(int=1))


def test_a_withdrawal_on_a_profile_that_was_merged_in_counts(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url})
    house.tell(1)
    house.withdraw(2)
    gone = house.stream.profiles.pop(UUID(int=1))
    both = ProfileDocument(UUID(int=2), (*gone.identifiers, *profile(2).identifiers), {}, {}, 0, 0, 1, 0)
    house.stream.profiles[UUID(int=2)] = both
    house.stream.merged[UUID(int=1)] = UUID(int=2)
    house.start()
    house.until(lambda: house.states() == {"denied": 1})
    assert receiver.requests == []


def test_no_send_begins_after_a_withdrawal_while_a_backlog_runs(house: House, receiver: Receiver) -> None:
    def slow(_request: object, connection: Any) -> None:
        time.sleep(0.01)
        connection.sendall(OK)

    receiver.behave = slow
    house.connect({"name": "crm", "url": receiver.url, "concurrency": 2, "rate_per_second": 100})
    house.tell(*range(1, 121))
    house.start()
    house.until(lambda: len(receiver.requests) >= 10)
    house.withdraw(*range(1, 121))
    committed = time.time()
    house.until(lambda: set(house.states()) == {"delivered", "denied"})
    assert max(request.at for request in receiver.requests) <= committed + CLEARANCE_SECONDS
    states = house.states()
    assert states["delivered"] == len(receiver.requests)
    assert sum(states.values()) == 120


@pytest.mark.parametrize(
    "behave",
    [
        reply(answer("500 Internal Server Error")),
        reply(answer("429 Too Many Requests", "Retry-After: 0")),
        reset,
        truncate,
    ],
)
def test_a_failure_is_tried_again_with_the_same_id_until_it_works(
    house: House, receiver: Receiver, behave: Any
) -> None:
    receiver.behave = behave
    house.connect({"name": "crm", "url": receiver.url})
    house.tell(1)
    house.start()
    house.until(lambda: len(receiver.requests) >= 2)
    receiver.behave = reply(OK)
    house.until(lambda: house.states() == {"delivered": 1})
    assert len(set(receiver.ids())) == 1
    assert len({request.body for request in receiver.requests}) == 1


def test_retry_after_is_honoured(house: House, receiver: Receiver) -> None:
    receiver.behave = reply(answer("503 Service Unavailable", "Retry-After: 1"))
    house.connect({"name": "crm", "url": receiver.url})
    house.tell(1)
    house.start()
    house.until(lambda: len(receiver.requests) == 1)
    receiver.behave = reply(OK)
    house.until(lambda: house.states() == {"delivered": 1})
    first, second = (request.at for request in receiver.requests)
    assert second - first >= 0.95


@pytest.mark.parametrize(("status", "tries"), [("404 Not Found", 1), ("302 Found", 3), ("500 Oops", 3)])
def test_a_dead_letter_can_be_replayed(house: House, receiver: Receiver, status: str, tries: int) -> None:
    receiver.behave = reply(answer(status, "Location: http://127.0.0.1:1/"))
    house.connect({"name": "crm", "url": receiver.url}, attempts=3)
    house.tell(1)
    lanes = house.start()
    house.until(lambda: house.states() == {"dead": 1})
    assert len(receiver.requests) == tries
    receiver.behave = reply(OK)
    with transaction(house.database) as connection:
        assert replay_dead(connection, 0, destination="crm") == 1
    lanes.wake()
    house.until(lambda: house.states() == {"delivered": 1})
    assert len(set(receiver.ids())) == 1


def test_the_breaker_spares_a_dead_receiver_and_its_backlog(house: House, receiver: Receiver) -> None:
    receiver.behave = reply(answer("500 Oops"))
    house.connect({"name": "crm", "url": receiver.url, "concurrency": 2})
    house.tell(*range(1, 101))
    lanes = house.start()
    house.until(lambda: lanes.status()[0].breaker == "open")
    time.sleep(0.3)
    assert len(receiver.requests) < 20
    assert lanes.status()[0].last_error == "unavailable"
    receiver.behave = reply(OK)
    house.until(lambda: house.states() == {"delivered": 100})
    assert lanes.status()[0].breaker == "closed"


def test_the_rate_holds(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url, "rate_per_second": 40})
    house.tell(*range(1, 61))
    house.start()
    house.until(lambda: house.states() == {"delivered": 60})
    times = sorted(request.at for request in receiver.requests)
    assert times[-1] - times[0] >= (60 - 10) / 40 * 0.9


def test_what_a_dead_process_left_behind_is_sent_with_the_same_id(house: House, receiver: Receiver) -> None:
    receiver.behave = hang
    house.connect({"name": "crm", "url": receiver.url}, timeout_seconds=2.0)
    house.tell(1)
    house.start()
    house.until(lambda: house.states() == {"leased": 1} and len(receiver.requests) == 1)
    house.kill()
    receiver.behave = reply(OK)
    house.start()
    house.until(lambda: house.states() == {"delivered": 1})
    assert len(receiver.requests) == 2
    assert len(set(receiver.ids())) == 1


def test_stopping_gives_back_what_was_not_sent(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url, "rate_per_second": 20, "concurrency": 1})
    house.tell(*range(1, 51))
    lanes = house.start()
    house.until(lambda: len(receiver.requests) >= 3)
    lanes.stop(5)
    states = house.states()
    assert states["delivered"] == len(receiver.requests)
    assert states.keys() == {"delivered", "pending"}


def test_the_connection_can_be_tested_without_a_person(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url})
    lanes = house.start()
    assert lanes.test("crm").status == 200
    assert json.loads(receiver.requests[0].body) == {"type": "weft.test", "data": {}}
    receiver.behave = reply(answer("401 Unauthorized"))
    assert lanes.test("crm").error == "refused"


def test_without_leave_for_private_networks_nothing_is_connected(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url}, private_networks=False, attempts=2)
    house.tell(1)
    house.start()
    house.until(lambda: house.states() == {"dead": 1})
    assert receiver.connections == 0


@pytest.mark.parametrize("dies", [reset, reply(answer("500 Oops")), None])
def test_a_dead_destination_stops_no_other(
    house: House, receiver: Receiver, dies: Callable[[Any, socket.socket], None] | None
) -> None:
    """Without `dies` every thread of the dead one hangs until the other is done; the rate it leaves is a figure."""
    awake = threading.Event()

    def sleep(_request: object, connection: socket.socket) -> None:
        awake.wait(60)
        connection.close()

    dead = Receiver(behave=dies or sleep)
    house.connect(
        {"name": "crm", "url": receiver.url}, {"name": "dead", "url": dead.url, "timeout_seconds": 60}
    )
    house.tell(*range(1, 201))
    lanes = house.start()
    house.until(lambda: house.states("crm") == {"delivered": 200}, 55)
    _crm, lane = lanes.status()
    assert (lane.name, lane.delivered) == ("dead", 0)
    assert lane.in_flight == 16 if dies is None else lane.failed > 0
    assert sum(house.states("dead").values()) == 200
    dead.behave = reply(OK)
    awake.set()
    house.until(lambda: house.states("dead") == {"delivered": 200}, 60)
    dead.close()


def test_threads_end_with_their_lane(house: House, receiver: Receiver) -> None:
    house.connect({"name": "crm", "url": receiver.url})
    before = set(threading.enumerate())
    lanes = house.start()
    started = set(threading.enumerate()) - before
    assert len(started) == 1 + 16
    lanes.stop(5)
    assert not [thread.name for thread in started if thread.is_alive()]
