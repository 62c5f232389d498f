"""Measuring clusters that were written against the truth in files."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from weft.errors import Rejected
from weft.identity.batch.files import check_there, read_file, truth_codes
from weft.identity.evaluation.pairs import quality


class Measured(msgspec.Struct, frozen=True):
    """Pairwise precision, recall and F1 after closure, and B-cubed F1."""

    precision: float
    recall: float
    f1: float
    b3_f1: float


def measure(clusters: Path, files: Sequence[Path], id_column: str, truth_column: str) -> Measured:
    """Compare clusters with the truth. Raises Rejected for missing files and columns, and records in no cluster."""
    for path in (clusters, *files):
        check_there(path)
    if not files:
        raise Rejected("Name the files with the truth: weft identity evaluate clusters.parquet FILE …")
    try:
        table = pq.read_table(clusters)
    except pa.ArrowInvalid as error:
        raise Rejected(f"{clusters} is no Parquet file. `weft resolve … --out` writes one.") from error
    for needed in ("id", "cluster", *(["source"] if len(files) > 1 else [])):
        if needed not in table.column_names:
            raise Rejected(f"{clusters} has no column {needed}. `weft resolve … --out` writes such a file.")
    read = [read_file(path, id_column, truth_column, []) for path in files]
    truth = truth_codes(read)
    wanted = _keys([(str(one.path), one.ids) for one in read], len(files))
    sources = table["source"].cast(pa.string()) if len(files) > 1 else None
    known = table["id"].cast(pa.string())
    if sources is not None:
        known = pc.binary_join_element_wise(sources, known, "\t")
    places = pc.index_in(wanted, value_set=known.combine_chunks())
    if places.null_count or truth is None:
        raise Rejected(f"{places.null_count:,} records of the files are not in {clusters}.")
    found = pc.dictionary_encode(table["cluster"].combine_chunks()).indices.take(places)
    measured = quality(found.to_numpy().astype(np.int32), truth)
    return Measured(measured.precision, measured.recall, measured.f1, measured.b3_f1)


def _keys(ids: Sequence[tuple[str, pa.ChunkedArray]], files: int) -> pa.Array:
    texts = [
        pc.binary_join_element_wise(path, one.cast(pa.string()), "\t") if files > 1 else one.cast(pa.string())
        for path, one in ids
    ]
    return pa.chunked_array([chunk for text in texts for chunk in text.chunks], pa.string()).combine_chunks()
