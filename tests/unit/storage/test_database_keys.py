from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from weft.errors import NotFound, Rejected
from weft.model.access import Scope, TokenKind
from weft.storage.database import open_database
from weft.storage.database_keys import DatabaseKeys, DatabaseTokens, token


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database("sqlite:///database.sqlite", tmp_path)


def test_a_key_stands_for_its_source_until_it_is_revoked(engine: Engine) -> None:
    keys = DatabaseKeys(engine, Clock())
    first = keys.add("shop")
    second = keys.rotate("shop")
    assert first.key != second.key
    assert keys.source_of(first.key) == keys.source_of(second.key) == "shop"
    keys.revoke(first.key)
    assert keys.source_of(first.key) is None
    assert keys.source_of(second.key) == "shop"
    assert keys.source_of("nonsense") is None
    assert [s.name for s in keys.sources()] == ["shop"]


def test_ensure_makes_one_key_and_then_keeps_it(engine: Engine) -> None:
    keys = DatabaseKeys(engine, Clock())
    made = keys.ensure("default")
    assert keys.ensure("default") == made
    keys.revoke(made.key)
    assert keys.ensure("default").key != made.key


def test_bad_names_and_unknown_sources_say_what_to_do(engine: Engine) -> None:
    keys = DatabaseKeys(engine, Clock())
    keys.add("shop")
    with pytest.raises(Rejected, match="a-z"):
        keys.add("Shop 1")
    with pytest.raises(Rejected, match="rotate"):
        keys.add("shop")
    with pytest.raises(NotFound, match="known: shop"):
        keys.rotate("shp")
    with pytest.raises(NotFound, match="source list"):
        keys.revoke("nonsense")


def test_only_the_hash_of_a_token_is_stored(engine: Engine) -> None:
    tokens = DatabaseTokens(engine, Clock())
    made, secret = tokens.create("crm", [Scope.READ])
    assert tokens.find(secret) == made
    assert tokens.find(secret + "x") is None
    with engine.connect() as connection:
        row = connection.execute(select(token)).one()
    assert all(secret not in str(value) for value in row)
    assert secret.encode() not in bytes(row.hash)


def test_tokens_end(engine: Engine) -> None:
    clock = Clock()
    tokens = DatabaseTokens(engine, clock)
    made, secret = tokens.create("crm", [Scope.READ], seconds=10)
    other, other_secret = tokens.create("bi", [Scope.READ])
    assert tokens.tokens() == (made, other)
    clock.now += 10_000_000
    assert tokens.find(secret) is None
    tokens.revoke(other.token_id)
    assert tokens.find(other_secret) is None
    assert tokens.tokens() == ()
    with pytest.raises(NotFound):
        tokens.revoke("tok_none")
    with pytest.raises(Rejected, match="scope"):
        tokens.create("none", [])


def test_a_link_signs_in_once(engine: Engine) -> None:
    tokens = DatabaseTokens(engine, Clock())
    _, link = tokens.create("link", [Scope.ADMIN], TokenKind.LINK, 60)
    assert tokens.find(link) is None
    redeemed = tokens.redeem(link)
    assert redeemed
    session, secret = redeemed
    assert session.kind is TokenKind.SESSION
    assert tokens.find(secret) == session
    assert tokens.redeem(link) is None
    assert tokens.redeem(secret) is None


def test_scopes_include_each_other(engine: Engine) -> None:
    tokens = DatabaseTokens(engine, Clock())
    write, _ = tokens.create("w", [Scope.WRITE])
    read, _ = tokens.create("r", [Scope.READ])
    admin, _ = tokens.create("a", [Scope.ADMIN])
    assert [write.allows(s) for s in Scope] == [True, True, False, False]
    assert [read.allows(s) for s in Scope] == [True, False, False, False]
    assert all(admin.allows(s) for s in Scope)


def test_the_last_use_of_a_token_is_kept(engine: Engine) -> None:
    clock = Clock()
    tokens = DatabaseTokens(engine, clock)
    made, _ = tokens.create("call centre", [Scope.READ])
    assert [each.used_us for each in tokens.tokens()] == [None]
    for now in (2_000_000, 3_000_000):
        clock.now = now
        tokens.note_use(made.token_id)
    assert [each.used_us for each in tokens.tokens()] == [3_000_000]
