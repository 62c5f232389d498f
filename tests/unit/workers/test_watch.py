from pathlib import Path

import pytest

from weft.errors import Misconfigured
from weft.workers.watch import DefinitionsWatch


@pytest.fixture
def calls():
    return []


def test_a_change_counts_once_the_file_has_come_to_rest(tmp_path: Path, calls: list[str]):
    watch = DefinitionsWatch(tmp_path, lambda: calls.append("checked"), lambda: calls.append("changed"))
    assert watch.step() == 0
    (tmp_path / "a.yaml").write_text("name: a")
    assert watch.step() == 0
    (tmp_path / "a.yaml").write_text("name: ab")
    assert watch.step() == 0
    assert watch.step() == 1
    assert calls == ["checked", "changed"]
    assert watch.step() == 0


def test_faulty_definitions_leave_the_engine_alone(tmp_path: Path, calls: list[str]):
    def check() -> None:
        raise Misconfigured("no name")

    watch = DefinitionsWatch(tmp_path, check, lambda: calls.append("changed"))
    (tmp_path / "a.yaml").write_text("nonsense")
    assert [watch.step(), watch.step(), watch.step()] == [0, 1, 0]
    assert calls == []
