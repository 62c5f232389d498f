import importlib
import sys

import pytest

from weft.storage import duckdb_imports


def test_what_is_not_there_is_said_at_once_and_the_rest_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_imports, "PANDAS", "weft_has_no_such_module")
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    duckdb_imports.spare_looking_for_pandas.__wrapped__()
    with pytest.raises(ModuleNotFoundError, match="weft_has_no_such_module"):
        importlib.import_module("weft_has_no_such_module")
    with pytest.raises(ModuleNotFoundError, match="nor_this"):
        importlib.import_module("nor_this")
    assert importlib.import_module("json")


def test_a_module_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_imports, "PANDAS", "this")
    monkeypatch.delitem(sys.modules, "this", raising=False)
    before = list(sys.meta_path)
    duckdb_imports.spare_looking_for_pandas.__wrapped__()
    assert sys.meta_path == before
