"""Whole files: known ones with their headers and without, and made-up ones in several languages."""

import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.kinds.proposal.propose import propose
from weft.identity.kinds.registry import KINDS

ROWS = 400


def _list(words: str) -> list[str]:
    return words.split(",")


GIVEN = _list(
    "James,Mary,Robert,Patricia,John,Jennifer,Michael,Linda,David,Elizabeth,Anna,Lukas,"
    "Sofie,Pierre,Carmen,Hugo"
)
FAMILY = _list(
    "Smith,Müller,Johnson,Garcia,Dubois,Rossi,Novak,Jansen,Brown,Schmidt,Lopez,Martin,"
    "Weber,Quux,Abernathy,Zander"
)
STREETS = _list("Main Street,Oak Avenue,Church Road,Mill Lane,High Street,Park Drive,Elm Court,Station Road")
CITIES = _list("London,Springfield,Leeds,Georgetown,Bristol,Fairview,York,Salem,Ely,Madison,Dover,Franklin")
KOREAN = _list("김민수,이서연,박지훈,최은정,정하윤,강현우,조수빈,윤도현,장미란,임재범")
CHINESE = _list("王小明,陳美玲,林志豪,黃淑芬,張家豪,李雅婷,吳宗翰,劉怡君,蔡俊傑,楊建國")


def _column(kind: str, seed: int = 1) -> list[str | None]:
    rng = random.Random(seed)
    born = date(1930, 1, 1)
    make = {
        "given_name": lambda: rng.choice(GIVEN),
        "family_name": lambda: rng.choice(FAMILY),
        "full_name": lambda: f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "comma_name": lambda: f"{rng.choice(FAMILY)}, {rng.choice(GIVEN)}",
        "korean": lambda: rng.choice(KOREAN),
        "chinese": lambda: rng.choice(CHINESE),
        "birth_date": lambda: str(born + timedelta(rng.randrange(27_000))),
        "dmy": lambda: (born + timedelta(rng.randrange(27_000))).strftime("%d/%m/%Y"),
        "compact": lambda: (born + timedelta(rng.randrange(27_000))).strftime("%Y%m%d"),
        "recent": lambda: str(date(2024, 1, 1) + timedelta(rng.randrange(300))),
        "email": lambda: f"{rng.choice(GIVEN)}{rng.randrange(99)}@example{rng.randrange(9)}.org",
        "phone": lambda: f"0{rng.randrange(20, 99)} {rng.randrange(1000, 9999)} {rng.randrange(1000, 9999)}",
        "korean_phone": lambda: f"010-{rng.randrange(1000, 9999)}-{rng.randrange(1000, 9999)}",
        "postcode": lambda: f"{rng.randrange(10_000, 10_080)}",
        "uk_postcode": lambda: f"LS{rng.randrange(1, 29)} {rng.randrange(1, 9)}AB",
        "street": lambda: f"{rng.randrange(1, 200)} {rng.choice(STREETS)}",
        "korean_street": lambda: f"서울시 강남구 테헤란로 {rng.randrange(1, 300)}",
        "city": lambda: rng.choice(CITIES),
        "gender": lambda: rng.choice(["M", "F"]),
        "ssn": lambda: f"{rng.randrange(100, 899)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
        "wages": lambda: f"{rng.randrange(1_000_000) / 100}",
        "age": lambda: str(rng.randrange(18, 90)),
        "constant": lambda: "WA",
        "empty": lambda: None,
        "placeholder": lambda: "n/a",
        "status": lambda: rng.choice(["active", "lapsed", "new"]),
    }
    if kind == "id":
        return [f"C-{number:06}" for number in range(ROWS)]
    if kind == "number":
        return [str(number) for number in range(ROWS)]
    return [make[kind]() for _ in range(ROWS)]


def _kinds(columns: dict[str, str]) -> dict[str, str]:
    """Propose for columns of made values: header → what is in it; return header → kind."""
    arrays = {
        header: pa.array(_column(kind, seed), pa.string())
        for seed, (header, kind) in enumerate(columns.items())
    }
    proposed = propose(arrays, ROWS)
    assert all(choice.reason and choice.kind in KINDS for choice in proposed.values())
    return {header: choice.kind for header, choice in proposed.items()}


EXPORTS = {
    "salesforce": {
        "Id": ("id", "id"),
        "FirstName": ("given_name", "given_name"),
        "LastName": ("family_name", "family_name"),
        "MailingStreet": ("street", "street"),
        "MailingCity": ("city", "city"),
        "MailingPostalCode": ("postcode", "postcode"),
        "Birthdate": ("birth_date", "birth_date"),
        "MobilePhone": ("phone", "phone"),
        "Email": ("email", "email"),
        "OwnerId": ("number", "ignore"),
        "CreatedDate": ("recent", "ignore"),
        "Account Name": ("full_name", "ignore"),
    },
    "shopify": {
        "First Name": ("given_name", "given_name"),
        "Last Name": ("family_name", "family_name"),
        "Email": ("email", "email"),
        "Accepts Email Marketing": ("status", "ignore"),
        "Default Address Address1": ("street", "street"),
        "Default Address City": ("city", "city"),
        "Default Address Zip": ("postcode", "postcode"),
        "Total Spent": ("wages", "ignore"),
    },
    "hubspot": {
        "Record ID": ("number", "id"),
        "First Name": ("given_name", "given_name"),
        "Last Name": ("family_name", "family_name"),
        "Phone Number": ("phone", "phone"),
        "Contact owner": ("full_name", "ignore"),
        "Lead Status": ("status", "ignore"),
    },
    "german": {
        "Kundennummer": ("id", "id"),
        "Vorname": ("given_name", "given_name"),
        "Nachname": ("family_name", "family_name"),
        "Geburtsdatum": ("dmy", "birth_date"),
        "Straße": ("street", "street"),
        "PLZ": ("postcode", "postcode"),
        "Ort": ("city", "city"),
        "Telefonnummer": ("phone", "phone"),
        "Gehalt": ("wages", "ignore"),
        "Arbeitgeber": ("family_name", "ignore"),
    },
    "french": {
        "nom": ("family_name", "family_name"),
        "prénom": ("given_name", "given_name"),
        "date de naissance": ("dmy", "birth_date"),
        "code postal": ("postcode", "postcode"),
        "courriel": ("email", "email"),
        "nom de la mère": ("full_name", "ignore"),
    },
    "spanish": {
        "nombre": ("given_name", "given_name"),
        "apellidos": ("family_name", "family_name"),
        "fecha_nacimiento": ("dmy", "birth_date"),
        "dirección": ("street", "street"),
        "correo electrónico": ("email", "email"),
        "empresa": ("family_name", "category"),
    },
    "korean": {
        "회원번호": ("number", "id"),
        "이름": ("korean", "full_name"),
        "생년월일": ("compact", "birth_date"),
        "휴대폰번호": ("korean_phone", "phone"),
        "주소": ("korean_street", "street"),
        "성별": ("gender", "gender"),
        "보호자연락처": ("korean_phone", "ignore"),
        "가입일자": ("recent", "ignore"),
    },
    "taiwanese": {
        "會員編號": ("id", "id"),
        "姓名": ("chinese", "full_name"),
        "生日": ("birth_date", "birth_date"),
        "手機號碼": ("phone", "phone"),
        "電子郵件": ("email", "email"),
        "公司電話": ("phone", "ignore"),
    },
    "just a name": {"name": ("full_name", "full_name"), "dob": ("compact", "birth_date")},
    "a name and a surname": {"name": ("given_name", "given_name"), "surname": ("family_name", "family_name")},
    "a header that lies": {
        "email": ("city", "city"),
        "phone": ("status", "category"),
        "dob": ("status", "category"),
    },
    "nothing in it": {
        "email": ("empty", "ignore"),
        "city": ("constant", "ignore"),
        "zip": ("placeholder", "ignore"),
    },
}


@pytest.mark.parametrize("export", EXPORTS)
def test_the_headers_of(export: str) -> None:
    columns = EXPORTS[export]
    assert _kinds({header: held for header, (held, _) in columns.items()}) == {
        header: kind for header, (_, kind) in columns.items()
    }


NAMELESS = {
    "given_name": "given_name",
    "family_name": "family_name",
    "birth_date": "birth_date",
    "email": "email",
    "phone": "phone",
    "postcode": "postcode",
    "street": "street",
    "city": "city",
    "gender": "gender",
    "ssn": "national_id",
    "wages": "ignore",
    "age": "ignore",
    "recent": "ignore",
    "constant": "ignore",
    "empty": "ignore",
    "status": "category",
    "id": "id",
    "number": "id",
}


def test_without_headers() -> None:
    found = _kinds({f"c{place}": held for place, held in enumerate(NAMELESS)})
    assert dict(zip(NAMELESS, found.values(), strict=True)) == NAMELESS


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        ("full_name", "full_name"),
        ("comma_name", "full_name"),
        ("korean", "full_name"),
        ("chinese", "full_name"),
        ("dmy", "birth_date"),
        ("compact", "birth_date"),
        ("korean_phone", "phone"),
        ("korean_street", "street"),
        ("uk_postcode", "postcode"),
    ],
)
def test_a_column_alone_without_a_header(held: str, kind: str) -> None:
    assert _kinds({"c7": held, "c8": "status"})["c7"] == kind


FEBRL = {
    "rec_id": "id",
    "given_name": "given_name",
    "surname": "family_name",
    "street_number": "street",
    "address_1": "street",
    "address_2": "street",
    "suburb": "city",
    "postcode": "postcode",
    "state": "region",
    "date_of_birth": "birth_date",
    "soc_sec_id": "national_id",
}
OWN = {
    "first_name": "given_name",
    "last_name": "family_name",
    "date_of_birth": "birth_date",
    "street_name": "street",
    "street_number": "street",
    "unit_number": "street",
    "mailing_address_street_name": "street",
    "mailing_address_street_number": "street",
    "mailing_address_unit_number": "street",
    "mailing_address_po_box": "street",
    "ssn": "national_id",
    "sex": "gender",
    "middle_initial": "category",
    "race_ethnicity": "category",
    "housing_type": "category",
    "relationship_to_reference_person": "category",
    "simulant_id": "id",
}
FILES = {
    "fake_1000.csv": {
        "unique_id": "id",
        "first_name": "given_name",
        "surname": "family_name",
        "dob": "birth_date",
        "city": "city",
        "email": "email",
        "cluster": "ignore",
    },
    "febrl3.csv": FEBRL,
    "febrl4a.csv": FEBRL,
    "febrl4b.csv": FEBRL,
    "pseudopeople_current_population_survey.parquet": OWN,
    "pseudopeople_decennial_census.parquet": OWN,
    "pseudopeople_taxes_w2_and_1099.parquet": OWN,
}


@pytest.mark.parametrize("name", FILES)
def test_the_files_that_are_known(shared_data: Path, name: str) -> None:
    path = shared_data / "identity" / name
    table = pq.read_table(path) if path.suffix == ".parquet" else pa_csv.read_csv(path)
    found = propose({column: table[column] for column in table.column_names}, table.num_rows)
    expected = {column.strip(): FILES[name].get(column.strip(), "ignore") for column in table.column_names}
    assert {column.strip(): choice.kind for column, choice in found.items()} == expected


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=3, max_size=3),
        max_size=4,
    )
)
def test_any_columns(columns: dict[str, list[str | None]]) -> None:
    found = propose({name: pa.array(values, pa.string()) for name, values in columns.items()}, 3)
    assert list(found) == list(columns)
    assert all(choice.kind in KINDS and choice.reason for choice in found.values())


def test_columns_that_are_no_text() -> None:
    columns = {
        "a": pa.array([[1], [2]]),
        "b": pa.array([True, False]),
        "c": pa.array([{"x": 1}, {"x": 2}]),
        "d": pa.nulls(2),
        "e": pa.array([b"\xff\xfe", b"x"]),
        "f": pa.array([1.5, float("nan")]),
    }
    assert {choice.kind for choice in propose(columns, 2).values()} <= {"ignore", "id"}
