"""The files of a world: always the same bytes, importable as they are, and true to the truth."""

import csv
import hashlib
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.clock import DAY_US
from weft.collect.identifiers import normalise_identifier
from weft.demo.columns import uuids
from weft.demo.generate import generate
from weft.demo.live.messages import message_of
from weft.demo.live.present import Present
from weft.demo.mappings import FILES
from weft.demo.truth import normal_phone
from weft.demo.workspace import import_history
from weft.demo.world import World, check_world
from weft.errors import Rejected
from weft.sources.files.importer import try_file
from weft.sources.files.mapping import load_mapping
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log

SMALL = World(people=300, days=30, seed=2, until="2026-02-01")


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 2), ("two", 2), ("other", 3)):
        generate(tmp_path / name, World(**{**_fields(SMALL), "seed": seed}))
    one, two, other = (_digests(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["history/web/events.parquet"] != other["history/web/events.parquet"]


def _fields(world: World) -> dict[str, object]:
    return {name: getattr(world, name) for name in ("people", "days", "seed", "until")}


def test_a_world_is_made_once_and_never_over_another(tmp_path: Path) -> None:
    assert generate(tmp_path, SMALL)
    before = _digests(tmp_path)
    assert not generate(tmp_path, SMALL)
    with pytest.raises(Rejected, match="holds another world"):
        generate(tmp_path, World(people=301, days=30, seed=2, until="2026-02-01"))
    assert _digests(tmp_path) == before


def test_an_interrupted_world_is_made_anew(tmp_path: Path) -> None:
    def stop(fraction: float, name: str) -> None:
        if fraction:
            raise KeyboardInterrupt(name)

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, SMALL, stop)
    assert not (tmp_path / "world.json").exists()
    assert generate(tmp_path, SMALL)


def test_what_somebody_else_wrote_is_never_thrown_away(tmp_path: Path) -> None:
    own = tmp_path / "history" / "diary.txt"
    own.parent.mkdir()
    own.write_text("dear diary")
    with pytest.raises(Rejected, match="history/"):
        generate(tmp_path, SMALL)
    assert _digests(tmp_path) == {"history/diary.txt": hashlib.sha256(b"dear diary").hexdigest()}


@pytest.mark.parametrize("people", [1, 2, 7])
def test_the_smallest_worlds_can_be_made_imported_and_gone_on_with(tmp_path: Path, people: int) -> None:
    """A system that has nothing to tell has no file."""
    world = World(people=people, days=1, seed=1, until="2026-02-01")
    assert generate(tmp_path, world)
    data = tmp_path / "data"
    log = open_log("sqlite:///log.sqlite", data)
    with closing(log), closing(DuckdbColumns()) as engine:
        results = import_history(tmp_path, data, log, engine, world.until_us)
    assert all(each.rows for each in results.values())
    end_us = world.until_us + 30 * DAY_US
    present = Present(world, tmp_path).since(world.until_us)
    assert all(message_of(due, due.at_us) for due in takewhile(lambda due: due.at_us < end_us, present))


@pytest.mark.parametrize(
    "wrong", [{"people": 0}, {"days": 0}, {"seed": -1}, {"until": "soon"}, {"until": "2026-02-31"}]
)
def test_a_world_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Rejected):
        check_world(World(**{**_fields(SMALL), **wrong}))  # type: ignore[arg-type]


@pytest.mark.parametrize("each", FILES, ids=lambda each: each.path)
def test_each_file_imports_with_the_mapping_beside_it(made: Path, each: object) -> None:
    path = made / "history" / each.path  # type: ignore[attr-defined]
    mapping = load_mapping(path.with_name(path.name + ".mapping.yaml"))
    assert mapping == each.mapping  # type: ignore[attr-defined]
    trial = try_file(path, mapping, engine=DuckdbColumns(), source="test")
    assert trial.rows > 20
    assert trial.staged >= 0.98 * trial.rows
    assert {bad.reason for bad in trial.bad} <= {"created_at is no time: 0000-00-00"}


def test_the_truth_about_contacts_is_true(made: Path) -> None:
    """Each key of the export is in the truth as the importer would keep it, and only placeholders are not."""
    truth = pq.read_table(made / "truth/identifiers.parquet").to_pylist()
    people = {(row["namespace"], row["value"]): row["person"] for row in truth if row["system"] == "crm"}
    unknown: set[str] = set()
    with (made / "history/crm/contacts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            person = people["crm_id", row["contact_id"]]
            for namespace in ("email", "phone"):
                value = normalise_identifier(namespace, row[namespace])
                if value and (namespace, value) not in people:
                    unknown.add(value)
                elif value:
                    assert people[namespace, value] == person
    assert unknown <= {"01000000000", "0900000000", "+000"}


def test_some_people_stand_in_the_export_twice(made: Path) -> None:
    records = pq.read_table(made / "truth/records.parquet").to_pylist()
    contacts = [row["person"] for row in records if row["file"] == "crm/contacts.csv"]
    assert 0.02 < len(contacts) / len(set(contacts)) - 1 < 0.12


@pytest.mark.parametrize(
    "phone", ["010-1234-5678", "+82 10 1234", "0082 10 12345", "(+44) 7712", "12", "-", "없음"]
)
def test_phones_are_normalised_as_the_collector_does(phone: str) -> None:
    assert normal_phone(pa.array([phone]))[0].as_py() == normalise_identifier("phone", phone)


def test_ids_differ() -> None:
    import numpy as np

    ids = uuids(np.arange(20_000), np.arange(20_000) % 3, salt=1).to_pylist()
    assert len(set(ids)) == 20_000
    assert len(ids[0]) == 36


def test_no_truck_is_out_twice(made: Path) -> None:
    out: dict[str, str] = {}
    with (made / "history/rental/bookings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["truck"]]
    assert len(rows) > 20
    for row in rows:
        assert out.get(row["truck"], "") <= row["begins_at"]
        out[row["truck"]] = row["ends_at"]
