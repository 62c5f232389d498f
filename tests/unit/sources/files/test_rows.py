import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from weft.sources.files.text.rows import split_rows

CELL = st.text(alphabet='ab",\n\r €', max_size=6)


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6))
def test_rows_are_those_of_the_csv_module(rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n").writerows(rows)
    text = buffer.getvalue().encode()
    found = split_rows(text, ",", final=True)
    assert list(found.fields) == [len(row) for row in rows]
    read = [
        next(csv.reader(io.StringIO(text[a:b].decode(), newline="")))
        for a, b in zip(found.starts, found.stops, strict=True)
    ]
    assert read == rows
    assert not found.lone_return.any()


def test_lines_count_the_ones_inside_quotes() -> None:
    found = split_rows(b'a,"x\ny\nz"\nb,c\n', ",", final=True)
    assert list(found.lines) == [0, 3]
    assert found.used_bytes == 14


def test_a_quote_inside_a_bare_field_is_a_letter() -> None:
    found = split_rows(b'5" pipe,1\n"a ""b""",2\n6" pipe,3\n', ",", final=True)
    assert list(found.fields) == [2, 2, 2]


def test_an_unfinished_row_waits_for_more() -> None:
    found = split_rows(b"a,b\nc,", ",", final=False)
    assert found.used_bytes == 4
    assert split_rows(b"a,b\nc,", ",", final=True).used_bytes == 6


def test_a_quote_that_stays_open_is_told() -> None:
    found = split_rows(b'a,b\n"c,d\n', ",", final=True)
    assert found.open_quote
    assert found.used_bytes == 4
