import csv
import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.errors import Rejected
from weft.sources.files import parquet_reader, raw
from weft.sources.files.mapping import Mapping, TimeColumn

WIRE = Mapping(
    kind="events",
    identifiers={"user_id": "userId", "email": "context.traits.email"},
    time=TimeColumn("timestamp"),
    type_column="type",
    event_column="event",
    message_id="messageId",
    spread="properties",
)
PLAIN = Mapping(kind="records", object="row", identifiers={"user_id": "id"})


def test_json_lines_of_a_wire_log(imports) -> None:
    path = imports.write(
        "log.jsonl",
        '{"type":"track","event":"Bought","userId":17,"messageId":"m1","timestamp":"2024-05-01T10:00:00+09:00",'
        '"properties":{"total":1.10,"none":null,"list":[1,null]},"context":{"traits":{"email":"A@B.io"}}}\n'
        '{"type":"identify","userId":"u2","messageId":"m2","timestamp":"2024-05-01T10:00:00Z"}\n',
    )
    imports.run(path, WIRE)
    first, second = imports.rows()
    assert first["identifiers"] == {"user_id": "17", "email": "a@b.io"}
    assert first["occurred_at"] == dt.datetime.fromisoformat("2024-05-01T01:00:00")
    assert (first["type"], first["name"], first["message_id"]) == ("track", "Bought", "m1")
    assert first["properties"] == {"total": 1.1, "none": None, "list": [1, None]}
    assert (second["type"], second["name"], second["properties"]) == ("identify", "", {})


@pytest.mark.parametrize("form", ["jsonl", "parquet", "parquet of objects", "csv"])
def test_an_event_keeps_its_context(imports, form: str) -> None:
    contexts = ['{"location":{"city":"서울"},"weather":"rain"}', "", None]
    mapping = Mapping(
        kind="events",
        identifiers={"user_id": "id"},
        time=TimeColumn("at"),
        event="Seen",
        context="context",
        properties={},
    )
    path = imports.folder / f"seen.{form.split(maxsplit=1)[0]}"
    objects = [json.loads(text) if text else None for text in contexts]
    rows = [{"id": f"u{n}", "at": "2026-01-01", "context": text} for n, text in enumerate(contexts)]
    told = [{**row, "context": object_} for row, object_ in zip(rows, objects, strict=True)]
    match form:
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in told), "utf-8")
        case "csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, ["id", "at", "context"])
                writer.writeheader()
                writer.writerows(rows)
        case _:
            pq.write_table(pa.Table.from_pylist(told if form.endswith("objects") else rows), path)
    imports.run(path, mapping)
    assert [row["context"] for row in imports.rows()] == [objects[0], {}, {}]


def test_a_context_that_is_none_is_a_fault_of_its_row(imports) -> None:
    start = '{"id":"u1","at":"2026-01-01","context":'
    lines = [start + each + "}" for each in ('"Seoul"', "[1]", '{"x":"a\\u0000"}')]
    mapping = Mapping(
        kind="events", identifiers={"user_id": "id"}, time=TimeColumn("at"), event="Seen", context="context"
    )
    imports.run(imports.write("r.jsonl", "\n".join(lines) + "\n"), mapping)
    assert [row["reason"] for row in imports.rejected()] == [
        "context holds no JSON object", "context holds no JSON object", "a NUL character in a text",
    ]  # fmt: skip
    records = Mapping(kind="records", object="row", identifiers={"user_id": "id"}, context="context")
    with pytest.raises(Rejected, match="context is not for records"):
        imports.run(imports.write("s.jsonl", lines[0] + "\n"), records)


def test_members_of_an_object_are_the_properties_as_they_are(imports) -> None:
    path = imports.write(
        "r.jsonl", '{"id":"u1","n":1,"x":null,"o":{"k":[true]}}\n\n{"id":"u2","later":"é"}\n'
    )
    imports.run(path, PLAIN)
    assert [row["properties"] for row in imports.rows()] == [
        {"id": "u1", "n": 1, "o": {"k": [True]}},
        {"id": "u2", "later": "é"},
    ]


def test_chosen_members_are_renamed(imports) -> None:
    mapping = Mapping(
        kind="records",
        object="row",
        identifiers={"user_id": "id"},
        properties={"amount": "a/b", "city": "at.city"},
    )
    imports.run(imports.write("r.jsonl", '{"id":1,"a/b":2.5,"at":{"city":"Seoul"}}\n{"id":2}\n'), mapping)
    assert [row["properties"] for row in imports.rows()] == [{"amount": 2.5, "city": "Seoul"}, {}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id":"u1","x":', "not a JSON object"),
        ("[1,2]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"id":"u1","x":"\\ud800"}', "not a JSON object"),
        ('{"id":"u1","x":"a\\u0000b"}', "a NUL character in a text"),
        ('{"id":"u1","x":123456789012345678901}', "a whole number beyond 64 bits"),
        ('{"id":"u1","x":1e999}', "not JSON that can be kept"),
        ('{"id":"u1","x":NaN}', "not JSON that can be kept"),
        ('{"id":"u1","x":' + "[" * 40 + "]" * 40 + "}", "nested deeper than 32 levels"),
        ('{"id":"u1","x":' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 32 levels"),
        ('{"id":{"a":1},"x":1}', ""),
        ('{"x":1}', "no identifier: id is empty"),
    ],
)
def test_what_the_wire_refuses_is_rejected(imports, line: str, reason: str) -> None:
    result = imports.run(imports.write("r.jsonl", f'{{"id":"u0"}}\n{line}\n{{"id":"u9"}}\n'), PLAIN)
    assert result.rows == 3
    assert [row["identifiers"]["user_id"] for row in imports.rows()][0::2][:1] == ["u0"]
    told = imports.rejected()
    assert [row["line"] for row in told] == (["2"] if reason else [])
    assert all(row["reason"].startswith(reason) for row in told)


def table_of_everything() -> pa.Table:
    at = dt.datetime.fromisoformat("2024-05-01T10:00:00.123456")
    return pa.table(
        {
            "id": pa.array([17850.0, None, 3.0]),
            "at": pa.array([at, at, None], pa.timestamp("ns", "Asia/Seoul")),
            "price": pa.array([Decimal("1.10"), Decimal("2.20"), None]),
            "ratio": [1.5, float("nan"), float("inf")],
            "count": pa.array([1, 2, 3], pa.int32()),
            "day": [dt.date(2024, 5, 1)] * 3,
            "naive": [at] * 3,
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "list": [[1, 2], None, []],
            "bytes": [b"\xff", None, b""],
            "new": [True, False, None],
            "dup": ["=x", "y", "z"],
        }
    )


def test_parquet_keeps_its_types(imports) -> None:
    path = imports.folder / "t.parquet"
    pq.write_table(table_of_everything(), path)
    mapping = Mapping(kind="records", object="row", identifiers={"user_id": "id"}, time=TimeColumn("at"))
    result = imports.run(path, mapping)
    assert result.rejected == 2
    (row,) = imports.rows()
    assert row["identifiers"] == {"user_id": "17850"}
    assert row["occurred_at"] == dt.datetime.fromisoformat("2024-05-01T10:00:00.123456")
    assert row["properties"] == {
        "id": 17850.0,
        "at": "2024-05-01T10:00:00.123456Z",
        "price": 1.1,
        "ratio": 1.5,
        "count": 1,
        "day": "2024-05-01",
        "naive": "2024-05-01T10:00:00.123456",
        "kind": "a",
        "list": [1, 2],
        "new": True,
        "dup": "=x",
    }
    assert [(bad["line"], bad["reason"]) for bad in imports.rejected()] == [
        ("2", "no identifier: id is empty"),
        ("3", "at is no time: (empty)"),
    ]


def test_parquet_goes_on_in_the_middle_of_a_row_group(imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "BATCH_ROWS", 1_000)
    monkeypatch.setattr(parquet_reader, "CHUNK_ROWS", 2_000)
    path = imports.folder / "n.parquet"
    pq.write_table(pa.table({"id": list(range(1, 9_501))}), path, row_group_size=4_500)

    class Dying:
        taken = 0

        def append_chunk(self, chunk) -> int:
            if self.taken == 2:
                raise KeyboardInterrupt
            self.taken += 1
            return imports.log.append_chunk(chunk)

    with pytest.raises(KeyboardInterrupt):
        imports.run(path, PLAIN, log=Dying())
    result = imports.run(path, PLAIN)
    assert result.resumed
    assert [row["properties"]["id"] for row in imports.rows()] == list(range(1, 9_501))
    assert imports.chunks()[2].key == f"{result.import_id}/2"


def test_a_damaged_parquet_file_keeps_what_was_read(imports) -> None:
    path = imports.folder / "n.parquet"
    pq.write_table(pa.table({"id": list(range(200_000))}), path, row_group_size=100_000, compression="zstd")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xff" * 20_000
    path.write_bytes(content)
    with pytest.raises(Rejected, match="damaged"):
        imports.run(path, PLAIN)


def test_two_names_that_differ_in_case_are_two_columns(imports) -> None:
    path = imports.folder / "c.parquet"
    pq.write_table(pa.table({"id": ["u1"], "Total": [1], "total": [2], 'q"u': [3]}), path)
    imports.run(path, PLAIN)
    assert imports.rows()[0]["properties"] == {"id": "u1", "Total": 1, "total": 2, 'q"u': 3}


def test_positions_are_left_to_the_tick_and_chunks_are_staged_columns(imports) -> None:
    path = imports.folder / "c.parquet"
    pq.write_table(pa.table({"id": ["u1", "u2"]}), path)
    imports.run(path, PLAIN)
    assert {row["position"] for row in imports.rows()} == {0}
    assert imports.chunks()[0].count == 2
    assert raw.CHUNK_ROWS == 250_000
