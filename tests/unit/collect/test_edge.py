"""The edge without a server: group commit, keys, limits of time, figures of several processes."""

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from weft.collect.edge.app import collect_app
from weft.collect.edge.body import BodyReader
from weft.collect.edge.commit import GroupCommit
from weft.collect.edge.keys import KEY_SECONDS, KEYS, CachedKeys
from weft.collect.edge.metrics import EdgeMetrics
from weft.collect.pipeline import STEPS, Scope
from weft.config import CollectSettings
from weft.errors import MustRestart, Transient
from weft.model.accepted import Accepted, Backlog

EVENT = b'{"event":"E","userId":"u"}'


class MemoryLog:
    """Only what the edge needs of a log; `failure` is raised by the next appends."""

    def __init__(self) -> None:
        self.groups: list[Sequence[Accepted]] = []
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def append(self, requests: Sequence[Accepted]) -> int:
        self.gate.wait(10)
        if self.failure:
            raise self.failure
        self.groups.append(requests)
        return sum(len(group) for group in self.groups)

    def backlog(self) -> Backlog:
        return Backlog(0, 0)


class Keys:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def source_of(self, write_key: str) -> str | None:
        self.asked.append(write_key)
        return "web" if write_key == "k" else None


async def ask(
    app: Any, path: str, body: bytes = EVENT, **headers: str
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"writeKey=k", "headers": named,
             "client": ("192.0.2.1", 5)}  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def app_on(log: Any, on_broken: Any = None) -> Any:
    async def other(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("not collect's path")

    return collect_app(CollectSettings(), log, Keys(), other, on_broken=on_broken or (lambda: None))


def test_requests_that_arrive_during_a_commit_share_the_next() -> None:
    log = MemoryLog()
    app = app_on(log)

    async def main() -> list[int]:
        log.gate.clear()
        asking = [asyncio.ensure_future(ask(app, "/v1/track")) for _ in range(50)]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in asking)
        log.gate.set()
        return [status for status, _, _ in await asyncio.gather(*asking)]

    assert asyncio.run(main()) == [200] * 50
    assert sum(map(len, log.groups)) == 50
    assert len(log.groups) <= 2


def test_a_full_disk_is_503_and_recovers_by_itself() -> None:
    log = MemoryLog()
    app = app_on(log)

    async def main() -> None:
        log.failure = Transient("full", retry_after_seconds=3)
        status, headers, _ = await ask(app, "/v1/track")
        assert (status, headers[b"retry-after"]) == (503, b"3")
        assert (await ask(app, "/readyz"))[0] == 503
        log.failure = None
        assert (await ask(app, "/v1/track"))[0] == 200
        assert (await ask(app, "/readyz"))[0] == 200

    asyncio.run(main())
    assert sum(map(len, log.groups)) == 1


def test_an_unexpected_fault_of_the_log_is_503_too() -> None:
    log = MemoryLog()
    log.failure = ValueError("?")
    assert asyncio.run(ask(app_on(log), "/v1/track"))[0] == 503


def test_a_failed_fsync_is_503_and_ends_the_process() -> None:
    log = MemoryLog()
    log.failure = MustRestart("fsync")
    broken = threading.Event()
    assert asyncio.run(ask(app_on(log, broken.set), "/v1/track"))[0] == 503
    assert broken.wait(5)


def test_a_disk_that_does_not_keep_up_refuses_instead_of_filling_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("weft.collect.edge.commit.WAITING_BYTES", 100)
    log = MemoryLog()
    commit = GroupCommit(log, EdgeMetrics(), lambda: None)  # type: ignore[arg-type]

    async def main() -> None:
        log.gate.clear()
        waiting = [commit.submit(Accepted(1, "web", b"x" * 60, 1)) for _ in range(2)]
        with pytest.raises(Transient):
            commit.submit(Accepted(1, "web", b"x", 1))
        log.gate.set()
        await asyncio.gather(*waiting)
        await commit.submit(Accepted(1, "web", b"x", 1))

    asyncio.run(main())


def test_a_client_that_left_does_not_disturb_the_others() -> None:
    log = MemoryLog()
    commit = GroupCommit(log, EdgeMetrics(), lambda: None)  # type: ignore[arg-type]

    async def main() -> None:
        log.gate.clear()
        first, second = (commit.submit(Accepted(1, "web", b"x", 1)) for _ in range(2))
        first.cancel()
        log.gate.set()
        await asyncio.wait_for(second, 5)

    asyncio.run(main())


def test_an_empty_batch_needs_no_commit() -> None:
    log = MemoryLog()
    status, _, body = asyncio.run(ask(app_on(log), "/v1/batch", b'{"batch":[]}'))
    assert (status, body, log.groups) == (200, b'{"success":true,"accepted":0,"quarantined":[]}', [])


def test_keys_are_remembered_for_a_second_and_not_without_end() -> None:
    keys, now = Keys(), [0.0]
    cached = CachedKeys(keys, lambda: now[0])
    assert [cached.source_of("k"), cached.source_of("k"), cached.source_of("x")] == ["web", "web", None]
    assert keys.asked == ["k", "x"]
    now[0] = KEY_SECONDS + 0.1
    assert cached.source_of("k") == "web"
    assert keys.asked == ["k", "x", "k"]
    for number in range(KEYS + 10):
        cached.source_of(f"guess-{number}")
    assert len(cached._known) <= KEYS
    assert cached.source_of("x" * 10_000) is None
    assert len(keys.asked[-1]) < 100


def test_a_body_that_never_comes_is_given_up() -> None:
    reader = BodyReader(CollectSettings(request_seconds=1))

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    async def main() -> None:
        with pytest.raises(Exception, match="408"):
            await asyncio.ensure_future(reader.read(receive, {}))

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 10


def test_each_process_shows_the_figures_of_all(tmp_path: Path) -> None:
    brother = EdgeMetrics(tmp_path)
    brother._process = "1"
    brother.meter.events = 41
    brother.share()
    own = EdgeMetrics(tmp_path)
    own.meter.events = 1
    text = own.text()
    assert 'weft_collect_events_total{outcome="accepted",process="1"} 41' in text
    assert f'weft_collect_events_total{{outcome="accepted",process="{own._process}"}} 1' in text
    assert text.count("# TYPE weft_collect_events_total") == 1


def test_the_steps_stand_in_one_list_in_the_order_of_their_scopes() -> None:
    scopes = [step.scope for step in STEPS]
    assert scopes == sorted(scopes, key=[Scope.REQUEST, Scope.CONTEXT, Scope.EVENT].index)
    assert len({step.name for step in STEPS}) == len(STEPS)
