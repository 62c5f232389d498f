import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import NOW, Engine, event

SAYS: list[dict[str, Any]] = [
    {
        "name": "default",
        "from": {
            "crm/contact": {"name": "full_name", "city": "address.city", "email": "mail"},
            "member": {"name": "MEMB_NM"},
        },
    },
    {"name": "name", "strategy": "most_trusted_source", "sources": ["erp", "crm/contact", "loyalty"]},
    {"name": "phone", "strategy": "most_frequent"},
    {"name": "email", "strategy": "verified_first", "verified": {"trait": "email_verified"}},
    {"name": "street", "strategy": "longest"},
]


def contact(
    number: int, *identifiers: str, record: str = "c1", source: str = "crm", **fields: Any
) -> dict[str, Any]:
    made = event(number, *identifiers, type="record", name="contact", record_id=record, **fields)
    return made | {"source": source}


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e", [], [{"name": "korea", "who": {"trait": "country", "is": "KR"}}], SAYS)
    yield made
    made.close()


def test_records_take_part(engine: Engine):
    row = contact(1, "crm_id:c1", "email:a@x.test", full_name="김민수", address={"city": "서울"}, mail=" ")
    engine.take(row | {"occurred_at": NOW - timedelta(days=1)})
    known = engine.who("email:a@x.test")
    assert known.traits == {"name": "김민수", "city": "서울"}
    assert known.sources == {"name": "record:crm/contact", "city": "record:crm/contact"}
    engine.take(
        event(2, "user_id:1", "email:a@x.test", type="identify", name_="x", city="부산", country="KR")
    )
    known = engine.who("user_id:1")
    assert known.traits == {"name": "김민수", "city": "부산", "name_": "x", "country": "KR"}
    assert known.sources["city"] == "identify"
    assert list(known.audiences) == ["korea"]


def test_only_the_records_that_are_named_tell(engine: Engine):
    engine.take(contact(1, "crm_id:c1", source="shop", full_name="Kim"))
    assert engine.who("crm_id:c1").traits == {}
    engine.take(event(2, "crm_id:c1", type="record", name="deal", record_id="d", full_name="Kim"))
    assert engine.who("crm_id:c1").traits == {}


def test_events_tell_where_something_was_delivered(tmp_path: Path):
    says = [{"name": "default", "from": {"Order Completed": {"city": "shipping_address.city"}}}]
    engine = Engine(tmp_path / "orders", [], [], says)
    engine.take(
        event(1, "user_id:1", name="Order Completed", shipping_address={"city": "서울"}),
        event(2, "user_id:1", name="Product Viewed", shipping_address={"city": "부산"}),
        event(3, "user_id:2", name="Order Completed", shipping_address="서울"),
    )
    assert engine.who("user_id:1").traits == {"city": "서울"}
    assert engine.who("user_id:1").sources == {"city": "record:test/Order Completed"}
    assert engine.who("user_id:2").traits == {}
    before = engine.served()
    engine.rebuilder.run(everybody=True)
    assert engine.served() == before
    engine.close()


def test_a_corrected_record_takes_back_what_it_told(engine: Engine):
    engine.take(
        contact(1, "crm_id:c1", full_name="Kin", address={"city": "서울"}),
        event(2, "crm_id:c1", type="identify", phone="1"),
    )
    engine.take(contact(3, "crm_id:c1", full_name="Kim"))
    assert engine.who("crm_id:c1").traits == {"name": "Kim", "phone": "1"}


def test_each_node_keeps_its_own_and_a_merge_adds_them_up(engine: Engine):
    for number, (who, phone) in enumerate([("user_id:1", "a"), ("user_id:1", "a"), ("email:e@x.test", "b")]):
        engine.take(event(number, who, type="identify", phone=phone, message_id=f"p{number}"))
    assert engine.who("email:e@x.test").traits["phone"] == "b"
    engine.take(event(9, "user_id:1", "email:e@x.test"))
    assert engine.who("email:e@x.test").traits["phone"] == "a"


def test_what_is_verified_precedes_what_is_newer(engine: Engine):
    engine.take(
        event(
            1, "user_id:1", type="identify", email="a@x.test", email_verified=True, at=NOW - timedelta(days=2)
        ),
        event(2, "user_id:1", type="identify", email="b@x.test", email_verified=False),
    )
    assert engine.who("user_id:1").traits["email"] == "a@x.test"


@st.composite
def streams(draw: st.DrawFn):
    rows = []
    for number in range(draw(st.integers(1, 25))):
        person, device = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        ids = draw(st.sampled_from([[f"user_id:{person}"], [f"email:{person}@x.test", f"user_id:{person}"]]))
        ids = [*ids, *draw(st.sampled_from([[], [f"anonymous_id:{device}"]]))]
        at = NOW - timedelta(hours=draw(st.integers(1, 480)))
        text = draw(st.text("ab", max_size=3))
        source = draw(st.sampled_from(["web", "erp", "crm", "loyalty"]))
        if draw(st.booleans()):
            told = {"name_": text, "phone": text, "email": text, "street": text}
            told |= {"email_verified": draw(st.booleans())}
            rows.append(event(number, *ids, type="identify", at=at, **told) | {"source": source})
        else:
            row = contact(number, *ids, record=f"c{number}", source=source, full_name=text, mail=text, at=at)
            rows.append(row | {"name": draw(st.sampled_from(["contact", "member"]))})
    return rows


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=streams(), seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_any_order_any_batching_and_a_rebuild_give_the_same(tmp_path: Path, rows, seed, cuts):
    plain = Engine(tmp_path / "plain", [], [], SAYS)
    mixed = Engine(tmp_path / "mixed", [], [], SAYS)
    plain.take(*rows)
    random.Random(seed).shuffle(rows)
    size = max(1, len(rows) // cuts)
    for start in range(0, len(rows), size):
        mixed.take(*rows[start : start + size])
    try:
        assert mixed.hash() == plain.hash()
        mixed.rebuilder.run(everybody=True)
        assert mixed.hash() == plain.hash()
    finally:
        plain.close()
        mixed.close()
