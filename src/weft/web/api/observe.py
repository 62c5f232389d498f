"""Around every request: an id, a log line without personal data, figures."""

import time
from typing import Any
from uuid import uuid4

import structlog
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

log = structlog.get_logger()

NO_ROUTE = "none"


class Observed:
    """An ASGI application around the API."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("method", "route", "status")
        self._requests = Counter("weft_api_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram("weft_api_seconds", "Time to answer.", ("route",), registry=registry)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._note(scope, status, time.perf_counter() - started, request_id)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # the template, never the path: a path may name a person
        route = str(scope.get("path_template") or NO_ROUTE)
        method = str(scope.get("method", ""))
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)
        tell = log.warning if status >= 500 else log.debug
        tell(
            "api.request",
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 6),
            request_id=request_id,
        )


def _add_headers(message: HTTPResponseStartEvent, request_id: str) -> None:
    headers = [*message["headers"], (b"request-id", request_id.encode())]
    if not any(name.lower() == b"x-content-type-options" for name, _ in headers):
        headers.append((b"x-content-type-options", b"nosniff"))
    if not any(name.lower() == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-store"))
    message["headers"] = headers
