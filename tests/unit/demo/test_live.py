"""The present: the same from wherever it is asked, on the wire as systems write it, sent until it is acknowledged."""

import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.demo.conftest import WORLD

from weft.clock import DAY_US
from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.config import CollectSettings
from weft.demo.live.messages import RECORD_SOURCES, SOURCES, WEB, Due, message_of
from weft.demo.live.present import Present
from weft.demo.live.sender import Place, Sender, load_place, save_place
from weft.demo.mappings import FILES
from weft.model.accepted import Accepted, Entry

END_US = WORLD.until_us + 4 * DAY_US
KEYS = {source: f"key-{source}" for source in SOURCES}
RULES = Rules(CollectSettings(records=dict.fromkeys(RECORD_SOURCES, "allow")))


def until_end(present: Present, from_us: int) -> list[Due]:
    return list(takewhile(lambda due: due.at_us < END_US, present.since(from_us)))


@pytest.fixture(scope="module")
def stream(made: Path) -> list[Due]:
    """The first four days after the history."""
    return until_end(Present(WORLD, made), WORLD.until_us)


def test_nothing_is_missing_between_the_history_and_the_present(stream: list[Due]) -> None:
    at = [due.at_us for due in stream]
    assert at == sorted(at)
    assert WORLD.until_us <= at[0] < WORLD.until_us + DAY_US // 8
    assert max(later - before for before, later in pairwise(at)) < DAY_US // 8


@pytest.mark.parametrize("hours", [0, 31, 60])
def test_it_goes_on_alike_from_any_moment(made: Path, stream: list[Due], hours: int) -> None:
    from_us = WORLD.until_us + hours * DAY_US // 24
    assert until_end(Present(WORLD, made), from_us) == [due for due in stream if due.at_us >= from_us]


def test_no_id_is_used_twice_neither_now_nor_in_the_history(made: Path, stream: list[Due]) -> None:
    import pyarrow.parquet as pq

    ids = [message_of(due, due.at_us)["messageId"] for due in stream]
    assert len(set(ids)) == len(ids)
    for path in ("web/events.parquet", "mail/events.parquet"):
        told = pq.read_table(made / "history" / path, columns=["message_id"])["message_id"].to_pylist()
        assert not set(ids) & set(told)


def test_days_whose_digits_are_the_same_have_other_ids(made: Path) -> None:
    present = Present(WORLD, made)

    def ids(day: int) -> set[str]:
        start = WORLD.until_us + day * DAY_US
        return {
            message_of(due, due.at_us)["messageId"]
            for due in takewhile(lambda due: due.at_us < start + DAY_US // 4, present.since(start))
        }

    assert not ids(12) & ids(21)


def test_every_system_tells_something(stream: list[Due]) -> None:
    counts = Counter(due.path for due in stream)
    exports = {"crm/contacts.csv", "loyalty/members-2014.txt"}
    assert set(counts) == {each.path for each in FILES} - exports
    assert counts[WEB] > sum(counts.values()) / 2


def test_all_of_it_is_accepted_as_the_history_was(stream: list[Due]) -> None:
    """Through the collector's own pipeline: the types, objects, identifiers and consent of each system's file."""
    for each in FILES:
        dues = [due for due in stream if due.path == each.path]
        if not dues:
            continue
        body = msgspec.json.encode({"batch": [message_of(due, due.at_us) for due in dues]})
        result = normalise(
            [Entry(len(dues), len(dues), (Accepted(END_US, each.source, body, len(dues)),))], RULES
        )
        rows = result.staged.to_pylist()
        assert len(rows) == len(dues), result.quarantined.to_pylist()[:2]
        if each.mapping.kind == "records":
            assert {(row["type"], row["name"]) for row in rows} == {("record", each.mapping.object)}
            assert all(row["record_id"] for row in rows)
        elif each.mapping.event:
            assert {row["name"] for row in rows} == {each.mapping.event}
        namespaces = {one["namespace"] for row in rows for one in row["identifiers"]}
        assert namespaces <= set(each.mapping.identifiers)
        if each.path == "consent/changes.csv":
            assert {row["consent"] for row in rows} >= {'{"marketing":true,"analytics":true}'}


def test_a_ticket_is_open_and_then_solved(made: Path) -> None:
    far = WORLD.until_us + 12 * DAY_US
    dues = takewhile(lambda due: due.at_us < far, Present(WORLD, made).since(WORLD.until_us))
    states: dict[str, list[str]] = {}
    for due in dues:
        if due.source == "service":
            states.setdefault(due.row["ticket"], []).append(due.row["state"])
    assert ["open", "solved"] in states.values()
    assert {tuple(told) for told in states.values()} <= {("open", "solved"), ("open",), ("solved",)}


def test_returns_are_of_orders_that_were(made: Path, stream: list[Due]) -> None:
    import pyarrow.parquet as pq

    lines = set(pq.read_table(made / "history/erp/lines.parquet")["line_no"].to_pylist())
    lines |= {due.row["line_no"] for due in stream if due.path == "erp/lines.parquet"}
    back = [due.row["line_no"] for due in stream if due.path == "erp/returns.parquet"]
    assert back
    assert set(back) <= lines


def test_people_come_unknown_and_log_in(stream: list[Due]) -> None:
    messages = [message_of(due, due.at_us) for due in stream if due.path == WEB]
    assert any("userId" not in message for message in messages)
    identified = [message for message in messages if message["type"] == "identify"]
    assert identified
    for message in identified:
        assert message["userId"]
        assert message["traits"]["email"].endswith(".example")
        said = message["context"]["consent"]["categoryPreferences"]
        assert set(said) == {"marketing", "analytics"}
    assert any(message.get("event") == "Order Completed" for message in messages)


def test_told_later_all_its_times_move(stream: list[Due]) -> None:
    due = next(each for each in stream if each.path == "rental/bookings.csv")
    before, after = (message_of(due, due.at_us + shift)["properties"] for shift in (0, 3_600_000_000))
    for name in ("booked_at", "begins_at", "ends_at"):
        moved = datetime.fromisoformat(after[name]) - datetime.fromisoformat(before[name])
        assert moved.total_seconds() == 3_600


@contextmanager
def _collector(answers: list[int], port: int = 0) -> Generator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Serve these answers in turn (then 200), and keep the keys and bodies."""
    came: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            came.append((self.headers["Authorization"], body))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_is_not_acknowledged_is_sent_again_under_the_same_ids(
    stream: list[Due], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.demo.live.sender.RETRY_SECONDS", 0.01)
    web = [due for due in stream if due.path == WEB][:150]
    with _collector([503, 429]) as (address, came):
        sender = Sender(address, KEYS, speed=1e6)
        sender.send(iter(web), web[0].at_us)
    assert sender.sent == 150
    batches = [body["batch"] for _, body in came]
    assert batches[0] == batches[1] == batches[2]
    assert sum(map(len, batches[2:])) == 150


def test_each_system_sends_with_its_own_key(stream: list[Due]) -> None:
    with _collector([]) as (address, came):
        Sender(address, KEYS, speed=1e6).send(iter(stream[:400]), stream[0].at_us)
    by_key = {key: {message["context"]["library"]["name"] for message in body["batch"]} for key, body in came}
    assert len(by_key) >= 3
    assert all(len(names) == 1 for names in by_key.values())


def test_a_collector_that_is_away_is_told_of_once_and_waited_for(
    stream: list[Due], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.demo.live.sender.RETRY_SECONDS", 0.01)
    with _collector([]) as (address, _):
        port = httpx.URL(address).port or 0
    said: list[str] = []
    sender = Sender(address, KEYS, 1e6, said.append)
    thread = threading.Thread(target=sender.send, args=(iter(stream[:50]), stream[0].at_us))
    thread.start()
    while not said:
        time.sleep(0.01)
    with _collector([], port):
        thread.join()
    assert sender.sent == 50
    assert [text.partition(" ")[2].split(";")[0] for text in said] == ["does not answer", "answers again"]


def test_a_refused_key_is_told_at_once(stream: list[Due]) -> None:
    with _collector([401]) as (address, _), pytest.raises(httpx.HTTPStatusError):
        Sender(address, KEYS, speed=1e6).send(iter(stream[:5]), stream[0].at_us)


def test_what_was_due_keeps_its_time_and_what_is_ahead_is_told_now(made: Path) -> None:
    """The past is caught up with under its own times; a world that runs ahead of us tells nothing from the future."""
    now_us = time.time_ns() // 1_000
    ahead_us = now_us + 3_600_000_000
    web = [due for due in islice(Present(WORLD, made).since(WORLD.until_us), 200) if due.path == WEB]
    late = [due._replace(at_us=now_us - 7_200_000_000 + place) for place, due in enumerate(web[:5])]
    early = [due._replace(at_us=ahead_us + place) for place, due in enumerate(web[5:10])]
    with _collector([]) as (address, came):
        Sender(address, KEYS, speed=1e9).send(iter([*late, *early]), late[0].at_us)
    times = [message["timestamp"] for _, body in came for message in body["batch"]]
    told = [int(datetime.fromisoformat(text).timestamp() * 1e6) for text in times]
    assert all(abs(one - due.at_us) < 1_000 for one, due in zip(told[:5], late, strict=True))
    assert all(one < ahead_us - 1_800_000_000 for one in told[5:])


def test_a_later_run_goes_on_where_the_one_before_stopped(
    made: Path, stream: list[Due], tmp_path: Path
) -> None:
    assert load_place(tmp_path) is None
    with _collector([]) as (address, came):
        first = stream[:260]
        Sender(address, KEYS, 1e9).send(
            iter(first), WORLD.until_us, lambda at_us: save_place(tmp_path, Place(at_us))
        )
        place = load_place(tmp_path)
        assert place == Place(first[-1].at_us)
        again = list(islice(Present(WORLD, made).since(place.at_us), 100))
        Sender(address, KEYS, 1e9).send(iter(again), place.at_us)
    ids = [message["messageId"] for _, body in came for message in body["batch"]]
    wanted = [message_of(due, due.at_us)["messageId"] for due in stream[:359]]
    assert set(ids) >= set(wanted)
    assert len(ids) - len(set(ids)) <= 3  # what shares the last moment is sent again, under the same id
