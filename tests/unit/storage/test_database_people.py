"""Finding people in the database, and the counters of audiences."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete

from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal, SignalKind
from weft.profile.naming import search_terms
from weft.storage import database_people
from weft.storage.database import open_database, transaction
from weft.storage.database_audiences import (
    HOUR_US,
    Hour,
    audience_size,
    hours_of,
    movements,
    read_sizes,
    recount,
)
from weft.storage.database_people import (
    Place,
    count_people,
    place_of,
    place_text,
    profile_search,
    search_people,
)
from weft.storage.database_profiles import ProfileWrite, index_profiles, read_aliases, write_profiles

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


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("이준", [1]),
        ("준", [1]),
        ("芳", [2]),
        ("kim min", [3]),
        ("%", [4]),
        ("_", [4]),
        ("없", []),
        ("", [5, 4, 3, 2, 1]),
    ],
)
def test_any_part_of_a_name_finds_and_the_last_seen_come_first(
    engine: Engine, query: str, numbers: list[int]
) -> None:
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
        assert hours_of(connection, "buyers", 0) == [Hour("buyers", 1, 1, 2, 0), Hour("buyers", 3, 0, 0, 1)]
        assert hours_of(connection, "buyers", 2)[0].hour == 1
        assert movements(connection, 2 * HOUR_US) == {"buyers": (0, 1)}


def test_a_recount_says_what_the_memberships_say(engine: Engine) -> None:
    write(engine, entered=[("buyers", UUID(int=n).bytes, 1) for n in range(1, 4)])
    with transaction(engine) as connection:
        connection.execute(audience_size.update().values(size=99))
        recount(connection)
    with engine.connect() as connection:
        assert read_sizes(connection) == {"buyers": 3}
