"""Takes the screenshots of README and docs from the demo world, in Chromium, into docs/assets/screens/.

    make screenshots                   the world of the seed below; its history ends today
    make screenshots ARGS=2026-03-02   its history ends before that day

The figures come from the seed. A screen also tells how long ago things were, so the pictures of two days differ where
the season or the day of the week does.
"""

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.browser import chromium  # noqa: E402
from tests.acceptance.running import Running  # noqa: E402
from tests.browsing import DESKTOP, Console  # noqa: E402

SCREENS = ROOT / "docs" / "assets" / "screens"
WORLD = ("--people", "2000", "--days", "90", "--seed", "7")
LIVE_SECONDS = 240  # for minutes to compare
NEAR_EVENTS = 50
PATIENCE_SECONDS = 600.0
COLOURS = 128
MOST_BYTES = 200_000
SETTLE_MS = 1_500


class Living(Running):
    """The demo world under `weft demo`, from its history on."""

    COMMAND = ("demo", *WORLD, "--speed", "600", "--shop-port", "0")
    LAST = "shop"


class Shot(msgspec.Struct, frozen=True):
    """A picture: its name, the screen, and how it is shown."""

    name: str
    path: str
    theme: str = "light"
    language: str = "en"


def shots(person: str) -> list[Shot]:
    """Return what is taken, of a person among others."""
    screens = {
        "overview": "/",
        "person": f"/people/{person}",
        "builder": "/audiences/abandoned_cart/edit",
        "audience": "/audiences/slipping_away",
        "why": f"/audiences/slipping_away/why?person={person}",
    }
    both = [
        Shot(f"{name}-{theme}", path, theme) for name, path in screens.items() for theme in ("light", "dark")
    ]
    return [*both, *(Shot(f"overview-{language}", "/", "light", language) for language in ("ko", "zh-TW"))]


def main() -> None:
    """Make the world, let it live for a moment, and take every picture."""
    until = ("--until", sys.argv[1]) if sys.argv[1:] else ()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "demo"
        workspace.mkdir()
        with Living(workspace, *until) as running:
            time.sleep(LIVE_SECONDS)
            running.until("/api/overview", lambda told: told["lag"]["events"] < NEAR_EVENTS, PATIENCE_SECONDS)
            take(running, shots(f"user_id:{somebody(workspace)}"))


def somebody(workspace: Path) -> str:
    """Return the user_id of the person in the UK whom all systems know, with the most orders."""
    people = pq.read_table(workspace / "truth" / "people.parquet")
    known = people.filter(
        pc.and_(pc.equal(people["country"], "GB"), pc.and_(people["has_account"], people["in_crm"]))
    )
    person = known.sort_by([("orders", "descending"), ("person", "ascending")])["person"][0]
    named = pq.read_table(workspace / "truth" / "identifiers.parquet")
    mine = pc.and_(pc.equal(named["person"], person), pc.equal(named["namespace"], "user_id"))
    return str(named.filter(mine)["value"][0])


def take(running: Running, wanted: list[Shot]) -> None:
    """Photograph the screens, each in its language and theme."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        context = browser.new_context(
            device_scale_factor=2, reduced_motion="reduce", timezone_id="Europe/London", locale="en-GB"
        )
        console = Console(context, running)
        console.sign_in()
        for shot in wanted:
            page = console.open(shot.path, shot.language, shot.theme, DESKTOP)
            page.evaluate("() => document.fonts.ready")
            page.wait_for_timeout(SETTLE_MS)  # charts come after the screen
            size = save(page.screenshot(), SCREENS / f"{shot.name}.png")
            print(f"{shot.name}.png  {size / 1000:.0f} KB")


def save(png: bytes, path: Path) -> int:
    """Write a picture with a palette that keeps the colours of small marks; return its bytes."""
    image = Image.open(BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path.name} has {size:,} bytes, more than {MOST_BYTES:,}: lower COLOURS or show less.")
    return size


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"taken in {time.monotonic() - started:.0f} s")
