import subprocess
import sys
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.storage.sql.run import FailedRunError, _run_apart  # pyright: ignore[reportPrivateUsage]
from weft.storage.sql.sandbox import RESULT, Job, locked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pq.write_table(pa.table({"profile_id": [1, 2, 3], "events": [5, 6, 7]}), tmp_path / "profiles.parquet")
    secret = tmp_path / "secret.txt"
    secret.write_text("token")
    pq.write_table(pa.table({"token": ["token"]}), tmp_path / "inside.parquet.not")
    return tmp_path


def run(folder: Path, sql: str, *, memory_mb: int = 200, seconds: int = 60, rows_most: int = 10) -> pa.Table:
    _run_apart(Job(str(folder), sql, memory_mb, seconds, rows_most), seconds)
    return pq.read_table(folder / RESULT)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{folder}/secret.txt')",
        "SELECT * FROM read_csv('{folder}/secret.txt')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_parquet('{folder}/inside.parquet.not')",
        "SELECT * FROM '{folder}/secret.txt'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT getenv('HOME')",
        "ATTACH '{folder}/other.duckdb'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{folder}/x.duckdb_extension'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SET lock_configuration = false",
        "RESET allowed_paths",
        "PRAGMA temp_directory = '{folder}'",
        "CREATE SECRET x (TYPE s3)",
        "SELECT * FROM folder",
        "SELECT * FROM token",
        "SELECT * FROM profile",
    ],
)
def test_what_the_check_would_overlook_the_locked_database_refuses(folder: Path, sql: str):
    connection = locked(folder, 100)
    with pytest.raises(duckdb.Error):
        connection.execute(sql.format(folder=folder)).fetchall()
    assert connection.sql("SELECT max(events) FROM profiles").fetchall() == [(7,)]
    assert connection.sql("SELECT table_name FROM information_schema.tables").fetchall() == [("profiles",)]
    assert not list(folder.glob("out*"))


def test_a_result_is_handed_back(folder: Path):
    found = run(folder, "SELECT profile_id, events AS value FROM profiles ORDER BY 1")
    assert found.to_pydict() == {"profile_id": [1, 2, 3], "value": [5, 6, 7]}


@pytest.mark.parametrize(
    ("sql", "said", "seconds"),
    [
        ("WITH RECURSIVE r AS (SELECT 1 x UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r", "more than", 2),
        ("SELECT count(*) FROM range(9000000) a, range(9000000) b WHERE a.range + b.range % 7 = 3", "more than", 2),
        ("SELECT list(a.range || b.range) FROM range(100000) a, range(100000) b", "emory", 60),
        ("SELECT range FROM range(11)", "it gives more than 10 rows", 60),
        ("SELECT repeat('x', 30000000) FROM range(5)", "more than 100 MB", 60),
        ("SELECT length(repeat('x', 1 + 4000000000)) FROM profiles", "emory", 60),
        ("SELECT len(range(events * 400000000)) FROM profiles", "emory", 60),
        ("SELECT 1 / 'x'", "Could not convert string 'x'", 60),
    ],
)  # fmt: skip
def test_a_run_ends_by_its_limits_and_says_so(folder: Path, sql: str, said: str, seconds: int):
    with pytest.raises(FailedRunError, match=said):
        run(folder, sql, memory_mb=100, seconds=seconds)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT ('it' || events || chr(39) || 's kim')::INT FROM profiles",
            "Could not convert string … to INT32",
        ),
        ("SELECT (events * 1001)::TINYINT FROM profiles", "with value … can't be cast because"),
        ("SELECT strptime(events || '/9', '%Y') FROM profiles", "Could not parse string …"),
        ("SELECT ('it' || chr(10) || 'it' || events)::DATE FROM profiles", "invalid date field format"),
    ],
)
def test_the_reason_of_a_failure_holds_no_value_of_anybody(folder: Path, sql: str, said: str):
    with pytest.raises(FailedRunError, match=said) as failed:
        run(folder, sql)
    assert not [value for value in ("it5", "5005", "5/9") if value in str(failed.value)]


def test_the_process_knows_nothing_of_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WEFT_SECRET", "token")
    seen: list[dict[str, str]] = []
    real = subprocess.run

    def spy(command: list[str], **more: object) -> object:
        seen.append(more["env"])  # pyright: ignore[reportArgumentType]
        return real(command, **more)  # pyright: ignore[reportCallIssue, reportArgumentType]

    monkeypatch.setattr(subprocess, "run", spy)
    run(folder, "SELECT profile_id, events AS value FROM profiles")
    assert seen[0].keys() == {"PATH", "PYTHONPATH", "HOME"}


def test_it_can_be_called_by_itself(folder: Path):
    job = Job(str(folder), "SELECT events FROM profiles", 200, 60, 10)
    command = [sys.executable, "-m", "weft.storage.sql.sandbox"]
    done = subprocess.run(command, input=msgspec.json.encode(job), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
