"""Which gear the projection is in, and what a rebuild that was cut off leaves to the next start."""

from pathlib import Path
from unittest.mock import patch

import pytest
from tests.unit.workers.engine import AUDIENCES, PERSONS, TRAITS, Engine, event

from weft.model.accepted import Backlog
from weft.storage.defined import Defined
from weft.storage.ibis_compiled import compile_definitions
from weft.workers import projecting
from weft.workers.projecting import Projecting
from weft.workers.rebuild import Rebuilder

ROWS = [event(n, f"user_id:{n}", name="Order Completed", revenue=n) for n in range(8)]


class Killed(Exception):
    """Stands for the end of the process."""


class Log:
    """A log of which only the head is asked."""

    head = 0

    def backlog(self) -> Backlog:
        return Backlog(head=self.head, consumed=0)


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e", TRAITS, AUDIENCES)
    yield made
    made.close()


def projecting_of(engine: Engine, compiled: Defined, log: Log) -> Projecting:
    return Projecting(engine.database, engine.warehouse, log, compiled, PERSONS, lambda: engine.now)  # type: ignore[arg-type]


def test_definitions_that_come_back_after_a_rebuild_was_cut_off_are_rebuilt_for_everybody(engine: Engine):
    engine.tick(ROWS)
    projecting_of(engine, engine.compiled, Log()).step()
    before = engine.who("user_id:3").traits
    assert "orders" in before
    with patch.object(Rebuilder, "_finish", side_effect=Killed), pytest.raises(Killed):
        projecting_of(engine, compile_definitions([], []), Log()).step()
    assert "orders" not in engine.who("user_id:3").traits
    projecting_of(engine, engine.compiled, Log()).step()
    assert engine.who("user_id:3").traits == before


def test_live_traffic_behind_an_import_does_not_hold_up_the_rebuild(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(projecting, "BULK_EVENTS", len(ROWS))
    log = Log()
    follows = projecting_of(engine, engine.compiled, log)
    follows.step()
    engine.tick(ROWS)
    log.head = engine.position + projecting.LIVE_EVENTS  # more of the import
    assert follows.step() == 0
    log.head = engine.position + 500  # what was sent in the last moments
    assert follows.step() == len(ROWS)
