from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.audience.definition import rule_of
from weft.clock import us_of
from weft.model.audience import Rule
from weft.model.identifier import node_id
from weft.storage.database import transaction
from weft.storage.database_consent import insert_consents
from weft.workers.explaining import Explaining

VIEWED = {
    "did": "Product Viewed",
    "within": "7d",
    "at_least": 2,
    "where": [{"property": "brand", "is": "Makita"}],
}
WHO: dict[str, Any] = {
    "all": [
        VIEWED,
        {"not": {"trait": "country", "is": "TW"}},
        {"any": [{"consent": "email", "is": "granted"}, {"trait": "brands", "at_least": 2}]},
    ]
}
CART: dict[str, Any] = {
    "sequence": {"first": "Product Viewed", "not_then": "Order Completed", "after": "1h"},
    "within": "7d",
}
AUDIENCES = [{"name": "lookers", "who": WHO}, {"name": "left", "who": CART}]


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e", audiences=AUDIENCES)
    yield made
    made.close()


def explaining(engine: Engine) -> Explaining:
    return Explaining(engine.database, engine.warehouse, engine.compiled, KEY)


def test_a_rule_that_is_no_definition_reads_the_local_time_of_the_workspace(engine: Engine):
    at_night = NOW.replace(hour=20)  # 05:00 on the next day in Seoul
    engine.take(event(1, "user_id:1", at=at_night - timedelta(days=1)))
    body = {"did": "Product Viewed", "where": [{"at": "hour", "is": 5}]}
    read, _ = rule_of(body, [], [])
    assert read is not None
    at_home = structs.replace(engine.compiled, home="Asia/Seoul")
    why = Explaining(engine.database, engine.warehouse, at_home, KEY)
    profile = engine.who("user_id:1")
    assert why.explain(profile, read, us_of(NOW), past=False).clauses[0].value == 1
    assert explaining(engine).explain(profile, read, us_of(NOW), past=False).clauses[0].value == 0


def rule(engine: Engine, name: str) -> Rule:
    return next(each.who for each in engine.compiled.audiences if each.name == name)


def test_each_clause_has_its_answer_its_value_and_what_stands_behind(engine: Engine):
    for number, brand in enumerate(["Makita", "Bosch", "Makita", "Makita"]):
        engine.take(event(number, "user_id:1", brand=brand, at=NOW - timedelta(days=3 * number)))
    engine.take(event(9, "user_id:1", type="identify", country="KR"))
    found = explaining(engine).explain(
        engine.who("user_id:1"), rule(engine, "lookers"), us_of(NOW), past=False
    )
    by_path = {clause.path: clause for clause in found.clauses}
    viewed = by_path["who.all[0]"]
    assert (viewed.holds, viewed.value) == (True, 2)  # the fourth is nine days old, the second another brand
    assert [fact.message_id for facts in viewed.facts for fact in facts.newest] == ["m0", "m2"]
    assert viewed.facts[0].newest[0].properties == {"brand": "Makita"}
    assert by_path["who.all[1].not"].value == "KR"
    assert not by_path["who.all[1].not"].holds
    assert by_path["who.all[2].any[0]"].value is None
    assert by_path["who.all[2].any[1]"].value == 2
    assert found.member is by_path["who"].holds is True
    assert "lookers" in engine.who("user_id:1").audiences
    assert found.changes_us == us_of(NOW + timedelta(days=1))  # the view of six days ago leaves the window


def test_the_past_is_what_was_known_then(engine: Engine):
    early = NOW - timedelta(days=2)
    engine.take(event(1, "user_id:1", brand="Makita", at=early, received=early))
    engine.take(event(2, "user_id:1", type="identify", country="TW", at=early, received=early))
    late = event(3, "user_id:1", brand="Makita", at=early, received=NOW)  # it occurred then, but nobody knew
    engine.take(late)
    engine.take(event(4, "user_id:1", type="identify", country="KR", received=NOW))
    profile, why = engine.who("user_id:1"), explaining(engine)
    then = why.explain(profile, rule(engine, "lookers"), us_of(early + timedelta(hours=1)), past=True)
    values = {clause.path: clause.value for clause in then.clauses}
    assert (values["who.all[0]"], values["who.all[1].not"], then.member) == (1, "TW", False)
    past = why.past(profile, us_of(early + timedelta(hours=2)))
    assert past.document.traits["country"].__class__.__name__ == "Raw"
    assert bytes(past.document.traits["country"]) == b'"TW"'
    assert past.document.audiences.keys() == {"left"}
    assert past.facts == 2
    assert why.past(profile, us_of(early) - 1).facts == 0


def test_consent_is_that_of_the_moment(engine: Engine):
    engine.take(event(1, "user_id:1", brand="Makita"))
    profile = engine.who("user_id:1")
    node = node_id(KEY, profile.identifiers[0]).bytes
    with transaction(engine.database) as connection:
        insert_consents(
            connection,
            [
                (node, "email", True, us_of(NOW - timedelta(days=2)), "api", "a"),
                (node, "email", False, us_of(NOW - timedelta(days=1)), "api", "b"),
            ],
        )
    why, who = explaining(engine), rule(engine, "lookers")
    moments = [NOW - timedelta(days=3), NOW - timedelta(days=1.5), NOW]
    said = [why.explain(profile, who, us_of(at), past=True).clauses[-2].value for at in moments]
    assert said == [None, "granted", "refused"]


def test_what_was_waited_for_shows_both_sides(engine: Engine):
    engine.take(event(1, "user_id:1", brand="x", at=NOW - timedelta(minutes=59)))
    profile, why = engine.who("user_id:1"), explaining(engine)
    found = why.explain(profile, rule(engine, "left"), us_of(NOW), past=False)
    assert not found.member
    assert [facts.count for facts in found.clauses[0].facts] == [1, 0]
    assert found.changes_us is not None
    assert found.changes_us == us_of(NOW + timedelta(minutes=1))
    assert why.explain(profile, rule(engine, "left"), found.changes_us, past=False).member
