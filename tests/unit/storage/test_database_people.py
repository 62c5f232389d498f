"""Finding people in the database, and the counters of audiences."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, delete, inspect, text
from sqlalchemy.schema import CreateTable, DropIndex, DropTable

from weft.errors import Misconfigured
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.model.signal import Cause, Signal, SignalKind
from weft.profile.naming import search_terms
from weft.storage import database_people
from weft.storage.database import SCHEMA_VERSION, open_database, read_fact, transaction, write_fact
from weft.storage.database_audiences import (
    HOUR_US,
    Hour,
    audience_size,
    hours_of,
    joined_since,
    movements,
    read_sizes,
    recount,
)
from weft.storage.database_outside import waiting_outside
from weft.storage.database_people import (
    Place,
    count_people,
    place_of,
    place_text,
    profile_search,
    search_people,
)
from weft.storage.database_person import score
from weft.storage.database_profiles import (
    INDEXED,
    ProfileWrite,
    index_profiles,
    read_aliases,
    write_profiles,
)

EVERYBODY = [5, 4, 3, 2, 1]
NAMES = ["이준", "王芳", "Minsu Kim", "100% O_Neil", ""]


def person(number: int, name: str, audiences: dict[str, int] | None = None) -> ProfileDocument:
    namespace = "user_id" if name else "anonymous_id"
    identifiers = (Identifier(namespace, f"{name[:1] or 'x'}{number}"),)
    traits = {"name": name} if name else {}
    return ProfileDocument(UUID(int=number), identifiers, traits, audiences or {}, 1, number * 1_000, 1, 1)


def write(engine: Engine, *people: ProfileDocument, at_us: int = 0, **changes: object) -> None:
    whole = {
        "saved": [(each, [], None) for each in people],
        "gone": {},
        "nodes": {},
        "born": [],
        "entered": [],
        "exited": [],
        "signals": [],
        "at_us": at_us,
    }
    with transaction(engine) as connection:
        write_profiles(connection, ProfileWrite(**(whole | changes)))  # pyright: ignore[reportArgumentType]


def found(engine: Engine, query: str, **options: object) -> list[int]:
    with engine.connect() as connection:
        places = search_people(connection, search_terms(query), **options)  # pyright: ignore[reportArgumentType]
    return [UUID(bytes=place.profile_id).int for place in places]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database("sqlite:///d.sqlite", tmp_path)
    write(opened, *(person(number, name) for number, name in enumerate(NAMES, 1)))
    yield opened
    opened.dispose()


@pytest.mark.parametrize("newest_rows", [0, 5_000])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("이준", [1]),
        ("준", [1]),
        ("芳", [2]),
        ("kim min", [3]),
        ("100%", [4]),
        ("o_ne", [4]),
        ("O'NEIL", [4]),
        ("neil", [4]),
        ("eil", []),
        ("%", []),
        ('"', []),
        ("없", []),
        ("", [5, 4, 3, 2, 1]),
    ],
)
def test_the_beginning_of_a_word_and_any_run_of_characters_finds_and_the_last_seen_come_first(
    engine: Engine, query: str, numbers: list[int], newest_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_people, "NEWEST_ROWS", newest_rows)
    assert found(engine, query) == numbers


def test_known_and_anonymous_are_told_apart(engine: Engine) -> None:
    assert found(engine, "", known=False) == [5]
    assert found(engine, "", known=True) == [4, 3, 2, 1]
    with engine.connect() as connection:
        assert count_people(connection) == {True: 4, False: 1}


@pytest.mark.parametrize("newest_rows", [1, 5_000])
def test_pages_leave_nobody_out(engine: Engine, newest_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_people, "NEWEST_ROWS", newest_rows)
    write(engine, *(person(number, "Kim") for number in range(10, 20)))
    seen: list[int] = []
    after: Place | None = None
    while page := found(engine, "kim", after=after, limit=3):
        seen += page
        after = place_of(place_text(Place(page[-1] * 1_000, UUID(int=page[-1]).bytes)))
    assert seen == [*range(19, 9, -1), 3]
    assert place_of("nonsense") is None


def test_who_was_merged_is_found_under_the_heir_alone(engine: Engine) -> None:
    write(engine, gone={UUID(int=1).bytes: UUID(int=2).bytes})
    write(engine, gone={UUID(int=2).bytes: UUID(int=3).bytes})
    assert found(engine, "이준") == []
    with engine.connect() as connection:
        assert read_aliases(connection, UUID(int=3).bytes, 9) == [UUID(int=2).bytes, UUID(int=1).bytes]


def indexed(engine: Engine, word: str) -> int:
    count = text("SELECT count(*) FROM profile_words WHERE profile_words MATCH :word")
    with engine.connect() as connection:
        return connection.execute(count, {"word": f'"{word}"'}).scalar_one()


def test_the_index_follows_the_words(engine: Engine) -> None:
    assert [indexed(engine, word) for word in ("준", "minsu", "bora")] == [1, 1, 0]
    write(engine, person(3, "Kim Bora"), gone={UUID(int=1).bytes: UUID(int=2).bytes})
    write(engine, person(3, "Kim Bora"))
    assert [indexed(engine, word) for word in ("준", "minsu", "bora")] == [0, 0, 1]
    assert found(engine, "bora") == [3]
    write(engine, person(5, "Late"))
    write(engine, person(3, ""))
    assert [indexed(engine, word) for word in ("bora", "late")] == [0, 1]


def before_causes(connection: Connection) -> None:
    """Take away what version 4 added."""
    connection.execute(text("ALTER TABLE changed_outside DROP COLUMN cause"))
    connection.execute(text("ALTER TABLE audience_hour DROP COLUMN joined"))


def test_a_database_of_version_1_gets_the_index_of_words(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as connection:
        connection.execute(DropTable(profile_search))
        connection.execute(DropTable(Table("profile_words", MetaData())))
        connection.execute(CreateTable(Table("profile_search", MetaData(), Column("words", String))))
        before_causes(connection)
        write_fact(connection, "schema_version", "1")
        write_fact(connection, INDEXED, "1")
    engine.dispose()
    for _ in range(2):
        opened = open_database("sqlite:///d.sqlite", tmp_path)
        index_profiles(opened)
        assert found(opened, "min kim") == [3]
        assert indexed(opened, "minsu") == 1
        with opened.connect() as connection:
            assert read_fact(connection, "schema_version") == SCHEMA_VERSION
        opened.dispose()


@pytest.mark.parametrize("scores", [True, False])
def test_a_database_of_version_2_gets_the_index_of_scores(
    engine: Engine, tmp_path: Path, scores: bool
) -> None:
    index = next(each for each in score.indexes if each.name == "score_by_pair")
    with transaction(engine) as connection:
        connection.execute(DropIndex(index) if scores else DropTable(score))
        before_causes(connection)
        write_fact(connection, "schema_version", "2")
    engine.dispose()
    for _ in range(2):
        opened = open_database("sqlite:///d.sqlite", tmp_path)
        assert inspect(opened).has_index("score", "score_by_pair")
        with opened.connect() as connection:
            assert read_fact(connection, "schema_version") == SCHEMA_VERSION
        opened.dispose()


def test_a_database_of_version_3_keeps_whom_it_was_to_look_at_again(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as connection:
        before_causes(connection)
        connection.execute(text("INSERT INTO changed_outside (node_id) VALUES (x'07')"))
        write_fact(connection, "schema_version", "3")
    engine.dispose()
    opened = open_database("sqlite:///d.sqlite", tmp_path)
    with opened.connect() as connection:
        assert waiting_outside(connection, 10).nodes == {b"\x07": Cause.OUTSIDE}
    opened.dispose()


def test_a_database_of_a_newer_version_is_refused(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as connection:
        write_fact(connection, "schema_version", "99")
    engine.dispose()
    with pytest.raises(Misconfigured, match="schema 99"):
        open_database("sqlite:///d.sqlite", tmp_path)


def test_another_database_is_the_operators(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"`postgresql` is no database .* Use sqlite:///database\.sqlite"):
        open_database("postgresql://localhost/weft", tmp_path)


def test_profiles_of_an_older_weft_are_indexed_once(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(delete(profile_search))
    index_profiles(engine)
    assert found(engine, "王芳") == [2]
    with transaction(engine) as connection:
        connection.execute(delete(profile_search))
    index_profiles(engine)
    assert found(engine, "王芳") == []


def signal(number: int, kind: SignalKind, who: int) -> Signal:
    return Signal(number, kind, UUID(int=who), "buyers", 0, 0)


def test_sizes_are_counted_as_they_change(engine: Engine) -> None:
    one, two = UUID(int=1).bytes, UUID(int=2).bytes
    both = [person(1, "이준", {"buyers": 5}), person(2, "王芳", {"buyers": 5})]
    came = [signal(1, SignalKind.ENTERED, 1), signal(2, SignalKind.ENTERED, 2)]
    write(engine, *both, entered=[("buyers", one, 5), ("buyers", two, 5)], signals=came, at_us=HOUR_US)
    # a merge: the heir's membership is written again, the other's goes, and nobody exits
    write(engine, gone={one: two}, entered=[("buyers", two, 4)], at_us=HOUR_US)
    left = [signal(3, SignalKind.EXITED, 2)]
    write(engine, exited=[("buyers", two)], signals=left, at_us=3 * HOUR_US)
    with engine.connect() as connection:
        assert read_sizes(connection) == {}
        assert hours_of(connection, "buyers", 0) == [
            Hour("buyers", 1, 1, 2, 0, 1),
            Hour("buyers", 3, 0, 0, 1, 0),
        ]
        assert hours_of(connection, "buyers", 2)[0].hour == 1
        assert [joined_since(connection, "buyers", hour) for hour in (0, 2, 4)] == [1, 0, 0]
        assert movements(connection, 2 * HOUR_US) == {"buyers": (0, 1)}


def test_a_recount_says_what_the_memberships_say(engine: Engine) -> None:
    write(engine, entered=[("buyers", UUID(int=n).bytes, 1) for n in range(1, 4)])
    with transaction(engine) as connection:
        connection.execute(audience_size.update().values(size=99))
        recount(connection)
    with engine.connect() as connection:
        assert read_sizes(connection) == {"buyers": 3}
