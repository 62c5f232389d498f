import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.audience import list_file
from weft.audience.list_file import Form, Reason, read_list
from weft.collect.identifiers import normalise_identifier
from weft.errors import Rejected
from weft.model.identifier import Identifier

KIM, LEE = Identifier("email", "kim@example.com"), Identifier("email", "lee@example.com")


def test_lines_are_normalised_and_each_identifier_counts_once() -> None:
    read = read_list(
        b"Kim@Example.com\n\n lee@example.com\nkim@example.com\n",
        Form.LINES,
        normalise_identifier,
        namespace="email",
    )
    assert read.identifiers == (KIM, LEE)
    assert (read.repeated, read.faulty) == (1, 0)


def test_a_value_says_its_own_namespace() -> None:
    read = read_list(
        b"email:kim@example.com\nuser_id:a:b\nlee@example.com\n", Form.LINES, normalise_identifier
    )
    assert read.identifiers == (KIM, Identifier("user_id", "a:b"))
    (fault,) = read.faults
    assert (fault.line, fault.value) == (3, "lee@example.com")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Name;E-mail\nKim;kim@example.com\nLee;lee@example.com\n", "E-mail"),
        ('name,EMAIL\r\n"Kim, M.",kim@example.com\r\nLee,lee@example.com\r\n', ""),
        ("\ufeffemail\nkim@example.com\nlee@example.com", ""),
        ("kim@example.com\nlee@example.com\n", ""),
    ],
)
def test_csv_with_a_header_and_of_one_column_without(text: str, column: str) -> None:
    read = read_list(text.encode(), Form.CSV, normalise_identifier, namespace="email", column=column)
    assert read.identifiers == (KIM, LEE)
    assert read.faults == ()


def test_a_namespace_that_nothing_is_collected_under_is_a_fault_wherever_it_stands() -> None:
    column = read_list(b"namespace,value\nE-Mail,kim@example.com\n", Form.CSV, normalise_identifier)
    member = read_list(
        b'[{"namespace": "Email", "value": "kim@example.com"}]', Form.JSON, normalise_identifier
    )
    for read in (column, member):
        assert [each.reason for each in read.faults] == [Reason.NO_NAMESPACE]
        assert not read.identifiers


def test_csv_with_a_column_of_namespaces() -> None:
    text = b"namespace,value\nemail,kim@example.com\nuser_id,42\n,7\n"
    read = read_list(text, Form.CSV, normalise_identifier)
    assert read.identifiers == (KIM, Identifier("user_id", "42"))
    assert [fault.line for fault in read.faults] == [4]


def test_json_of_values_and_of_identifiers() -> None:
    assert read_list(
        b'["kim@example.com"]', Form.JSON, normalise_identifier, namespace="email"
    ).identifiers == (KIM,)
    pairs = b'[{"namespace": "email", "value": "kim@example.com"}, {"namespace": "user_id", "value": 42}]'
    assert read_list(pairs, Form.JSON, normalise_identifier).identifiers == (KIM, Identifier("user_id", "42"))


def test_faults_are_told_by_line_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_file, "FAULTS_SHOWN", 2)
    text = b'email\nkim@example.com\nnobody\n"two\nlines"\nnull\n'
    read = read_list(text, Form.CSV, normalise_identifier, namespace="email")
    assert read.identifiers == (KIM,)
    assert [(fault.line, fault.value) for fault in read.faults] == [(3, "nobody"), (4, "two\nlines")]
    assert read.faulty == 3


@pytest.mark.parametrize(
    ("content", "form", "options", "says"),
    [
        (b"kim@example.com\n\xff\xfe", Form.LINES, {"namespace": "email"}, "line 2: this is no UTF-8"),
        (
            b"a,b\n1,2\n",
            Form.CSV,
            {"namespace": "email"},
            "There is no column `email`; the first line has `a`, `b`",
        ),
        (b"a,b\n1,2\n", Form.CSV, {"namespace": "email", "column": "c"}, "There is no column `c`"),
        (b"{}", Form.JSON, {"namespace": "email"}, "no array of identifiers"),
        (b"x", Form.LINES, {"namespace": "E mail"}, "`E mail` is none"),
    ],
)
def test_what_cannot_be_read_at_all_says_why(
    content: bytes, form: Form, options: dict[str, str], says: str
) -> None:
    with pytest.raises(Rejected, match=says):
        read_list(content, form, normalise_identifier, **options)


@pytest.mark.parametrize("text", ['user_id,note\n1,"x\n2,y\n3,z\n', 'user_id\n1\n"2\n3\n'])
def test_a_quote_that_is_never_closed_swallows_no_lines(text: str) -> None:
    with pytest.raises(Rejected, match=r"line [23]: this is no CSV"):
        read_list(text.encode(), Form.CSV, normalise_identifier, namespace="user_id")


def test_no_identifier_goes_over_lines_and_a_fault_names_the_first_of_them() -> None:
    text = 'user_id,note\n1,"two\nlines"\n"2\n3",x\n4,y\n'
    read = read_list(text.encode(), Form.CSV, normalise_identifier, namespace="user_id")
    assert [each.value for each in read.identifiers] == ["1", "4"]
    assert [(each.line, each.reason) for each in read.faults] == [(4, Reason.UNUSABLE)]


def test_a_list_has_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_file, "IDENTIFIERS_MOST", 2)
    with pytest.raises(Rejected, match="at most 2"):
        read_list(b"1\n2\n2\n3", Form.LINES, normalise_identifier, namespace="user_id")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), max_size=20))
def test_every_line_with_something_is_an_identifier_or_a_fault(lines: list[str]) -> None:
    read = read_list("\n".join(lines).encode(), Form.LINES, normalise_identifier, namespace="user_id")
    said = [line for line in "\n".join(lines).splitlines() if line.strip()]
    assert len(read.identifiers) + read.repeated + read.faulty == len(said) or "\ufeff" in lines[0]
