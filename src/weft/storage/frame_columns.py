"""The columns of the tables `clock` and `zones`, from which expressions know the time at which they are read."""

from typing import NamedTuple

from weft.model.audience import TraitRule
from weft.model.measure import content_hash
from weft.model.span import Boundary, Zone


class ZoneColumns(NamedTuple):
    """The columns of `zones` for one of the two zones of a person: her own and the workspace's.

    offsets: how far local time is ahead of UTC, from which moment on; the first holds for all time before.
    """

    offsets: str
    weekday: str
    hour: str
    next_hour: str
    next_part: str


def zone_columns(zone: Zone) -> ZoneColumns:
    """Return the names of the columns."""
    return ZoneColumns(*(f"{name}_{zone}" for name in ZoneColumns._fields))


def floor_column(boundary: Boundary) -> str:
    """Return the column of `clock` that holds a moment not later than a boundary is in any zone."""
    return f"f_{boundary.column_name}"


def threshold_column(rule: TraitRule) -> str:
    """Return the column of `clock` that holds the threshold of a rule over a share."""
    return f"q_{content_hash([rule.value, rule.condition.operator, rule.condition.operands])}"
