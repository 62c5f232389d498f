"""A destination whose receiver cannot recognise a repeat: what may have arrived is never sent again by itself."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from tests.outgoing import House

from weft.activate.destination import Destination, Parcel
from weft.consent.gate import require
from weft.model.delivery import ItemState, Outcome, Receipt
from weft.storage.database import transaction
from weft.storage.database_delivery import list_items
from weft.storage.database_outbox import replay_dead, settle_doubt


class LetterSettings(msgspec.Struct, frozen=True):
    pass


class Press:
    """Prints letters; it can be told to jam, to break, or to lose its answer."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.outcome = Outcome.ACCEPTED
        self.batches: list[int] = []
        self.running = threading.Event()
        self.running.set()
        self.broken = False

    def send(self, batch: Sequence[Parcel]) -> Sequence[Receipt]:
        for parcel in batch:
            require(parcel.cleared)
        if self.broken:
            raise RuntimeError("out of paper")
        self.batches.append(len(batch))
        self.printed += [parcel.item.key.hex for parcel in batch]
        self.running.wait(20)
        return [Receipt(p.item.key, self.outcome, at_us=time.time_ns() // 1_000) for p in batch]

    def test(self) -> Receipt:
        raise RuntimeError("a press prints nothing to try")

    def close(self) -> None:
        self.running.set()


@pytest.fixture
def press() -> Press:
    return Press()


@pytest.fixture
def house(tmp_path: Path, press: Press) -> Iterator[House]:
    letter = Destination(
        name="letter",
        title="Letter",
        description="Prints.",
        channel="post",
        settings=LetterSettings,
        repeatable=False,
        batch_items=5,
        payload_bytes=400,
        check=lambda _settings, _environ: [],
        render=lambda occasion: occasion.kind.encode() * (1 + 30 * (occasion.signal.profile_id.int == 99)),
        open=lambda _settings, _surroundings: press,
    )
    made = House(tmp_path, {"letter": letter})
    made.connect({"name": "crm", "type": "letter", "concurrency": 1, "secret_env": ...})
    yield made
    made.close()


def test_a_batch_is_sent_together_and_settled_item_by_item(house: House, press: Press) -> None:
    house.tell(*range(1, 13))
    house.start()
    house.until(lambda: house.states() == {"delivered": 12})
    assert max(press.batches) == 5
    assert len(set(press.printed)) == len(press.printed) == 12


def test_what_was_on_its_way_when_the_process_died_is_in_doubt(house: House, press: Press) -> None:
    press.running.clear()
    house.tell(1, 2, 3)
    house.start()
    house.until(lambda: len(press.printed) == 3)
    house.kill()
    house.start()
    house.until(lambda: house.states() == {"in_doubt": 3})
    press.running.set()
    time.sleep(0.3)
    assert house.states() == {"in_doubt": 3}, (
        "an answer that comes after the lease is gone counts for nothing"
    )
    assert len(press.printed) == 3
    with transaction(house.database) as connection:
        doubts = [entry.key for entry in list_items(connection, state=ItemState.IN_DOUBT)]
        assert settle_doubt(connection, doubts[:2], 1, delivered=True) == 2
        assert settle_doubt(connection, doubts[2:], 1, delivered=False) == 1
        assert replay_dead(connection, 2, destination="crm") == 1
    house.until(lambda: house.states() == {"delivered": 3})
    assert len(press.printed) == 4


def test_an_answer_that_was_lost_leaves_a_doubt(house: House, press: Press) -> None:
    press.outcome = Outcome.UNKNOWN
    house.tell(1)
    house.start()
    house.until(lambda: house.states() == {"in_doubt": 1})
    time.sleep(0.2)
    assert len(press.printed) == 1


def test_a_sender_that_breaks_harms_neither_its_lane_nor_the_item(house: House, press: Press) -> None:
    press.broken = True
    house.tell(1)
    lanes = house.start()
    house.until(lambda: house.states() == {"in_doubt": 1})
    assert lanes.status()[0].last_error == "sender_failed"
    press.broken = False
    house.tell(2)
    house.until(lambda: house.states() == {"in_doubt": 1, "delivered": 1})
    assert lanes.healthy


def test_a_payload_over_the_limit_is_refused_before_it_is_queued(house: House) -> None:
    from weft.storage.database_delivery import list_denials

    house.tell(99, 1)
    with transaction(house.database) as connection:
        (denial,) = list_denials(connection)
    assert (denial.reason, denial.profile_id.int) == ("too_large", 99)
    assert house.states() == {"pending": 1}


def test_an_item_whose_profile_is_away_waits_and_is_not_sent_unasked(house: House, press: Press) -> None:
    house.tell(1, 2)
    away = [house.stream.profiles.pop(key) for key in list(house.stream.profiles) if key.int == 1]
    house.start()
    house.until(lambda: house.states() == {"pending": 1, "delivered": 1})
    assert len(press.printed) == len(away) == 1
