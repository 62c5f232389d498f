"""What is killed: ticks of conflicting links and of what stewards say, over and over, from one seed.

It goes on where the folder is.
"""

import random
from datetime import datetime, timedelta
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import pyarrow as pa

from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge, StewardKind
from weft.model.identifier import Identifier
from weft.model.staged import STAGED
from weft.storage.database import open_database, transaction
from weft.storage.database_steward import StewardEdges, add_edges
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse

KEY = "key"
START = datetime(2026, 1, 1)  # noqa: DTZ001 naive UTC
TICK_EVENTS = 20
PEOPLE = 60
NAMESPACES = ("user_id", "email", "phone", "loyalty_card")


def identifier(draw: random.Random) -> Identifier:
    """Return an identifier; so few that people share them."""
    namespace = draw.choice(NAMESPACES)
    return Identifier(
        namespace,
        f"{draw.randrange(PEOPLE)}@shop.example" if namespace == "email" else str(draw.randrange(PEOPLE)),
    )


def batch(step: int) -> pa.Table:
    """Return the one tick of a step."""
    draw = random.Random(step)
    rows = [_row(step * TICK_EVENTS + place + 1, draw) for place in range(TICK_EVENTS)]
    return pa.Table.from_pylist(rows, schema=STAGED)


def edges(step: int, said: int) -> list[StewardEdge]:
    """Return what a steward says after a step: always one edge. said: the number of the newest before it."""
    draw = random.Random(-step - 1)
    kind = draw.choice(list(StewardKind)) if said else StewardKind.SAME
    if kind is StewardKind.RETRACT:
        return [StewardEdge(number=0, kind=kind, retracts=draw.randint(1, said))]
    one, other = identifier(draw), identifier(draw)
    return (
        [StewardEdge(number=0, kind=kind, left=(one,), right=(other,))]
        if one != other
        else edges(step + 7919, said)
    )


def main(folder: Path, steps: int, begun: Semaphore) -> None:
    """Do all steps that are not done. begun: released before each of them."""
    database = open_database("sqlite:///database.sqlite", folder)
    warehouse = Warehouse(folder / "warehouse.duckdb", 500)
    said = StewardEdges(database)
    store = TickStore(warehouse, folder, KEY, Rules(), (), said)
    store.recall(START)
    # what was said just before the last kill, so that the steps of the change feed are those of a run without kills
    store.apply(Batch(store.position, START), lambda _: [])
    for step in range(len(said(0)), steps):  # a step is done when its edge is said
        begun.release()
        if store.position <= step * TICK_EVENTS:
            store.apply(Batch((step + 1) * TICK_EVENTS, START, staged=batch(step)), lambda _: [])
        with transaction(database) as connection:
            add_edges(connection, edges(step, step))
        store.apply(Batch(store.position, START), lambda _: [])
    warehouse.close()
    database.dispose()


def _row(position: int, draw: random.Random) -> dict[str, object]:
    named = dict.fromkeys(identifier(draw) for _ in range(draw.randint(1, 3)))
    at = START + timedelta(minutes=draw.randrange(100_000))
    return {
        "position": position,
        "message_id": f"m{position}",
        "type": "track",
        "name": "Seen",
        "occurred_at": at,
        "received_at": START + timedelta(seconds=position),
        "source": "bench",
        "identifiers": [{"namespace": each.namespace, "value": each.value} for each in named],
        "properties": "{}",
        "context": "{}",
        "consent": None,
        "record_id": None,
    }
