"""Who is who in five person files: Weft with default settings and no labels, and Splink 5 in the same run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cyclopts import Parameter
from pyarrow import csv

from bench.figure import Figure, Target, at_least, at_most, figure
from bench.town import write_town
from weft.identity.evaluation.pairs import quality

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "identity"
SPLINK = "5.0.0"
ENVIRONMENT = Path.home() / ".cache" / "weft-bench" / f"splink-{SPLINK}"
TOWN_RECORDS = 1_000_000
TOWN_SEED = 20_260_101

FEBRL = {
    "given_name": "given_name", "family_name": "surname", "street_number": "street_number", "street": "address_1",
    "text": "address_2", "city": "suburb", "postcode": "postcode", "region": "state", "birth_date": "date_of_birth",
    "national_id": "soc_sec_id",
}  # fmt: skip
FAKE = {
    "given_name": "first_name",
    "family_name": "surname",
    "birth_date": "dob",
    "city": "city",
    "email": "email",
}
CENSUS = {
    "given_name": "first_name", "family_name": "last_name", "birth_date": "date_of_birth", "initial": "middle_initial",
    "street": "street_name", "street_number": "street_number", "national_id": "ssn", "gender": "sex",
}  # fmt: skip
TOWN = {
    name: name
    for name in (
        "given_name",
        "family_name",
        "birth_date",
        "email",
        "phone",
        "street",
        "postcode",
        "city",
        "gender",
    )
}


class Set(msgspec.Struct, frozen=True):
    """A set of person files. kinds: what its columns are, for Splink; Weft finds out by itself."""

    kinds: dict[str, str]
    targets: tuple[Target, ...]
    link: bool = False


SETS = {
    "febrl3": Set(FEBRL, (at_least("febrl3_f1", 0.998), at_most("febrl3_ece", 0.02))),
    "febrl4": Set(FEBRL, (at_least("febrl4_f1", 0.999), at_most("febrl4_ece", 0.02)), link=True),
    "fake_1000": Set(FAKE, (at_least("fake_1000_f1", 0.87), at_most("fake_1000_ece", 0.02))),
    "census_w2": Set(CENSUS, (at_least("census_w2_precision", 0.98), at_most("census_w2_ece", 0.02))),
    "synthetic_1m": Set(
        TOWN,
        (
            at_least("synthetic_1m_f1", 0.92),
            at_most("synthetic_1m_ece", 0.02),
            at_most("synthetic_1m_seconds", 15),
            at_most("synthetic_1m_rss_mb", 1024),
        ),
    ),
}


def identity(
    *,
    which: Annotated[str, Parameter(name="--set", help=f"{', '.join(SETS)} or all.")] = "all",
    splink: Annotated[bool, Parameter(help="Also run Splink.")] = True,
) -> Figure:
    """Measure one set or all. seconds and rss_mb are those of the whole process: start, reading, writing."""
    if which != "all" and which not in SETS:
        raise RuntimeError(f"There is no set {which}. Known: {', '.join(SETS)}, all.")
    names = list(SETS) if which == "all" else [which]
    keys: dict[str, float | int | None] = {}
    targets: list[Target] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            files = _prepare(name, Path(folder))
            ours = _weft(name, files, Path(folder))
            keys |= {f"{name}_{key}": value for key, value in ours.items()}
            targets += SETS[name].targets
            if splink:
                theirs = _splink(name, files, Path(folder))
                keys |= {f"{name}_splink_{key}": value for key, value in theirs.items()}
                keys[f"{name}_times_faster"] = round(theirs["seconds"] / ours["seconds"], 2)
    notes = (
        [f"Splink {SPLINK} in its own environment, same files, same run, clusters at .95."] if splink else []
    )
    return figure("identity", keys, targets, notes)


def _prepare(name: str, folder: Path) -> list[Path]:
    """Write the files of a set as Parquet with the columns `record` (id) and `person` (truth)."""
    if name == "synthetic_1m":
        write_town(folder / "town.parquet", TOWN_RECORDS, TOWN_SEED)
        return [folder / "town.parquet"]
    if not DATA.is_dir():
        raise RuntimeError(f"the data sets are not here ({DATA})")
    return [_written(table, folder / f"{name}_{n}.parquet") for n, table in enumerate(_tables(name))]


def _tables(name: str) -> Iterator[pa.Table]:
    if name == "census_w2":
        for n, part in enumerate(("decennial_census", "taxes_w2_and_1099")):
            table = pq.read_table(DATA / f"pseudopeople_{part}.parquet")
            ids = pa.array([f"{n}-{row}" for row in range(table.num_rows)])
            yield table.append_column("record", ids).append_column(
                "person", table["simulant_id"].cast(pa.string())
            )
        return
    for file in {"febrl4": ("febrl4a", "febrl4b")}.get(name, (name,)):
        head = (DATA / f"{file}.csv").read_text("utf-8").partition("\n")[0].split(",")
        text = csv.ConvertOptions(column_types=dict.fromkeys(head, pa.string()), strings_can_be_null=True)
        table = csv.read_csv(DATA / f"{file}.csv", convert_options=text)
        table = table.rename_columns([one.strip() for one in head])
        columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
        blank = [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
        table = pa.table(dict(zip(table.column_names, blank, strict=True)))
        if name == "fake_1000":
            yield table.rename_columns(["record", *table.column_names[1:-1], "person"])
        else:
            person = pc.replace_substring_regex(table["rec_id"], r"rec-(\d+)-.*", r"\1")
            yield table.rename_columns(["record", *table.column_names[1:]]).append_column("person", person)


def _written(table: pa.Table, path: Path) -> Path:
    pq.write_table(table, path)
    return path


def _weft(name: str, files: list[Path], folder: Path) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "weft.cli.main",
        "resolve",
        *map(str, files),
        "--truth",
        "person",
        "--json",
    ]
    command += ["--id", "id" if name == "synthetic_1m" else "record", "--out", str(folder / "weft.parquet")]
    output, seconds, rss_mb = timed([*command, *(["--link"] if SETS[name].link else [])])
    told = json.loads(output)
    kept = ("f1", "precision", "recall", "b3_f1", "ece", "household_pairs")
    return {key: told[key] for key in kept} | {"seconds": seconds, "rss_mb": rss_mb}


def _splink(name: str, files: list[Path], folder: Path) -> dict[str, float]:
    out = folder / "splink.parquet"
    own = "id" if name == "synthetic_1m" else "record"
    inputs = _one_shape(name, files, folder) if not SETS[name].link else files
    job = {
        "files": [str(one) for one in inputs],
        "id": own,
        "kinds": SETS[name].kinds,
        "link": SETS[name].link,
        "out": str(out),
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    script = str(Path(__file__).with_name("splink_reference.py"))
    _, seconds, rss_mb = timed([splink_python(), script, str(folder / "job.json")])
    truth: dict[object, object] = {}
    for file in files:
        table = pq.read_table(file, columns=[own, "person"])
        truth.update(zip(table[own].to_pylist(), table["person"].to_pylist(), strict=True))
    clusters = pq.read_table(out, columns=[own, "cluster_id"])
    people = pc.dictionary_encode(pa.array([truth[one] for one in clusters[own].to_pylist()])).indices
    found = pc.dictionary_encode(clusters["cluster_id"].combine_chunks()).indices
    measured = quality(found.to_numpy().astype(np.int32), people.to_numpy().astype(np.int32))
    return {
        "f1": round(measured.f1, 6),
        "precision": round(measured.precision, 6),
        "recall": round(measured.recall, 6),
        "seconds": seconds,
        "rss_mb": rss_mb,
    }


def _one_shape(name: str, files: list[Path], folder: Path) -> list[Path]:
    """Put files with different columns into one, which Splink needs to find duplicates over them."""
    if name != "census_w2":
        return files
    wanted = ["record", *SETS[name].kinds.values()]
    tables: list[pa.Table] = []
    for file in files:
        table = pq.read_table(file)
        table = table.rename_columns([one.removeprefix("mailing_address_") for one in table.column_names])
        empty = pa.nulls(table.num_rows, pa.string())
        columns = {one: table[one] if one in table.column_names else empty for one in wanted}
        born = pc.strftime(columns["date_of_birth"], "%Y-%m-%d")
        tables.append(
            pa.table(
                {one: column.cast(pa.string()) for one, column in (columns | {"date_of_birth": born}).items()}
            )
        )
    return [_written(pa.concat_tables(tables), folder / "one.parquet")]


def timed(command: list[str]) -> tuple[bytes, float, float]:
    """Run a command; return its output, seconds and peak memory."""
    began = time.perf_counter()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, ["src", os.environ.get("PYTHONPATH")]))
    }
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=output, stderr=errors, cwd=ROOT, env=environment) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[0]} failed: {errors.read().decode()[-2000:]}")
        scale = 1024 if sys.platform != "darwin" else 1024**2
        return output.read(), round(seconds, 2), round(usage.ru_maxrss / scale, 1)


def splink_python() -> str:
    """Return the Python of Splink's own environment, which is made on first use."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = shutil.which("uv")
        if uv is None:
            raise RuntimeError("Splink needs uv to make its environment; install uv, or pass --no-splink.")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(ENVIRONMENT)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), f"splink=={SPLINK}"], check=True)
    return str(python)
