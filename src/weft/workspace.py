"""A workspace is a folder: `weft.toml`, `definitions/`, `data/`. Made once, opened by every command."""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from weft.config import FILE_NAME, Settings, load_settings
from weft.errors import Misconfigured, Transient

NODE_KEY_BYTES = 32
RELEASE_WAIT_SECONDS = 15.0
HELD_POLL_SECONDS = 0.1

_TOML = """\
# The settings of this workspace. `weft config` prints every setting, its value and where it came from.
# The command line beats WEFT__SECTION__KEY in the environment, which beats this file. Secrets belong into the
# environment, never in here.

[workspace]
name = "{name}"

[consent.default]
# What holds for a purpose while a person has said neither yes nor no. A purpose that is not named is denied.
# marketing = "deny"
"""
_FOLDERS = ("definitions/traits", "definitions/audiences", "definitions/plans", "definitions/destinations")


class Workspace(msgspec.Struct, frozen=True):
    """An opened workspace. node_key: the secret (hex) that node ids are derived with."""

    root: Path
    data: Path
    definitions: Path
    settings: Settings
    origins: Mapping[str, str]
    node_key: str


class RunFile(msgspec.Struct, frozen=True):
    """`data/run.json` (mode 0600): where the running engine answers, and the token for local commands."""

    pid: int
    api: str
    token: str


def init_workspace(folder: Path) -> Path:
    """Make a workspace in a new or empty-handed folder and return it. Nothing that exists is overwritten.

    Raises Misconfigured when there is a workspace already.
    """
    root = folder.resolve()
    if (root / FILE_NAME).exists():
        raise Misconfigured(
            f"{root} is a workspace already. Start it with `weft up {folder}`.", code="workspace_exists"
        )
    try:
        for each in _FOLDERS:
            (root / each).mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w .-]", "-", root.name) or "weft"
        (root / FILE_NAME).write_text(_TOML.format(name=name), "utf-8")
        _write_new(root / ".gitignore", "/data/\n", 0o644)
        _node_key(root / "data")
    except OSError as error:
        raise Misconfigured(f"A workspace cannot be made in {folder}: {error.strerror}.") from error
    return root


def open_workspace(folder: Path, flags: Mapping[str, str], environ: Mapping[str, str]) -> Workspace:
    """Read the settings and the node key; open no store. `flags` as in `load_settings`.

    Raises Misconfigured: no workspace, faults in the settings, a lost key.
    """
    root = folder.resolve()
    loaded = load_settings(root, flags, environ)
    data = root / "data"
    return Workspace(root, data, root / "definitions", loaded.settings, loaded.origins, _node_key(data))


@contextmanager
def locked(workspace: Workspace) -> Generator[int]:
    """Hold the workspace for this process (and those that inherit the descriptor); yield the descriptor.

    Raises Misconfigured when another process runs it, naming that process and its address. One that is only
    still ending is waited for.
    """
    path = workspace.data / "weft.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured(
            f"{workspace.data} cannot be written ({error.strerror}). Give this user the right to write there, or free "
            "it from a read-only mount."
        ) from error
    try:
        _acquire(descriptor, workspace)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def read_run_file(workspace: Workspace) -> RunFile | None:
    """Return where the engine of this workspace answers, or None when none runs."""
    try:
        run = msgspec.json.decode((workspace.data / "run.json").read_bytes(), type=RunFile)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return run if _alive(run.pid) else None


def await_run_file(workspace: Workspace, wait_seconds: float) -> RunFile | None:
    """Return where the engine answers, None when none runs. One that its supervisor starts again is waited for."""
    give_up = time.monotonic() + wait_seconds
    while (run := read_run_file(workspace)) is None and _is_held(workspace) and time.monotonic() < give_up:
        time.sleep(HELD_POLL_SECONDS)
    return run


def write_run_file(workspace: Workspace, run: RunFile) -> None:
    """Tell the other commands of this machine where the engine answers."""
    path = workspace.data / "run.json"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write_new(fresh, msgspec.json.encode(run).decode(), 0o600)
    fresh.replace(path)


def remove_run_file(workspace: Workspace) -> None:
    """Tell the other commands that no engine runs."""
    (workspace.data / "run.json").unlink(missing_ok=True)


def url_of(host: str, port: int) -> str:
    """Return the address to open; a wildcard address is reached on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _acquire(descriptor: int, workspace: Workspace) -> None:
    give_up = time.monotonic() + RELEASE_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode() or "0"
            if _alive(int(holder)):
                raise Misconfigured(_taken(workspace, holder), code="already_running") from None
            if time.monotonic() > give_up:
                raise Transient(
                    f"Process {holder}, which held {workspace.root}, is gone but its engine is still ending. "
                    "Try again in some seconds."
                ) from None
            time.sleep(0.1)
        else:
            return


def _is_held(workspace: Workspace) -> bool:
    """Say whether a process runs this workspace."""
    try:
        descriptor = os.open(workspace.data / "weft.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _taken(workspace: Workspace, holder: str) -> str:
    run = read_run_file(workspace)
    where = f" and answers on {run.api}" if run else " and has not answered yet"
    return (
        f"{workspace.root} is in use: process {holder} runs it{where}. "
        f"Use that one, or stop it with `kill {holder}` and start again."
    )


def _alive(pid: int) -> bool:
    if pid <= 0:
        return True  # just taken: the holder has not written its id yet
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _node_key(data: Path) -> str:
    """Return the key of `data`, making it when there are no facts yet that would need an older one."""
    path = data / "keys" / "node.key"
    try:
        key = path.read_text("ascii").strip()
    except FileNotFoundError:
        if any((data / store).exists() for store in ("warehouse.duckdb", "database.sqlite")):
            raise Misconfigured(
                f"{path} is missing, and nobody who is stored here can be found without it. "
                "Restore it from a backup.",
                code="node_key_lost",
            ) from None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = secrets.token_hex(NODE_KEY_BYTES)
        _write_new(path, key + "\n", 0o600)
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise Misconfigured(
            f"{path} holds no key (64 hex digits). Restore it from a backup.", code="node_key_lost"
        )
    return key


def _write_new(path: Path, text: str, mode: int) -> None:
    """Create a file with its mode from the first byte on; leave one that exists alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
