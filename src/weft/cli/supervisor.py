"""`weft up`: starts one engine and some edges, keeps them running, and ends them in order.

Standard library and settings only: this process stays small.
"""

import contextlib
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import msgspec

from weft.cli.child import Options, Report, command_of, flags_with
from weft.errors import Misconfigured, Transient, WeftError
from weft.workspace import Workspace, remove_run_file, url_of

START_SECONDS = 120.0
EDGE_STOP_SECONDS = 15.0
ENGINE_STOP_SECONDS = 60.0
BACKOFF_SECONDS = 0.25
BACKOFF_MAX_SECONDS = 15.0
PROBE_SECONDS = 5.0


class Child:
    """One process: how to start it, and how it is. failures: starts in a row that did not get ready."""

    def __init__(self, name: str, role: str, options: Options, keep: tuple[int, ...] = ()) -> None:
        self.name = name
        self.role = role
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: Report | None = None
        self.failed: Report | None = None
        self.failures = 0
        self.due_seconds = 0.0
        self._keep = keep
        self._pending = b""
        self.pipe = -1

    def start(self, workspace: Workspace) -> None:
        """Start it. It inherits its report pipe and the descriptors to keep, and a pipe as standard input."""
        self.pipe, report = os.pipe()
        os.set_blocking(self.pipe, False)
        self.ready = self.failed = None
        self._pending = b""
        options = msgspec.structs.replace(self.options, report=report)
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command_of(self.role, workspace, options),
            stdin=subprocess.PIPE,
            pass_fds=(report, *self._keep),
        )
        os.close(report)

    def listen(self) -> bool:
        """Take in what it reports. Return False when it is gone."""
        try:
            read = os.read(self.pipe, 65_536)
        except BlockingIOError:
            return True
        self._pending += read
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            report = msgspec.json.decode(line, type=Report)
            if report.code:
                self.failed = report
            else:
                self.ready, self.failures = report, 0
        return bool(read)

    def collect(self) -> int:
        """Take leave of the dead process; return its exit code."""
        process = self.process
        if process is None:
            return 0
        code = process.wait()
        os.close(self.pipe)
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        self.process = None
        return code

    def end(self, seconds: float) -> None:
        """Ask it to stop, wait, and insist when it takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.collect()


class Addresses(msgspec.Struct, frozen=True):
    """What is told when everything answers."""

    edge: str
    api: str
    write_key: str
    link: str


class Supervisor:
    """Runs the processes of one workspace until it is told to stop."""

    def __init__(
        self, workspace: Workspace, flags: Mapping[str, str], lock: int, note: Callable[..., None]
    ) -> None:
        self._workspace = workspace
        self._flags = flags
        self._lock = lock
        self._note = note
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._children: list[Child] = []

    def run(self, on_ready: Callable[[Addresses], None]) -> None:
        """Start everything, call `on_ready` when all of it answers, restart what dies, until told to stop.

        Raises what a process said when it could not start the first time.
        """
        collect = self._workspace.settings.collect
        shutil.rmtree(self._workspace.data / "edges", ignore_errors=True)  # figures of edges that are gone
        with _signals(self._selector, self._stop), _held_port(collect.host, collect.port) as port:
            self._children = self._plan(port)
            try:
                for child in self._children:
                    self._start(child)
                self._until_ready()
                if not self._stopping:
                    on_ready(self._addresses(port))
                while not self._stopping:
                    self._turn()
            finally:
                self._end()

    def _plan(self, port: int) -> list[Child]:
        edges = self._workspace.settings.collect.edges or max(1, (os.cpu_count() or 2) // 2)
        flags = flags_with(self._flags, collect__port=port, collect__edges=edges)
        engine = Child("engine", "engine", Options(flags), keep=(self._lock,))
        return [
            engine,
            *(Child(f"edge-{n}", "edge", Options(flags, shared_port=True)) for n in range(1, edges + 1)),
        ]

    def _start(self, child: Child) -> None:
        child.start(self._workspace)
        self._selector.register(child.pipe, selectors.EVENT_READ, child)

    def _until_ready(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while not self._stopping and not all(child.ready for child in self._children):
            self._turn(first=True)
            if time.monotonic() > give_up:
                slow = ", ".join(child.name for child in self._children if not child.ready)
                raise Transient(f"Not ready after {START_SECONDS:.0f} seconds: {slow}. Its log is above.")

    def _turn(self, *, first: bool = False) -> None:
        """Wait for something to happen, deal with it, start what is due."""
        for key, _ in self._selector.select(self._pause_seconds()):
            child = key.data
            if isinstance(child, Child) and not child.listen():
                self._selector.unregister(child.pipe)
                self._bury(child, first=first)
        for child in self._children:
            if child.process is None and not self._stopping and time.monotonic() >= child.due_seconds:
                self._start(child)

    def _pause_seconds(self) -> float:
        waiting = [child.due_seconds for child in self._children if child.process is None]
        return max(0.0, min([1.0, *(due - time.monotonic() for due in waiting)]))

    def _bury(self, child: Child, *, first: bool) -> None:
        was_ready, failed = child.ready is not None, child.failed
        code = child.collect()
        if self._stopping:
            return
        if first and not was_ready:
            raise _why(child, code)
        child.failures += 0 if was_ready else 1
        pause = 0.0 if was_ready else min(BACKOFF_MAX_SECONDS, BACKOFF_SECONDS * 2.0**child.failures)
        child.due_seconds = time.monotonic() + pause
        self._note(
            "process.restart",
            name=child.name,
            exit_code=code,
            pause_seconds=pause,
            reason=failed.message if failed else "it ended by itself",
        )

    def _addresses(self, edge_port: int) -> Addresses:
        settings = self._workspace.settings
        engine = self._children[0].ready or Report()
        _answers(settings.collect.host, edge_port)
        _answers(settings.api.host, engine.port)
        edge = url_of(settings.collect.host, edge_port)
        api = url_of(settings.api.host, engine.port)
        return Addresses(edge, api, engine.write_key, f"{api}/enter?link={engine.link}")

    def _stop(self) -> None:
        self._stopping = True

    def _end(self) -> None:
        self._stopping = True
        edges = self._children[1:]
        for child in edges:
            if child.process:
                child.process.terminate()
        for child in edges:
            child.end(EDGE_STOP_SECONDS)
        for child in self._children[:1]:
            child.end(ENGINE_STOP_SECONDS)
        remove_run_file(self._workspace)


def note(event: str, **fields: object) -> None:
    """Write one log line, in the form that the other processes use."""
    line = {**fields, "event": event, "level": "warning", "process": "supervisor", "pid": os.getpid()}
    sys.stderr.write(msgspec.json.encode(line).decode() + "\n")
    sys.stderr.flush()


def _why(child: Child, code: int) -> WeftError:
    if child.failed is not None:
        return Misconfigured(child.failed.message, code=child.failed.code)
    return Misconfigured(
        f"The {child.name} process ended with exit code {code} before it was ready. Its last words are "
        "above; `weft doctor` looks for causes."
    )


@contextmanager
def _signals(selector: selectors.BaseSelector, stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` on SIGINT and SIGTERM, and wake the selector."""
    near, far = socket.socketpair()
    near.setblocking(False)
    selector.register(far, selectors.EVENT_READ, None)
    before_wakeup = signal.set_wakeup_fd(near.fileno())
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda *_: stop()) for each in wanted}
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_wakeup)
        for each, handler in before.items():
            signal.signal(each, handler)
        selector.unregister(far)
        near.close()
        far.close()


@contextmanager
def _held_port(host: str, port: int) -> Generator[int]:
    """Hold the edge's port for all edges (they listen, this does not) and yield it; 0 becomes a free one.

    The first bind is exclusive, because a shared one would quietly join the edges of another workspace.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
            port = probe.getsockname()[1]
        held = socket.socket(family)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((host, port))
    except OSError as error:
        raise Misconfigured(
            f"The edge cannot listen on {host}:{port} ({error.strerror}). Stop what uses that port, or "
            "choose another one: `weft up --port 9401`, or `port` under [collect] in weft.toml.",
            code="port_in_use",
        ) from error
    with held:
        yield port


def _answers(host: str, port: int) -> None:
    """Ask /healthz once; raise Transient when nothing answers."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    try:
        with socket.create_connection((target, port), PROBE_SECONDS) as connection:
            connection.sendall(
                f"GET /healthz HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n".encode()
            )
            head = connection.recv(64)
    except OSError as error:
        raise Transient(f"Nothing answers on {target}:{port} ({error}).") from error
    if b" 200 " not in head:
        raise Transient(f"{target}:{port} does not answer /healthz as Weft does.")
