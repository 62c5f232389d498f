import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import msgspec
import pytest
from bench.load import MARK, Load, generate, get, percentile_ms, post

SLOW_SECONDS = 0.3


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: Counter[str] = Counter()
        self.guard = Lock()
        self.stall = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.guard:
            self.server.seen[body["messageId"]] += 1
            if self.server.stall:
                time.sleep(SLOW_SECONDS)
                self.server.stall = False
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(404)

    def _answer(self, status: int) -> None:
        self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\nfine!" % status)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


def load(server: Server, *templates: bytes, **settings: float) -> Load:
    given = {"seconds": 0.4, "warm_seconds": 0.0, "connections": 2, "starts_at": time.time() + 0.4} | settings
    return Load("127.0.0.1", server.server_port, templates, **given)


def event() -> bytes:
    return post("/v1/track", msgspec.json.encode({"messageId": MARK.decode()}), "key")


def test_every_answer_is_counted_and_every_request_has_its_own_number(server: Server) -> None:
    one, two = generate([load(server, event(), prefix=11), load(server, event(), prefix=12)])
    numbers = one.numbers() + two.numbers()
    assert Counter(f"{number:010}" for number in numbers) == server.seen
    assert one.statuses[200] == len(one.numbers()) > 10
    assert {number // 10**8 for number in two.numbers()} == {12}


def test_open_loop_sends_at_its_rate_and_a_stall_counts_from_when_requests_were_due(server: Server) -> None:
    server.stall = True
    (measured,) = generate([load(server, event(), rate_per_second=100.0, seconds=0.6)])
    latencies = measured.latencies_s()
    assert 50 <= len(latencies) <= 60
    assert percentile_ms(latencies, 100) >= SLOW_SECONDS * 1_000
    assert sum(latency > SLOW_SECONDS / 3 for latency in latencies) > 10  # those that waited their turn


def test_a_refusal_is_no_success(server: Server) -> None:
    (measured,) = generate([load(server, get("/nothing", "token"), most=5)])
    assert measured.statuses.get(404) == 5
    assert measured.latencies_s() == []


def test_percentiles() -> None:
    assert percentile_ms([0.001 * n for n in range(1, 101)], 50) == 51.0
    assert percentile_ms([0.25], 99) == 250.0
    assert percentile_ms([], 50) != percentile_ms([], 50)
