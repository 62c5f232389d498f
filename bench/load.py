"""A load generator for HTTP/1.1: one thread, blocking sockets, one request in flight per connection.

It shares the machine with what it measures, so a request costs a few microseconds: no HTTP library, no
coroutine. It runs as a process of its own (`generate` starts as many as there are loads). Latency counts
from the moment a request was *due*, not from when it could be sent, so a server that stalls cannot hide
it (no coordinated omission).
"""

import select
import socket
import subprocess
import sys
import time
from array import array
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Sequence
from functools import lru_cache

import msgspec

MARK = b"@@@@@@@@@@"
"""What a template holds where the number of the request must stand, to make each request's ids its own."""

RECEIVE_BYTES = 1 << 16
RECONNECT_SECONDS = 0.05
ANSWER_SECONDS = 10.0


class Load(msgspec.Struct, frozen=True):
    """What one process sends.

    templates: whole requests, sent in turn. rate_per_second: 0 sends as fast as the connections allow.
    prefix: two digits that make the numbers of this process its own. starts_at: seconds since 1970.
    warm_seconds: sent before, not measured.
    most: requests after which it ends, even if there is time.
    """

    host: str
    port: int
    templates: tuple[bytes, ...]
    seconds: float
    starts_at: float
    rate_per_second: float = 0.0
    warm_seconds: float = 1.0
    connections: int = 16
    prefix: int = 10
    most: int = 99_999_999


class Measured(msgspec.Struct, frozen=True):
    """What came back. statuses covers everything, the rest only what was due after the warm-up.

    latency_s: 4-byte floats. answered: 8-byte numbers of all requests that got a 200, warm-up too.
    seconds: how long the measured part took. status 0 stands for a broken connection.
    """

    statuses: dict[int, int]
    latency_s: bytes
    answered: bytes
    seconds: float

    def latencies_s(self) -> list[float]:
        """The latencies as numbers."""
        return list(memoryview(self.latency_s).cast("f"))

    def numbers(self) -> list[int]:
        """The numbers that stood for MARK in requests that got a 200."""
        return list(memoryview(self.answered).cast("q"))


def post(path: str, body: bytes, write_key: str) -> bytes:
    """Return a whole POST request; MARK in the body stays in place."""
    secret = b64encode(f"{write_key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str) -> bytes:
    """Return a whole GET request with the token as user name, as Segment's Profile API takes it."""
    secret = b64encode(f"{token}:".encode()).decode()
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {secret}\r\n\r\n".encode()


def generate(loads: Sequence[Load]) -> list[Measured]:
    """Run the loads side by side, each in a process of its own, and return what each measured.

    Raises RuntimeError when a process ends without an answer.
    """
    command = (sys.executable, "-m", "bench.load")
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in loads]
    try:
        for process, load in zip(running, loads, strict=True):
            assert process.stdin
            process.stdin.write(msgspec.msgpack.encode(load))
            process.stdin.close()
        return [_answer(process) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()


def percentile_ms(latencies: Sequence[float], percent: float) -> float:
    """Return the latency, in milliseconds, that so many of the requests did not exceed, else nan."""
    if not latencies:
        return float("nan")
    ordered = sorted(latencies)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1_000, 2)


def _answer(process: subprocess.Popen[bytes]) -> Measured:
    assert process.stdout
    answer = process.stdout.read()
    if process.wait() != 0:
        raise RuntimeError("a load process failed; its error stands above")
    return msgspec.msgpack.decode(answer, type=Measured)


class _Connection:
    """A socket with at most one request in flight."""

    __slots__ = ("due", "number", "received", "socket")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = -1
        self.due = 0.0
        self.received = b""

    def send(self, request: bytes, number: int, due: float) -> None:
        self.number, self.due, self.received = number, due, b""
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Take what has come; return the status once the answer is whole. Raises OSError."""
        part = self.socket.recv(RECEIVE_BYTES)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        self.received = self.received + part if self.received else part
        return _status(self.received)


def _status(data: bytes) -> int | None:
    """Return the status of a whole HTTP/1.1 answer, or None while more must come."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    status, length = _head(data[:head_end])
    if length is not None:
        return status if len(data) >= head_end + 4 + length else None
    return status if data.endswith(b"0\r\n\r\n") else None


@lru_cache(maxsize=64)
def _head(head: bytes) -> tuple[int, int | None]:
    """Return the status and the length of the body, None for chunks; most heads are equal to one before."""
    status, head = int(head[9:12]), head.lower()
    at = head.find(b"content-length:")
    if at >= 0:
        return status, int(head[at + 15 :].split(b"\r\n", 1)[0])
    return status, None if b"transfer-encoding: chunked" in head else 0


class _Run:
    """One load, running."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.address = (load.host, load.port)
        self.poll = select.epoll()
        self.open: dict[int, _Connection] = {}
        self.idle: deque[_Connection] = deque()
        self.broken = 0
        self.in_flight = 0
        self.sent = 0
        self.statuses: Counter[int] = Counter()
        self.latency_s = array("f")
        self.answered = array("q")
        self.parts = [template.split(MARK) for template in load.templates]
        for _ in range(load.connections):
            self._connect()
        time.sleep(max(0.0, load.starts_at - time.time()))
        self.began = time.perf_counter()
        self.measured_from = self.began + load.warm_seconds
        self.ends = self.measured_from + load.seconds
        self.last = self.began

    def run(self) -> Measured:
        """Send until the time is up, wait for what is still in flight, and tell."""
        due = self._due_open if self.load.rate_per_second else self._due_closed
        while (now := time.perf_counter()) < self.ends and self.sent < self.load.most:
            self._reconnect()
            while self.idle and self.sent < self.load.most and (at := due(now)) is not None:
                self._send(at)
            self._wait(0.001)
        patience = time.perf_counter() + ANSWER_SECONDS
        while self.in_flight and time.perf_counter() < patience:
            self._wait(0.01)
        self.statuses[0] += self.in_flight
        seconds = max(self.last, min(self.ends, time.perf_counter())) - self.measured_from
        return Measured(dict(self.statuses), self.latency_s.tobytes(), self.answered.tobytes(), seconds)

    def _due_open(self, now: float) -> float | None:
        at = self.began + self.sent / self.load.rate_per_second
        return at if at <= now else None

    def _due_closed(self, now: float) -> float | None:
        return time.perf_counter() if now < self.ends else None

    def _send(self, due: float) -> None:
        number = self.load.prefix * 10**8 + self.sent
        parts = self.parts[self.sent % len(self.parts)]
        self.sent += 1
        connection = self.idle.popleft()
        self.in_flight += 1
        try:
            connection.send((b"%010d" % number).join(parts), number, due)
        except OSError:
            self._drop(connection)

    def _wait(self, seconds: float) -> None:
        for descriptor, _ in self.poll.poll(seconds):
            connection = self.open[descriptor]
            try:
                status = connection.receive()
            except OSError:
                self._drop(connection)
                continue
            if status is not None:
                self._take(connection, status)

    def _take(self, connection: _Connection, status: int) -> None:
        self.last = time.perf_counter()
        self.statuses[status] += 1
        self.in_flight -= 1
        if status == 200:
            self.answered.append(connection.number)
            if self.measured_from <= connection.due < self.ends:
                self.latency_s.append(self.last - connection.due)
        self.idle.append(connection)

    def _drop(self, connection: _Connection) -> None:
        descriptor = connection.socket.fileno()
        self.poll.unregister(descriptor)
        del self.open[descriptor]
        connection.socket.close()
        self.statuses[0] += 1
        self.in_flight -= 1
        self.broken += 1

    def _reconnect(self) -> None:
        while self.broken:
            try:
                self._connect()
            except OSError:
                time.sleep(RECONNECT_SECONDS)
                return
            self.broken -= 1

    def _connect(self) -> None:
        connection = _Connection(self.address)
        self.open[connection.socket.fileno()] = connection
        self.poll.register(connection.socket, select.EPOLLIN)
        self.idle.append(connection)


if __name__ == "__main__":
    load = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.msgpack.encode(_Run(load).run()))
