import datetime as dt
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from weft.errors import Rejected
from weft.sources.files.mapping import Mapping, TimeColumn, load_mapping
from weft.sources.files.text import reader

ORDERS = Mapping(
    kind="records",
    object="order",
    identifiers={"user_id": "user"},
    time=TimeColumn("at"),
    types={"total": "number", "gift": "boolean"},
)
EVENTS = Mapping(kind="events", identifiers={"user_id": "user"}, time=TimeColumn("at"), event="Visited")


def test_a_row_becomes_a_record(imports) -> None:
    path = imports.write(
        "orders.csv", "user,at,total,gift,note\nu1,2024-05-01 10:00:00,12.50,yes,\nu2,2024-05-02,7,no,x\n"
    )
    result = imports.run(path, ORDERS)
    assert (result.rows, result.staged, result.rejected, result.chunks) == (2, 2, 0, 1)
    first, second = imports.rows()
    assert first["type"] == "record"
    assert first["name"] == "order"
    assert first["identifiers"] == {"user_id": "u1"}
    assert first["occurred_at"] == dt.datetime.fromisoformat("2024-05-01T10:00:00")
    assert first["properties"] == {
        "user": "u1",
        "at": "2024-05-01 10:00:00",
        "total": 12.5,
        "gift": True,
    }
    assert second["properties"]["total"] == 7
    assert first["record_id"] != second["record_id"]


def test_lines_that_are_alike_are_all_kept(imports) -> None:
    path = imports.write("orders.csv", "user,at,total,gift\n" + "u1,2024-05-01,5,no\n" * 3)
    imports.run(path, ORDERS)
    rows = imports.rows()
    assert len({row["record_id"] for row in rows}) == 3
    assert len({row["message_id"] for row in rows}) == 3


def test_a_record_with_a_key_has_a_new_message_for_each_version(imports) -> None:
    keyed = Mapping(kind="records", object="order", identifiers={"user_id": "user"}, record_id="id")
    imports.run(imports.write("a.csv", "id,user,total\n7,u1,5\n8,u1,6\n"), keyed)
    imports.run(imports.write("b.csv", "id,user,total\n7,u1,9\n8,u1,6\n"), keyed)
    seven, eight, newer, same = imports.rows()
    assert seven["record_id"] == newer["record_id"] == "7"
    assert seven["message_id"] != newer["message_id"]
    assert eight["message_id"] == same["message_id"]


def test_bad_rows_go_to_a_file_with_their_line_and_reason(imports) -> None:
    text = (
        "user,at,total,gift\n"
        'u1,2024-05-01,"1\n2",no\n'  # lines 2 and 3
        "u2,2024-05-01,5\n"  # line 4: ragged
        ",2024-05-01,5,no\n"  # line 5: nobody
        "u3,yesterday,5,no\n"  # line 6
        "\n"
        "u4,2024-05-01,5,no\n"  # line 8
        "=1+1,2024-13-01,5,no\n"  # line 9
        "null,2024-05-01,5,no\n"  # line 10
    )
    result = imports.run(imports.write("orders.csv", text), ORDERS)
    assert (result.rows, result.staged, result.rejected) == (7, 2, 5)
    told = [(row["line"], row["reason"]) for row in imports.rejected()]
    assert told == [
        ("4", "3 fields where the header has 4"),
        ("5", "no identifier: user is empty"),
        ("6", "at is no time: yesterday"),
        ("9", "at is no time: 2024-13-01"),
        ("10", "no identifier: no usable user_id in user"),
    ]
    assert imports.rejected()[3]["row"] == "'=1+1,2024-13-01,5,no"
    assert [row["identifiers"]["user_id"] for row in imports.rows()] == ["u1", "u4"]


def test_nothing_in_a_row_stops_the_import(imports) -> None:
    text = b"user,at,total,gift\n" + b"\n".join(
        [
            b"u1,2024-05-01,5,no",
            b"u2,2024-05-01,\xff\xfe,no",
            b"u3,2024-05-01,a\x00b,no",
            b"u4,2024-05-01," + b"x" * (2 << 20) + b",no",
            b"u5,2024-05-01,a\rb,no",
            b'u6,2024-05-01,"open,no',
            b"u7,2024-05-01,5,no",
        ]
    )
    result = imports.run(imports.write("orders.csv", text), replace(ORDERS, encoding="utf-8"))
    assert [row["identifiers"]["user_id"] for row in imports.rows()] == ["u1", "u7"]
    assert result.rows == 7
    assert [(row["line"], row["reason"]) for row in imports.rejected()] == [
        ("3", "not UTF-8"),
        ("4", "a NUL byte"),
        ("5", "longer than 1048576 bytes"),
        ("6", "a carriage return that ends no line"),
        ("7", "a quote that is never closed"),
    ]


def test_a_field_of_ten_megabytes_is_rejected_and_the_lines_stay_right(imports) -> None:
    text = b"user,at\nu1,2024-05-01\n" + b"y" * (10 << 20) + b",2024-05-01\nu2,2024-05-01\nu3,never\n"
    imports.run(imports.write("big.csv", text), ORDERS_PLAIN)
    assert [row["identifiers"]["user_id"] for row in imports.rows()] == ["u1", "u2"]
    assert [row["line"] for row in imports.rejected()] == ["3", "5"]


ORDERS_PLAIN = Mapping(kind="records", object="order", identifiers={"user_id": "user"}, time=TimeColumn("at"))


def test_every_column_type_is_kept(imports) -> None:
    mapping = Mapping(
        kind="records",
        object="row",
        identifiers={"user_id": "id"},
        types={"n": "number", "whole": "integer", "comma": "decimal_comma", "id": "number"},
    )
    cells = [
        ("1,234.50", "1.234,5", "12"),
        ("007", "3", "1.5"),
        ("-3e2", "x", "x"),
        ("NaN", "", ""),
        ("+5", "0,25", "12345678901234567890"),
    ]
    text = "id;n;comma;whole\n" + "".join(f"{i}7850.0;{n};{c};{w}\n" for i, (n, c, w) in enumerate(cells, 1))
    imports.run(imports.write("n.csv", text), mapping)
    rows = imports.rows()
    assert [row["identifiers"]["user_id"] for row in rows] == ["17850", "27850", "37850", "47850", "57850"]
    assert [row["properties"].get("n") for row in rows] == [1234.5, "007", -300, None, 5]
    assert [row["properties"].get("comma") for row in rows] == [1234.5, 3, "x", None, 0.25]
    whole = [row["properties"].get("whole") for row in rows]
    assert whole == [12, 1.5, "x", None, "12345678901234567890"]
    assert isinstance(whole[0], int)


@pytest.mark.parametrize(
    ("written", "time", "expected"),
    [
        ("2024-05-01T10:00:00+09:00", TimeColumn("at"), "2024-05-01T01:00:00"),
        ("2024-05-01T10:00:00Z", TimeColumn("at", timezone="Asia/Seoul"), "2024-05-01T10:00:00"),
        ("2024-05-01 10:00", TimeColumn("at", timezone="Asia/Seoul"), "2024-05-01T01:00:00"),
        ("1714557600", TimeColumn("at", "unix_s"), "2024-05-01T10:00:00"),
        ("1714557600123", TimeColumn("at", "unix_ms"), "2024-05-01T10:00:00.123000"),
        ("12/1/2010 8:26", TimeColumn("at", "%m/%d/%Y %H:%M"), "2010-12-01T08:26:00"),
        ("2024년 5월 1일 오후 3:05", TimeColumn("at", "%Y년 %m월 %d일 %p %I:%M"), "2024-05-01T15:05:00"),
        ("2024/05/01", TimeColumn("at", "%Y/%m/%d", "Asia/Taipei"), "2024-04-30T16:00:00"),
        ("01/May/2024:10:00:00 +0200", TimeColumn("at", "%d/%b/%Y:%H:%M:%S %z"), "2024-05-01T08:00:00"),
    ],
)
def test_times_become_utc(imports, written: str, time: TimeColumn, expected: str) -> None:
    mapping = Mapping(kind="events", identifiers={"user_id": "user"}, time=time, event="Visited")
    imports.run(imports.write("t.csv", f"user,at\nu1,{written}\n"), mapping)
    (row,) = imports.rows()
    assert row["occurred_at"].isoformat() == expected


def test_an_event_has_its_own_id_or_one_from_the_file(imports) -> None:
    own = Mapping(
        kind="events",
        identifiers={"user_id": "user"},
        time=TimeColumn("at"),
        event_column="what",
        message_id="id",
    )
    text = "id,user,at,what\nm1,u1,2024-05-01,Bought\n,u2,2024-05-01,Viewed\nm3,u3,2024-05-01,\n"
    result = imports.run(imports.write("e.csv", text), own)
    first, second = imports.rows()
    assert (first["message_id"], first["name"], first["type"]) == ("m1", "Bought", "track")
    assert second["message_id"] == f"{result.import_id}:3"
    assert first["properties"] == {}
    assert imports.rejected()[0]["reason"] == "no event name"


def test_identifiers_are_those_of_the_wire(imports) -> None:
    mapping = Mapping(kind="records", object="contact", identifiers={"email": "mail", "phone": "tel"})
    text = "mail,tel\n Kim@Example.COM ,+82 10-1234-5678\n,010 1234 5678\nnobody,\n"
    imports.run(imports.write("c.csv", text), mapping)
    assert [row["identifiers"] for row in imports.rows()] == [
        {"email": "kim@example.com", "phone": "+821012345678"},
        {"phone": "01012345678"},
    ]


def test_consent_is_what_a_column_says_and_nothing_else(imports) -> None:
    mapping = Mapping(
        kind="records", object="contact", identifiers={"user_id": "user"}, consent={"marketing": "ok"}
    )
    imports.run(imports.write("c.csv", "user,ok\nu1,yes\nu2,N\nu3,maybe\nu4,\n"), mapping)
    assert [row["consent"] for row in imports.rows()] == [
        '{"marketing":true}',
        '{"marketing":false}',
        None,
        None,
    ]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_other_encodings(imports, encoding: str) -> None:
    path = imports.write("k.csv", "회원번호,이름\n17,김철수\n18,이영희\n".encode(encoding))
    named = "" if encoding == "utf-8-sig" else encoding
    mapping = Mapping(kind="records", object="contact", identifiers={"user_id": "회원번호"}, encoding=named)
    imports.run(path, mapping)
    assert [row["properties"]["이름"] for row in imports.rows()] == ["김철수", "이영희"]


def test_the_same_import_again_does_nothing(imports) -> None:
    path = imports.write("orders.csv", "user,at,total,gift\nu1,2024-05-01,5,no\n,2024-05-01,5,no\n")
    first = imports.run(path, ORDERS)
    again = imports.run(path, ORDERS, received_at_us=RECEIVED_LATER_US)
    assert again.already
    assert (again.rows, again.staged, again.rejected) == (first.rows, first.staged, first.rejected)
    assert imports.log.backlog().head == 1
    assert len(imports.rejected()) == 1


RECEIVED_LATER_US = 1_800_000_000_000_000


class _Killed(Exception):
    pass


class _DyingLog:
    """The real log, that is gone before or after it takes its n-th chunk."""

    def __init__(self, log, dies_at: int, *, after: bool) -> None:
        self._log = log
        self._left = dies_at
        self._after = after

    def append_chunk(self, chunk) -> int:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise _Killed
        last = self._log.append_chunk(chunk)
        if self._left == 0:
            raise _Killed
        return last


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_restart_goes_on_where_it_stopped(
    imports, monkeypatch: pytest.MonkeyPatch, dies_at: int, *, after: bool
) -> None:
    monkeypatch.setattr(reader, "PIECE_BYTES", 300)
    monkeypatch.setattr(reader, "CHUNK_BYTES", 600)
    lines = [
        f"u{n},2024-05-01 00:00:{n % 60:02},{n},no" if n % 7 else f",2024-05-01,{n},no" for n in range(100)
    ]
    path = imports.write("orders.csv", "user,at,total,gift\n" + "\n".join(lines))
    with pytest.raises(_Killed):
        imports.run(path, ORDERS, log=_DyingLog(imports.log, dies_at, after=after))
    partial = next((imports.data / "imports").iterdir())
    (partial / "journal.jsonl").open("ab").write(b'{"half')
    (partial / "rejected.csv").open("ab").write(b"9,half of a row")
    result = imports.run(path, ORDERS, received_at_us=RECEIVED_LATER_US)
    assert result.resumed is (dies_at > 1)
    assert (result.rows, result.rejected) == (100, 15)
    assert [row["properties"]["total"] for row in imports.rows()] == [n for n in range(100) if n % 7]
    assert len({row["received_at"] for row in imports.rows()}) == 1
    assert [int(row["line"]) for row in imports.rejected()] == [n + 2 for n in range(0, 100, 7)]
    assert [chunk.key for chunk in imports.chunks()] == [
        f"{result.import_id}/{n}" for n in range(result.chunks)
    ]
    assert sum(chunk.count for chunk in imports.chunks()) == result.staged


def test_a_file_that_another_process_imports_is_left_alone(imports) -> None:
    path = imports.write("orders.csv", "user,at,total,gift\nu1,2024-05-01,5,no\n")

    class Meanwhile:
        def append_chunk(self, chunk) -> int:
            with pytest.raises(Rejected, match="by another process"):
                imports.run(path, ORDERS)
            return imports.log.append_chunk(chunk)

    imports.run(path, ORDERS, log=Meanwhile())
    assert len(imports.rows()) == 1


def test_a_file_that_changes_meanwhile_is_told(imports, tmp_path: Path) -> None:
    path = imports.write("orders.csv", "user,at,total,gift\nu1,2024-05-01,5,no\n")

    class Changing:
        def append_chunk(self, chunk) -> int:
            path.write_text("user,at,total,gift\nu1,2024-05-01,5,no\nu2,2024-05-01,5,no\n")
            return imports.log.append_chunk(chunk)

    with pytest.raises(Rejected, match="changed while it was read"):
        imports.run(path, ORDERS, log=Changing())


def test_events_keep_as_properties_what_has_no_other_meaning(imports) -> None:
    imports.run(imports.write("e.csv", "user,at,page\nu1,2024-05-01,/a\n"), EVENTS)
    (row,) = imports.rows()
    assert row["properties"] == {"page": "/a"}


def test_many_typed_columns_cost_little(imports) -> None:
    """What a column takes is linear: each one's expression stands in the statement once."""
    names = [f"n{place}" for place in range(80)]
    mapping = Mapping(
        kind="records",
        object="row",
        identifiers={"user_id": "id"},
        record_id="id",
        types=dict.fromkeys(names, "integer"),
    )
    path = imports.write("wide.csv", f"id,{','.join(names)}\nu1{',5' * 80}\nu2{',x' * 79},\n")
    before = time.process_time()
    imports.run(path, mapping)
    assert time.process_time() - before < MOST_SECONDS
    first, second = imports.rows()
    assert first["properties"] == {"id": "u1", **dict.fromkeys(names, 5)}
    assert second["properties"] == {"id": "u2", **dict.fromkeys(names[:-1], "x")}


MOST_SECONDS = 20
"""Far more than it takes on a busy machine, and far less than copies of copies would."""


def test_a_mapping_with_a_value_that_is_not_what_its_tag_says_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "mapping.yaml"
    written.write_text("kind: !!bool records\n", "utf-8")
    with pytest.raises(Rejected, match="is no mapping"):
        load_mapping(written)
