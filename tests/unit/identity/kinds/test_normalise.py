"""Each kind's normaliser on values as files hold them; columns and single values agree."""

import pyarrow as pa
import pytest

from weft.errors import Rejected
from weft.identity.kinds.registry import KINDS, normalise, normalise_one

EXAMPLES: dict[str, list[tuple[str, str | None, str | None]]] = {
    "phone": [
        ("+82-10-1234-5678", "KR", "+821012345678"),
        ("010-1234-5678", "KR", "+821012345678"),
        ("010.1234.5678 ext 4", "KR", "+821012345678"),
        ("821012345678", "KR", "+821012345678"),
        ("0082 10 1234 5678", None, "+821012345678"),
        ("02-123-4567", "KR", "+8221234567"),
        ("0912-345-678", "TW", "+886912345678"),
        ("(02) 2345-6789 #123", "TW", "+886223456789"),
        ("+886 912 345 678", None, "+886912345678"),
        ("(212) 555-0187 x33", "US", "+12125550187"),
        ("1-212-555-0187", "US", "+12125550187"),
        ("07911 123456", "GB", "+447911123456"),
        ("+44 (0)7911 123456", None, "+447911123456"),
        ("tel:+49 30 901820", None, "+4930901820"),
        ("2125550187", None, "2125550187"),
        ("000-0000", None, None),
        ("999999999", None, None),
        ("call me", None, None),
        ("12", None, None),
    ],
    "email": [
        ("Bob@X.com ", None, "bob@x.com"),
        ("mailto:bob@x.com", None, "bob@x.com"),
        ("Bob Smith <bob@x.com>;", None, "bob@x.com"),
        ("bob@x.com, al@y.com", None, "bob@x.com"),
        ("bob@x.com.", None, "bob@x.com"),
        ("robert255smith.net", None, "robert255smith.net"),
        ("unknown@foo.com", None, None),
        ("noreply@shop.com", None, None),
        ("test@test.com", None, None),
        ("n/a", None, None),
    ],
    "birth_date": [
        ("1979-05-04", None, "1979-05-04"),
        ("19790504", None, "1979-05-04"),
        ("4 May 1979", None, "1979-05-04"),
        ("May 4th, 1979", None, "1979-05-04"),
        ("4. Mai 1979", None, "1979-05-04"),
        ("1979년 5월 4일", None, "1979-05-04"),
        ("1979. 5. 4.", None, "1979-05-04"),
        ("民國68年5月4日", None, "1979-05-04"),
        ("68.05.04", None, "1968-05-04"),
        ("68.05.04", "TW", "1979-05-04"),
        ("100.05.04", None, "2011-05-04"),
        ("1979-05-04T00:00:00Z", None, "1979-05-04"),
        ("1979-05-04 12:30", None, "1979-05-04"),
        ("31/12/1990", None, "1990-12-31"),
        ("12/31/1990", None, "1990-12-31"),
        ("05/04/1979", "US", "1979-05-04"),
        ("05/04/1979", "GB", "1979-04-05"),
        ("4-may-79", None, "1979-05-04"),
        ("1979", None, "1979"),
        ("1979.0", None, "1979"),
        ("1979-05", None, "1979-05"),
        ("05/1979", None, "1979-05"),
        ("1979-00-00", None, "1979"),
        ("1900-01-01", None, "1900-01-01"),
        ("2023-02-30", None, None),
        ("1990-13-13", None, None),
        ("1200-01-01", None, None),
        ("0000-00-00", None, None),
        ("abc", None, None),
    ],
    "given_name": [
        ("Min-su", None, "min su"),
        ("O'Brien", None, "obrien"),
        ("José", None, "jose"),
        ("Dr. John", None, "john"),
        ("김 민수", None, "김민수"),
        ("J.", None, "j"),
        ("n/a", None, None),
        ("\U0001f600", None, None),
    ],
    "family_name": [
        ("Smith Jr.", None, "smith"),
        ("van der Berg", None, "van der berg"),
        ("Øst", None, "ost"),
        ("Unknown", None, None),
        ("Na", None, "na"),
        ("Blank", None, "blank"),
    ],
    "full_name": [
        ("Smith,John", None, "smith, john"),
        ("Dr. Jane Smith, PhD", None, "jane smith"),
    ],
    "postcode": [
        ("SW1A 1AA", None, "sw1a1aa"),
        ("90210-1234", None, "90210"),
        ("D-10115", None, "10115"),
        ("2119.0", None, "2119"),
        ("00000", None, None),
    ],
    "city": [("São Paulo", None, "sao paulo")],
    "national_id": [
        ("116-68-9290", None, "116689290"),
        ("900101-1234567", None, "9001011234567"),
        ("5304218", None, "5304218"),
        ("000-00-0000", None, None),
        ("xxx-xx-1234", None, None),
    ],
    "gender": [
        ("M", None, "m"),
        ("Female", None, "f"),
        ("남", None, "m"),
        ("女", None, "f"),
        ("1", None, "1"),
        ("U", None, None),
    ],
}
CASES = [(kind, *case) for kind, cases in EXAMPLES.items() for case in cases]


@pytest.mark.parametrize(("kind", "value", "country", "expected"), CASES)
def test_a_value_has_one_form(kind: str, value: str, country: str | None, expected: str | None) -> None:
    column = normalise(kind, pa.array([None, value]), country)
    assert column.to_pylist() == [None, expected]
    assert normalise_one(kind, value, country) == expected
    assert normalise(kind, column, country).to_pylist() == [None, expected]


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(Rejected, match="given_name"):
        normalise("shoe", pa.array(["42"]))


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_column_stays_empty(kind: str) -> None:
    assert len(normalise(kind, pa.array([], pa.string()))) == 0
    assert normalise(kind, pa.nulls(3)).to_pylist() == [None] * 3
