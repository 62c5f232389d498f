"""Names in several scripts, and the words by which people are found."""

import msgspec
import pytest

from weft.model.identifier import Identifier
from weft.profile.naming import NameParts, folded, is_known, name_of, search_terms, search_words

KIM = (
    Identifier("user_id", "U-42"),
    Identifier("anonymous_id", "5f1c"),
    Identifier("phone", "+821012345678"),
)


def test_names_are_read_as_systems_spell_them() -> None:
    assert name_of({"name": " Kim Minsu "}) == NameParts("Kim Minsu")
    assert name_of({"firstName": "민수", "last_name": "김"}) == NameParts("", "민수", "김")
    assert name_of({"name": 7, "full_name": "Kim"}) == NameParts("Kim")
    assert name_of({"name": msgspec.Raw(b'"\xec\x9d\xb4\xec\xa4\x80"')}) == NameParts("이준")
    assert name_of({}) == NameParts()


def test_only_devices_are_anonymous() -> None:
    assert is_known(KIM)
    assert not is_known([Identifier("anonymous_id", "a"), Identifier("device_id", "d")])


def test_words_hold_names_in_the_orders_people_type_and_no_device() -> None:
    words = search_words(KIM, {"firstName": "준", "lastName": "이", "email": "J@X.org"}).splitlines()
    assert words == [
        " 이 준", " u 42", " 821012345678 21012345678 1012345678 012345678 12345678 5678", " j x org",
    ]  # fmt: skip
    assert search_words([], {"name": "이 준", "phone": "unknown"}) == " 이 준\n unknown"
    assert search_words([], {"first_name": "José", "last_name": "Núñez"}) == " jose nunez"
    assert search_words([Identifier("anonymous_id", "5f1c")], {}) == ""


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        (" ", None),
        ("%", []),
        ("  Kim  MIN ", [[" kim", " min"]]),
        ("kim@Exa", [[" kim exa"]]),
        ("王芳ab", [[" 王 芳 ab"]]),
        ("काम", [[" काम"]]),
        ("010-1234-5678", [[" 010 1234 5678"], [" 01012345678"], [" 1012345678"]]),
        (
            "+44 (0)7911 123456",
            [[" 44", " 0 7911", " 123456"], [" 447911123456"]],
        ),
        ("1234", [[" 1234"]]),
    ],
)
def test_a_query_becomes_words(query: str, terms: list[list[str]] | None) -> None:
    assert search_terms(query) == terms


def test_folding_keeps_hangul_whole_and_drops_accents_and_width() -> None:
    assert folded("ÉCOLE ｊｏｓｅ 이준 ガ") == "ecole jose 이준 ガ"
