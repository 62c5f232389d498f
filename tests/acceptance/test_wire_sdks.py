"""The four real SDKs, unmodified, against a real edge: what they send is in the log and normalised."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.edge_process import KEY, Edge, edge

NODE = Path(__file__).parent / "node"
INSTALL_SECONDS = 240
SEND_SECONDS = 60

SEGMENT_PYTHON = """
import sys
import segment.analytics as analytics
host, key = sys.argv[1:]
analytics.write_key, analytics.host, analytics.gzip = key, host, True
failed = []
analytics.on_error = lambda error, items: failed.append(error)
"""
RUDDER_PYTHON = """
import sys
import rudderstack.analytics as analytics
host, key = sys.argv[1:]
analytics.write_key, analytics.dataPlaneUrl = key, host
failed = []
analytics.on_error = lambda error, items: failed.append(error)
"""
CALLS = """
shop = {"url": "https://shop.example/?utm_source=mail"}
analytics.identify("node-1", {"email": "Kim@Example.com", "plan": "gold"})
analytics.track("node-1", "Order Completed", {"total": 12.5, "currency": "EUR"})
analytics.page(anonymous_id="anon-1", name="Home", properties=shop)
analytics.screen("node-1", name="Cart")
analytics.group("node-1", "acme", {"seats": 5})
analytics.alias("anon-1", "node-1")
analytics.flush()
analytics.shutdown()
sys.exit(1 if failed else 0)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Edge]:
    with edge(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def node() -> str:
    """Return the node to run, with the SDKs of the lock file installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    found, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    assert found, "the Node SDKs need node; `make test` brings it"
    assert npm, "the Node SDKs need npm; `make test` brings it"
    if not (NODE / "node_modules" / ".package-lock.json").exists():
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(
            install, cwd=NODE, check=True, timeout=INSTALL_SECONDS, env={**os.environ, "PATH": path}
        )
    return found


def drive(command: list[str]) -> None:
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SEND_SECONDS)
    assert result.returncode == 0, result.stderr


def by_type(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert len(rows) == 6, [row["type"] for row in rows]
    return {row["type"]: row for row in rows}


def check(site: Edge, library: str) -> None:
    """Hold the six calls against what the tick makes of them."""
    rows = by_type(site.wait_for_events(6))
    normalised = site.normalised()
    assert normalised.quarantined.num_rows == 0
    assert len({row["message_id"] for row in rows.values()}) == 6
    identify, track, page = rows["identify"], rows["track"], rows["page"]
    assert identify["ids"] == {"user_id": "node-1", "email": "kim@example.com"}
    assert identify["properties"]["plan"] == "gold"
    assert (track["name"], track["ids"]["user_id"]) == ("Order Completed", "node-1")
    assert track["properties"] == {"total": 12.5, "currency": "EUR"}
    assert (page["name"], page["ids"]) == ("Home", {"anonymous_id": "anon-1"})
    assert (rows["screen"]["name"], rows["group"]["name"]) == ("Cart", "acme")
    assert rows["group"]["properties"] == {"seats": 5}
    assert rows["alias"]["ids"] == {"user_id": "node-1", "anonymous_id": "anon-1"}
    for row in rows.values():
        assert row["source"] == "web"
        assert library in row["context"]["library"]["name"].lower()
        assert abs((row["received_at"] - row["occurred_at"]).total_seconds()) < SEND_SECONDS


def test_segment_analytics_python(site: Edge) -> None:
    drive([sys.executable, "-c", SEGMENT_PYTHON + CALLS, site.url, KEY])
    check(site, "analytics-python")


def test_rudder_sdk_python(site: Edge) -> None:
    drive([sys.executable, "-c", RUDDER_PYTHON + CALLS, site.url, KEY])
    check(site, "analytics-python")


def test_segment_analytics_node(site: Edge, node: str) -> None:
    drive([node, str(NODE / "segment.mjs"), site.url, KEY])
    check(site, "analytics-node")


def test_rudder_sdk_node(site: Edge, node: str) -> None:
    drive([node, str(NODE / "rudder.mjs"), site.url, KEY])
    check(site, "analytics-node")
