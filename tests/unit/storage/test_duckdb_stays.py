"""Devices in the tick: what was done on one belongs to whoever was logged in, however the events arrive."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import KEY, NOW, event

from weft.identity.rules import Rules
from weft.model.identifier import Identifier, node_id
from weft.model.staged import STAGED
from weft.storage.duckdb_hash import WarehouseHash, warehouse_hash
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse

DAYS_OF_STITCHING = 30
DEVICES = ("anonymous_id:tablet", "anonymous_id:phone", "device_id:hardware")
OWNERS = ("user_id:mother", "user_id:father", "email:child@x.example")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stays")


def on(device: str, hours: float, owner: str = "", **more: Any) -> dict[str, Any]:
    """An event on a device, by its hours before or after the start, of whoever is logged in."""
    name = f"{device} {hours} {owner} {more.get('name', '')}"
    identifiers = (owner, device) if owner else (device,)
    return event(0, *identifiers, at=NOW + timedelta(hours=hours), message_id=name, **more)


def whose(warehouse: Warehouse) -> dict[str, str]:
    """Of each event, the owners of its profile, as their identifiers."""
    rows = warehouse.cursor().execute(
        """
        SELECT message_id, coalesce(string_agg(DISTINCT named.namespace || ':' || named.value, ' '), '')
        FROM event LEFT JOIN identity_map mine ON mine.node_id = event.node_id
        LEFT JOIN (
            SELECT profile_id, namespace, value FROM identity_map JOIN node USING (node_id, namespace)
            WHERE namespace IN ('user_id', 'email')
        ) named ON named.profile_id = mine.profile_id
        GROUP BY message_id
        """
    )
    return dict(rows.fetchall())


def expected(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The same by the words of the rule, device by device."""
    found: dict[str, str] = {}
    owners: dict[str, set[str]] = {}
    named = {
        row["message_id"]: [f"{i['namespace']}:{i['value']}" for i in row["identifiers"]] for row in rows
    }
    for ids in named.values():
        if ids[0] in OWNERS:
            for device in ids[1:]:
                owners.setdefault(device, set()).add(ids[0])
    for row in rows:
        first = named[row["message_id"]][0]
        if first in OWNERS:
            found[row["message_id"]] = first
        elif len(owners.get(first, ())) < 2:
            found[row["message_id"]] = next(iter(owners.get(first, [""])))
        else:
            found[row["message_id"]] = _owner(first, row["occurred_at"], rows, named)
    return found


def _owner(device: str, at: Any, rows: list[dict[str, Any]], named: dict[str, list[str]]) -> str:
    marks: set[tuple[Any, bool, bytes, str]] = set()
    for row in rows:
        ids = named[row["message_id"]]
        if device in ids and ids[0] in OWNERS:
            identifier = Identifier(*ids[0].split(":"))
            marks.add((row["occurred_at"], False, node_id(KEY, identifier).bytes, ids[0]))
        if device in ids and row["name"] == "Signed Out":
            marks.add((row["occurred_at"], True, b"", ""))
    before = [mark for mark in sorted(marks) if mark[0] <= at]
    if before and before[-1][3]:
        return before[-1][3]
    later = [mark for mark in sorted(marks) if mark[0] > at]
    following = next((mark for mark in later if mark[3]), None)
    barred = not before and later and not later[0][3]
    if following is None or barred or following[0] - at > timedelta(days=DAYS_OF_STITCHING):
        return ""
    return following[3]


ROWS = st.builds(
    on,
    st.sampled_from(DEVICES),
    st.integers(-1_500, 1_500).map(float),
    st.sampled_from(("", "", "", *OWNERS)),
    name=st.sampled_from(("Product Viewed", "Product Viewed", "Product Viewed", "Signed Out")),
)


def stored(
    folder: Path, rows: list[dict[str, Any]], size: int, *, restart: bool
) -> tuple[dict[str, str], WarehouseHash]:
    """Tick by tick, of that many events: whose each event is, and what the warehouse says."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    warehouse = Warehouse(folder / "warehouse.duckdb", 500)
    try:
        store = TickStore(warehouse, folder, KEY, Rules(), (), lambda _: ())
        for start in range(0, len(rows), size):
            staged = [{"position": at, **row} for at, row in enumerate(rows[start : start + size], start + 1)]
            batch = Batch(start + len(staged), NOW, staged=pa.Table.from_pylist(staged, schema=STAGED))
            store.apply(batch, lambda _: [])
            if restart:
                store = TickStore(warehouse, folder, KEY, Rules(), (), lambda _: ())
        return whose(warehouse), warehouse_hash(warehouse)
    finally:
        warehouse.close()


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(ROWS, min_size=4, max_size=24, unique_by=lambda row: (row["occurred_at"], row["message_id"])),
    st.integers(1, 7),
    st.booleans(),
)
def test_every_event_is_its_owners_in_any_order_and_cut(
    folder: Path, rows: list[dict[str, Any]], size: int, restart: bool
):
    found, told = stored(folder / "cut", rows, size, restart=restart)
    assert found == expected(rows)
    assert stored(folder / "whole", rows, len(rows), restart=False)[1] == told
    shuffled = rows[size:] + rows[:size]
    assert stored(folder / "turned", shuffled[::-1], size, restart=restart) == (found, told)
