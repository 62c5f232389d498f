"""What can be compared of an e-mail address, a number, a date and a postcode beside the whole; streets in one form."""

import pyarrow as pa
import pytest

from weft.identity.kinds.email import email_key, email_local
from weft.identity.kinds.phone import guess_country, phone_key
from weft.identity.kinds.places import postcode_area
from weft.identity.kinds.registry import normalise


def test_addresses_of_one_mailbox() -> None:
    emails = pa.array(["j.doe+news@gmail.com", "jdoe@googlemail.com", "j.doe+x@x.com", "no at", None])
    assert email_key(emails).to_pylist() == ["jdoe@gmail.com", "jdoe@gmail.com", "j.doe@x.com", "no at", None]
    assert email_local(emails).to_pylist() == ["j.doe", "jdoe", "j.doe", "no at", None]


def test_a_number_with_and_without_its_country() -> None:
    phones = normalise(
        "phone", pa.array(["+82-10-1234-5678", "010-1234-5678", "+886912345678", "0912345678"])
    )
    keys = phone_key(phones).to_pylist()
    assert keys[0] == keys[1] and keys[2] == keys[3]


@pytest.mark.parametrize(
    ("phones", "country"),
    [
        (["010-1234-5678", "02-123-4567", "+82 10 9999 1234", "n/a"], "KR"),
        (["0912-345-678", "0922-345-678", "(02) 2345-6789"], "TW"),
        (["07911 123456", "020 7946 0018", "07700 900123"], "GB"),
        (["(212) 555-0187", "1-415-555-2671", "646 555 0123"], "US"),
        (["12345678", "87654321"], None),
        ([], None),
        ([None], None),
    ],
)
def test_whose_numbers_they_are(phones: list[str | None], country: str | None) -> None:
    assert guess_country(pa.array(phones, pa.string())) == country


def _dates(texts: list[str | None], country: str | None = None) -> list[str | None]:
    return normalise("birth_date", pa.array(texts, pa.string()), country).to_pylist()


def test_day_and_month_by_the_evidence_of_the_column() -> None:
    assert _dates(["05/04/1979", "05/24/1980", "11/30/1990"]) == ["1979-05-04", "1980-05-24", "1990-11-30"]
    assert _dates(["05/04/1979", "24/05/1980"]) == ["1979-04-05", "1980-05-24"]
    assert _dates(["05/04/1979"], "US") == ["1979-05-04"]


def test_dates_that_are_none() -> None:
    told = ["2023-02-30", "1979-13-01", "soon", "1850-01-01", "2100-01-01", "1979", "n/a", None]
    assert _dates(told) == [None, None, None, None, None, "1979", None, None]


def test_years_of_two_digits() -> None:
    assert _dates(["01/02/29", "01/02/30"]) == ["2029-02-01", "1930-02-01"]


def test_wider_areas_of_postcodes() -> None:
    assert postcode_area(pa.array(["sw1a1aa", "m11ae", "90210", None])).to_pylist() == [
        "sw1a",
        "m1",
        "902",
        None,
    ]


@pytest.mark.parametrize(
    ("street", "form"),
    [
        ("12 Main Street", "12 main st"),
        ("12 Main St. Apartment 4", "12 main st apt 4"),
        ("Unit 4, 12 Main St", "12 main st apt 4"),
        ("4/12 Main St", "12 main st apt 4"),
        ("12 Main Street #4", "12 main st apt 4"),
        ("264-12 North 5th Avenue", "264-12 n 5th ave"),
        ("Hauptstraße 5a", "hauptstr 5a"),
        ("Hauptstr. 5a", "hauptstr 5a"),
        ("P.O. Box 123", "po box 123"),
        ("테헤란로152", "테헤란로 152"),
        ("역삼동 123-45번지", "역삼동 123-45"),
        ("中正路二段12巷3弄5號", "中正路 2段 12巷 3弄 5號"),
        ("臺北市市府路四十五號三樓", "台北市市府路 45號 3樓"),
        ("wallaby place", "wallaby pl"),
        ("7", "7"),
    ],
)
def test_streets_in_one_form(street: str, form: str) -> None:
    assert normalise("street", pa.array([street])).to_pylist() == [form]


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("city", ["서울특별시", "서울시", "서울", "Seoul"]),
        ("city", ["台北市", "臺北市", "Taipei City", "taipei"]),
        ("city", ["St. Louis", "Saint Louis", "ST LOUIS"]),
        ("city", ["München", "Munich", "muenchen"]),
        ("city", ["London", "City of London", " london "]),
        ("city", ["수원시", "수원", "Suwon"]),
        ("region", ["California", "CA", "calif."]),
        ("region", ["N.S.W.", "New South Wales", "nsw"]),
        ("region", ["경기도", "경기", "Gyeonggi-do"]),
        ("street", ["12 Main Street", "12 MAIN ST.", "12  main   str"]),
        ("street", ["台北市市府路45號3樓", "臺北市市府路四十五號三樓"]),
    ],
)
def test_spellings_of_a_place(kind: str, spellings: list[str]) -> None:
    assert len(set(normalise(kind, pa.array(spellings)).to_pylist())) == 1
