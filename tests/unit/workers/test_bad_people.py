"""Bad input to the live engine: nothing merges the world, and what was wrong is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.engine import Engine, event

from weft.identity.rules import Rules
from weft.storage.duckdb_quality import QualityReader
from weft.workers.match import Matching

MANY = 2_000
PEOPLE = "SELECT count(DISTINCT profile_id), count(*) FROM identity_map"
SHARED = "SELECT value, people FROM generic JOIN node USING (node_id)"
NOTHING = {"email": "", "phone": " ", "birth_date": None}
ODD: list[dict[str, Any]] = [
    {"name": "김민수 Kim 金民秀"},
    {"name": "Мария Smith"},
    {"name": "K"},
    {"name": "ß"},
    {"name": "x" * 10_000},
    {"name": "나" * 10_000, "city": "서울" * 5_000},
    {"name": "\u202eabc\u0000🙂"},
    {"name": "Kim Min-su", "birth_date": "2023-02-30"},
    {"name": "Lee Ji-eun", "birth_date": "0000-00-00"},
    {"name": "Park Seo-jun", "birth_date": "yesterday"},
    {"name": "Choi U-jin", "birth_date": "99/99/9999"},
    {"name": "Jung Ha-na", "birth_date": 10**30},
]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "e", [], [])
    yield made
    made.close()


def matched(engine: Engine) -> tuple[int, int]:
    """Match everybody; return how many people there are, of how many identifiers."""
    worker = Matching(engine.database, engine.folder, Rules(), lambda: 7)
    while worker.step():
        engine.hear()
    ((people, nodes),) = engine.warehouse.cursor().execute(PEOPLE).fetchall()
    return people, nodes


def told(number: int, *who: str, **traits: Any) -> dict[str, Any]:
    return event(number, *who, type="identify", **traits)


def test_everyone_has_the_same_phone(engine: Engine) -> None:
    """As an identifier it is generic, and reported; as a trait it is no reason for comparing."""
    rows = [told(n, f"user_id:{n}", "phone:0221847365", phone="02-2184-7365") for n in range(MANY)]
    engine.take(*rows[: MANY // 2])
    engine.take(*rows[MANY // 2 :])
    assert matched(engine) == (MANY + 1, MANY + 1)
    ((value, people),) = engine.warehouse.cursor().execute(SHARED).fetchall()
    assert value == "0221847365"
    assert people >= MANY // 2


def test_nothing_where_something_is_asked_for_ties_nobody(engine: Engine) -> None:
    engine.take(*(told(n, f"user_id:{n}", **NOTHING) for n in range(MANY)))
    assert matched(engine) == (MANY, MANY)


def test_odd_names_and_dates_that_are_none_are_nobody_else(engine: Engine) -> None:
    engine.take(*(told(n, f"crm:{n}", **one) for n, one in enumerate(ODD)))
    assert matched(engine) == (len(ODD), len(ODD))


def test_two_that_differ_in_the_national_id_alone_are_reported(engine: Engine) -> None:
    one = {
        "name": "Kim Min-su",
        "birth_date": "1980-02-03",
        "email": "kim.minsu@x.example",
        "phone": "010-2345-6789",
        "address": {"street": "12 Teheran-ro", "city": "Seoul", "postalCode": "06133"},
    }
    engine.take(
        told(1, "crm:1", **one, national_id="800203-1234567"),
        told(2, "shop:1", **one, national_id="640911-2765432"),
        told(3, "crm:2", name="Lee Ji-eun", national_id="900101-2345678"),
    )
    assert matched(engine) == (2, 3)
    quality = QualityReader(engine.warehouse, Rules()).read((), 0, 20, 50)
    assert quality.contradicted == [(engine.who("crm:1").profile_id, 1)]


@pytest.mark.parametrize("phone", ["01000000000", "0900000000", "+000", "00000", "1234567"])
def test_a_phone_that_was_made_up_ties_nobody(engine: Engine, phone: str) -> None:
    engine.take(*(told(n, f"crm:{n}", f"phone:{phone}") for n in range(3)))
    assert matched(engine) == (4, 4)
