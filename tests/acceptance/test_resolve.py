"""`weft resolve` on real files, as a person would call it."""

import json
from pathlib import Path

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
