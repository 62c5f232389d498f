"""The behaviour worker: pairs whose accounts did something that bears on them are queued to be scored again."""

from collections.abc import Callable

from sqlalchemy import Engine

from weft.identity.live.behaviour import OWNERS_MOST
from weft.identity.rules import Rules
from weft.storage.database import transaction
from weft.storage.database_person import add_again, any_scores, last_scores
from weft.storage.database_worker import get_position, set_position
from weft.storage.duckdb_behaviour import Behaviours

BEHAVIOUR = "behaviour"
WINDOW = 100_000
"""Most positions of the log in one step."""


class Watching:
    """One step: read what is new behind its position, queue, and move the position in the same transaction.

    Only accounts of pairs that might tie are looked at, and those on a shared device that got a further owner.
    done: called when something was queued.
    """

    def __init__(
        self, database: Engine, behaviours: Behaviours, rules: Rules, done: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._behaviours = behaviours
        self._rules = rules
        self._done = done

    def step(self) -> int:
        """Look at one window; return how many positions of the log it had."""
        with self._reader.begin() as connection:
            after = get_position(connection, BEHAVIOUR)
        upto = min(self._behaviours.position, after + WINDOW)
        if upto <= after:
            return 0
        nodes = sorted({*self._behaviours.joined(after, upto, OWNERS_MOST), *self._apart(after, upto)})
        with transaction(self._database) as connection:
            add_again(connection, nodes, upto)
            set_position(connection, BEHAVIOUR, upto)
        if nodes:
            self._done()
        return upto - after

    def _apart(self, after: int, upto: int) -> set[bytes]:
        """Return one node of each pair that was seen to be two, and did something new."""
        with self._reader.begin() as connection:
            if not any_scores(connection):
                return set()
            scores = last_scores(connection, self._behaviours.active(after, upto))
        pairs = [pair for pair, last in scores.items() if last.confidence >= self._rules.review]
        return {left for left, _ in self._behaviours.apart(pairs)} if pairs else set()
