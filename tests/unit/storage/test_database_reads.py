"""Point reads: what they find, from any thread, and what a database that cannot be read raises."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from weft.errors import Transient
from weft.storage.database import open_database, transaction
from weft.storage.database_profiles import served_node
from weft.storage.database_reads import point_read

STATEMENT = select(served_node.c.profile_id).where(served_node.c.node_id == bindparam("id"))


def test_it_finds_what_is_committed_and_nothing_else(tmp_path: Path) -> None:
    engine = open_database("sqlite:///d.sqlite", tmp_path)
    read = point_read(engine, STATEMENT)
    assert read(b"n" * 16) is None
    with transaction(engine) as connection:
        connection.execute(served_node.insert(), {"node_id": b"n" * 16, "profile_id": b"a" * 16})
        assert read(b"n" * 16) is None
    assert read(b"n" * 16) == b"a" * 16
    with transaction(engine) as connection:
        connection.execute(served_node.update().values(profile_id=b"b" * 16))
    found: list[bytes | None] = []
    thread = threading.Thread(target=lambda: found.append(read(b"n" * 16)))
    thread.start()
    thread.join()
    assert found == [b"b" * 16]
    engine.dispose()


def test_a_read_does_not_keep_the_journal_from_being_emptied(tmp_path: Path) -> None:
    engine = open_database("sqlite:///d.sqlite", tmp_path)
    read = point_read(engine, STATEMENT)
    with transaction(engine) as connection:
        connection.execute(served_node.insert(), {"node_id": b"n" * 16, "profile_id": b"a" * 16})
    read(b"n" * 16)
    with closing(sqlite3.connect(tmp_path / "d.sqlite")) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert (tmp_path / "d.sqlite-wal").stat().st_size == 0
    engine.dispose()


def test_what_cannot_be_read_is_tried_again_later(tmp_path: Path) -> None:
    engine = open_database("sqlite:///d.sqlite", tmp_path)
    read = point_read(engine, STATEMENT)
    with engine.begin() as connection:
        served_node.drop(connection)
    with pytest.raises(Transient, match="cannot be read"):
        read(b"n" * 16)
    engine.dispose()
