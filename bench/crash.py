"""Power loss, enumerated: what the disk may hold after a cut at any moment of a recorded run of the event log.

kill -9 cannot show a missing fsync, because the kernel still has what was written. So the system calls
of a writer are recorded, and crash states are drawn from them: everything before a file's last sync is
there; of what came later any part may be, in pieces of a sector.
"""

import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from bench.crash_writer import NOTE, body
from weft.errors import WeftError
from weft.model.accepted import Chunk
from weft.ports import EventLog
from weft.storage.sqlite_log import open_log

SECTOR_BYTES = 512
LOG_FILE = "log.sqlite"
FILES = (LOG_FILE, f"{LOG_FILE}-wal", f"{LOG_FILE}-journal")
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink"

_CALL = re.compile(
    r'^\d+ +(\w+)\((?:\d+<)?"?([^">]+)[">]+(?:, (?:"([^"]*)", \d+(?:, (\d+))?|(\d+)))?\) += (\d+)'
)


class Step(StrEnum):
    """What a recorded call did to a file."""

    WRITE = "write"
    TRUNCATE = "truncate"
    REMOVE = "remove"
    SYNC = "sync"
    ACKNOWLEDGE = "acknowledge"


class Operation(NamedTuple):
    """One recorded call. at: the offset, the new size, or the position that is acknowledged."""

    step: Step
    file: str
    at: int = 0
    data: bytes = b""


class CrashState(NamedTuple):
    """What is on disk after the cut, and the last position that was acknowledged before it."""

    files: dict[str, bytes]
    acknowledged: int


class Verdict(NamedTuple):
    """In how many states an acknowledged event was missing or wrong.

    without_syncs: the same for a disk that ignores every sync, which shows that a loss would be seen.
    """

    lost: int
    without_syncs: int


def power_loss(states: int, *, groups: int = 150, seed: int = 7) -> Verdict:
    """Record a writer, draw crash states and open the log in each. Raises RuntimeError without strace."""
    run = record(groups)
    deaf = [operation for operation in run if operation.step is not Step.SYNC]
    lost, without_syncs = (
        sum(_has_lost(state) for state in crash_states(one, states, random.Random(seed)))
        for one in (run, deaf)
    )
    return Verdict(lost, without_syncs)


def record(groups: int) -> list[Operation]:
    """Run the writer under strace and return what it did to its files."""
    if shutil.which("strace") is None:
        raise RuntimeError("Crash states need strace: install it, or run with --states 0.")
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as root:
        folder, trace = Path(root) / "data", Path(root) / "trace"
        folder.mkdir()
        options = ("-f", "-y", "-xx", "-s", "10000000", "-e", f"trace={CALLS}", "-o", str(trace))
        writer = (sys.executable, "-m", "bench.crash_writer", str(folder), str(groups))
        subprocess.run(["strace", *options, *writer], check=True)
        with trace.open() as lines:
            return list(operations(lines, folder))


def operations(lines: Iterable[str], folder: Path) -> Iterator[Operation]:
    """Read strace's lines; calls on other files, and those that failed, are left out."""
    for line in lines:
        found = _CALL.match(line)
        if found is None:
            continue
        call, encoded, data, offset, size, _ = found.groups()
        path = Path(_bytes(encoded).decode())
        if path.parent != folder or path.name not in (*FILES, NOTE):
            continue
        match call:
            case "write":
                yield Operation(Step.ACKNOWLEDGE, path.name, int(_bytes(data)))
            case "pwrite64":
                yield Operation(Step.WRITE, path.name, int(offset), _bytes(data))
            case "ftruncate":
                yield Operation(Step.TRUNCATE, path.name, int(size))
            case "unlink":
                yield Operation(Step.REMOVE, path.name)
            case _:
                yield Operation(Step.SYNC, path.name)


def crash_states(run: list[Operation], count: int, draw: random.Random) -> Iterator[CrashState]:
    """Yield so many states, at moments all over the run."""
    moments = sorted(draw.randrange(1, len(run) + 1) for _ in range(count))
    durable: dict[str, bytearray] = {}
    pending: list[Operation] = []
    acknowledged = done = 0
    for moment in moments:
        for operation in run[done:moment]:
            match operation.step:
                case Step.ACKNOWLEDGE:
                    acknowledged = operation.at
                case Step.SYNC:
                    for one in pending:
                        if _settled(one, operation):
                            _apply(durable, one)
                    pending = [one for one in pending if not _settled(one, operation)]
                case _:
                    pending.append(operation)
        done = moment
        files = {name: bytearray(content) for name, content in durable.items()}
        for operation in pending:
            for part in _survivors(operation, draw):
                _apply(files, part)
        yield CrashState({name: bytes(content) for name, content in files.items()}, acknowledged)


def _settled(one: Operation, sync: Operation) -> bool:
    """Whether a sync makes an earlier call durable. Removed names follow the next sync of any file: the file systems
    that Weft runs on (ext4, XFS, APFS) write such changes in order.
    """
    return one.file == sync.file or one.step is Step.REMOVE


def _survivors(operation: Operation, draw: random.Random) -> list[Operation]:
    """Return what of an operation that was not synced reached the disk: all, nothing, or some sectors."""
    fate = draw.random()
    if fate < 0.4:
        return []
    if fate < 0.7 or operation.step is not Step.WRITE:
        return [operation]
    sectors = range(0, len(operation.data), SECTOR_BYTES)
    return [
        Operation(
            Step.WRITE, operation.file, operation.at + start, operation.data[start : start + SECTOR_BYTES]
        )
        for start in sectors
        if draw.random() < 0.5
    ]


def _apply(files: dict[str, bytearray], operation: Operation) -> None:
    if operation.step is Step.REMOVE:
        files.pop(operation.file, None)
        return
    content = files.setdefault(operation.file, bytearray())
    end = operation.at + len(operation.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if operation.step is Step.TRUNCATE:
        del content[operation.at :]
    else:
        content[operation.at : end] = operation.data


def _has_lost(state: CrashState) -> bool:
    """Open the log as the edge would and see whether every acknowledged event is there and right."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as root:
        for name, content in state.files.items():
            (Path(root) / name).write_bytes(content)
        try:
            log = open_log(f"sqlite:///{LOG_FILE}", Path(root))
        except WeftError:
            return state.acknowledged > 0
        try:
            return _right(log) < state.acknowledged
        except WeftError:
            return True
        finally:
            log.close()


def _right(log: EventLog) -> int:
    """Return the last position up to which every event is what was written."""
    right = 0
    for entry in log.read(0, sys.maxsize):
        if isinstance(entry.content, Chunk) or entry.first != right + 1:
            return right
        for accepted in entry.content:
            if accepted.body != body(right + 1):
                return right
            right += 1
    return right


def _bytes(encoded: str) -> bytes:
    return bytes.fromhex(encoded.replace("\\x", ""))
