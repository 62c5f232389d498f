"""`python -m weft.storage.sql.sandbox`: runs the SQL of a trait apart from the engine, and can do nothing else.

A process of its own: it sees Parquet files of the documented views and no other file, no network and no variable of the
environment, and it can be ended at any moment without harm. The job comes in as JSON on stdin; what keeps it from
being done goes out on stderr, and the process ends with 1.
"""

import contextlib
import os
import re
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb
import msgspec
import pyarrow.parquet as pq

RESULT = "result.parquet"
BATCH_ROWS = 50_000
MEGABYTE = 1_000_000
SPACE_BYTES = 1_000 * MEGABYTE
"""What a process needs beside the memory of its statement. Much of what functions return DuckDB does not count."""
NICE = 10
SAID_CHARACTERS = 500
VALUES = re.compile(r"""(?<!\w)(['"])(?:.*\1|.*$)|(?<![A-Za-z\d])[+-]?\d[\d.e+:/-]*""")
"""What DuckDB quotes, and numbers; a text that goes on in the next line has no end in this one."""
CONFIG: Mapping[str, str] = {
    "threads": "1",
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
ALLOW = "SET allowed_paths = ?"
LOCKS = (
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class Job(msgspec.Struct, frozen=True):
    """What to run. folder: where the views are, and the result is to be. rows_most: of the result."""

    folder: str
    sql: str
    memory_mb: int
    cpu_seconds: int
    rows_most: int


def main() -> int:
    """Run the job on stdin."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    os.nice(NICE)
    limit(resource.RLIMIT_CPU, job.cpu_seconds)
    limit(resource.RLIMIT_AS, SPACE_BYTES + 2 * job.memory_mb * MEGABYTE)
    try:
        _run(job)
    except duckdb.OutOfMemoryException as error:
        sys.stderr.write(said(error))
        return 1
    except duckdb.Error as error:
        sys.stderr.write(without_values(error, job.sql))
        return 1
    except _TooMuchError as error:
        sys.stderr.write(str(error))
        return 1
    except (MemoryError, OSError) as error:  # as Arrow tells it while it takes rows over
        if isinstance(error, OSError) and "Out of Memory" not in str(error):
            raise
        sys.stderr.write(f"it needs more than {job.memory_mb:,} MB of memory; ask for less")
        return 1
    return 0


def limit(what: int, most: int) -> None:
    """Limit what this process may use from now on; beyond it the system ends it, or gives it no more memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not every system can
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def said(error: duckdb.Error) -> str:
    """Return what DuckDB says, without the statement that it quotes."""
    return " ".join(str(error).partition("\n\nLINE")[0].split())[:SAID_CHARACTERS]


def without_values(error: duckdb.Error, sql: str) -> str:
    """Return what DuckDB says without the values of people in it: others read it, and the log has it.

    What stands in the statement itself stays.
    """
    line = str(error).partition("\n")[0][:SAID_CHARACTERS]
    return VALUES.sub(lambda found: found[0] if found[0].strip("'\"") in sql else "…", line)


class _TooMuchError(ValueError):
    """A result that is too large to be of profiles."""


def _run(job: Job) -> None:
    connection = locked(Path(job.folder), job.memory_mb)
    reader = connection.sql(job.sql).to_arrow_reader(BATCH_ROWS)
    rows = size = 0
    with pq.ParquetWriter(Path(job.folder) / RESULT, reader.schema) as writer:
        for batch in reader:
            rows += batch.num_rows
            if rows > job.rows_most:
                raise _TooMuchError(
                    f"it gives more than {job.rows_most:,} rows, and there are fewer profiles; group by profile_id"
                )
            size += batch.nbytes
            if size > job.memory_mb * MEGABYTE:  # the engine reads it whole
                raise _TooMuchError(f"it gives more than {job.memory_mb:,} MB; shorten the values")
            writer.write_batch(batch)


def locked(folder: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return a database that has the views of a folder, and can reach nothing else any more."""
    limits = {"memory_limit": f"{memory_mb}MB", "temp_directory": str(folder / "spill")}
    spill = {"max_temp_directory_size": f"{4 * memory_mb}MB"}
    connection = duckdb.connect(":memory:", config={**CONFIG, **limits, **spill})
    paths = sorted(folder.glob("*.parquet"))
    for path in paths:
        connection.read_parquet(str(path)).create_view(path.stem)
    connection.execute(ALLOW, [[str(path) for path in paths]])
    for statement in LOCKS:
        connection.execute(statement)
    return connection


if __name__ == "__main__":
    sys.exit(main())
