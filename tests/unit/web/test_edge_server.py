"""The edge's server: what HTTP/1.1 asks of it, what it refuses, how it ends."""

import asyncio
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from weft.errors import Misconfigured
from weft.web import edge_connection
from weft.web.edge_server import serve_edge

ENDED: list[str] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                ENDED.append("shutdown")
                return
    path = scope["path"]
    if path == "/boom":
        raise ValueError
    if path == "/none":
        return
    if path == "/early":
        await send({"type": "http.response.start", "status": 413, "headers": ((b"connection", b"close"),)})
        await send({"type": "http.response.body", "body": b"too much"})
        return
    size, message = 0, {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        size += len(message.get("body", b""))
    if message["type"] == "http.disconnect":
        return
    if path in ("/slow", "/brief"):
        await asyncio.sleep(0.7 if path == "/slow" else 0.02)
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if path == "/large":
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    query = scope["query_string"].decode()
    text = f"{scope['method']} {path} {query} {size} {scope['client'][0]}\n"
    await send({"type": "http.response.body", "body": text.encode()})


@contextmanager
def running() -> Generator[tuple[int, threading.Event]]:
    stop, ready, ports = threading.Event(), threading.Event(), list[int]()

    def on_ready(port: int) -> None:
        ports.append(port)
        ready.set()

    thread = threading.Thread(
        target=serve_edge,
        args=(app, "127.0.0.1", 0),
        kwargs={"shared_port": False, "on_ready": on_ready, "stop": stop},
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0], stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as (port, _):
        yield port


def talk(port: int, *parts: bytes, seconds: float = 10, until: bytes | None = None) -> bytes:
    """Send the parts and return what comes until the server closes, or until `until` has come."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as client:
        for number, part in enumerate(parts):
            if number:
                time.sleep(0.05)
            client.sendall(part)
        came = b""
        while (until is None or until not in came) and (data := client.recv(65_536)):
            came += data
    return came


CLOSE = b"Connection: close\r\n\r\n"


def test_the_parts_of_a_request_reach_the_application(port: int) -> None:
    answer = httpx.post(f"http://127.0.0.1:{port}/a%2Fb%20c?x=1", content=b"12345")
    assert answer.text == "POST /a/b c x=1 5 127.0.0.1\n"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["date"].endswith("GMT")


def test_requests_in_one_go_are_answered_in_order(port: int) -> None:
    ask = b"POST /%d HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    came = talk(port, b"".join(ask % n for n in range(9)) + b"GET /9 HTTP/1.1\r\n" + CLOSE)
    lines = [line for line in came.split(b"\n") if line.startswith((b"POST /", b"GET /"))]
    assert [int(line.split()[1][1:]) for line in lines] == list(range(10))


def test_endless_pipelining_is_refused(port: int) -> None:
    came = talk(port, b"GET /brief HTTP/1.1\r\n\r\n" * 200)
    assert came.count(b"HTTP/1.1 200") <= edge_connection.PIPELINED + 1


def test_a_chunked_body_in_pieces(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE
    came = talk(port, head, b"5\r\nhel", b"lo\r\n3\r\nabc\r\n", b"0\r\nX-Trailer: 1\r\n\r\n")
    assert b"POST /  8 127.0.0.1\n" in came


def test_a_large_body_passes_in_parts(port: int) -> None:
    assert httpx.post(f"http://127.0.0.1:{port}/", content=b"x" * 5_000_000).text.split()[2] == "5000000"


def test_a_large_answer_to_a_slow_reader_is_whole(port: int) -> None:
    with httpx.stream("GET", f"http://127.0.0.1:{port}/large") as answer:
        time.sleep(0.3)
        assert sum(map(len, answer.iter_bytes())) > 64 * 65_536


def test_a_client_that_waits_for_it_is_invited(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
    came = talk(port, head + CLOSE, b"hello")
    assert came.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_http_1_0(port: int) -> None:
    came = talk(port, b"GET / HTTP/1.0\r\n\r\n")
    assert b"connection: close" in came
    came = talk(port, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", until=b"127.0.0.1\n")
    assert b"connection: keep-alive" in came


def test_head_has_no_body(port: int) -> None:
    came = talk(port, b"HEAD / HTTP/1.1\r\n" + CLOSE)
    assert b"content-length: 20" in came
    assert came.endswith(b"\r\n\r\n")


def test_an_upgrade_is_not_taken_but_answered(port: int) -> None:
    came = talk(
        port, b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab"
    )
    assert came.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in came


def test_an_answer_before_the_body_is_not_lost(port: int) -> None:
    """The client is still sending: a reset would throw away what it has not read."""
    head = b"POST /early HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n"
    came = talk(port, head + b"x" * 200_000, b"x" * 200_000, b"x" * 200_000)
    assert came.startswith(b"HTTP/1.1 413")
    assert came.count(b"connection: close") == 1


@pytest.mark.parametrize("path", ["/boom", "/none"])
def test_an_application_without_an_answer_is_500(port: int, path: str) -> None:
    came = talk(port, f"GET {path} HTTP/1.1\r\n\r\n".encode())
    assert came.startswith(b"HTTP/1.1 500")
    assert b"connection: close" in came


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 1_000_000, 431),
        (b"GET /" + b"b" * 1_000_000, 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + b"b" * 1_000_000, 431),
    ],
)
def test_what_is_refused(port: int, data: bytes, status: int) -> None:
    came = talk(port, data)
    assert came.startswith(b"HTTP/1.1 %d " % status)
    assert came.count(b"HTTP/1.1") == 1


def test_idle_and_unfinished_connections_are_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "IDLE_SECONDS", 1)
    for data in (b"", b"GET / HTTP/1.1\r\nA:", b"GET / HTTP/1.1\r\n\r\n"):
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(data)
            try:
                while client.recv(65_536):
                    pass
            except ConnectionResetError:
                pass
        assert time.monotonic() - started < 8


def test_a_client_that_reads_nothing_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "IDLE_SECONDS", 1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /large HTTP/1.1\r\n\r\n" * 8)
        time.sleep(4)
        came = 0
        try:
            while data := client.recv(65_536):
                came += len(data)
        except ConnectionResetError:
            pass
    assert came < 8 * 64 * 65_536


def test_more_connections_than_it_takes_are_told_so(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "CONNECTIONS", 0)
    assert talk(port).startswith(b"HTTP/1.1 503")


def test_it_answers_what_is_in_flight_and_ends_at_once_for_the_idle() -> None:
    with running() as (port, stop):
        idle = socket.create_connection(("127.0.0.1", port))
        came: list[bytes] = []
        asking = threading.Thread(target=lambda: came.append(talk(port, b"GET /slow HTTP/1.1\r\n\r\n")))
        asking.start()
        time.sleep(0.3)
        ENDED.clear()
        stop.set()
        asking.join(10)
        assert came[0].startswith(b"HTTP/1.1 200")
        assert b"connection: close" in came[0]
        assert idle.recv(10) == b""
        idle.close()
    assert ENDED == ["shutdown"]


def test_a_port_in_use_is_the_operators() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="is in use"):
            serve_edge(
                app,
                "127.0.0.1",
                taken.getsockname()[1],
                shared_port=False,
                on_ready=lambda _: None,
                stop=threading.Event(),
            )
