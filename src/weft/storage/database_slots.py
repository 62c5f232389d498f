"""The slots in force as the edge needs them, and how often each of their offers was shown."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete, func, insert, select

from weft.model.slot import Slot
from weft.storage.database import Bytes, metadata
from weft.storage.database_upsert import insert as insert_or

slot_served = Table(
    "slot_served",
    metadata,
    Column("name", String, primary_key=True),
    Column("body", Bytes, nullable=False),  # ServedSlot as JSON
)
slot_shown = Table(
    "slot_shown",
    metadata,
    Column("slot", String, primary_key=True),
    Column("day", Integer, primary_key=True),  # since 1970 UTC
    Column("ground", String, primary_key=True),
    Column("offer", String, primary_key=True),  # empty for what is no offer
    Column("times", BigInteger, nullable=False),
)


class ServedRule(msgspec.Struct, frozen=True):
    """The rule of an audience in words: language → sentence, and the sentences of the parts that all hold."""

    sentences: dict[str, str]
    clauses: dict[str, list[str]]


class ServedSlot(msgspec.Struct, frozen=True):
    """A slot, and the rules of the audiences that it names."""

    slot: Slot
    rules: dict[str, ServedRule]


class Shown(msgspec.Struct, frozen=True, order=True):
    """What was decided. ground: as in `weft.decide.decision.Ground`; offer: empty for none; day: since 1970 UTC."""

    slot: str
    day: int
    ground: str
    offer: str


def serve_slots(connection: Connection, slots: Iterable[ServedSlot]) -> None:
    """Put these slots in force, and no others."""
    connection.execute(delete(slot_served))
    rows: list[dict[str, Any]] = [
        {"name": each.slot.name, "body": msgspec.json.encode(each)} for each in slots
    ]
    if rows:
        connection.execute(insert(slot_served), rows)


def served_slot(connection: Connection, name: str) -> ServedSlot | None:
    """Return a slot in force."""
    body = connection.scalar(select(slot_served.c.body).where(slot_served.c.name == name))
    return None if body is None else msgspec.json.decode(body, type=ServedSlot)


def add_shown(connection: Connection, counts: Mapping[Shown, int]) -> None:
    """Add to how often things were shown."""
    for each, times in sorted(counts.items()):
        statement = insert_or(slot_shown).values(**msgspec.structs.asdict(each), times=times)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["slot", "day", "ground", "offer"],
                set_={"times": slot_shown.c.times + statement.excluded.times},
            )
        )


def shown_of(connection: Connection, since_day: int) -> dict[str, dict[tuple[str, str], int]]:
    """Return slot → (ground, offer) → how often since a day."""
    statement = (
        select(slot_shown.c.slot, slot_shown.c.ground, slot_shown.c.offer, func.sum(slot_shown.c.times))
        .where(slot_shown.c.day >= since_day)
        .group_by(slot_shown.c.slot, slot_shown.c.ground, slot_shown.c.offer)
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for slot, ground, offer, times in connection.execute(statement):
        found.setdefault(slot, {})[ground, offer] = int(times)
    return found
