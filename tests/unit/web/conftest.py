import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.web.memory import LOCAL_TOKEN, MemoryLog, services_in

from weft.config import Settings
from weft.web.api.app import api_app
from weft.web.api.services import Services

Ask = Callable[..., httpx.Response]


class Api:
    """The engine API over ports in memory."""

    def __init__(self, folder: Path, runner: asyncio.Runner, settings: Settings | None = None) -> None:
        self.memory = MemoryLog()
        self.services: Services = services_in(folder, self.memory, settings)
        app: Any = api_app(self.services)
        self._runner = runner
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://weft"
        )

    def ask(self, method: str, path: str, token: str | None = LOCAL_TOKEN, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client.cookies.clear()  # each request shows only what the test gives it
        return self._runner.run(self._client.request(method, path, headers=headers, **options))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def api(tmp_path: Path, runner: asyncio.Runner) -> Api:
    return Api(tmp_path, runner)


@pytest.fixture
def make_api(tmp_path: Path, runner: asyncio.Runner) -> Callable[[Settings], Api]:
    return lambda settings: Api(tmp_path, runner, settings)
