"""Matching of people in the database: what waits to be matched, what is told of nodes, and how pairs were scored."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from weft.storage.database import Bytes, Key, metadata
from weft.storage.database_upsert import upsert_rows

IN_MAX = 5_000
LOAD_ROWS = 50_000
Number = BigInteger().with_variant(Integer, "sqlite")

person_change = Table(
    "person_change",
    metadata,
    Column("number", Number, primary_key=True),
    Column("node_id", Key, nullable=False),
    Column("position", BigInteger, nullable=False),  # of the log, that the node is known at
    Column(
        "told", Bytes, nullable=False
    ),  # kind → text as it was told, as msgpack; empty: match again what is known
)
person_node = Table(
    "person_node",
    metadata,
    Column("node_id", Key, primary_key=True),
    Column("told", Bytes, nullable=False),  # kind → value in one form, as msgpack
    Column("seen", BigInteger, nullable=False),  # the fingerprint of what was told
)
score = Table(
    "score",
    metadata,
    Column("number", Number, primary_key=True),
    Column("left_node", Key, nullable=False),
    Column("right_node", Key, nullable=False),
    Column("outcome", String, nullable=False),
    Column("bits", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("fields", Bytes, nullable=False),  # contribution per field, as JSON; they sum to the bits
    Column("model", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("score_by_pair", "left_node", "right_node"),
)
"""Every score of a pair of nodes that mattered, only ever added: the stream that the tick takes as evidence."""
scored_pair = Table(
    "scored_pair",
    metadata,
    Column("left_node", Key, primary_key=True),
    Column("right_node", Key, primary_key=True),
    Column("bits", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("outcome", String, nullable=False),
    Index("scored_pair_by_right", "right_node"),
)
"""The last score of each pair."""

_WAITING = select(person_change).order_by(person_change.c.number).limit(bindparam("most"))
_SCORES = (
    select(score)
    .where(score.c.number > bindparam("after"), score.c.position <= bindparam("upto"))
    .order_by(score.c.number)
    .limit(bindparam("most"))
)
_PERSONS = (
    select(person_node.c.node_id, person_node.c.told)
    .where(person_node.c.node_id > bindparam("after"))
    .order_by(person_node.c.node_id)
    .limit(LOAD_ROWS)
)
_ANY_SCORE = select(scored_pair.c.left_node).limit(1)
_told = msgspec.msgpack.Decoder(dict[str, str])
_pack = msgspec.msgpack.Encoder(order="sorted").encode


class PersonChange(NamedTuple):
    """A node that waits to be matched. told: None to match again what is known of it."""

    number: int
    node: bytes
    position: int
    told: dict[str, str] | None


class ScoreEdge(NamedTuple):
    """One score of a pair of nodes, the lesser first. fields: JSON, contribution per field."""

    number: int
    left: bytes
    right: bytes
    outcome: str
    bits: float
    confidence: float
    fields: bytes
    model: str
    at_us: int
    position: int


class LastScore(NamedTuple):
    """The last score of a pair."""

    bits: float
    confidence: float
    outcome: str


def add_changes(connection: Connection, told: Mapping[bytes, dict[str, str]], position: int) -> None:
    """Append nodes of which something was told."""
    rows = [{"node_id": node, "position": position, "told": _pack(each)} for node, each in told.items()]
    if rows:
        connection.execute(person_change.insert(), rows)


def add_again(connection: Connection, nodes: Iterable[bytes], position: int) -> None:
    """Append nodes to be matched again by what is known of them; those of which nothing is known are passed over."""
    rows = [{"node_id": node, "position": position, "told": b""} for node in nodes]
    if rows:
        connection.execute(person_change.insert(), rows)


def add_everybody(connection: Connection, position: int) -> int:
    """Append every node, to be matched again by another model; return how many."""
    return connection.execute(
        person_change.insert().from_select(
            ["node_id", "position", "told"],
            select(person_node.c.node_id, bindparam("position", position), bindparam("told", b"", Bytes)),
        )
    ).rowcount


def read_changes(connection: Connection, most: int) -> list[PersonChange]:
    """Return what waits, in order. What was matched is dropped in the transaction of the effects."""
    return [
        PersonChange(row.number, row.node_id, row.position, _told.decode(row.told) if row.told else None)
        for row in connection.execute(_WAITING, {"most": most})
    ]


def waiting(connection: Connection) -> int:
    """Return how many nodes wait to be matched."""
    return connection.execute(select(func.count()).select_from(person_change)).scalar_one()


def drop_changes(connection: Connection, upto: int) -> None:
    """Forget what was matched."""
    connection.execute(delete(person_change).where(person_change.c.number <= upto))


def seen_of(connection: Connection, nodes: Iterable[bytes]) -> dict[bytes, int]:
    """Return the fingerprints of what is known of nodes."""
    found: dict[bytes, int] = {}
    for part in _parts(list(nodes)):
        statement = select(person_node.c.node_id, person_node.c.seen).where(person_node.c.node_id.in_(part))
        found.update(tuple(row) for row in connection.execute(statement))
    return found


def persons_of(connection: Connection, nodes: Iterable[bytes]) -> dict[bytes, dict[str, str]]:
    """Return what is known of nodes, in one form."""
    found: dict[bytes, dict[str, str]] = {}
    for part in _parts(list(nodes)):
        statement = select(person_node.c.node_id, person_node.c.told).where(person_node.c.node_id.in_(part))
        found.update((node, _told.decode(told)) for node, told in connection.execute(statement))
    return found


def every_person(connection: Connection) -> Iterator[tuple[list[bytes], list[dict[str, str]]]]:
    """Yield all nodes and what is known of them, in pieces."""
    after = b""
    while rows := connection.execute(_PERSONS, {"after": after}).all():
        yield [node for node, _ in rows], [_told.decode(told) for _, told in rows]
        after = rows[-1][0]


def write_persons(connection: Connection, persons: Mapping[bytes, tuple[dict[str, str], int]]) -> None:
    """Set what is known of nodes. persons: node → (what was told in one form, its fingerprint)."""
    rows = [(node, _pack(told), seen) for node, (told, seen) in sorted(persons.items())]
    upsert_rows(connection, person_node, ("node_id",), ("told", "seen"), rows)


def any_scores(connection: Connection) -> bool:
    """Say whether any pair was ever scored."""
    return connection.execute(_ANY_SCORE).first() is not None


def last_scores(connection: Connection, nodes: Iterable[bytes]) -> dict[tuple[bytes, bytes], LastScore]:
    """Return the last score of every pair that one of the nodes is in."""
    found: dict[tuple[bytes, bytes], LastScore] = {}
    for part in _parts(list(nodes)):
        statement = select(scored_pair).where(
            or_(scored_pair.c.left_node.in_(part), scored_pair.c.right_node.in_(part))
        )
        for row in connection.execute(statement):
            found[row.left_node, row.right_node] = LastScore(row.bits, row.confidence, row.outcome)
    return found


def scores_from(connection: Connection, least: float) -> dict[tuple[bytes, bytes], float]:
    """Return the pairs whose last confidence is at least that, with it."""
    columns = (scored_pair.c.left_node, scored_pair.c.right_node, scored_pair.c.confidence)
    rows = connection.execute(select(*columns).where(scored_pair.c.confidence >= least))
    return {(left, right): confidence for left, right, confidence in rows}


def add_scores(connection: Connection, edges: Sequence[ScoreEdge]) -> None:
    """Append scores (their numbers are given here) and remember them as the last of their pairs."""
    if not edges:
        return
    rows: list[dict[str, object]] = [
        dict(zip(_NAMES, (edge.left, edge.right, *edge[3:]), strict=True)) for edge in edges
    ]
    connection.execute(score.insert(), rows)
    last = [(edge.left, edge.right, edge.bits, edge.confidence, edge.outcome) for edge in edges]
    keys, columns = ("left_node", "right_node"), ("bits", "confidence", "outcome")
    upsert_rows(connection, scored_pair, keys, columns, last)


_NAMES: tuple[str, ...] = (
    "left_node",
    "right_node",
    "outcome",
    "bits",
    "confidence",
    "fields",
    "model",
    "at_us",
    "position",
)


def read_scores(connection: Connection, after: int, upto: int, most: int) -> list[ScoreEdge]:
    """Return scores behind a number whose nodes are known at position `upto` of the log, in order."""
    return [
        ScoreEdge(*row) for row in connection.execute(_SCORES, {"after": after, "upto": upto, "most": most})
    ]


def scores_of(connection: Connection, pairs: Collection[tuple[bytes, bytes]], upto: int) -> list[ScoreEdge]:
    """Return the last score of each pair that has one, of those with numbers up to `upto`, by number."""
    found: dict[tuple[bytes, bytes], ScoreEdge] = {}
    for part in _parts([left for left, _ in pairs]):
        statement = select(score).where(score.c.left_node.in_(part), score.c.number <= upto)
        for row in connection.execute(statement.order_by(score.c.number)):
            found[row.left_node, row.right_node] = ScoreEdge(*row)
    wanted = set(pairs)
    return sorted((edge for pair, edge in found.items() if pair in wanted), key=lambda edge: edge.number)


class Scores:
    """Reads the stream of scores."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def __call__(self, after: int, upto: int, most: int) -> list[ScoreEdge]:
        """Return scores as `read_scores` does."""
        with self._engine.begin() as connection:
            return read_scores(connection, after, upto, most)

    def of(self, pairs: Collection[tuple[bytes, bytes]], upto: int) -> list[ScoreEdge]:
        """Return scores as `scores_of` does."""
        with self._engine.begin() as connection:
            return scores_of(connection, pairs, upto)


def _parts(ids: list[bytes]) -> Iterator[list[bytes]]:
    return (ids[start : start + IN_MAX] for start in range(0, len(ids), IN_MAX))
