"""Sources, write keys and tokens in the database store."""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Engine, LargeBinary, Row, String, Table, select

from weft.clock import now_us
from weft.errors import NotFound, Rejected
from weft.model.access import Scope, Source, Token, TokenKind, WriteKey
from weft.storage.database import metadata, transaction

SECRET_BYTES = 32
LINK_SECONDS = 24 * 3600
SESSION_SECONDS = 30 * 24 * 3600
SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

source = Table(
    "source",
    metadata,
    Column("name", String, primary_key=True),
    Column("created_us", BigInteger, nullable=False),
)
keys = Table(
    "write_key",
    metadata,
    Column("key", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
)
token = Table(
    "token",
    metadata,
    Column("token_id", String, primary_key=True),
    Column("hash", LargeBinary(32), nullable=False, unique=True),  # sha256; 256 random bits need no salt
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("scopes", String, nullable=False),  # words, sorted
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Column("revoked_us", BigInteger),
)
used = Table(
    "token_used",
    metadata,
    Column("token_id", String, primary_key=True),
    Column("at_us", BigInteger, nullable=False),  # a minute or so late: it is not written for each request
)


class DatabaseKeys:
    """Sources and their write keys; implements `ports.WriteKeys`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_us) -> None:
        self._engine = engine
        self._clock = clock

    def source_of(self, write_key: str) -> str | None:
        """Return the source of a write key that is not revoked."""
        query = select(keys.c.source).where(keys.c.key == write_key, keys.c.revoked_us.is_(None))
        with _reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def sources(self) -> tuple[Source, ...]:
        """Return every source by name, with its keys."""
        with _reading(self._engine) as connection:
            names = connection.execute(select(source).order_by(source.c.name)).all()
            rows = connection.execute(select(keys).order_by(keys.c.created_us.desc())).all()
        held = [WriteKey(*row) for row in rows]
        return tuple(Source(n, at, tuple(k for k in held if k.source == n)) for n, at in names)

    def ensure(self, name: str) -> WriteKey:
        """Return the newest valid write key of the workspace; make source and key when there is none."""
        valid = [key for each in self.sources() for key in each.keys if key.revoked_us is None]
        return valid[0] if valid else self._new_key(name, new_source=not self._has(name))

    def add(self, name: str) -> WriteKey:
        """Make a source and its first key. Raises Rejected for a bad name or one that is taken."""
        if not SOURCE_NAME.fullmatch(name):
            raise Rejected(
                f"`{name}` cannot name a source: use up to 64 of a-z, 0-9, - and _, a letter or digit first."
            )
        if self._has(name):
            raise Rejected(
                f"There is a source `{name}` already; give it another key with `weft source rotate`."
            )
        return self._new_key(name, new_source=True)

    def rotate(self, name: str) -> WriteKey:
        """Give a source one more key. The older ones stay valid until they are revoked."""
        if not self._has(name):
            known = ", ".join(each.name for each in self.sources())
            raise NotFound(f"There is no source `{name}`; known: {known or 'none'}.")
        return self._new_key(name, new_source=False)

    def revoke(self, key: str) -> WriteKey:
        """End a write key, for good."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(keys).where(keys.c.key == key)).first()
            if row is None:
                raise NotFound("There is no such write key; `weft source list` shows them.")
            revoked_us = row.revoked_us or self._clock()
            connection.execute(keys.update().where(keys.c.key == key).values(revoked_us=revoked_us))
        return WriteKey(row.key, row.source, row.created_us, revoked_us)

    def _has(self, name: str) -> bool:
        with _reading(self._engine) as connection:
            return connection.execute(select(source).where(source.c.name == name)).first() is not None

    def _new_key(self, name: str, *, new_source: bool) -> WriteKey:
        made = WriteKey(secrets.token_hex(16), name, self._clock())
        with transaction(self._engine) as connection:
            if new_source:
                connection.execute(source.insert().values(name=name, created_us=made.created_us))
            connection.execute(
                keys.insert().values(key=made.key, source=name, created_us=made.created_us, revoked_us=None)
            )
        return made


class DatabaseTokens:
    """Tokens, stored as hashes."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_us) -> None:
        self._engine = engine
        self._clock = clock

    def create(
        self,
        name: str,
        scopes: Collection[Scope],
        kind: TokenKind = TokenKind.API,
        seconds: int | None = None,
    ) -> tuple[Token, str]:
        """Make a token; return it with its secret, which is never to be seen again."""
        if not scopes:
            raise Rejected(f"A token needs at least one scope of {', '.join(Scope)}.")
        with transaction(self._engine) as connection:
            return self._insert(connection, name, scopes, kind, seconds)

    def find(self, secret: str) -> Token | None:
        """Return the valid token of a secret. A link is none until it is redeemed."""
        with _reading(self._engine) as connection:
            row = connection.execute(select(token).where(token.c.hash == _hash(secret))).first()
        found = _token(row) if row else None
        usable = found is not None and found.kind is not TokenKind.LINK and found.is_valid(self._clock())
        return found if usable else None

    def redeem(self, link_secret: str) -> tuple[Token, str] | None:
        """Turn the token of a link into a session, once; return the session and its secret."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(token).where(token.c.hash == _hash(link_secret))).first()
            link = _token(row) if row else None
            if link is None or link.kind is not TokenKind.LINK or not link.is_valid(self._clock()):
                return None
            used = token.update().where(token.c.token_id == link.token_id).values(revoked_us=self._clock())
            connection.execute(used)
            return self._insert(connection, "browser", link.scopes, TokenKind.SESSION, SESSION_SECONDS)

    def tokens(self) -> tuple[Token, ...]:
        """Return API tokens and sessions that are still valid, the oldest first."""
        last = select(token, used.c.at_us).outerjoin(used, used.c.token_id == token.c.token_id)
        with _reading(self._engine) as connection:
            rows = connection.execute(last.order_by(token.c.created_us)).all()
        found = (msgspec.structs.replace(_token(row), used_us=row.at_us) for row in rows)
        return tuple(t for t in found if t.kind is not TokenKind.LINK and t.is_valid(self._clock()))

    def note_use(self, token_id: str) -> None:
        """Note that a token is used now."""
        with transaction(self._engine) as connection:
            connection.execute(used.delete().where(used.c.token_id == token_id))
            connection.execute(used.insert().values(token_id=token_id, at_us=self._clock()))

    def revoke(self, token_id: str) -> None:
        """End a token, for good."""
        change = token.update().where(token.c.token_id == token_id).values(revoked_us=self._clock())
        with transaction(self._engine) as connection:
            if not connection.execute(change).rowcount:
                raise NotFound(f"There is no token `{token_id}`; `weft token list` shows them.")

    def _insert(
        self,
        connection: Connection,
        name: str,
        scopes: Collection[Scope],
        kind: TokenKind,
        seconds: int | None,
    ) -> tuple[Token, str]:
        secret = "weft_" + secrets.token_urlsafe(SECRET_BYTES)
        now = self._clock()
        expires_us = None if seconds is None else now + seconds * 1_000_000
        made = Token("tok_" + secrets.token_hex(6), name, kind, frozenset(scopes), now, expires_us)
        row = token.insert().values(
            token_id=made.token_id,
            hash=_hash(secret),
            name=name,
            kind=kind.value,
            scopes=" ".join(sorted(scopes)),
            created_us=now,
            expires_us=expires_us,
        )
        connection.execute(row)
        return made, secret


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token(row: Row[tuple[object, ...]]) -> Token:
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    kind = TokenKind(row.kind)
    return Token(row.token_id, row.name, kind, scopes, row.created_us, row.expires_us, row.revoked_us)


def _reading(engine: Engine) -> Connection:
    return engine.connect().execution_options(read_only=True)
