"""Bad input and the rules that hold whatever the input: nothing hangs, nothing merges the world."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.town import town
from pyarrow import csv

from weft.errors import Rejected
from weft.identity.batch import files
from weft.identity.batch.measured import measure
from weft.identity.batch.report import Report, Request, run
from weft.identity.scoring.model import load_model, save_model
from weft.identity.scoring.scorer import Scorer

TOWN = town(3_000, 5)


def report(path: Path, table: pa.Table, **wanted: object) -> Report:
    """Resolve a table."""
    pq.write_table(table, path / "people.parquet")
    request = Request((path / "people.parquet",), "id", "person", **wanted)  # type: ignore[arg-type]
    return run(request, lambda step, done: None).report()


def once_each(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return a row of each person, and another one of each who has two."""
    person = table["person"].to_numpy()
    _, first = np.unique(person, return_index=True)
    rest = np.setdiff1d(np.arange(len(person)), first)
    _, second = np.unique(person[rest], return_index=True)
    return first, rest[second]


def with_column(name: str, values: object) -> pa.Table:
    place = TOWN.column_names.index(name)
    return TOWN.set_column(place, name, pa.array(values, pa.string()))


def test_a_town_is_resolved(tmp_path: Path) -> None:
    told = report(tmp_path, TOWN)
    assert told.f1 is not None
    assert told.f1 > 0.97
    assert told.ece is not None
    assert told.ece < 0.03
    assert told.precision is not None
    assert told.precision > 0.97


@pytest.mark.parametrize("name", ["phone", "email", "family_name", "postcode", "birth_date"])
def test_everyone_with_the_same_value_changes_little(name: str, tmp_path: Path) -> None:
    same = {"birth_date": "1980-01-01", "email": "a@b.example", "phone": "0791234567"}.get(name, "same")
    told = report(tmp_path, with_column(name, [same] * len(TOWN)))
    assert told.precision is not None
    assert told.precision > 0.9


def test_a_value_that_very_many_share_is_reported_and_ties_nobody(tmp_path: Path) -> None:
    phones = TOWN["phone"].to_pylist()
    told = report(tmp_path, with_column("phone", ["07123456789"] * 1_000 + phones[1_000:]))
    assert 500 < told.shared_values[0].people <= 1_000
    assert any("people share phone" in warning for warning in told.warnings)
    assert told.precision is not None
    assert told.precision > 0.95


@pytest.mark.parametrize("every", [1, 4])
def test_what_is_the_same_in_every_row_is_left_out_and_named(every: int, tmp_path: Path) -> None:
    phones = ["07123456789" if row % every == 0 else None for row in range(len(TOWN))]
    told = report(tmp_path, with_column("phone", phones))
    assert [one.column for one in told.mapping if one.same is not None] == ["phone"]
    assert any("phone" in warning and "7123456789" in warning for warning in told.warnings)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_a_column_means_is_not_told_by_its_first_rows_alone(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted by its phone: a third of the people have the same one, and stand first."""
    monkeypatch.setattr(files, "SAMPLE_ROWS", 500)
    monkeypatch.setattr(files, "SAMPLE_BYTES", 60_000)
    phones = TOWN["phone"].to_pylist()
    table = with_column("phone", ["07123456789"] * 1_000 + phones[1_000:])
    path = tmp_path / f"people.{form}"
    pq.write_table(table, path) if form == "parquet" else csv.write_csv(table, path)
    told = run(Request((path,), "id", "person"), lambda step, done: None).report()
    assert {one.kind for one in told.mapping if one.column == "phone"} == {"phone"}
    assert [(one.field, one.value) for one in told.shared_values] == [("phone", "+447123456789")]
    assert told.precision is not None
    assert told.precision > 0.95


def test_a_column_of_nothing_is_no_evidence(tmp_path: Path) -> None:
    told = report(tmp_path, with_column("email", [None] * len(TOWN)))
    assert told.f1 is not None
    assert told.f1 > 0.9


def test_ten_thousand_letters_mixed_scripts_and_dates_that_are_none_are_read(tmp_path: Path) -> None:
    names = TOWN["given_name"].to_pylist()
    names[:6] = ["x" * 10_000, "김민수", "é", "🙂", "\u202eabc", "a"]
    dates = TOWN["birth_date"].to_pylist()
    dates[:4] = ["2023-02-30", "0000-00-00", "yesterday", "99/99/9999"]
    table = with_column("given_name", names)
    table = table.set_column(table.column_names.index("birth_date"), "birth_date", pa.array(dates))
    told = report(tmp_path, table)
    assert told.f1 is not None
    assert told.f1 > 0.97


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_a_handful_of_records_is_enough(count: int, tmp_path: Path) -> None:
    assert report(tmp_path, TOWN.slice(0, count)).records == count


def test_nobody_twice_stays_nobody_twice(tmp_path: Path) -> None:
    _, first = np.unique(TOWN["person"].to_numpy(), return_index=True)
    told = report(tmp_path, TOWN.take(np.sort(first)))
    assert told.pairs_matched <= 3


def test_two_that_differ_in_the_national_id_alone_are_told(tmp_path: Path) -> None:
    ids = [str(100_000_000 + 7_919 * one) for one in TOWN["person"].to_pylist()]
    table = TOWN.append_column("national_id", pa.array(ids))
    again = table.slice(0, 1).to_pylist()[0] | {"id": 10**6, "national_id": "555000111"}
    told = report(tmp_path, pa.concat_tables([table, pa.Table.from_pylist([again], table.schema)]))
    assert any("more than one national_id" in warning for warning in told.warnings)


def test_the_same_records_give_the_same_people(tmp_path: Path) -> None:
    pq.write_table(TOWN, tmp_path / "a.parquet")
    request = Request((tmp_path / "a.parquet",), "id")
    first, again = (run(request, lambda step, done: None).resolution.people for _ in range(2))
    assert np.array_equal(first, again)


def test_a_model_that_was_saved_scores_as_it_did(tmp_path: Path) -> None:
    pq.write_table(TOWN, tmp_path / "a.parquet")
    result = run(Request((tmp_path / "a.parquet",), "id", "person"), lambda step, done: None)
    save_model(result.trained(), tmp_path / "model.json")
    assert load_model(tmp_path / "model.json") == result.trained()
    told = report(tmp_path, TOWN, model=tmp_path / "model.json")
    assert told.f1 is not None
    assert told.f1 > 0.97
    assert told.ece is not None
    assert told.ece < 0.02


def test_a_model_of_other_fields_is_refused(tmp_path: Path) -> None:
    pq.write_table(TOWN, tmp_path / "a.parquet")
    result = run(Request((tmp_path / "a.parquet",), "id", None, "email=email"), lambda step, done: None)
    save_model(result.trained(), tmp_path / "model.json")
    with pytest.raises(Rejected, match="knows other fields: email"):
        report(tmp_path, TOWN, mapping="given_name=given_name,phone=phone", model=tmp_path / "model.json")


def test_explanations_sum_to_their_total(tmp_path: Path) -> None:
    pq.write_table(TOWN, tmp_path / "a.parquet")
    result = run(Request((tmp_path / "a.parquet",), "id"), lambda step, done: None)
    rng = np.random.default_rng(3)
    for left, right in rng.integers(0, len(TOWN), (200, 2)).tolist():
        why = result.explain(str(left), str(right))
        assert why.prior + sum(one.bits for one in why.fields) + why.household == pytest.approx(
            why.bits, abs=1e-6
        )
        assert why.household <= 1e-3
        assert 0 <= why.confidence <= 1
    with pytest.raises(Rejected, match="No record has the id 'nobody'"):
        result.explain("nobody", "1")


def test_look_alikes_in_a_list_are_not_taken_for_people_who_stand_there_twice(tmp_path: Path) -> None:
    made = town(8_000, 8)
    rng = np.random.default_rng(8)
    first, second = once_each(made)
    first = first[rng.random(len(first)) < 0.5]
    alone = np.unique(first[rng.random(len(first)) < 0.2])
    mine = np.setdiff1d(first, alone)
    person = made["person"].to_numpy()
    other = np.concatenate([second, alone[~np.isin(person[alone], person[second])]])
    paths = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    pq.write_table(made.take(mine), paths[0])
    pq.write_table(made.take(np.sort(other)), paths[1])
    result = run(Request(paths, "id", "person", link=True), lambda step, done: None)
    told = result.report()
    assert np.bincount(result.resolution.people).max() == 2
    assert told.precision is not None
    assert told.precision > 0.95


def test_linking_is_one_to_one_where_nobody_stands_twice(tmp_path: Path) -> None:
    first, second = once_each(TOWN)
    paths = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    other = TOWN.rename_columns(
        ["id", "person", "forename", "surname", "dob", "mail", "tel", "address", "zip", "town", "sex"]
    )
    pq.write_table(TOWN.take(first), paths[0])
    pq.write_table(other.take(second), paths[1])
    result = run(Request(paths, "id", "person", link=True), lambda step, done: None)
    sizes = np.bincount(result.resolution.people)
    assert sizes.max() == 2
    told = result.report()
    assert told.f1 is not None
    assert told.f1 > 0.98
    assert told.ece is not None
    assert told.ece < 0.01
    why = result.explain(*(str(table["id"][0].as_py()) for table in map(pq.read_table, paths)))
    assert why.prior + sum(one.bits for one in why.fields) + why.household == pytest.approx(
        why.bits, abs=1e-6
    )
    assert (
        why.prior > Scorer(result.resolution.model).prior + 3
    )  # hardly anybody of the shorter list is left over
    result.write(tmp_path / "clusters.parquet", tmp_path / "pairs.parquet")
    measured = measure(tmp_path / "clusters.parquet", paths, "id", "person")
    assert measured.f1 == pytest.approx(told.f1, abs=1e-6)
    pairs = pq.read_table(tmp_path / "pairs.parquet")
    assert pairs.column_names == ["id_left", "id_right", "bits", "confidence", "household_bits"]
