"""How commands ask the engine API: over HTTP when an engine runs, else the same application in this process."""

import asyncio
import getpass
import os
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import quote

import httpx
import msgspec
from cyclopts import Parameter

from weft.config import LogSettings
from weft.errors import (
    Misconfigured,
    NotFound,
    PolicyDenied,
    Rejected,
    TooLarge,
    TooMany,
    Transient,
    Unauthenticated,
    WeftError,
)
from weft.workspace import RunFile, Workspace, await_run_file, locked, open_workspace, read_run_file

REQUEST_SECONDS = 60.0
RESTART_SECONDS = 60.0
STARTING_SECONDS = 15.0
"""How long a command waits for an engine that is starting."""
RESTART_POLL_SECONDS = 0.1

Folder = Annotated[
    Path,
    Parameter(
        name=("--workspace", "-w"), env_var="WEFT_WORKSPACE", help="The workspace; by default this folder."
    ),
]

_ERRORS: Mapping[int, type[WeftError]] = {
    400: Rejected,
    401: Unauthenticated,
    403: PolicyDenied,
    404: NotFound,
    413: TooLarge,
    429: TooMany,
    500: Misconfigured,
    503: Transient,
}


class Caller(Protocol):
    """One request to the API: the decoded answer, or the error that it tells."""

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """Send it. Options are those of httpx: params, json."""
        ...


@contextmanager
def engine_api(folder: Path) -> Generator[Caller]:
    """Yield a way to call the API of a workspace, whether its engine runs or not."""
    workspace = open_workspace(folder, {}, os.environ)
    run = await_run_file(workspace, STARTING_SECONDS)
    if run is not None:
        with httpx.Client(base_url=run.api, headers=_headers(run.token), timeout=REQUEST_SECONDS) as client:
            yield engine_caller(client)
        return
    with locked(workspace), _inside(workspace) as caller:
        yield caller


def await_definitions(folder: Path) -> bool:
    """Wait until the engine of a workspace runs with its definitions as the files say; say whether it does in time."""
    workspace = open_workspace(folder, {}, os.environ)
    give_up = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < give_up:
        run = read_run_file(workspace)
        try:
            if run is not None:
                with httpx.Client(base_url=run.api, headers=_headers(run.token), timeout=5.0) as client:
                    found = client.get("/api/definitions/state").json()
                if found.get("state", "") == found.get("running"):
                    return True
        except (httpx.HTTPError, ValueError):  # it is starting again
            pass
        time.sleep(RESTART_POLL_SECONDS)
    return False


def runs(folder: Path) -> bool:
    """Say whether an engine runs in a workspace."""
    return read_run_file(open_workspace(folder, {}, os.environ)) is not None


def engine_caller(client: httpx.Client) -> Caller:
    """Return a way to call the API by a client that knows its address and the token."""
    return lambda method, path, **options: _answer(_sent(client, method, path, options))


def follow(folder: Path, path: str, **params: Any) -> Iterator[tuple[str, Any]]:
    """Yield (event, data) of a stream of server-sent events. It needs a running engine."""
    run = running(folder)
    wait = httpx.Timeout(REQUEST_SECONDS, read=None)
    with (
        httpx.Client(base_url=run.api, headers=_headers(run.token), timeout=wait) as client,
        client.stream("GET", path, params=params) as response,
    ):
        if response.status_code != 200:
            response.read()
            _answer(response)
        kind = ""
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, msgspec.json.decode(value)


def running(folder: Path) -> RunFile:
    """Return where the engine of a workspace answers. Raises Misconfigured when none runs."""
    run = await_run_file(open_workspace(folder, {}, os.environ), STARTING_SECONDS)
    if run is None:
        raise Misconfigured(f"No engine runs in {folder.resolve()}. Start it with `weft up {folder}`.")
    return run


@contextmanager
def _inside(workspace: Workspace) -> Generator[Caller]:
    from weft.app import wire_engine
    from weft.logs import configure_logs
    from weft.web.api.app import api_app

    configure_logs(LogSettings(level="error"), "command")
    engine = wire_engine(workspace)
    try:
        application: Any = api_app(engine.services)  # the two libraries spell the same ASGI types differently
        transport = httpx.ASGITransport(application)
        with asyncio.Runner() as runner:
            client = httpx.AsyncClient(
                transport=transport, base_url="http://weft", headers=_headers(engine.services.local_token)
            )
            yield lambda method, path, **options: _answer(runner.run(client.request(method, path, **options)))
    finally:
        engine.close()


def _headers(token: str) -> dict[str, str]:
    try:
        account = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        account = str(os.getuid())
    return {"Authorization": f"Bearer {token}", "X-Weft-Author": quote(account)}


def _sent(client: httpx.Client, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
    try:
        return client.request(method, path, **options)
    except httpx.HTTPError as error:
        raise Transient(
            f"The engine at {client.base_url} does not answer ({type(error).__name__}). "
            "It may be starting or stopping: try again in some seconds."
        ) from error


def _answer(response: httpx.Response) -> Any:
    if response.status_code == 204:
        return None
    if response.is_success:
        return msgspec.json.decode(response.content)
    problem = msgspec.json.decode(response.content)
    kind = _ERRORS.get(response.status_code, WeftError)
    raise (
        kind(problem["detail"], code=problem["code"])
        if kind not in (TooMany, Transient)
        else kind(problem["detail"])
    )
