"""Workspaces to measure in: made in a temporary folder, run on free ports, removed whatever happens."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from weft.cli.child import Options, command_of
from weft.config import StorageSettings
from weft.model.access import Scope
from weft.ports import EventLog
from weft.storage.database import open_database
from weft.storage.database_keys import DatabaseKeys, DatabaseTokens
from weft.storage.database_profiles import DatabaseProfiles
from weft.storage.sqlite_log import open_log
from weft.workspace import Workspace, init_workspace, open_workspace

DEFINITIONS = Path(__file__).parent / "definitions"
READY_WORDS = {"up": b"write key:", "edge": b'"port":', "engine": b'"port":'}
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.005
TAIL_BYTES = 4_000

Command = Literal["up", "edge", "engine"]


class Site:
    """A workspace on disk with ports of its own, in which processes are started."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.edge_port = free_port()
        self.api_port = free_port()
        self.environ = {
            **os.environ,
            "WEFT__COLLECT__PORT": str(self.edge_port),
            "WEFT__API__PORT": str(self.api_port),
            **environ,
        }
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def workspace(self) -> Workspace:
        """Open the workspace as its processes do."""
        return open_workspace(self.folder, {}, self.environ)

    def open_log(self) -> EventLog:
        """Open the event log, beside the processes or after them."""
        return open_log(StorageSettings().log, self.data)

    def open_database(self) -> Engine:
        """Open the database."""
        return open_database(StorageSettings().database, self.data)

    def write_key(self) -> str:
        """Return a write key, made when there is none."""
        engine = self.open_database()
        try:
            return DatabaseKeys(engine).ensure("shop").key
        finally:
            engine.dispose()

    def profile_count(self) -> int:
        """Return how many profiles are served."""
        engine = self.open_database()
        try:
            return DatabaseProfiles(engine, "").counts()
        finally:
            engine.dispose()

    def token(self) -> str:
        """Make a token that may ask anything and return its secret."""
        engine = self.open_database()
        try:
            return DatabaseTokens(engine).create("bench", [Scope.ADMIN])[1]
        finally:
            engine.dispose()

    def command_line(self, command: Command) -> list[str]:
        """Return what to run: `weft up`, or one edge or engine process as `weft up` would start it."""
        if command == "up":
            return [*weft(), "up", str(self.folder)]
        return command_of(
            command, self.workspace(), Options({}, shared_port=command == "edge", supervised=False)
        )

    @contextmanager
    def started(self, command: Command) -> Generator["Program"]:
        """Start it here, wait until it is ready, and end it with the block."""
        program = Program(self, command)
        try:
            program.wait_ready()
            yield program
        finally:
            program.stop()


class Program:
    """`weft up`, or one of the processes that it runs, alone; with every process it starts. It leads a session."""

    def __init__(self, site: Site, command: Command) -> None:
        self.command = command
        self.output = site.folder / f"{command}.out"
        ports = {"up": (site.edge_port, site.api_port), "edge": (site.edge_port,), "engine": (site.api_port,)}
        self._ports = ports[command]
        with self.output.open("ab") as output:
            self._told_from = output.tell()
            self.began = time.perf_counter()
            self._process = subprocess.Popen(
                site.command_line(command),
                env=site.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, patience_seconds: float = READY_SECONDS) -> float:
        """Return the seconds from the start until it says that it is ready and /readyz answers 200.

        Raises RuntimeError, with the end of the output, when the process ends or the patience does.
        """
        while not (
            self._told(READY_WORDS[self.command]) and all(answers(port, "/readyz") for port in self._ports)
        ):
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"weft {self.command} ended with {self._process.returncode}:\n{self.tail()}"
                )
            if time.perf_counter() - self.began > patience_seconds:
                raise RuntimeError(
                    f"weft {self.command} is not ready after {patience_seconds} s:\n{self.tail()}"
                )
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - self.began

    def _told(self, words: bytes) -> bool:
        with self.output.open("rb") as output:
            output.seek(self._told_from)
            return words in output.read()

    def tail(self) -> str:
        """Return the end of what it printed."""
        return self.output.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace")

    def members(self) -> list[int]:
        """Return the ids of all its processes that live."""
        return [int(path.name) for path in _processes() if _session(path) == self._process.pid]

    def memory_mb(self) -> float:
        """Return the proportional set size of all its processes: shared pages count once."""
        return round(sum(_memory_kb(pid, "Pss:") for pid in self.members()) / 1024, 1)

    def resident_mb(self) -> float:
        """Return the sum of the resident set sizes: shared pages count once for every process."""
        return round(sum(_memory_kb(pid, "Rss:") for pid in self.members()) / 1024, 1)

    def kill(self) -> None:
        """End every process of it with SIGKILL, at once."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask it to drain and stop; kill what is left after STOP_SECONDS."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


@contextmanager
def site(definitions: Path | None = DEFINITIONS, *, edges: int = 2, **environ: str) -> Generator[Site]:
    """Make a workspace with these definitions (None: without any) and remove it with the block."""
    root = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    try:
        made = Site(root / "shop", {"WEFT__COLLECT__EDGES": str(edges), **environ})
        init_workspace(made.folder)
        if definitions is not None:
            shutil.copytree(definitions, made.folder / "definitions", dirs_exist_ok=True)
        yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def weft() -> Sequence[str]:
    """Return the command that runs Weft in this environment."""
    return (str(Path(sys.executable).parent / "weft"),)


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether a GET of this path is answered with 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _processes() -> Iterator[Path]:
    if not Path("/proc/self/stat").exists():
        raise RuntimeError("Memory is read from /proc: run this on Linux.")
    return (path for path in Path("/proc").iterdir() if path.name.isdigit())


def _session(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, IndexError):
        return -1


def _memory_kb(pid: int, which: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(which)), 0)
