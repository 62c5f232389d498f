"""The tables `clock`, `zones` and `given` for a set of definitions, as Arrow tables: no engine knows a calendar."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import pyarrow as pa

from weft.model.expression import Given
from weft.model.measure import ValueType
from weft.model.span import Boundary, Zone
from weft.profile.calendar import boundary_us, floor_us, local_hour, offsets
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import uuid_array
from weft.storage.frame_columns import floor_column, zone_columns

GIVEN_TYPES = {
    ValueType.NUMBER: pa.float64(),
    ValueType.TEXT: pa.string(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.TIME: pa.int64(),
    ValueType.LIST: pa.list_(pa.string()),
}
OFFSETS = pa.list_(pa.struct([("at", pa.int64()), ("offset_seconds", pa.int64())]))


def clock_table(defined: Defined, now_us: int, thresholds: Mapping[str, float]) -> pa.Table:
    """Return the one row of `clock`. thresholds: by their columns; one that is not known is missing."""
    columns = {"now_us": pa.array([now_us], pa.int64())}
    for boundary in defined.floors:
        columns[floor_column(boundary)] = pa.array([floor_us(boundary, now_us)], pa.int64())
    for name in defined.thresholds:
        columns[name] = pa.array([thresholds.get(name)], pa.float64())
    return pa.table(columns)


def zones_table(defined: Defined, now_us: int, zones: Iterable[str], home: str) -> pa.Table:
    """Return a row of `zones` for each IANA name. home: the workspace's zone."""
    names = sorted(set(zones))
    at_home = ZoneInfo(home)
    found = [ZoneInfo(name) for name in names]

    def whose(zone: Zone) -> list[ZoneInfo]:
        return found if zone is Zone.PERSON else [at_home] * len(found)

    def boundaries(boundary: Boundary) -> pa.Array:
        return pa.array([boundary_us(boundary, zone, now_us) for zone in whose(boundary.zone)], pa.int64())

    columns: dict[str, pa.Array] = {"zone": pa.array(names, pa.string())}
    columns |= {boundary.column_name: boundaries(boundary) for boundary in defined.boundaries}
    for zone in defined.local_zones:
        mine = zone_columns(zone)
        hours = [local_hour(each, now_us) for each in whose(zone)]
        for ordinal, name in enumerate((mine.weekday, mine.hour, mine.next_hour, mine.next_part)):
            columns[name] = pa.array([hour[ordinal] for hour in hours], pa.int64())
        columns[mine.offsets] = pa.array([_turns(each, now_us) for each in whose(zone)], OFFSETS)
    return pa.table(columns)


def zones_of(defined: Defined, given: pa.Table, now_us: int) -> pa.Table:
    """Return the rows of `zones` for the zones of the rows of `given`."""
    if not defined.needs_zones:
        return zones_table(defined, now_us, (), defined.home)
    return zones_table(defined, now_us, given["zone"].unique().to_pylist(), defined.home)


def given_table(defined: Defined, profiles: Mapping[bytes, tuple[str, Mapping[Given, object]]]) -> pa.Table:
    """Return a row of `given` for each profile: its zone (IANA name) and what is given of it; missing is NULL."""
    columns: dict[str, pa.Array | pa.ExtensionArray] = {
        "profile_id": uuid_array(list(profiles)),
        "zone": pa.array([zone for zone, _ in profiles.values()], pa.string()),
    }
    for given in defined.givens:
        values = [known.get(given) for _, known in profiles.values()]
        columns[given.column_name] = pa.array(values, GIVEN_TYPES[given.type])
    return pa.table(columns)


def _turns(zone: ZoneInfo, now_us: int) -> list[dict[str, int]]:
    return [{"at": at_us, "offset_seconds": seconds} for at_us, seconds in offsets(zone, now_us)]
