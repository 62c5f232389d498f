from pathlib import Path

import pytest

from weft.workers.watch import DefinitionsWatch


@pytest.fixture
def calls():
    return []


def test_a_change_counts_once_the_file_has_come_to_rest(tmp_path: Path, calls: list[str]):
    watch = DefinitionsWatch(tmp_path, lambda: calls.append("changed"))
    assert watch.step() == 0
    (tmp_path / "a.yaml").write_text("name: a")
    assert watch.step() == 0
    (tmp_path / "a.yaml").write_text("name: ab")
    assert watch.step() == 0
    assert watch.step() == 1
    assert calls == ["changed"]
    assert watch.step() == 0
