"""Serving: readiness, draining, a port in use, a port that processes share."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from weft.errors import Misconfigured
from weft.web.serve import claim_port, serve

_SERVER = """
import asyncio, os, signal, sys, threading
from weft.web.serve import serve
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        print("in flight", flush=True)
        await asyncio.sleep(1)
    if scope["path"] == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"data: 1\\n\\n", "more_body": True})
            await asyncio.sleep(0.1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
serve(app, "127.0.0.1", int(sys.argv[1]), shared_port=sys.argv[2] == "shared",
      on_ready=lambda port: print(port, flush=True), stop=stop)
"""


@contextmanager
def server(port: int = 0, shared: str = "alone") -> Iterator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, "-c", _SERVER, str(port), shared]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(20)


def nothing(*_: Any) -> None:
    return None


def test_a_free_port_is_picked_and_told() -> None:
    with server() as (process, port):
        assert httpx.get(f"http://127.0.0.1:{port}/").text == str(process.pid)


def test_what_is_in_flight_is_answered_before_it_ends() -> None:
    with server() as (process, port):
        answers: list[int] = []
        client = threading.Thread(
            target=lambda: answers.append(httpx.get(f"http://127.0.0.1:{port}/slow", timeout=60).status_code)
        )
        client.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "in flight\n"
        process.terminate()
        client.join(20)
        assert answers == [200]
        assert process.wait(20) == 0


def test_a_stream_without_end_does_not_keep_the_process() -> None:
    with (
        server() as (process, port),
        httpx.stream("GET", f"http://127.0.0.1:{port}/stream") as answer,
    ):
        assert next(answer.iter_bytes()).startswith(b"data")
        process.terminate()
        assert process.wait(20) == 0


def test_processes_share_a_port() -> None:
    with closing(claim_port("127.0.0.1", 0)) as claim:
        port = claim.getsockname()[1]
        with server(port, "shared") as (one, _), server(port, "shared") as (two, _):
            seen: set[str] = set()
            deadline = time.monotonic() + 10
            while len(seen) < 2 and time.monotonic() < deadline:
                seen.add(httpx.get(f"http://127.0.0.1:{port}/").text)
            assert seen == {str(one.pid), str(two.pid)}


@pytest.mark.parametrize("reuse", [False, True])
def test_a_port_in_use_is_named(reuse: bool) -> None:
    with closing(socket.socket()) as taken:
        if reuse:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"Port {port} on 127\.0\.0\.1 is in use\. Stop the program"):
            serve(nothing, "127.0.0.1", port, shared_port=False, on_ready=nothing, stop=threading.Event())


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no.such.host.invalid", 0)])
def test_an_address_that_is_not_ours_is_the_operators(host: str, port: int) -> None:
    make: Callable[[], object] = lambda: claim_port(host, port)  # noqa: E731
    with pytest.raises(Misconfigured, match="Check the address"):
        make()
