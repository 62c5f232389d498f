"""The routes of the edge: every path, method and answer that SDKs rely on (the numbered rules of the wire)."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from weft.collect.context import network_of
from weft.collect.drafts import Intake, Rules
from weft.collect.edge import pixel
from weft.collect.edge.asgi import JSON, Answer, App, Failure, Headers, Receive, Scope, Send, problem, reply
from weft.collect.edge.body import BodyReader
from weft.collect.edge.commit import GroupCommit
from weft.collect.edge.keys import CachedKeys, KeyReader
from weft.collect.edge.metrics import EdgeMetrics
from weft.collect.pipeline import run_request
from weft.config import CollectSettings
from weft.errors import Transient, WeftError
from weft.model.accepted import Accepted, Refusal
from weft.model.reason import Dropped, Reason
from weft.ports import EventLog, WriteKeys

log = structlog.get_logger()

TYPES = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}
SETTINGS_PREFIX, SETTINGS_SUFFIX = "/v1/projects/", "/settings"
WATCH_SECONDS = 0.25
SHARE_SECONDS = 1.0
BEHIND_RETRY_SECONDS = 5
USER_AGENT_BYTES = 512
PREFLIGHT_SECONDS = b"7200"


class Route(Struct, frozen=True):
    """One path that takes events."""

    default_type: str = ""
    historical: bool = False
    is_pixel: bool = False


ROUTES = {
    "/v1/batch": Route(),
    "/v1/b": Route(),
    "/beacon/v1/batch": Route(),
    "/v1/import": Route(historical=True),
    **{f"/v1/{kind}": Route(kind) for kind in TYPES},
    **{f"/v1/{short}": Route(kind) for kind, short in TYPES.items()},
    **{f"/pixel/v1/{kind}": Route(kind, is_pixel=True) for kind in TYPES},
}
METRICS_OF_SDKS = "/v1/m"

_ONE = Answer(200, b'{"success":true,"accepted":1,"quarantined":[]}')
_SWALLOWED = Answer(200, b'{"success":true}')
_STATUS = {Reason.UNKNOWN_KEY: 401, Reason.TOO_LARGE: 413, Reason.TOO_MANY: 413}
_encode = msgspec.json.Encoder().encode


class CollectApp:
    """The ASGI application of one edge process. other: takes every path that is not collect's own."""

    def __init__(
        self,
        settings: CollectSettings,
        event_log: EventLog,
        keys: WriteKeys,
        commit: GroupCommit,
        metrics: EdgeMetrics,
        other: App,
    ) -> None:
        self._rules = Rules(settings)
        self._log = event_log
        self._keys = CachedKeys(keys)
        self._key_reader = KeyReader()
        self._bodies = BodyReader(settings)
        self._commit = commit
        self._metrics = metrics
        self._other = other
        self._is_behind = False
        self._is_readable = True
        self._watching = False
        self._closing = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        path: str = scope["path"]
        route = ROUTES.get(path) or ROUTES.get(path.removesuffix("/"))  # Segment's Java SDK ends with a slash
        if route is not None:
            await self._answer(scope, receive, send, route)
        elif path == METRICS_OF_SDKS:
            await self._answer(scope, receive, send, None)
        elif path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX):
            await self._answer_settings(scope, send, path)
        elif path in ("/healthz", "/readyz", "/metrics"):
            await reply(send, self._operations(path))
        else:
            await self._other(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the server's life: the thread that watches the backlog ends before the log is closed."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._watch()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._closing.set()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send, route: Route | None) -> None:
        started = time.perf_counter()
        headers: Headers = dict(scope["headers"])
        try:
            if scope["method"] == "OPTIONS":
                answer = Answer(200, b"", _preflight(headers))
            elif route is None:
                answer = await self._swallow(receive, headers)
            else:
                answer = await self._collect(scope, receive, headers, route)
        except Failure as failure:
            answer = failure.answer
        except Transient as error:
            answer = problem(503, error.code, str(error), retry_after_seconds=error.retry_after_seconds)
        except WeftError as error:
            log.exception("collect.unavailable", code=error.code)
            answer = problem(503, error.code, "The edge cannot work now; see its log.", retry_after_seconds=5)
        if answer is not None:
            self._metrics.statuses[answer.status] += 1
            await reply(send, answer, _allow(headers))
            self._metrics.requests.observe(time.perf_counter() - started)

    async def _swallow(self, receive: Receive, headers: Headers) -> Answer | None:
        body = await self._bodies.read(receive, headers)
        return None if body is None else _SWALLOWED

    async def _collect(self, scope: Scope, receive: Receive, headers: Headers, route: Route) -> Answer | None:
        if scope["method"] != ("GET" if route.is_pixel else "POST"):
            allow = b"GET, OPTIONS" if route.is_pixel else b"POST, OPTIONS"
            return problem(
                405, "method_not_allowed", f"use {allow.decode().split(',')[0]}", (b"allow", allow)
            )
        if self._is_behind:
            return problem(
                429,
                "too_many",
                "The engine is far behind; send again later.",
                retry_after_seconds=BEHIND_RETRY_SECONDS,
            )
        query: bytes = scope["query_string"]
        body = pixel.body_of(query) if route.is_pixel else await self._bodies.read(receive, headers)
        if body is None:
            return None
        write_key = self._key_reader.key_of(headers, query)
        intake = Intake(body, self._keys, write_key, route.default_type)
        verdict = run_request(intake, self._rules, self._metrics.meter)
        if verdict is not None:
            return _refusal(verdict)
        if not intake.events:
            return _answer_to(0, ())
        await self._commit.submit(self._accepted(scope, headers, intake, route))
        if route.is_pixel:
            return pixel.ANSWER
        return _answer_to(len(intake.events), intake.refused)

    def _accepted(self, scope: Scope, headers: Headers, intake: Intake, route: Route) -> Accepted:
        """Keep the address of browsers only: a server's own says nothing about a person."""
        agent = headers.get(b"user-agent", b"")
        ip = user_agent = ""
        if agent.startswith(b"Mozilla/"):
            user_agent = agent[:USER_AGENT_BYTES].decode("latin-1")
            client = scope.get("client")
            ip = client[0] if client else ""
            if self._rules.collect.truncate_ip:
                ip = network_of(ip)
        return Accepted(
            time.time_ns() // 1000,
            intake.source,
            intake.body,
            len(intake.events),
            route.default_type,
            route.historical,
            ip,
            user_agent,
            intake.refused,
        )

    async def _answer_settings(self, scope: Scope, send: Send, path: str) -> None:
        headers: Headers = dict(scope["headers"])
        write_key = path.removeprefix(SETTINGS_PREFIX).removesuffix(SETTINGS_SUFFIX)
        if scope["method"] == "OPTIONS":
            answer = Answer(200, b"", _preflight(headers))
        elif self._keys.source_of(write_key) is None:
            answer = _refusal(Dropped(Reason.UNKNOWN_KEY, "the write key is unknown or revoked"))
        else:
            plan = {"track": {"__default": {"enabled": True}}}
            integrations = {"Segment.io": {"apiKey": write_key}}
            answer = Answer(200, _encode({"integrations": integrations, "plan": plan}))
        await reply(send, answer, _allow(headers))

    def _operations(self, path: str) -> Answer:
        if path == "/metrics":
            text = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
            return Answer(200, self._metrics.text().encode(), (text,))
        if path == "/readyz" and not (self._is_readable and self._metrics.is_writable):
            return problem(503, "not_ready", "The event log cannot be written.", retry_after_seconds=2)
        return Answer(200, b'{"status":"ok"}')

    def _watch(self) -> None:
        """Start the thread that looks at the backlog a few times a second."""
        if self._watching:
            return
        self._watching = True
        threading.Thread(target=self._look, name="weft-backlog", daemon=True).start()

    def _look(self) -> None:
        shared_at = 0.0
        while not self._closing.is_set():
            try:
                behind = self._log.backlog().behind
                self._metrics.behind_events = behind
                self._is_behind = behind > self._rules.collect.behind_events
                self._is_readable = True
                if time.monotonic() - shared_at > SHARE_SECONDS:
                    self._metrics.share()
                    shared_at = time.monotonic()
            except (WeftError, OSError) as error:
                self._is_readable = False
                log.warning("collect.backlog_unknown", error=type(error).__name__)
            self._closing.wait(WATCH_SECONDS)


def collect_app(
    settings: CollectSettings,
    event_log: EventLog,
    keys: WriteKeys,
    other: App,
    *,
    on_broken: Callable[[], None],
    shared_folder: Path | None = None,
) -> App:
    """Build the edge. on_broken: called in a thread when only a fresh process can go on (a failed fsync).

    shared_folder: where edge processes leave their figures for each other.
    """
    metrics = EdgeMetrics(shared_folder)
    commit = GroupCommit(event_log, metrics, on_broken)
    return CollectApp(settings, event_log, keys, commit, metrics, other)


def _answer_to(count: int, refused: tuple[Refusal, ...]) -> Answer:
    if not refused:
        return _ONE if count == 1 else Answer(200, b'{"success":true,"accepted":%d,"quarantined":[]}' % count)
    quarantined = [{"index": r.ordinal, "reason": r.reason.value, "detail": r.detail} for r in refused]
    body = {"success": True, "accepted": count - len(refused), "quarantined": quarantined}
    return Answer(200, _encode(body))


def _refusal(verdict: Dropped) -> Answer:
    return problem(_STATUS.get(verdict.reason, 400), verdict.reason.value, verdict.detail)


def _allow(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Let pages of any origin read the answer: it holds nothing but the count of what they sent."""
    origin = headers.get(b"origin")
    if origin is None:
        return ()
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    )


def _preflight(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Mirror the asked headers: a `*` would not cover Authorization."""
    asked = headers.get(b"access-control-request-headers", b"")
    return (
        JSON,
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    )
