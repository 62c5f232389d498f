"""Through what people enter and leave audiences where no event is behind it."""

from pathlib import Path
from uuid import UUID

from tests.unit.workers.engine import KEY, Engine, event
from tests.unit.workers.test_batches import batches

from weft.model.consent import ConsentRecord
from weft.model.identifier import Identifier, node_id
from weft.model.signal import Cause
from weft.storage.database import transaction
from weft.storage.database_consent import record_consent
from weft.storage.database_history import changes_of
from weft.storage.database_lists import UploadedList, replace_list
from weft.storage.database_outside import look_again
from weft.workers.shares import Shares

CITIES = {
    "name": "cities",
    "as": "number",
    "sql": "SELECT profile_id, count(*) AS value FROM events GROUP BY profile_id",
}
AUDIENCES = [
    {"name": "agreed", "who": {"consent": "marketing", "is": "granted"}},
    {"name": "asked", "who": {"list": "invited"}},
    {"name": "busy", "who": {"trait": "cities", "at_least": 1}},
    {"name": "best", "who": {"trait": "revenue", "top_percent": 100}},
]


def test_consent_lists_sql_and_shares_are_told_apart(tmp_path: Path) -> None:
    revenue = {"name": "revenue", "kind": "sum", "event": "Order Completed", "property": "revenue"}
    engine = Engine(tmp_path / "e", [CITIES, revenue], AUDIENCES)
    engine.take(event(1, "user_id:1", name="Order Completed", revenue=5.0))
    node = node_id(KEY, Identifier("user_id", "1"))
    with transaction(engine.database) as connection:
        record_consent(connection, [ConsentRecord(node, "marketing", True, 1, "form", "")])
        look_again(connection, [node.bytes], Cause.CONSENT)
    engine.projector.step()
    with transaction(engine.database) as connection:
        replace_list(connection, UploadedList("invited", 1, ("user_id",), 2, "kim"), {node.bytes})
    engine.projector.step()
    assert batches(engine).step()
    engine.projector.step()
    assert Shares(engine.database, engine.warehouse, engine.compiled, lambda: engine.now).step()
    engine.projector.step()
    with engine.database.connect() as connection:
        changes = changes_of(connection, [UUID(str(engine.who("user_id:1").profile_id)).bytes], 10)
    engine.close()
    assert {each.audience: each.cause for each in changes} == {
        "agreed": Cause.CONSENT,
        "asked": Cause.LIST,
        "busy": Cause.SQL,
        "best": Cause.SHARE,
    }
