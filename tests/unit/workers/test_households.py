"""Households over a real database: they follow what the projection writes."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.workers.engine import NOW, Engine, event

from weft.identity.households import CROWD_MOST, Crowd, Household, oldest_of
from weft.identity.rules import Rules
from weft.storage.database_homes import home_key
from weft.storage.database_households import read_household
from weft.workers.match import Matching


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e", [], [])
    yield made
    made.close()


def person(number: int, **told: object):
    return event(number, f"user_id:{number}", type="identify", at=NOW - timedelta(days=1), **told)


def home(engine: Engine, who: str):
    with engine.database.begin() as connection:
        return read_household(connection, engine.who(who))[0]


def members(engine: Engine, who: str) -> set[bytes]:
    found = home(engine, who)
    return {each.profile_id for each in found.members} if isinstance(found, Household) else set()


def key(engine: Engine, who: str) -> bytes:
    return engine.who(who).profile_id.bytes


def test_however_an_address_is_written(engine: Engine):
    address = {"street": "12B High Street", "postalCode": "se1 2ab", "country": "GB"}
    engine.take(
        person(1, address=address, country="GB", lastName="O'Neil"),
        person(2, address1="12b high st.", zip="SE1 2AB", country="GB", lastName="oneil"),
        person(3, address="12B High Street", postcode="SE1 9ZZ", country="GB"),
        person(4, city="London"),
    )
    assert members(engine, "user_id:1") == {key(engine, "user_id:1"), key(engine, "user_id:2")}
    found = home(engine, "user_id:2")
    assert isinstance(found, Household)
    assert found.shared == ("address", "family_name")
    assert home(engine, "user_id:3") is None
    assert home(engine, "user_id:4") is None


def test_spellings_of_an_eastern_family_name_and_a_landline(engine: Engine):
    engine.take(
        person(1, fullName="김민수", homePhone="02-123-4567", country="KR"),
        person(2, fullName="Kim Ji-woo", homePhone="+82 2 123 4567", country="KR"),
    )
    found = home(engine, "user_id:1")
    assert isinstance(found, Household)
    assert found.shared == ("landline", "family_name")


def test_whom_the_model_takes_for_housemates_until_it_does_not(engine: Engine):
    worker = Matching(engine.database, engine.folder, Rules(), lambda: 7)
    phone = {"phone": "010-1234-5678", "city": "서울"}
    engine.take(
        person(1, fullName="김민수", birthDate="1980-02-03", **phone),
        person(2, fullName="김지은", birthDate="1984-11-20", **phone),
        person(3, fullName="박지훈", birthDate="1972-11-21", city="부산"),
    )
    assert home(engine, "user_id:1") is None
    worker.step()
    found = home(engine, "user_id:1")
    assert isinstance(found, Household)
    assert members(engine, "user_id:2") == {key(engine, "user_id:1"), key(engine, "user_id:2")}
    probability = found.members[0].probability
    assert probability is not None
    assert 0.5 < probability < 1
    assert found.shared == ("family_name",)
    assert home(engine, "user_id:3") is None
    again = event(4, "user_id:2", type="identify", phone="010-9999-8888", city="광주", fullName="박지은")
    engine.take(again)
    worker.step()
    assert home(engine, "user_id:1") is None


def test_who_moves_leaves_and_who_is_merged_goes_with_the_heir(engine: Engine):
    engine.take(
        person(1, street="1 High St", postcode="A1"),
        person(2, street="1 High St", postcode="A1"),
        event(3, "email:c@x.test", type="identify", street="1 High St", postcode="A1"),
    )
    first = home(engine, "user_id:1")
    assert isinstance(first, Household)
    assert len(first.members) == 3
    engine.take(event(4, "user_id:2", "email:c@x.test"))
    assert members(engine, "user_id:1") == {key(engine, "user_id:1"), key(engine, "user_id:2")}
    assert oldest_of(first.id).bytes in members(engine, "user_id:1")
    engine.take(event(5, "user_id:1", type="identify", street="9 Low St"))
    assert home(engine, "user_id:2") is None
    with engine.database.begin() as connection:
        assert len(connection.execute(home_key.select()).all()) == 2


def test_a_crowd_is_told_and_a_rebuild_changes_nothing(engine: Engine):
    engine.take(*(person(n, street="1 Hall Rd", postcode="A1") for n in range(CROWD_MOST + 3)))
    assert home(engine, "user_id:5") == Crowd("address", CROWD_MOST + 1)
    with engine.database.begin() as connection:
        before = set(connection.execute(home_key.select()).all())
    engine.rebuilder.run(everybody=True)
    with engine.database.begin() as connection:
        assert set(connection.execute(home_key.select()).all()) == before
