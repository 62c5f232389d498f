from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.errors import Rejected
from weft.sources.files.guess.propose import Proposal, propose
from weft.sources.files.guess.sample import read_sample
from weft.sources.files.guess.times import time_format
from weft.sources.files.mapping import (
    Mapping,
    TimeColumn,
    check_mapping,
    load_mapping,
    mapping_hash,
    save_mapping,
)
from weft.sources.files.shape import inspect_file


def proposed(folder: Path, text: str, name: str = "file.csv") -> Proposal:
    path = folder / name
    path.write_text(text, "utf-8")
    return propose(read_sample(inspect_file(path)))


def test_orders_of_a_shop(tmp_path: Path) -> None:
    text = (
        "InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID,Zip\n"
        "536365,6,12/1/2010 8:26,2.55,17850.0,01234\n536365,8,12/13/2010 8:26,3.39,17850.0,99999\n"
    )
    found = proposed(tmp_path, text)
    assert found.mapping == Mapping(
        kind="records",
        object="order",
        identifiers={"user_id": "CustomerID"},
        time=TimeColumn("InvoiceDate", "%m/%d/%Y %H:%M"),
        types={"Quantity": "integer", "UnitPrice": "number", "CustomerID": "number"},
    )
    assert {guess.column for guess in found.guesses} == {"CustomerID", "InvoiceDate"}
    assert all(guess.reason for guess in found.guesses)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("회원번호,이름", "회원번호"),
        ("會員編號,姓名", "會員編號"),
        ("Customer ID,name", "Customer ID"),
        ("user_id,name", "user_id"),
    ],
)
def test_the_person_is_named_in_many_ways(tmp_path: Path, header: str, column: str) -> None:
    mapping = proposed(tmp_path, f"{header}\n17,Kim\n17,Lee\n").mapping
    assert mapping.identifiers == {"user_id": column}


def test_values_count_more_than_names(tmp_path: Path) -> None:
    mapping = proposed(tmp_path, "email,box,phone\nyes,kim@example.com,12\nno,lee@example.com,13\n").mapping
    assert mapping.identifiers == {"email": "box"}


@pytest.mark.parametrize("name", ["email", "E-mail", "이메일", "電子郵件"])
def test_an_order_number_is_no_person_and_a_bad_address_is_no_reason(tmp_path: Path, name: str) -> None:
    text = f"order_no,고객,{name},합계,date,메모\n1,김,kim@example.com,5,2024-05-01,\n2,이,lee(at)x,6,2024-05-02,\n"
    mapping = proposed(tmp_path, text).mapping
    assert mapping.identifiers == {"email": name}
    assert (mapping.object, mapping.record_id) == ("order", "order_no")


@pytest.mark.parametrize("name", ["order_id", "order_no", "주문번호", "訂單編號"])
def test_an_order_number_alone_is_no_person(tmp_path: Path, name: str) -> None:
    assert proposed(tmp_path, f"{name},total\n1,5\n2,6\n").mapping.identifiers == {}


def test_events_of_a_wire_log(tmp_path: Path) -> None:
    line = (
        '{"type":"track","event":"Bought","userId":"u%d","anonymousId":"a","messageId":"m%d",'
        '"timestamp":"2024-05-01T10:00:00Z","properties":{"x":1}}\n'
    )
    mapping = proposed(tmp_path, line % (1, 1) + line % (1, 2), "log.jsonl").mapping
    assert mapping == Mapping(
        kind="events",
        identifiers={"user_id": "userId", "anonymous_id": "anonymousId"},
        time=TimeColumn("timestamp"),
        event_column="event",
        type_column="type",
        message_id="messageId",
        spread="properties",
    )


def test_a_key_is_only_one_that_never_repeats(tmp_path: Path) -> None:
    once = proposed(tmp_path, "ticket_id,user_id,status\n1,u1,open\n2,u1,open\n").mapping
    assert (once.object, once.record_id) == ("ticket", "ticket_id")
    assert proposed(tmp_path, "ticket_id,user_id,status\n1,u1,open\n1,u1,done\n").mapping.record_id == ""


def test_consent_is_never_guessed(tmp_path: Path) -> None:
    assert proposed(tmp_path, "user_id,marketing_consent\nu1,yes\n").mapping.consent == {}


def test_parquet_is_sampled_from_its_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "o.parquet"
    pq.write_table(pa.table({"member_no": [1, 2, 3], "orderDate": ["20240501", "20241231", "x"]}), path)
    assert propose(read_sample(inspect_file(path))).mapping.time is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2024-05-01", "2024-05-01T10:00:00+09:00"], "iso"),
        (["31/12/2024", "01/02/2024"], "%d/%m/%Y"),
        (["12/31/2024 1:05 PM"], "%m/%d/%Y %I:%M %p"),
        (["20241231", "19560409"], "%Y%m%d"),
        (["2024.05.01"], "%Y.%m.%d"),
        (["2024. 5. 1."], "%Y. %m. %d."),
        (["2024年5月1日"], "%Y年%m月%d日"),
        (["2024년 5월 1일 오후 3:05"], "%Y년 %m월 %d일 %p %I:%M"),
        ([1714557600, 1714557601], "unix_s"),
        (["1714557600123"], "unix_ms"),
    ],
)
def test_formats_of_times(values: list[object], expected: str) -> None:
    found = time_format(values)
    assert found is not None
    assert found[0] == expected


def test_a_time_that_reads_two_ways_says_so() -> None:
    found = time_format(["01/02/2024", "03/04/2024"])
    assert found is not None
    assert "the other way round" in found[1]


def test_what_is_no_time() -> None:
    assert time_format(["soon", "2024-05-01"]) is None
    assert time_format([]) is None


@pytest.mark.parametrize("name", ["m.yaml", "m.json"])
def test_a_mapping_survives_its_file(tmp_path: Path, name: str) -> None:
    mapping = Mapping(
        kind="records",
        object="주문",
        identifiers={"user_id": "회원번호"},
        time=TimeColumn("일시", timezone="Asia/Seoul"),
        properties={"금액": "amount"},
    )
    save_mapping(mapping, tmp_path / name)
    assert load_mapping(tmp_path / name) == mapping
    assert mapping_hash(load_mapping(tmp_path / name)) == mapping_hash(mapping)


def test_a_mapping_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("kind: records\nidentifiers: {}\nsegment: x\n")
    with pytest.raises(Rejected, match="segment"):
        load_mapping(tmp_path / "m.yaml")


def test_all_faults_of_a_mapping_are_told_at_once() -> None:
    mapping = Mapping(
        kind="events", identifiers={"user_id": "who"}, time=TimeColumn("when", "yyyy", "Mars"), object="order"
    )
    with pytest.raises(Rejected) as refused:
        check_mapping(mapping, ["id", "at"], dotted=False)
    for told in ("`who`", "`when`", "--event-name", "yyyy", "Mars", "object is not for events"):
        assert told in str(refused.value)
