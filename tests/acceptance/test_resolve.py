"""`weft resolve` on real files, as a person would call it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.cli.main import run

MAP = "given_name=first_name,family_name=surname,birth_date=dob,city=city,email=email"


def test_it_finds_the_people_of_a_file(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people, out = shared_data / "identity" / "fake_1000.csv", tmp_path / "clusters.parquet"
    code = run(
        [
            "resolve",
            str(people),
            "--id",
            "unique_id",
            "--truth",
            "cluster",
            "--map",
            MAP,
            "--out",
            str(out),
            "--json",
        ]
    )
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["f1"] > 0.95
    assert told["records"] == 1000
    table = pq.read_table(out)
    assert table.column_names == ["id", "source", "cluster", "confidence"]
    assert len(set(table["cluster"].to_pylist())) == told["clusters"]


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (None, [], "There is no file"),
        ("", [], "is empty"),
        ("id,name\n", [], "has no rows"),
        ("id,name\n1,a\n1,b\n", [], "not unique"),
        ("id,name\n1,a\n,b\n", [], "have no id"),
        ("key,name\n1,a\n", [], "has no column 'id'. It has: key, name"),
        ("id,name\n1,a\n2,b\n", ["--truth", "who"], "has no column 'who'"),
        ("id,name\n1,a\n2,b\n", ["--map", "given_name=id"], "is the id or the truth"),
        ("id,name\n1,a\n2,b\n", ["--map", "given_name=nome"], "no file has"),
        ("id,name\n1,a\n2,b\n", ["--map", "colour=name"], "there is no kind colour"),
        ("id,name\n1,a\n2,b,c\n", [], "Every line needs as many cells as the first"),
        (b"id,name\n1,M\xfcller\n2,b\n", [], "Save it as UTF-8"),
        ("id,name\n1,a\n2,a\n", ["--map", "given_name=name"], "nothing tells one person from another"),
        ("id,name\n1,a\n2,b\n".encode("utf-16"), [], "is UTF-16; save it as UTF-8"),
        (gzip.compress(b"id,name\n1,a\n2,b\n", mtime=0), [], "is compressed; unpack it first"),
        (b"PK\x03\x04xlsx", [], "is an Excel or ZIP file; save it as CSV"),
        (b"PAR1 and then nothing", [], "is a damaged Parquet file"),
        ("\n \n", [], "is empty"),
        ("id,name\n1,a\n2,b\n", ["--country", "korea"], "two letters, such as KR"),
        ("id,name\n1,a\n2,b\n", ["--out", "/dev/null/clusters.parquet"], "cannot be written"),
    ],
)
def test_what_it_cannot_do_it_says(
    content: str | bytes | None,
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "people.csv"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    mapping = [] if "--map" in arguments else ["--map", "given_name=name"]
    assert run(["resolve", str(file), "--id", "id", *arguments, *mapping]) == 1
    shown = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert says in shown


def resolved(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run `weft resolve --json` on files whose rows are called by `id`."""
    assert run(["resolve", *arguments, "--id", "id", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("head", "end"),
    [
        ('id,"first\nname",last_name,dob\n', "\n"),
        ('id,"first, second, third name";last_name;dob\n'.replace("id,", "id;"), "\n"),
        ("\n\nid,first_name,last_name,dob\n", "\n"),
        ("id,first_name,last_name,dob\r", "\r"),
    ],
)
def test_however_a_table_begins_its_columns_are_found(
    head: str, end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    between = ";" if ";" in head else ","
    rows = [
        (str(n), name, f"Moore{'abc'[n % 2]}", f"19{60 + n}-01-02")
        for n, name in enumerate(("Ann", "Bob", "Cy") * 9)
    ]
    file = tmp_path / "people.csv"
    file.write_text(head + "".join(between.join(row) + end for row in rows), newline="")
    told = resolved(capsys, str(file))
    assert told["records"] == len(rows)
    assert [each["kind"] for each in told["mapping"]] == ["given_name", "family_name", "birth_date"]


def test_ids_that_are_no_values_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.parquet"
    pq.write_table(pa.table({"id": [{"a": 1}, {"a": 2}], "name": ["Ann Lee", "Bob Lee"]}), file)
    assert run(["resolve", str(file), "--id", "id"]) == 1
    assert "an id is a text or a number" in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_column_of_placeholders_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"
    rows = (f"{n},Ann Lee{'abc'[n % 3]},19{60 + n}-01-02,a{n}@example.com\n" for n in range(30))
    file.write_text("id,name,dob,email\n" + "".join(rows))
    told = resolved(capsys, str(file))
    assert any("no email can be used as email" in each for each in told["warnings"]), told["warnings"]


def test_files_with_nothing_in_common_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crm, shop = tmp_path / "crm.csv", tmp_path / "shop.csv"
    crm.write_text("id,name,dob\n" + "".join(f"{n},Ann Lee{n},19{60 + n}-01-02\n" for n in range(30)))
    shop.write_text("id,email\n" + "".join(f"{n},ann{n}@shop.kr\n" for n in range(30)))
    told = resolved(capsys, str(crm), str(shop), "--link")
    assert [each for each in told["warnings"] if "none of its rows can be linked" in each] == [
        f"{name} has no column like one of the other files': none of its rows can be linked with theirs."
        for name in ("crm.csv", "shop.csv")
    ]
