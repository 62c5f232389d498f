from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from weft.consent.gate import latest
from weft.model.consent import ALL_CHANNELS, ConsentRecord
from weft.storage.database import open_database, transaction
from weft.storage.database_consent import (
    ConsentRow,
    insert_consents,
    list_consents,
    read_evidence,
    record_consent,
    suppress,
    unsuppress,
)

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database("sqlite:///database.sqlite", tmp_path)
    yield engine
    engine.dispose()


def test_a_message_counts_once(database: Engine) -> None:
    row: ConsentRow = (ONE.bytes, "marketing", True, 10, "app", "m1")
    with transaction(database) as connection:
        assert insert_consents(connection, [row, row]) == 1
        assert insert_consents(connection, [row]) == 0
        assert insert_consents(connection, [(TWO.bytes, "marketing", True, 10, "app", "m1")]) == 1
        assert len(list_consents(connection, [ONE, TWO])) == 2


def test_what_is_rolled_back_was_never_said(database: Engine) -> None:
    with pytest.raises(RuntimeError), transaction(database) as connection:
        insert_consents(connection, [(ONE.bytes, "marketing", False, 10, "app", "m1")])
        raise RuntimeError
    with transaction(database) as connection:
        assert read_evidence(connection, [ONE]).records == ()


def test_a_withdrawal_keeps_the_proof_of_the_grant(database: Engine) -> None:
    with transaction(database) as connection:
        record_consent(connection, [ConsentRecord(ONE, "marketing", True, 10, "api", "a")])
        record_consent(connection, [ConsentRecord(ONE, "marketing", False, 20, "api", "b")])
        assert [(r.granted, r.at_us) for r in list_consents(connection, [ONE])] == [(True, 10), (False, 20)]
        (held,) = read_evidence(connection, [ONE]).records
    assert (held.granted, held.message_id) == (False, "b")


def test_a_suppression_is_lifted_per_channel_and_stays_as_proof(database: Engine) -> None:
    with transaction(database) as connection:
        assert suppress(connection, [ONE, TWO, TWO], "email", "bounced", 10) == 2
        assert suppress(connection, [ONE], "email", "bounced again", 11) == 0
        assert suppress(connection, [ONE], ALL_CHANNELS, "asked", 12) == 1
        assert unsuppress(connection, [ONE], "email", 13, "api") == 1
        assert unsuppress(connection, [ONE], "email", 14, "api") == 0
        left = {(s.node_id, s.channel) for s in read_evidence(connection, [ONE, TWO]).suppressions}
        assert left == {(ONE, ALL_CHANNELS), (TWO, "email")}
        assert suppress(connection, [ONE], "email", "bounced", 15) == 1


def test_more_nodes_than_one_query_takes(database: Engine) -> None:
    nodes = [UUID(int=number) for number in range(1, 1_202)]
    with transaction(database) as connection:
        insert_consents(connection, [(n.bytes, "marketing", True, 1, "app", "m") for n in nodes])
        assert len(read_evidence(connection, nodes).records) == len(nodes)
        assert read_evidence(connection, []).records == ()


said = st.tuples(
    st.sampled_from([ONE.bytes, TWO.bytes]),
    st.sampled_from(["marketing", "service"]),
    st.booleans(),
    st.integers(0, 3),
    st.just("app"),
    st.sampled_from("abcdef"),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(said, max_size=5), max_size=4))
def test_what_the_gate_reads_is_the_latest_of_the_ledger(batches: list[list[ConsentRow]]) -> None:
    engine = open_database("sqlite://", Path())
    try:
        with transaction(engine) as connection:
            for batch in batches:
                insert_consents(connection, batch)
            ledger = list_consents(connection, [ONE, TWO])
            held = set(read_evidence(connection, [ONE, TWO]).records)
    finally:
        engine.dispose()
    expected = {r for purpose in ("marketing", "service") for r in latest(ledger, purpose).values()}
    assert held == expected
