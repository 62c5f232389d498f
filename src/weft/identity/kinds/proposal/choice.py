"""What a column is taken for, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """A kind of field for a column, and the reason, in words for the person who must confirm it."""

    kind: str
    reason: str
