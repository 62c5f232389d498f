"""Whatever comes in is answered 4xx with a reason or quarantined; good events stay, memory and time are bounded."""

import json
import socket
import time
from collections.abc import Iterator

import duckdb
import pytest
from tests.acceptance.edge_process import KEY, Edge, edge
from tests.acceptance.hostile.corpus import GOOD, corpus

MEMORY_BYTES = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with edge(tmp_path_factory.mktemp("edge"), request_seconds=1) as running:
        running.post("/v1/batch", b'{"batch":[' + GOOD + b"]}")
        yield running


def test_the_corpus(site: Edge) -> None:
    """Kept means: staged by the tick, with properties that the warehouse can read."""
    before_bytes = site.memory_bytes()
    expected = len(site.rows())
    slow: dict[str, float] = {}
    for hostile in corpus():
        headers = {"content_encoding": hostile.encoding} if hostile.encoding else {}
        started = time.monotonic()
        answer = site.post("/v1/batch", hostile.body, **headers)
        if "bomb" in hostile.name:
            slow[hostile.name] = time.monotonic() - started
        if hostile.kept is None:
            assert answer.status_code == hostile.status, hostile.name
            assert answer.json()["message"], hostile.name
        else:
            assert answer.status_code == 200, hostile.name
            expected += hostile.kept
            assert len(site.rows()) == expected, hostile.name
    assert {name: seconds for name, seconds in slow.items() if seconds > 1} == {}
    assert site.memory_bytes() - before_bytes < MEMORY_BYTES
    assert site.http.get("/readyz").status_code == 200
    normalised = site.normalised()
    staged, quarantined = normalised.staged, normalised.quarantined
    assert staged.num_rows + quarantined.num_rows == sum(item.count for item in site.accepted())
    connection = duckdb.connect()
    connection.register("staged", staged)
    connection.register("quarantined", quarantined)
    valid = "SELECT count(*) FROM staged WHERE json_valid(properties) AND json_valid(context)"
    assert connection.execute(valid).fetchone() == (staged.num_rows,)
    assert connection.execute("SELECT count(*) FROM quarantined").fetchone() == (quarantined.num_rows,)
    for row in quarantined.to_pylist():
        assert site.post("/v1/batch", row["body"].encode()).status_code == 200, row
    again = site.normalised()
    assert again.staged.num_rows == staged.num_rows
    reasons = quarantined.column("reason").to_pylist()
    escaped = [reason.replace("bad_encoding", "bad_unicode") for reason in reasons]
    assert again.quarantined.column("reason").to_pylist() == reasons + escaped


def test_the_last_of_equal_keys_counts_for_every_reader(site: Edge) -> None:
    site.post(
        "/v1/batch", b'{"batch":[{"type":"track","event":"Twice","userId":"u","properties":{"a":1,"a":2}}]}'
    )
    rows = [row for row in site.normalised().staged.to_pylist() if row["name"] == "Twice"]
    assert rows[-1]["properties"] == '{"a":2}'


def _open(site: Edge) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=60)


def _head(length: int) -> bytes:
    return f"POST /v1/track?writeKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def test_a_slow_body_is_ended_with_408(site: Edge) -> None:
    with _open(site) as client:
        client.sendall(_head(1_000) + b'{"event"')
        assert client.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_drip_of_bytes_is_ended_with_408(site: Edge) -> None:
    with _open(site) as client:
        client.sendall(_head(1_000))
        deadline = time.monotonic() + 8
        answer = b""
        client.settimeout(0.2)
        while not answer and time.monotonic() < deadline:
            try:
                client.sendall(b" ")
                answer = client.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
        assert answer.startswith(b"HTTP/1.1 408")


def test_many_idle_connections_do_not_stop_others(site: Edge) -> None:
    before_bytes = site.memory_bytes()
    idle = [_open(site) for _ in range(200)]
    for client in idle:
        client.sendall(_head(400_000) + b"x" * 1_000)
    assert site.post("/v1/track", json.loads(GOOD)).status_code == 200
    for client in idle:
        client.close()
    assert site.memory_bytes() - before_bytes < MEMORY_BYTES


def test_a_client_that_leaves_is_forgotten(site: Edge) -> None:
    for _ in range(20):
        with _open(site) as client:
            client.sendall(_head(500) + b"{")
    assert site.post("/v1/track", json.loads(GOOD)).status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "9" * 30])
def test_a_strange_length_is_4xx(site: Edge, length: str) -> None:
    with _open(site) as client:
        client.sendall(f"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 4")


def test_an_oversized_body_is_refused_before_it_is_sent(site: Edge) -> None:
    with _open(site) as client:
        client.sendall(_head(10_000_000))
        assert client.recv(4096).startswith(b"HTTP/1.1 413")


def test_endless_headers_are_4xx(site: Edge) -> None:
    with _open(site) as client:
        try:
            client.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 2_000_000)
            answer = client.recv(4096)
        except OSError:
            answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert site.http.get("/healthz").status_code == 200


def test_strangers_who_try_keys_do_not_fill_the_memory(site: Edge) -> None:
    before_bytes = site.memory_bytes()
    statuses = {site.post("/v1/track", GOOD, key=f"guess-{number}").status_code for number in range(500)}
    assert statuses == {401}
    assert site.memory_bytes() - before_bytes < MEMORY_BYTES / 4
