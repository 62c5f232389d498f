import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.web.memory import LOCAL_TOKEN, MemoryLog, services_in

from weft.web.api.app import api_app
from weft.web.api.late import LateApi
from weft.web.api.services import Services, WorkerStatus


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path, MemoryLog(), None)


def client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://weft")


def late(services: Services, load: Callable[[], Any], broken: Callable[[], None] = lambda: None) -> LateApi:
    return LateApi(services, load, broken)


def test_health_is_answered_before_the_api_is_loaded(services: Services) -> None:
    async def scenario() -> None:
        app = late(services, lambda: pytest.fail("nobody asked for it"))
        async with client(app) as ask:
            assert (await ask.get("/healthz")).json() == {"alive": True}
            ready = await ask.get("/readyz")
            assert ready.status_code == 200
            assert ready.json()["ready"] is True

    asyncio.run(scenario())


def test_readiness_is_honest_before_and_after(services: Services) -> None:
    ill = msgspec.structs.replace(services, workers=lambda: [WorkerStatus("tick", False, 0, 3)])

    async def scenario() -> None:
        app = late(ill, lambda: api_app(ill))
        async with client(app) as ask:
            before = await ask.get("/readyz")
            await app.load_soon()
            after = await ask.get("/readyz")
        assert (before.status_code, before.json()) == (503, {"ready": False, "workers": {"tick": False}})
        assert (after.status_code, after.json()) == (503, before.json())
        assert before.headers["content-type"] == after.headers["content-type"]

    asyncio.run(scenario())


def test_the_first_request_waits_for_the_api_and_health_does_not(services: Services) -> None:
    gate = threading.Event()
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        gate.wait(10)
        return api_app(services)

    async def scenario() -> None:
        app = late(services, load)
        async with client(app) as ask:
            headers = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
            first = asyncio.ensure_future(ask.get("/api/settings", headers=headers))
            second = asyncio.ensure_future(ask.get("/api/settings"))
            assert (await ask.get("/readyz")).status_code == 200
            assert not first.done()
            gate.set()
            assert (await first).status_code == 200
            assert (await second).status_code == 401
        assert loads == [1]

    asyncio.run(scenario())


def test_an_api_that_cannot_be_loaded_ends_the_engine(services: Services) -> None:
    broken: list[int] = []

    def load() -> Any:
        raise ImportError("gone")

    async def scenario() -> None:
        async with client(late(services, load, lambda: broken.append(1))) as ask:
            assert (await ask.get("/api/settings")).status_code == 500
        assert broken == [1]

    asyncio.run(scenario())
