"""truth: the demo world's systems told Weft of its people; how right is who it says is who?"""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import time
from contextlib import closing
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from bench.demo import SEED, make_world
from bench.figure import Figure, at_least, figure
from bench.preload import POLL_SECONDS, STALLED_SECONDS, Progress
from bench.supervise import Site, site
from weft.identity.evaluation.pairs import quality
from weft.storage.database_person import every_person, waiting
from weft.storage.database_worker import get_position
from weft.storage.duckdb_arrow import uuid_array
from weft.workers.project import CHANGES

TARGETS = (at_least("precision", 0.99), at_least("recall", 0.85))
QUIET_SECONDS = 3.0
"""Nothing waits for so long: the scores are taken in, too."""
OWNED = """
CREATE TEMP TABLE owned AS SELECT namespace, value, min(person) AS person,
    string_agg(DISTINCT system, ', ' ORDER BY system) AS systems
FROM read_parquet($1) WHERE namespace <> 'anonymous_id'
GROUP BY namespace, value HAVING count(DISTINCT person) = 1
"""
"""Identifiers of one person each (a phone that was cut short may be anybody's). Devices name nobody."""
KNOWN = """
CREATE TEMP TABLE known AS SELECT CAST(profile_id AS VARCHAR) AS profile, owned.*, EXISTS (
    FROM link WHERE bits > 0 AND (left_node = node_id OR right_node = node_id)
) OR node_id IN (SELECT node_id FROM person) AS told
FROM node JOIN identity_map USING (node_id) JOIN owned ON owned.namespace = node.namespace AND owned.value = node.value
"""
"""told: it came with another identifier, or with a name; nobody can say whose the others are."""
CODES = """
SELECT dense_rank() OVER (ORDER BY profile) AS profile, dense_rank() OVER (ORDER BY person) AS person, told FROM known
"""
MERGED = """
SELECT string_agg(held, '  |  ' ORDER BY held) FROM (
    SELECT profile, string_agg(namespace || ':' || value, ' ' ORDER BY namespace, value) AS held
    FROM known GROUP BY person, profile
) GROUP BY profile HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT $1
"""
APART = """
SELECT string_agg(held, '  |  ' ORDER BY held) FROM (
    SELECT person, string_agg(namespace || ':' || value, ' ' ORDER BY namespace, value) AS held
    FROM known GROUP BY person, profile
) GROUP BY person HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT $1
"""
BY_SYSTEM = """
SELECT system, avg(CAST(one.profile = biggest.profile AS DOUBLE)) FROM known AS one
JOIN (SELECT person, mode(profile) AS profile FROM known GROUP BY person) AS biggest USING (person),
unnest(string_split(systems, ', ')) AS of(system) GROUP BY system
"""
QUESTIONS = """
WITH question AS (
    SELECT DISTINCT left_node, right_node FROM review JOIN link USING (link_key)
    JOIN identity_map AS one ON one.node_id = left_node JOIN identity_map AS other ON other.node_id = right_node
    WHERE one.profile_id <> other.profile_id OR why = 'fallen'
), person_of AS (SELECT node_id, person FROM node JOIN owned USING (namespace, value))
SELECT count(*), count(*) FILTER (one.person = other.person) FROM question
LEFT JOIN person_of AS one ON one.node_id = left_node LEFT JOIN person_of AS other ON other.node_id = right_node
"""
WORST = {"put together": MERGED, "kept apart": APART}


class Judged(NamedTuple):
    """keys of the figure, and the worst mistakes in words."""

    keys: dict[str, float | int | None]
    mistakes: list[str]


def truth(*, people: int = 5_000, days: int = 90, seed: int = SEED, worst: int = 5) -> Figure:
    """Import the demo world's history into a workspace, match everybody, and compare with the world's truth.

    Parameters
    ----------
    people
        Of the world.
    days
        Of its history.
    seed
        Of the world.
    worst
        How many mistakes of each sort are shown.
    """
    with site(definitions=None, edges=1, WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
        make_world(shop, people, days, seed)
        with closing(Progress(shop)) as progress, shop.started("up"):
            progress.wait(progress.head())
            matched(shop)
        found = judge(shop, worst)
    return figure("truth", found.keys, TARGETS, found.mistakes)


def matched(shop: Site) -> None:
    """Wait until nobody waits to be matched and no profile moves any more."""
    database = shop.open_database()
    reading = database.execution_options(read_only=True)
    began = moved = time.monotonic()
    last: tuple[int, ...] = ()
    while time.monotonic() - moved < QUIET_SECONDS:
        with reading.begin() as connection:
            now = (waiting(connection), get_position(connection, CHANGES))
        if now[0] or now != last:
            moved, last = time.monotonic(), now
        if time.monotonic() - began > STALLED_SECONDS:
            raise RuntimeError(f"{now[0]} people still wait to be matched")
        time.sleep(POLL_SECONDS)
    database.dispose()


def judge(shop: Site, worst: int) -> Judged:
    """Compare the people of a workspace that nothing runs on with the truth of the world in its folder."""
    warehouse, identifiers = shop.data / "warehouse.duckdb", shop.folder / "truth" / "identifiers.parquet"
    database = shop.open_database()
    with database.begin() as reading:
        told = [node for nodes, _ in every_person(reading) for node in nodes]
    database.dispose()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.register("person", pa.table([uuid_array(told)], names=["node_id"]))
        connection.execute(OWNED, [str(identifiers)])
        connection.execute(KNOWN)
        codes = connection.execute(CODES).fetchnumpy()
        found, true = (codes[name].astype(np.int32) for name in ("profile", "person"))
        measured, whole = quality(found, np.where(codes["told"], true, -1)), quality(found, true)
        questions, one_person = connection.execute(QUESTIONS).fetchone() or (0, 0)
        systems = connection.execute(BY_SYSTEM).fetchall()
        rows = {name: connection.execute(query, [worst]).fetchall() for name, query in WORST.items()}
    keys: dict[str, float | int | None] = {
        "identifiers": len(true),
        "told": int(codes["told"].sum()),
        "precision": round(whole.precision, 5),
        "recall": round(measured.recall, 5),
        "recall_of_all": round(whole.recall, 5),
        "b3_f1": round(measured.b3_f1, 5),
        "questions": questions,
        "questions_right": one_person,
    }
    keys |= {f"{system}_found": round(share, 4) for system, share in systems}
    return Judged(keys, [f"{name}: {text}" for name, some in rows.items() for (text,) in some])
