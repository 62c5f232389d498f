"""One run of batch resolution over files: from the request to what is written and reported."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weft.errors import Rejected
from weft.identity.batch.assemble import KINDS, Slot, assemble, parse_mapping, slots_of
from weft.identity.batch.files import (
    PersonFile,
    check_there,
    column_names,
    read_file,
    sample_of,
    truth_codes,
    with_names_apart,
)
from weft.identity.batch.noticed import Mapped, SharedValue, shared_values, warnings
from weft.identity.batch.resolution import Resolution, resolve
from weft.identity.evaluation.mistakes import worst
from weft.identity.evaluation.pairs import expected_calibration_error, quality
from weft.identity.kinds.proposal.propose import propose
from weft.identity.scoring.adopt import adopt
from weft.identity.scoring.calibrate import confidence, isotonic
from weft.identity.scoring.explain import Explanation
from weft.identity.scoring.model import Model, load_model
from weft.identity.scoring.table import Records

STARTED = time.monotonic()
SEED = 20_240_229
MISTAKES = 5
NOTHING_TELLS = "Every column is empty or the same in all rows: nothing tells one person from another."


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


class Mistake(msgspec.Struct, frozen=True):
    """Two records that were merged or kept_apart, against the truth, and why."""

    what: str
    left: str
    right: str
    why: Explanation


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
    mistakes: list[Mistake] = []
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
        one, model = self.resolution.pairs, self.resolution.model
        columns = {
            "id_left": ids.take(pa.array(one.left)),
            "id_right": ids.take(pa.array(one.right)),
            "bits": one.bits,
            "confidence": confidence(model, one.bits),
            "household_bits": one.household,
        }
        return pa.table(columns)

    def trained(self) -> Model:
        """Return the model, calibrated where the truth is known."""
        model, pairs = self.resolution.model, self.resolution.pairs
        truth = truth_codes(self.files)
        if truth is None:
            return model
        known = (truth[pairs.left] >= 0) & (truth[pairs.right] >= 0)
        right = truth[pairs.left] == truth[pairs.right]
        return msgspec.structs.replace(model, calibration=isotonic(pairs.bits[known], right[known]))

    def explain(self, one: str, other: str) -> Explanation:
        """Explain two records by their ids. Raises Rejected for an id that is not there."""
        ids = _ids(self.files).cast(pa.string())
        places = [pc.index(ids, wanted).as_py() for wanted in (one, other)]
        for wanted, place in zip((one, other), places, strict=True):
            if place < 0:
                raise Rejected(f"No record has the {self.request.id_column} {wanted!r}.")
        return self.resolution.explain(self.records, *places)

    def _mistakes(self, truth: NDArray[np.int32]) -> list[Mistake]:
        pairs, ids = self.resolution.pairs, _ids(self.files).cast(pa.string())
        places = worst(pairs.left, pairs.right, pairs.bits, self.resolution.people, truth, MISTAKES)
        found: list[Mistake] = []
        for what, mine in zip(("merged", "kept_apart"), places, strict=True):
            for place in mine.tolist():
                left, right = int(pairs.left[place]), int(pairs.right[place])
                why = self.resolution.explain(self.records, left, right)
                found.append(Mistake(what, ids[left].as_py(), ids[right].as_py(), why))
        return found

    def report(self) -> Report:
        """Count and measure."""
        one, pairs = self.resolution, self.resolution.pairs
        figures: dict[str, float] = {}
        mistakes: list[Mistake] = []
        truth = truth_codes(self.files)
        if truth is not None:
            measured = quality(one.people, truth)
            known = (truth[pairs.left] >= 0) & (truth[pairs.right] >= 0)
            right: NDArray[np.bool_] = (truth[pairs.left] == truth[pairs.right])[known]
            mistakes = self._mistakes(truth)
            figures = {
                "precision": measured.precision,
                "recall": measured.recall,
                "f1": measured.f1,
                "b3_f1": measured.b3_f1,
                "ece": expected_calibration_error(confidence(one.model, pairs.bits)[known], right),
            }
        sizes = np.bincount(one.people)
        shared = shared_values(self.records, one.people)
        return Report(
            records=len(self.records),
            clusters=int((sizes > 0).sum()),
            seconds=round(_age_seconds(), 3),
            rss_mb=round(_rss_mb(), 1),
            pairs_compared=one.pairs_compared,
            pairs_matched=int((sizes.astype(np.int64) * (sizes - 1)).sum() // 2),
            household_pairs=pairs.households,
            threshold=one.model.threshold,
            mapping=self.mapping,
            shared_values=shared,
            warnings=warnings(self.files, self.mapping, self.records, one.people, shared),
            mistakes=mistakes,
            **{name: round(value, 6) for name, value in figures.items()},
        )


def run(request: Request, told: Callable[[str, float], None]) -> Result:
    """Read, map, normalise and resolve. Raises Rejected for what the caller must change."""
    if not request.files:
        raise Rejected("Name a file: weft resolve FILE … --id COLUMN --out clusters.parquet")
    if request.country is not None and not re.fullmatch("[A-Za-z]{2}", request.country):
        raise Rejected(f"--country {request.country}: say it with two letters, such as KR.")
    told("reading", 0.0)
    for path in request.files:
        check_there(path)
    given = parse_mapping(request.mapping) if request.mapping is not None else None
    if given is not None:
        _check_given(given, request)
    files, kinds, told_of = zip(*(_read(path, request, given) for path in request.files), strict=True)
    slots = slots_of(kinds)
    if not slots and any(one.same is not None for mine in told_of for one in mine):
        raise Rejected(NOTHING_TELLS)
    if not slots:
        raise Rejected("No column says who somebody is. Say what the columns mean: --map given_name=first,…")
    records, left_out = assemble(files, slots, request.country)
    files = [replace(one, columns={}) for one in files]  # most of the memory, and no longer needed
    mapped = [_mark(one, slots, left_out) for mine in told_of for one in mine]
    if not records.fields:
        raise Rejected(NOTHING_TELLS)
    model = None
    if request.model is not None:
        model, records = adopt(load_model(request.model), records)
    resolution = resolve(records, link=request.link, seed=SEED, told=told, model=model)
    return Result(request, files, mapped, records, resolution)


def _mark(one: Mapped, slots: Sequence[Slot], left_out: Mapping[str, str | None]) -> Mapped:
    """Write down why a column was left out: all its rows that say something say the same, or none says anything."""
    said = [left_out[slot.name] for slot in slots if slot.name in left_out and one.column in slot.columns]
    return msgspec.structs.replace(one, same=said[0], unusable=said[0] is None) if said else one


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
        mapped = [
            Mapped(path.name, column, one.kind, one.reason, one.same) for column, one in proposed.items()
        ]
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
