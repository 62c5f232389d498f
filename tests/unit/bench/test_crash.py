import random
import sys
from pathlib import Path

import pytest
from bench.crash import SECTOR_BYTES, Operation, Step, crash_states, operations

FILE = "log.sqlite"
SYNC = Operation(Step.SYNC, FILE)


def write(at: int, data: bytes) -> Operation:
    return Operation(Step.WRITE, FILE, at, data)


def drawn(run: list[Operation], count: int = 300):
    return list(crash_states(run, count, random.Random(1)))


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def test_what_was_synced_is_there_in_every_state() -> None:
    run = [write(0, b"a" * 600), SYNC, Operation(Step.ACKNOWLEDGE, "acknowledged", 5), write(600, b"b" * 600)]
    states = drawn(run)
    assert all(state.files[FILE][:600] == b"a" * 600 for state in states if state.acknowledged == 5)


def test_what_was_not_synced_is_there_wholly_partly_or_not() -> None:
    data = bytes(range(1, 5)) * SECTOR_BYTES
    seen = {state.files.get(FILE, b"") for state in drawn([write(0, data)])}
    assert {b"", data} < seen
    torn = seen - {b"", data}
    assert torn
    for content in torn:
        for start in range(0, len(content), SECTOR_BYTES):
            sector = content[start : start + SECTOR_BYTES]
            assert sector in (data[start : start + SECTOR_BYTES], bytes(len(sector)))


def test_a_later_write_can_survive_an_earlier_one() -> None:
    seen = {state.files.get(FILE, b"") for state in drawn([write(0, b"one"), write(3, b"two")])}
    assert bytes(3) + b"two" in seen


def test_a_truncation_and_a_removal_count_once_they_are_synced() -> None:
    cut = [write(0, b"abcdef"), SYNC, Operation(Step.TRUNCATE, FILE, 2), SYNC]
    assert drawn([*cut, *[SYNC] * 50])[-1].files[FILE] == b"ab"
    gone = [write(0, b"abc"), SYNC, Operation(Step.REMOVE, FILE), Operation(Step.SYNC, "log.sqlite-wal")]
    assert FILE not in drawn([*gone, *[SYNC] * 50])[-1].files


def test_calls_on_the_logs_files_are_read_from_a_trace_and_others_are_not(tmp_path: Path) -> None:
    wal, other = hexed(str(tmp_path / "log.sqlite-wal")), hexed("/somewhere/log.sqlite-wal")
    note = hexed(str(tmp_path / "acknowledged"))
    lines = [
        f'41  pwrite64(5<{wal}>, "\\x00\\xff", 2, 4096) = 2',
        f'41  pwrite64(5<{other}>, "\\x00\\xff", 2, 4096) = 2',
        f'41  pwrite64(5<{wal}>, "\\x00\\xff", 2, 4096) = -1 ENOSPC (No space left on device)',
        f"41  ftruncate(5<{wal}>, 128) = 0",
        f"41  fdatasync(5<{wal}>) = 0",
        f'41  write(6<{note}>, "{hexed("17")}\\x0a", 3) = 3',
        f'41  unlink("{wal}") = 0',
        "41  +++ exited with 0 +++",
    ]
    name = "log.sqlite-wal"
    assert list(operations(lines, tmp_path)) == [
        Operation(Step.WRITE, name, 4096, b"\x00\xff"),
        Operation(Step.TRUNCATE, name, 128),
        Operation(Step.SYNC, name),
        Operation(Step.ACKNOWLEDGE, "acknowledged", 17),
        Operation(Step.REMOVE, name),
    ]


def test_without_strace_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.crash import record

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(RuntimeError, match="install it"):
        record(1)
