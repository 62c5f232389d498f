"""Events for the tests of the console: sent as a browser would, and waited for until a profile has them."""

from typing import Any
from uuid import uuid4

from tests.acceptance.running import Running


def track(user_id: str, name: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "track", "userId": user_id, "event": name, "properties": properties, "messageId": str(uuid4()),
    }  # fmt: skip


def identify(user_id: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user_id, "traits": traits, "messageId": str(uuid4())}


def arrive(workspace: Running, *events: dict[str, Any]) -> str:
    """Send events of one person and wait until they are in a profile; return its id."""
    sent = workspace.send(*events)
    assert sent.status_code == 200, sent.text
    user_id = events[0]["userId"]
    found = workspace.until(
        f"/api/profiles/user_id:{user_id}", lambda profile: profile["events"] >= len(events)
    )
    return found["id"]
