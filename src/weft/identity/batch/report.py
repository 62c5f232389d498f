"""One run of batch resolution over files: from the request to what is written and reported."""

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weft.errors import Rejected
from weft.identity.batch.assemble import KINDS, assemble, parse_mapping, slots_of
from weft.identity.batch.files import (
    PersonFile,
    check_there,
    column_names,
    read_file,
    sample_of,
    truth_codes,
    with_names_apart,
)
from weft.identity.batch.resolution import Resolution, resolve
from weft.identity.evaluation.pairs import expected_calibration_error, quality
from weft.identity.kinds.proposal.propose import propose
from weft.identity.scoring.scorer import probability
from weft.identity.scoring.table import Records

STARTED = time.monotonic()
SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for. mapping: `kind=column,...`, or None to have it proposed."""

    files: tuple[Path, ...]
    id_column: str
    truth_column: str | None = None
    mapping: str | None = None
    link: bool = False
    model: Path | None = None
    country: str | None = None


class Mapped(msgspec.Struct, frozen=True):
    """What a column was taken for, and why."""

    file: str
    column: str
    kind: str
    reason: str


class SharedValue(msgspec.Struct, frozen=True):
    """A value that too many records share to say who somebody is."""

    field: str
    value: str
    records: int


class Report(msgspec.Struct, frozen=True):
    """What `weft resolve --json` prints. precision to ece: only with a truth."""

    records: int
    clusters: int
    seconds: float
    rss_mb: float
    pairs_compared: int
    pairs_matched: int
    household_pairs: int
    threshold: float
    mapping: list[Mapped]
    shared_values: list[SharedValue]
    warnings: list[str]
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    b3_f1: float | None = None
    ece: float | None = None

    def figures(self) -> Iterator[tuple[str, float]]:
        """Give the numbers, in order."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, int | float):
                yield name, value


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a run."""

    request: Request
    files: Sequence[PersonFile]
    mapping: list[Mapped]
    records: Records
    resolution: Resolution
    warnings: list[str]

    def write(self, clusters: Path | None, pairs: Path | None) -> None:
        """Write clusters and scored pairs as Parquet."""
        ids = _ids(self.files)
        if clusters is not None:
            names = pa.array([str(one.path) for one in self.files])
            source = pa.DictionaryArray.from_arrays(pa.array(self.records.sources.astype(np.int32)), names)
            people = self.resolution.people
            columns = {
                "id": ids,
                "source": source,
                "cluster": people,
                "confidence": self.resolution.confidence,
            }
            _write(pa.table(columns), clusters)
        if pairs is not None:
            _write(self._pairs(ids), pairs)

    def _pairs(self, ids: pa.Array) -> pa.Table:
        one = self.resolution.pairs
        columns = {
            "id_left": ids.take(pa.array(one.left)),
            "id_right": ids.take(pa.array(one.right)),
            "bits": one.bits,
            "confidence": probability(one.bits),
            "household_bits": one.household,
        }
        return pa.table(columns)

    def report(self) -> Report:
        """Count and measure."""
        one, pairs = self.resolution, self.resolution.pairs
        figures: dict[str, float] = {}
        truth = truth_codes(self.files)
        if truth is not None:
            measured = quality(one.people, truth)
            known = (truth[pairs.left] >= 0) & (truth[pairs.right] >= 0)
            right: NDArray[np.bool_] = (truth[pairs.left] == truth[pairs.right])[known]
            figures = {
                "precision": measured.precision,
                "recall": measured.recall,
                "f1": measured.f1,
                "b3_f1": measured.b3_f1,
                "ece": expected_calibration_error(probability(pairs.bits)[known], right),
            }
        sizes = np.bincount(one.people)
        return Report(
            records=len(self.records),
            clusters=int((sizes > 0).sum()),
            seconds=round(_age_seconds(), 3),
            rss_mb=round(_rss_mb(), 1),
            pairs_compared=one.pairs_compared,
            pairs_matched=int((sizes.astype(np.int64) * (sizes - 1)).sum() // 2),
            household_pairs=int(((pairs.household > 0) & (pairs.bits < 0)).sum()),
            threshold=one.model.threshold,
            mapping=self.mapping,
            shared_values=[SharedValue(value.key, value.example, value.records) for value in one.shared],
            warnings=self.warnings,
            **{name: round(value, 6) for name, value in figures.items()},
        )


def run(request: Request, told: Callable[[str, float], None]) -> Result:
    """Read, map, normalise and resolve. Raises Rejected for what the caller must change."""
    if not request.files:
        raise Rejected("Name a file: weft resolve FILE … --id COLUMN --out clusters.parquet")
    told("reading", 0.0)
    for path in request.files:
        check_there(path)
    given = parse_mapping(request.mapping) if request.mapping is not None else None
    if given is not None:
        _check_given(given, request)
    files: list[PersonFile] = []
    mappings: list[dict[str, str]] = []
    mapped: list[Mapped] = []
    for path in request.files:
        file, kinds, told_of = _read(path, request, given)
        files.append(file)
        mappings.append(kinds)
        mapped += told_of
    slots = slots_of(mappings)
    if not slots:
        raise Rejected("No column says who somebody is. Say what the columns mean: --map given_name=first,…")
    records = assemble(files, slots, request.country)
    if not records.fields:
        raise Rejected(
            "Every column is empty or the same in all rows: nothing tells one person from another."
        )
    resolution = resolve(records, link=request.link, seed=SEED, told=told)
    return Result(request, files, mapped, records, resolution, [])


def _check_given(given: dict[str, str], request: Request) -> None:
    for column in given:
        if column in (request.id_column, request.truth_column):
            raise Rejected(f"--map uses the column {column}, which is the id or the truth. Leave it out.")
    known = {name.strip() for path in request.files for name in column_names(path)}
    for column in given:
        if column not in known:
            raise Rejected(
                f"--map names the column {column}, which no file has. Columns: {', '.join(sorted(known))}."
            )


def _read(
    path: Path, request: Request, given: dict[str, str] | None
) -> tuple[PersonFile, dict[str, str], list[Mapped]]:
    """Read a file; returns it with column → kind, and what its columns were taken for."""
    own = {request.id_column, request.truth_column}
    if given is not None:
        present = {name.strip() for name in column_names(path)}
        mapped = [
            Mapped(path.name, column, kind, "given") for column, kind in given.items() if column in present
        ]
    else:
        sample, rows = sample_of(path)
        proposed = propose({name: values for name, values in sample.items() if name not in own}, rows)
        mapped = [Mapped(path.name, column, one.kind, one.reason) for column, one in proposed.items()]
    kinds = {one.column: one.kind for one in mapped if one.kind in KINDS}
    file = read_file(path, request.id_column, request.truth_column, list(kinds))
    return *with_names_apart(file, kinds), mapped


def _ids(files: Sequence[PersonFile]) -> pa.Array:
    kinds = {one.ids.type for one in files}
    same = kinds.pop() if len(kinds) == 1 else pa.string()
    return pa.concat_arrays([one.ids.cast(same).combine_chunks() for one in files])


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def _age_seconds() -> float:
    """Return the seconds since this process began, its start and imports included, where the system tells."""
    try:
        began = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        import os

        now = float(Path("/proc/uptime").read_text().split()[0])
        return now - began / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return time.monotonic() - STARTED


def _rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2
