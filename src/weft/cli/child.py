"""A process under `weft up`: `python -m weft.cli.child edge|engine DIR OPTIONS`.

It tells its supervisor over a pipe that it is ready or why it is not, ends when told to (SIGTERM), and ends
by itself when its supervisor is gone (the end of its standard input).
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import msgspec

from weft.errors import WeftError
from weft.processes import EngineReady, run_edge, run_engine
from weft.workspace import Workspace, open_workspace


class Options(msgspec.Struct, frozen=True):
    """What the supervisor hands to a child. report: the descriptor to report on, -1 for none."""

    flags: dict[str, str]
    report: int = -1
    shared_port: bool = False
    supervised: bool = True


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line from a child: ready with a port (the engine adds key and link), or failed with an error."""

    port: int = 0
    write_key: str = ""
    link: str = ""
    code: str = ""
    message: str = ""


def main(arguments: list[str]) -> int:
    """Run one process until it is told to stop; return its exit code."""
    role, folder, encoded = arguments
    options = msgspec.json.decode(encoded, type=Options)
    try:
        workspace = open_workspace(Path(folder), options.flags, os.environ)
        run_process(role, workspace, options)
    except WeftError as error:
        _report(options, Report(code=error.code, message=str(error)))
        return 2
    return 0


def run_process(role: str, workspace: Workspace, options: Options) -> None:
    """Run the edge or the engine in this process until a signal, or the end of the supervisor."""
    stop = threading.Event()
    _stop_on_signals(stop, options)
    _load_logs()
    if role == "edge":
        run_edge(
            workspace,
            on_ready=lambda port: _report(options, Report(port=port)),
            stop=stop,
            shared_port=options.shared_port,
        )
    else:
        run_engine(workspace, on_ready=lambda ready: _report(options, _engine_report(ready)), stop=stop)


def _load_logs() -> None:
    """Load structlog without rich, which it takes along wherever that is installed: 0.1 s of a start, for colours."""
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  (Python's own way to say that it is not there)
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]


def _engine_report(ready: EngineReady) -> Report:
    return Report(ready.port, ready.write_key, ready.link)


def _report(options: Options, report: Report) -> None:
    if options.report >= 0:
        os.write(options.report, msgspec.json.encode(report) + b"\n")
    else:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        sys.stdout.flush()


def _stop_on_signals(stop: threading.Event, options: Options) -> None:
    """Wait for signals in a thread, which works whatever loop runs in the main one.

    Ctrl-C reaches the whole group of processes; a supervised child leaves it to the supervisor.
    """
    wanted = {signal.SIGTERM} if options.supervised else {signal.SIGTERM, signal.SIGINT}
    if options.supervised:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(
            target=_stop_with_supervisor, args=(stop,), name="weft-supervisor", daemon=True
        ).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)

    def wait() -> None:
        signal.sigwait(wanted)
        stop.set()

    threading.Thread(target=wait, name="weft-signals", daemon=True).start()


def _stop_with_supervisor(stop: threading.Event) -> None:
    while os.read(0, 64):
        pass
    stop.set()


def command_of(role: str, workspace: Workspace, options: Options) -> list[str]:
    """Return the command line that starts such a process."""
    encoded = msgspec.json.encode(options).decode()
    return [sys.executable, "-m", "weft.cli.child", role, str(workspace.root), encoded]


def flags_with(flags: Mapping[str, str], **more: object) -> dict[str, str]:
    """Return flags with some replaced; names are written `section__key`."""
    return {**flags, **{name.replace("__", "."): str(value) for name, value in more.items()}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
