"""console: how heavy the console is and how long a person waits for its screens, over a million people."""

import gzip
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import msgspec
from playwright.sync_api import Browser, Page, expect

import weft.web
from bench.browser import chromium, filled, heap_mb, painted_ms, signed_in, waited_ms
from bench.demo import make_world, project
from bench.figure import Figure, at_most, figure
from bench.load import Load, generate, percentile_ms
from bench.people import World
from bench.preload import Progress
from bench.supervise import Site, site
from bench.traffic import batches
from weft.clock import now_us

BUILT = Path(weft.web.__file__).parent / "console"
FIRST = ("index.html", "src/overview/overview.tsx")
BATCH_EVENTS, BATCHES = 20, 250
LOOK_SECONDS = 10.0

TARGETS = (
    at_most("script_kb", 250),
    at_most("overview_first_paint_ms", 1_000),
    at_most("people_interaction_ms", 1_000),
    at_most("memory_mb", 150),
)


def console(
    *,
    people: int = 1_000_000,
    days: int = 30,
    visits: int = 5,
    minutes: float = 10.0,
    events_per_second: int = 5_000,
    workspace: Path | None = None,
) -> Figure:
    """Visit the overview, the people and one person in headless Chromium; then follow live events.

    Parameters
    ----------
    people
        People of the demo world.
    days
        Days of its history.
    visits
        How often each screen is visited, with an empty cache; the median counts.
    minutes
        How long live events are followed.
    events_per_second
        How many come in meanwhile.
    workspace
        A demo workspace that is there already and does not run, instead of a new one.
    """
    with _world(people, days, workspace) as shop, shop.started("up"):
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{shop.api_port}", headers={"Authorization": f"Bearer {shop.token()}"}
        )
        with api, chromium() as browser:
            overview: Any = _counted(api)
            keys: dict[str, float | int | None] = {
                "people": sum(overview["people"].values()),
                "events": overview["events_accepted"],
                "script_kb": round(sum(map(_packed_bytes, _scripts())) / 1_000, 1),
            }
            looks = [_visits(browser, api) for _ in range(visits)]
            keys |= {name: round(median(each[name] for each in looks)) for name in looks[0]}
            keys |= _live(browser, api, shop, minutes, events_per_second)
    notes = [
        "first_paint_ms: navigation to the first paint with content; shown_ms: until nothing on the screen loads; both "
        "with an empty cache. interaction_ms: overview: click People until the list stands; people: type a name until "
        "only who bears it is listed (with the 250 ms that the page waits for more letters); person: choose a type of "
        "event until the timeline shows it alone. The driver's way to the browser is part of each.",
        "memory_mb: the script's heap after the minutes of live events, memory_before_mb before them.",
    ]
    return figure("console", keys, TARGETS, notes)


@contextmanager
def _world(people: int, days: int, workspace: Path | None) -> Generator[Site]:
    if workspace is not None:
        yield Site(workspace, {})
        return
    with site(definitions=None, edges=1, WEFT__COLLECT__BEHIND_EVENTS="1000000000") as shop:
        make_world(shop, people, days)
        project(shop)
        yield shop


def _counted(api: httpx.Client) -> Any:
    while True:
        overview = api.get("/api/overview").raise_for_status().json()
        if overview["people"] is not None:
            return overview
        time.sleep(0.1)


def _scripts() -> list[str]:
    """Return the script files that the first screen needs before charts."""
    manifest: dict[str, dict[str, Any]] = msgspec.json.decode((BUILT / ".vite/manifest.json").read_bytes())
    needed: dict[str, None] = {}
    wanted = list(FIRST)
    while wanted:
        name = wanted.pop()
        if name not in needed:
            needed[name] = None
            wanted += manifest[name].get("imports", [])
    return list(dict.fromkeys(manifest[name]["file"] for name in needed))


def _packed_bytes(name: str) -> int:
    return len(gzip.compress((BUILT / name).read_bytes(), mtime=0))


def _visits(browser: Browser, api: httpx.Client) -> dict[str, float]:
    known = api.get("/api/people", params={"known": True, "limit": 50}).raise_for_status().json()["people"]
    person = max(known, key=lambda each: each["events"])
    named = next(each for each in known if each["name"]["full"].isascii() and " " in each["name"]["full"])
    family = named["name"]["full"].split()[-1]

    def to_people(page: Page) -> None:
        page.get_by_role("navigation").first.get_by_role("link", name="People", exact=True).click()
        page.locator("main tbody tr").first.wait_for()
        filled(page)

    def search(page: Page) -> None:
        with page.expect_response(lambda answer: "/api/people?" in answer.url and "q=" in answer.url):
            page.get_by_role("searchbox").first.fill(family)
        expect(page.locator("main tbody tr:not(.pad)").first).to_contain_text(family)
        filled(page)

    def choose_type(page: Page) -> None:
        with page.expect_response(lambda answer: "/events?" in answer.url and "type=" in answer.url):
            page.get_by_role("combobox", name="Type").or_(page.get_by_label("Type")).first.click()
            page.get_by_role("option").first.click()
        filled(page)

    found: dict[str, float] = {}
    for name, path, act in (
        ("overview", "/", to_people),
        ("people", "/people", search),
        ("person", f"/people/{person['profile_id']}", choose_type),
    ):
        found |= {f"{name}_{key}": value for key, value in _visit(browser, api, path, act).items()}
    return found


def _visit(browser: Browser, api: httpx.Client, path: str, act: Callable[[Page], object]) -> dict[str, float]:
    with signed_in(browser, _link(api)) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")

        def show() -> None:
            page.goto(str(api.base_url.join(path)))
            filled(page)

        shown = waited_ms(show)
        return {
            "first_paint_ms": painted_ms(page),
            "shown_ms": shown,
            "interaction_ms": waited_ms(lambda: act(page)),
        }


def _link(api: httpx.Client) -> str:
    return str(api.post("/api/links").raise_for_status().json()["url"])


def _live(
    browser: Browser, api: httpx.Client, shop: Site, minutes: float, rate: int
) -> dict[str, float | int | None]:
    """Follow live events; return the memory before and after, and how the collector did meanwhile."""
    world = World(people=20_000, events=BATCHES * BATCH_EVENTS, until_us=now_us())
    templates = batches(world, shop.write_key(), BATCHES, BATCH_EVENTS)
    seconds = 60.0 * minutes
    with signed_in(browser, _link(api)) as page, closing(Progress(shop)) as progress:
        page.goto(str(api.base_url.join("/live")))
        filled(page)
        session = page.context.new_cdp_session(page)
        before = heap_mb(session)
        load = Load(
            "127.0.0.1", shop.edge_port, templates, seconds, time.time() + 1.0, rate / BATCH_EVENTS, 0.0, 8
        )
        with ThreadPoolExecutor(1, "load") as beside:
            sending, most = beside.submit(generate, [load]), before
            while not sending.done():
                page.wait_for_timeout(LOOK_SECONDS * 1_000)
                most = max(most, heap_mb(session))
        (measured,) = sending.result()
        waited = waited_ms(lambda: page.get_by_role("button", name="Pause").click())
        after, behind = heap_mb(session), progress.head() - progress.stored()
        latencies = measured.latencies_s()
        return {
            "memory_before_mb": before,
            "memory_mb": after,
            "memory_most_mb": most,
            "live_minutes": minutes,
            "live_events_per_second": round(len(latencies) * BATCH_EVENTS / seconds),
            "live_collect_p50_ms": percentile_ms(latencies, 50),
            "live_collect_p99_ms": percentile_ms(latencies, 99),
            "live_behind_events": behind,
            "live_click_ms": round(waited),
        }
