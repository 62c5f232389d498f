"""A link says the same whichever of its events came first, and in how many ticks."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

from tests.unit.workers.engine import NOW, Engine, event

ROWS = [
    event(1, "user_id:1", "anonymous_id:a", at=NOW),
    event(2, "user_id:1", "anonymous_id:a", at=NOW - timedelta(days=1), type="alias"),
    event(3, "user_id:1", "anonymous_id:a", at=NOW - timedelta(days=2)),
]


def links(folder: Path, *ticks: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    engine = Engine(folder, [], [])
    try:
        for rows in ticks:
            engine.tick(rows)
        return engine.warehouse.cursor().execute("SELECT kind, first_at, message_id FROM link").fetchall()
    finally:
        engine.close()


def test_a_link_does_not_depend_on_the_order_of_its_events(tmp_path: Path) -> None:
    said = [("alias", NOW - timedelta(days=2), "m3")]
    assert links(tmp_path, ROWS) == said
    for order in permutations(ROWS):
        assert links(tmp_path, *([row] for row in order)) == said
