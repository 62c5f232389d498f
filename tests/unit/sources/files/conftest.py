"""An importer with a real log and a real engine in a folder of its own."""

import csv
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.model.accepted import Chunk
from weft.ports import EventLog
from weft.sources.files.importer import ImportResult, import_file
from weft.sources.files.mapping import Mapping
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log

RECEIVED_US = 1_700_000_000_000_000


class Imports:
    """Imports files and shows what came of it."""

    def __init__(self, folder: Path, log: EventLog, engine: DuckdbColumns) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = log
        self.engine = engine
        self.result: ImportResult | None = None

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self, path: Path, mapping: Mapping, *, received_at_us: int = RECEIVED_US, **more: Any
    ) -> ImportResult:
        given: dict[str, Any] = {"log": self.log, **more}
        self.result = import_file(
            path,
            mapping,
            data=self.data,
            engine=self.engine,
            received_at_us=received_at_us,
            source="test",
            **given,
        )
        return self.result

    def chunks(self) -> list[Chunk]:
        return [entry.content for entry in self.log.read(0, 1 << 40) if isinstance(entry.content, Chunk)]

    def rows(self) -> list[dict[str, Any]]:
        """Return what the log refers to, in order, with properties and context decoded."""
        tables = [pq.read_table(self.data / chunk.path) for chunk in self.chunks()]
        rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist() if tables else []
        for row in rows:
            for name in ("properties", "context"):
                row[name] = msgspec.json.decode(row[name])
            row["identifiers"] = {one["namespace"]: one["value"] for one in row["identifiers"]}
        return rows

    def rejected(self) -> list[dict[str, str]]:
        assert self.result is not None
        if self.result.rejected_path is None:
            return []
        with self.result.rejected_path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def imports(tmp_path: Path) -> Generator[Imports]:
    (tmp_path / "data").mkdir()
    log, engine = open_log("sqlite:///log.sqlite", tmp_path / "data"), DuckdbColumns(memory_mb=256)
    yield Imports(tmp_path, log, engine)
    log.close()
    engine.close()
