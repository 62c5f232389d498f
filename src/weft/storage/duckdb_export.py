"""Events out of the warehouse as Parquet, and back for a replay."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from weft.model.staged import STAGED
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.ibis_statement import select, table

BATCH_EVENTS = 50_000


def export_events(warehouse: Warehouse, path: Path) -> int:
    """Write every event and record, in the order of positions, as staged rows; return how many.

    The file appears under its name only when it is whole.
    """
    event = table("event").select(*STAGED.names).order_by("position")
    reader = warehouse.cursor().execute(select(event)).to_arrow_reader(BATCH_EVENTS)
    fresh = path.with_name(path.name + ".part")
    count = 0
    with pq.ParquetWriter(fresh, STAGED, compression="zstd") as writer:
        for batch in reader:
            writer.write_table(pa.Table.from_batches([batch]).cast(STAGED))
            count += batch.num_rows
    fresh.replace(path)
    return count


def exported_events(path: Path) -> Iterator[pa.Table]:
    """Yield an export's rows, in the order of positions."""
    for batch in pq.ParquetFile(path).iter_batches(BATCH_EVENTS):
        yield pa.Table.from_batches([batch]).cast(STAGED)
