"""Starts `weft up` on a workspace as a user would, and stops it; speaks to it over HTTP only."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx

READY_SECONDS = 90.0
WEFT = (sys.executable, "-m", "weft.cli.main")


def weft(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*WEFT, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        env={**os.environ, **environ},
    )


class Running:
    """A workspace under `weft up`, on free ports. LAST: begins the line that is printed when all is there."""

    COMMAND: tuple[str, ...] = ("up",)
    LAST = "ready"

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self._log = folder / "up.log"
        self.process = subprocess.Popen(
            [*WEFT, *self.COMMAND, str(folder), "--port", "0", "--api-port", "0", "--edges", "1", *flags],
            stdout=subprocess.PIPE,
            stderr=self._log.open("wb"),
            text=True,
        )
        self.out = ""
        self._await_ready()
        self.edge = self._told("collect")
        self.api = self._told("api")
        self.write_key = self._told("write key")
        self.link = self._told("open")
        self.token = ""
        self.refresh()

    def refresh(self) -> bool:
        """Read where the engine answers now; say whether that changed."""
        try:
            run = json.loads((self.folder / "data" / "run.json").read_text())
        except FileNotFoundError:
            return False
        before, self.token, self.api = self.token, run["token"], run["api"]
        return before != self.token

    def _await_ready(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.out += line
            if line.startswith(self.LAST):
                return
        raise AssertionError(f"weft up ended with {self.process.wait()}: {self.out}\n{self.log}")

    def _told(self, name: str) -> str:
        found = re.search(rf"^{name}: (\S+)$", self.out, re.MULTILINE)
        assert found, self.out
        return found.group(1)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, self.api + path, headers=headers, timeout=90, **options)

    def send(self, *events: dict[str, Any]) -> httpx.Response:
        key = b64encode(f"{self.write_key}:".encode()).decode()
        headers = {"Authorization": f"Basic {key}"}
        return httpx.post(f"{self.edge}/v1/batch", json={"batch": list(events)}, headers=headers, timeout=90)

    def until(self, path: str, done: Any, seconds: float = 90.0) -> Any:
        """Ask again and again until `done(answer)`; return the answer's body."""
        give_up = time.monotonic() + seconds
        while True:
            try:
                answer = self.ask("GET", path)
            except httpx.TransportError:
                answer = httpx.Response(599)
            if answer.status_code == 200 and done(answer.json()):
                return answer.json()
            self.refresh()  # the engine may have started again, with another token
            assert time.monotonic() < give_up, (path, answer.status_code, answer.text, self.log[-3000:])
            time.sleep(0.1)

    def children(self) -> dict[str, int]:
        """Return role → process id of the processes under it."""
        found = {}
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if "weft.cli.child" in words:
                found[words[words.index("weft.cli.child") + 1]] = int(child)
        return found

    def stop(self, signal_: int = signal.SIGTERM) -> int:
        self.process.send_signal(signal_)
        try:
            return self.process.wait(60)
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
