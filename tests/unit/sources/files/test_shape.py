import codecs
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.errors import Rejected
from weft.sources.files.shape import inspect_file


def test_a_csv_with_semicolons_and_spaces(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\nid; name;price\n1; Kim;2,5\n", "utf-8-sig")
    shape = inspect_file(path)
    assert (shape.format, shape.delimiter, shape.columns) == ("csv", ";", ("id", "name", "price"))
    assert shape.header_lines == 2


def test_columns_without_a_name_of_their_own_get_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,mail,,mail\n1,2,3,4\n")
    shape = inspect_file(path)
    assert shape.columns == ("id", "mail", "column_3", "mail_2")
    assert len(shape.notes) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"id,name\n", "no rows below"),
        (b"PK\x03\x04rest", "save the sheet as CSV"),
        (gzip.compress(b"id\n1\n", mtime=0), "gunzip"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"id,name\n" + b"\0\1\2" * 500, "binary data"),
        (b'[{"id":1}]', "jq -c"),
        (b'{"id": \n', "none of its first lines"),
        (b"1,kim@example.com,2024-01-01\n2,lee@example.com,2024-01-01\n", "looks like a row"),
        (b"id,name\r1,kim\r2,lee\r", "carriage return only"),
        (b"PAR1 but not really", "Was it copied completely"),
        ("회원번호,이름\n1,김철수\n".encode("cp949"), "--encoding cp949"),
        ("會員編號,姓名\n1,王小明\n".encode("big5"), "--encoding big5"),
    ],
)
def test_what_cannot_be_imported_says_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Rejected) as refused:
        inspect_file(path)
    assert says in str(refused.value)


def test_the_reading_of_a_wrong_encoding_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_bytes("번호,이름\n1,김철수\n".encode("cp949"))
    with pytest.raises(Rejected, match="번호,이름"):
        inspect_file(path)


def test_an_unknown_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("id,name\n1,2\n")
    with pytest.raises(Rejected, match="Try utf-8, cp949"):
        inspect_file(path, "klingon")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="No such file"):
        inspect_file(tmp_path / "absent.csv")


def test_utf16_is_known_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes(codecs.BOM_UTF16_LE + "id\tname\n1\tKim\n".encode("utf-16-le"))
    shape = inspect_file(path)
    assert (shape.encoding, shape.delimiter, shape.columns) == ("utf-16", "\t", ("id", "name"))


def test_an_empty_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), path)
    with pytest.raises(Rejected, match="no rows"):
        inspect_file(path)
