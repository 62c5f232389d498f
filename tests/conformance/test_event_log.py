"""What every EventLog keeps to; today there is one adapter."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from weft.errors import Misconfigured, MustRestart, Transient
from weft.model.accepted import Accepted, Backlog, Chunk, Refusal
from weft.model.reason import Reason
from weft.ports import EventLog
from weft.storage.sqlite_log import SqliteEventLog, open_log

URL = "sqlite:///log.sqlite"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with closing(open_log(URL, tmp_path)) as opened:
        yield opened


def request(number: int = 0, count: int = 1, body: bytes = b"{}") -> Accepted:
    return Accepted(1_000 + number, "web", body, count)


def chunk(key: str, count: int = 10) -> Chunk:
    return Chunk(key, f"imports/{key}.parquet", count, 5_000, "shop")


def test_positions_count_events_without_gaps(log: EventLog) -> None:
    assert log.append([request(count=3), request(count=2)]) == 5
    assert log.append([request()]) == 6
    assert [(e.first, e.last, e.count) for e in log.read(0, 100)] == [(1, 5, 5), (6, 6, 1)]


def test_what_is_read_is_what_was_written(log: EventLog) -> None:
    sent = Accepted(
        1,
        "web",
        bytes(range(256)),
        7,
        "track",
        True,
        "1.2.3.0",
        "Mozilla/5.0",
        (Refusal(2, Reason.BAD_NUMBER, "why"),),
    )
    log.append([sent])
    assert log.read(0, 1)[0].content == (sent,)


def test_read_gives_at_least_one_entry_and_then_stays_in_the_limit(log: EventLog) -> None:
    for _ in range(5):
        log.append([request(count=10)])
    assert [entry.last for entry in log.read(0, 1)] == [10]
    assert [entry.last for entry in log.read(10, 25)] == [20, 30]
    assert log.read(50, 100) == []


def test_read_from_within_an_entry_gives_that_entry(log: EventLog) -> None:
    log.append([request(count=10)])
    assert log.read(4, 100)[0].first == 1


def test_read_pages_through_many_entries(log: EventLog) -> None:
    for number in range(300):
        log.append_chunk(chunk(str(number), 1))
    assert len(log.read(0, 10_000)) == 300


def test_a_chunk_is_appended_once_even_after_it_was_trimmed(log: EventLog) -> None:
    assert log.append_chunk(chunk("a/1")) == 10
    assert log.append_chunk(chunk("a/1")) == 10
    assert log.append_chunk(chunk("a/2")) == 20
    assert log.read(0, 100)[0].content == chunk("a/1")
    log.trim(20, 10**18)
    assert log.append_chunk(chunk("a/1")) == 10
    assert log.backlog().head == 20


def test_backlog_tells_how_far_the_reader_is(log: EventLog) -> None:
    log.append([request(count=10)])
    assert log.backlog() == Backlog(10, 0)
    log.mark_consumed(7)
    log.mark_consumed(4)
    assert log.backlog().behind == 3


def test_trim_deletes_only_what_is_read_and_old(log: EventLog) -> None:
    for number in range(1_200):
        log.append_chunk(Chunk(str(number), "p", 1, number, "shop"))
    assert log.trim(1_100, 600) == 600
    assert log.read(0, 1)[0].first == 601
    assert log.trim(700, 10**18) == 100
    assert log.backlog().head == 1_200


def test_positions_go_on_after_everything_was_trimmed(log: EventLog) -> None:
    log.append([request(count=4)])
    log.trim(4, 10**18)
    assert log.read(0, 10) == []
    assert log.append([request()]) == 5


def test_nothing_to_append_changes_nothing(log: EventLog) -> None:
    assert log.append([]) == 0


def test_threads_share_a_log(log: EventLog) -> None:
    threads = [
        threading.Thread(target=lambda: [log.append([request(count=2)]) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        log.mark_consumed(log.backlog().head)
    assert log.backlog() == Backlog(80, log.backlog().consumed)
    assert [entry.last for entry in log.read(0, 1_000)] == list(range(2, 82, 2))


def _append_many(folder: Path, name: str, groups: int) -> None:
    with closing(open_log(URL, folder)) as log:
        for number in range(groups):
            log.append([Accepted(number, name, b"%d" % number, 1)])


def test_processes_append_at_once_and_none_starves(tmp_path: Path) -> None:
    open_log(URL, tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(tmp_path, f"w{i}", 25)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    with closing(open_log(URL, tmp_path)) as log:
        entries = log.read(0, 1_000)
    assert [entry.last for entry in entries] == list(range(1, 76))
    for i in range(3):
        bodies = [item.body for entry in entries for item in entry.content if item.source == f"w{i}"]
        assert bodies == [b"%d" % number for number in range(25)]


_ENDLESS = """
import sys
from pathlib import Path
from weft.model.accepted import Accepted
from weft.storage.sqlite_log import open_log
log = open_log("sqlite:///log.sqlite", Path(sys.argv[1]))
while True:
    print(log.append([Accepted(1, "web", b"x" * 5000, 3)]), flush=True)
"""


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(10):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        acknowledged = int(rest[-1]) if rest else acknowledged
        with closing(open_log(URL, tmp_path)) as log:
            entries = log.read(0, 10**6)
            assert log.backlog().head >= acknowledged
            assert [entry.last for entry in entries] == list(range(3, log.backlog().head + 1, 3))


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from weft.errors import Transient
from weft.model.accepted import Accepted
from weft.storage.sqlite_log import open_log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = open_log("sqlite:///log.sqlite", Path(sys.argv[1]))
import os
def group(): return [Accepted(1, "web", os.urandom(200_000), 1)]
good = 0
for _ in range(5):
    good = log.append(group())
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
refused = 0
for _ in range(10):
    try:
        good = log.append(group())
    except Transient:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(refused, good, log.append(group()), log.backlog().head, len(log.read(0, 10**6)))
"""


def test_a_full_disk_is_transient_acknowledges_nothing_and_recovers(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the write fails in the same place."""
    result = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, check=True, text=True
    )
    refused, good, after, head, entries = map(int, result.stdout.split())
    assert refused > 0
    assert (after, head, entries) == (good + 1, good + 1, good + 1)


def test_a_failed_fsync_ends_all_writing_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SqliteEventLog(tmp_path / "log.sqlite")
    log.append([request()])
    working = log._writes

    class Failing:
        in_transaction = False

        def execute(self, *_: object) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error

    monkeypatch.setattr(log, "_writes", Failing())
    with pytest.raises(MustRestart):
        log.append([request()])
    monkeypatch.setattr(log, "_writes", working)
    with pytest.raises(MustRestart):
        log.append([request()])
    with pytest.raises(MustRestart):
        log.mark_consumed(1)
    log.close()
    with closing(open_log(URL, tmp_path)) as fresh:
        assert fresh.append([request()]) == 2


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE somebody (else_ INTEGER)")


def _of_the_future(path: Path) -> None:
    open_log(URL, path.parent).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")


@pytest.mark.parametrize("damage", [_garbage, _foreign, _of_the_future])
def test_a_file_that_is_no_log_is_refused_and_left_alone(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "log.sqlite"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match=r"log\.sqlite .*(move it away)"):
        open_log(URL, tmp_path)
    if damage is not _of_the_future:
        assert path.read_bytes() == before


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    with closing(open_log(URL, tmp_path)) as log:
        log.append([request()])
        with closing(sqlite3.connect(tmp_path / "log.sqlite")) as connection:
            connection.execute("UPDATE groups SET payload = x'00'")
            connection.commit()
        with pytest.raises(Misconfigured, match="Restore it from a backup"):
            log.read(0, 10)


def test_an_unknown_url_says_which_is_known(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="sqlite:///"):
        open_log("redis://x", tmp_path)


def test_a_folder_that_cannot_be_made_is_the_operators(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="Check the folder"):
        open_log("sqlite:///file/log.sqlite", tmp_path)


def test_another_writer_in_its_turn_is_waited_for(tmp_path: Path) -> None:
    with closing(open_log(URL, tmp_path)) as first, closing(open_log(URL, tmp_path)) as second:
        with first._writer():  # type: ignore[attr-defined]
            waiting = threading.Thread(target=second.append, args=([request()],))
            waiting.start()
            time.sleep(0.1)
            assert second.backlog().head == 0
        waiting.join(10)
        assert second.backlog().head == 1


def test_a_locked_file_is_transient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger who holds SQLite's lock (a backup tool) must not make events look stored."""
    monkeypatch.setattr("weft.storage.sqlite_log.BUSY_MS", 50)
    with closing(open_log(URL, tmp_path)) as log, closing(sqlite3.connect(tmp_path / "log.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            log.append([request()])
        other.rollback()
        assert log.append([request()]) == 1
