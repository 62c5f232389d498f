"""A refused event without messageId is the same event when it is sent again."""

import msgspec
import pytest

from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.collect.plans import compile_rules
from weft.config import CollectSettings
from weft.definitions import Definition
from weft.model.accepted import Accepted, Entry

PLAN = {"name": "shop", "mode": "quarantine", "unplanned": "quarantine", "events": {}}
BATCH = (
    b'{"batch":[{"type":"track","event":"Seen","userId":"1"},'
    b'{"type":"track","event":"Bought","userId":"1","properties":{}}]}'
)


def ids(entries: list[Entry], rules: Rules) -> list[str]:
    return normalise(entries, rules).staged["message_id"].to_pylist()


@pytest.mark.parametrize(
    ("body", "count", "default_type"),
    [
        (BATCH, 2, ""),
        (b'{"event":"Seen","userId":"1"}', 1, "track"),
        (b'{"event":"Seen","userId":"1" } ', 1, "track"),
    ],
)
def test_sent_again_it_has_the_id_that_its_first_place_gave_it(
    body: bytes, count: int, default_type: str
) -> None:
    first = Entry(100, count, (Accepted(1_700_000_000_000_000, "web", body, count, default_type),))
    planned = compile_rules(CollectSettings(), [Definition("plans", "shop", PLAN, "plan.yaml")])
    refused = normalise([first], planned).quarantined.to_pylist()
    assert len(refused) == count
    again = tuple(
        Accepted(1_700_000_000_000_001, "web", row["body"].encode(), 1, row["default_type"])
        for row in refused
    )
    for accepted in again:
        msgspec.json.decode(accepted.body)
    assert ids([Entry(900, count, again)], Rules()) == ids([first], Rules())
