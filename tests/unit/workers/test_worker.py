"""What the skeleton of every worker makes of a step that fails."""

import time
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
from tests.unit.workers.engine import Engine, event

from weft.errors import MustRestart, Transient, WeftError
from weft.storage import duckdb_tick
from weft.workers.worker import Worker


@pytest.mark.parametrize(("error", "broken"), [(MustRestart("m"), True), (Transient("t"), False)])
def test_only_what_needs_a_fresh_process_breaks_a_worker(error: WeftError, broken: bool):
    def step() -> int:
        raise error

    worker = Worker("w", step)
    worker.start()
    until = time.monotonic() + 10
    while not worker.failures and time.monotonic() < until:
        time.sleep(0.005)
    worker.stop()
    assert worker.failures
    assert worker.broken is broken


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (duckdb.FatalException("the autocheckpoint failed"), MustRestart),
        (duckdb.TransactionException("Failed to commit: No space left on device"), Transient),
        (duckdb.IOException("No space left on device"), Transient),
    ],
)
def test_a_full_disk_is_tried_again_or_by_a_fresh_process(
    tmp_path: Path, error: duckdb.Error, told: type[WeftError]
):
    engine = Engine(tmp_path / "e", [], [])
    rows = [event(1, "user_id:1", "anonymous_id:a")]
    with patch.object(duckdb_tick, "write_meta", side_effect=error), pytest.raises(WeftError) as raised:
        engine.tick(rows)
    assert type(raised.value) is told
    engine.position = 0
    assert engine.tick(rows).stored == 1
    engine.close()
