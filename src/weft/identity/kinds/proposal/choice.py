"""What a column is taken for, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """A kind of field for a column, and the reason, in words for the person who must confirm it.

    same: the value that every row has, where that is the reason to ignore it.
    """

    kind: str
    reason: str
    same: str | None = None
