"""An in-memory DuckDB that runs the expressions of an import over Arrow tables."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

import threading
from collections.abc import Callable, Sequence

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from weft.errors import Rejected, Transient
from weft.storage.ibis_statement import chain

MEMORY_MB = 512


class DuckdbColumns:
    """Runs Ibis expressions over tables that are handed in. Nothing is kept."""

    def __init__(self, *, threads: int = 2, memory_mb: int = MEMORY_MB) -> None:
        self._connection = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": f"{memory_mb}MB",
                "autoinstall_known_extensions": False,
            }
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        # It makes a join of every long IN; each holds all columns, so many columns would take gigabytes.
        self._connection.execute("SET disabled_optimizers = 'in_clause'")
        self._running = threading.Lock()

    def prepare(self, steps: Sequence[tuple[str, ir.Table]], name: str) -> Callable[[pa.Table], pa.Table]:
        """Compile steps over the one table `name`; return a function that runs them over a table like it.

        Each step has a name, under which later ones read it; the last one is the result. The rows come in any order,
        for several threads work on them.
        """
        sql = chain(steps)

        def run(table: pa.Table) -> pa.Table:
            with self._running:
                self._connection.register(name, table)
                try:
                    return self._connection.execute(sql).to_arrow_table()
                except duckdb.OutOfMemoryException as error:
                    raise Transient(f"The import needs more memory than there is ({error}).") from error
                except duckdb.Error as error:
                    raise Rejected(
                        f"A column of this file cannot be used: {error}", code="bad_column"
                    ) from error
                finally:
                    self._connection.unregister(name)

        return run

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()
