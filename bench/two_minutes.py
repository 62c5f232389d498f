"""two_minutes: from `git clone` to the first profile seen in the browser, with the packages in their caches."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench.browser import chromium, filled, signed_in
from bench.figure import Figure, at_most, figure
from bench.supervise import free_port

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"open: (http://\S+)")
PATIENCE_SECONDS = 900.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1

TARGETS = (at_most("seconds", 120),)


def two_minutes(*, warm: bool = True, people: int = 2_000) -> Figure:
    """Clone this repository, run `make up`, open the link that it prints, look at the first person.

    Parameters
    ----------
    warm
        Do it once before, not measured, so that the caches of pip, uv and npm are filled.
    people
        People of the world that `make up` shows.
    """
    if warm:
        _once(people)
    keys: dict[str, float | int | None] = dict(_once(people))
    note = "The browser runs from the start; the link is opened as soon as it is printed. Only the packages are warm."
    return figure("two_minutes", keys, TARGETS, [note])


def _once(people: int) -> dict[str, float]:
    root = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        with chromium() as browser:
            began = time.perf_counter()
            clone, output = root / "weft", root / "make.out"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            cloned = time.perf_counter()
            flags = f"--people {people} --port {free_port()} --api-port {free_port()}"
            with output.open("wb") as told:
                process = subprocess.Popen(
                    ["make", "up", f"ARGS={flags}"],
                    cwd=clone,
                    env=_environ(),
                    stdin=subprocess.DEVNULL,
                    stdout=told,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            link = _link(process, output)
            ready = time.perf_counter()
            with signed_in(browser, link) as page:
                page.get_by_role("navigation").first.get_by_role("link", name="People", exact=True).click()
                page.locator("main tbody tr:not(.pad)").first.click()
                page.wait_for_url(re.compile("/people/.+"))
                filled(page)
            seen = time.perf_counter()
        return {
            "seconds": round(seen - began, 1),
            "clone_s": round(cloned - began, 1),
            "ready_s": round(ready - cloned, 1),
            "first_profile_s": round(seen - ready, 1),
        }
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(root, ignore_errors=True)


def _environ() -> dict[str, str]:
    """Return the environment without what this process' own packages would bring along."""
    left_out = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


def _link(process: "subprocess.Popen[bytes]", output: Path) -> str:
    """Wait for the link that signs in. Raises RuntimeError when `make up` ends or the patience does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = LINK.search(output.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"make up did not become ready: {output.read_text('utf-8', 'replace')[-2_000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask every process of it to end; kill what is left after STOP_SECONDS. It leads a session of its own."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
