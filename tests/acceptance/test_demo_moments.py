"""What `weft demo` brings shows the moment of its people: where they are, beside where they live."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
from tests.acceptance.running import Running, weft

PEOPLE, DAYS = 600, 30
FRESH = timedelta(hours=40)
"""An event of this age is in the window of `place`, ten half-lives of 6 hours, for as long as the test takes."""


def last_places(folder: Path) -> dict[str, str]:
    """Return account → the city of its latest event, of those who were there lately and said where."""
    columns = ["user_id", "type", "timestamp", "context"]
    told = pq.read_table(folder / "history" / "web" / "events.parquet", columns=columns).to_pylist()
    since = datetime.now(UTC) - FRESH
    found: dict[str, str] = {}
    for row in sorted(told, key=lambda row: row["timestamp"]):
        location = msgspec.json.decode(row["context"]).get("location")
        if row["user_id"] and row["type"] == "track" and location and row["timestamp"] > since:
            found[row["user_id"]] = location["city"]
    return found


def test_right_now_is_filled(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    made = weft("demo", str(folder), "--people", str(PEOPLE), "--days", str(DAYS), "--only", "history")
    assert made.returncode == 0, made.stderr
    places = last_places(folder)
    assert len(places) > 3
    shown: dict[str, dict[str, Any]] = {}
    with Running(folder) as running:
        for account in places:
            path = f"/api/profiles/user_id:{account}"
            shown[account] = running.until(path, lambda found: "place" in found["context"])
    for account in places:
        place = shown[account]["context"]["place"]
        assert (place["beside"], place["known"]) == ("city", shown[account]["traits"].get("city"))
        assert place["conflict"] == (place["known"] is not None and place["known"] != place["value"])
        assert ("away_from_home" in shown[account]["audiences"]) == place["conflict"]
    said = [shown[account]["context"]["place"]["value"] == city for account, city in places.items()]
    assert sum(said) >= 0.8 * len(said)  # on a tablet others of the household spoke last
