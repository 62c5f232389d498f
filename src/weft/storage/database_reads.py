"""Point reads at the price of the driver: a profile is read for every request of the Profile API."""

import sqlite3
import threading
from collections.abc import Callable

from sqlalchemy import Engine, Select

from weft.errors import Transient

PointRead = Callable[[bytes], bytes | None]


def point_read(engine: Engine, statement: Select[bytes]) -> PointRead:
    """Return a function from the statement's one parameter, `id`, to the value of its first row. Safe from any thread.

    On SQLite the compiled statement runs on one connection that is kept, and sees what is committed. SQLAlchemy's
    own way (pool, begin, context, result, rollback) costs a multiple of the read.
    """
    return _SqliteRead(engine, statement) if engine.dialect.name == "sqlite" else _Read(engine, statement)


class _Read:
    def __init__(self, engine: Engine, statement: Select[bytes]) -> None:
        self._engine = engine
        self._statement = statement

    def __call__(self, key: bytes) -> bytes | None:
        with self._engine.begin() as connection:
            return connection.execute(self._statement, {"id": key}).scalar()


class _SqliteRead:
    """Opens its connection at the first read: not before a fork."""

    def __init__(self, engine: Engine, statement: Select[bytes]) -> None:
        self._engine = engine
        self._text = str(statement.compile(dialect=engine.dialect))
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.Lock()

    def __call__(self, key: bytes) -> bytes | None:
        with self._turn:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                row = self._connection.execute(self._text, (key,)).fetchone()
            except sqlite3.OperationalError as error:
                raise Transient(f"The database is busy or cannot be read ({error}).") from error
        return None if row is None else row[0]

    def _connect(self) -> sqlite3.Connection:
        """Open a connection as the engine does, but one that its pool forgets."""
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        pooled.detach()
        return connection
