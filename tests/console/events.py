"""Events for the tests of the console: sent as a browser would, and waited for until a profile has them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def engine_starts_again(workspace: Running, seconds: float = 60.0) -> Iterator[None]:
    """Wait until the engine that was told of changed definitions here runs with them."""
    before = workspace.children()["engine"]
    yield
    give_up = time.monotonic() + seconds
    while workspace.children().get("engine") in {None, before}:
        assert time.monotonic() < give_up, workspace.log[-2000:]
        time.sleep(0.1)
    workspace.until("/api/overview", lambda overview: overview.get("people") is not None, seconds)
