"""Asks a process of its own what is wrong with the SQL of a trait: no statement takes the engine's time or memory."""

import os
import subprocess
import sys
import threading
from functools import lru_cache

import msgspec

from weft.model.measure import ValueType
from weft.storage.sql.check import Question

WAIT_SECONDS = 30.0
"""Longer than the process may compute: on a busy machine it waits for its turn."""
IDLE_SECONDS = 60.0
TOO_MUCH = (
    "it takes too much time or memory to be read: its constants are computed then; "
    "make calls such as range(…) or repeat(…) smaller"
)


class _Checker:
    """The process, started for the first question and ended when there were none for a while."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def ask(self, question: Question) -> str | None:
        """Return the fault of a statement; None where there is none."""
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            if self._process is None:
                self._process = _started()
            line = _answered(self._process, msgspec.json.encode(question) + b"\n")
            if not line:
                self._end()
                return TOO_MUCH
            self._idle = threading.Timer(IDLE_SECONDS, self.rest)
            self._idle.daemon = True
            self._idle.start()
            return msgspec.json.decode(line, type=str | None)

    def rest(self) -> None:
        """End the process; the next question starts another."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(each for each in sys.path if each)
    return subprocess.Popen(
        [sys.executable, "-m", "weft.storage.sql.check"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": paths},
        start_new_session=True,  # Ctrl-C is for the engine, with which it ends
    )


def _answered(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    """Return the answer to a line; nothing if the process ended before it gave one."""
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Timer(WAIT_SECONDS, process.kill)
    late.daemon = True
    late.start()
    try:
        process.stdin.write(line)
        process.stdin.flush()
        return process.stdout.readline()
    except BrokenPipeError:
        return b""
    finally:
        late.cancel()


_checker = _Checker()


@lru_cache(4_000)
def check_sql(sql: str, kind: ValueType) -> str | None:
    """Say what keeps a statement from giving values of a type; None where nothing does."""
    return _checker.ask(Question(sql, kind))
