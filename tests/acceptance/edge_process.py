"""A real edge process on a temporary folder, for tests: `with edge(folder) as site: site.post("/v1/track", …)`.

Run as a program it is that process: `python edge_process.py FOLDER`.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from weft.collect.drafts import Rules
from weft.collect.normalise import Normalised, normalise
from weft.config import CollectSettings, Settings
from weft.model.accepted import Accepted
from weft.storage.sqlite_log import open_log

KEY = "write-key-1"
SOURCE = "web"
START_SECONDS = 30


class Edge:
    """A running edge: where it listens, and what its log holds."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.port = port
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=90)

    def post(self, path: str, body: object, *, key: str | None = KEY, **headers: str) -> httpx.Response:
        """Send a body (bytes as they are, anything else as JSON) with the key as Basic user."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = (key, "") if key is not None else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, content=content, headers=named, auth=auth)

    def accepted(self) -> list[Accepted]:
        """Return every request in the log."""
        with closing(open_log("sqlite:///log.sqlite", self.folder)) as log:
            return [item for entry in log.read(0, 10**9) for item in entry.content]

    def normalised(self, rules: Rules | None = None) -> Normalised:
        """Return what the tick would make of the log."""
        with closing(open_log("sqlite:///log.sqlite", self.folder)) as log:
            return normalise(log.read(0, 10**9), rules or Rules())

    def rows(self) -> list[dict[str, Any]]:
        """Return the staged events with their JSON columns decoded."""
        rows = self.normalised().staged.to_pylist()
        for row in rows:
            row["properties"] = json.loads(row["properties"])
            row["context"] = json.loads(row["context"])
            row["ids"] = {pair["namespace"]: pair["value"] for pair in row["identifiers"]}
        return rows

    def wait_for_events(self, count: int, seconds: float = 90) -> list[dict[str, Any]]:
        """Wait until the log holds so many events."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            rows = self.rows()
            if len(rows) >= count:
                return rows
            time.sleep(0.1)
        raise AssertionError(f"{len(self.rows())} of {count} events came in")

    def memory_bytes(self) -> int:
        """Return the resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@contextmanager
def edge(folder: Path, *, keys: dict[str, str] | None = None, **collect: object) -> Iterator[Edge]:
    """Start an edge with these settings of `[collect]`, and stop it at the end."""
    write_keys(folder, keys or {KEY: SOURCE})
    (folder / "collect.json").write_text(json.dumps(collect))
    process = subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith(b"ready "), "the edge did not start"
        site = Edge(folder, int(ready.split()[1]), process)
        yield site
        site.http.close()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def write_keys(folder: Path, keys: dict[str, str]) -> None:
    """Set the write keys of a running edge."""
    draft = folder / "keys.draft"
    draft.write_text(json.dumps(keys))
    draft.replace(folder / "keys.json")


class FileKeys:
    """Write keys in a JSON file, read again each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def source_of(self, write_key: str) -> str | None:
        return json.loads(self._path.read_text()).get(write_key)


def main(arguments: Sequence[str]) -> None:
    from weft.web.edge import edge_app
    from weft.web.serve import serve

    folder = Path(arguments[0])
    collect = CollectSettings(**json.loads((folder / "collect.json").read_text()))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    async def profile_api(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"profile " + scope["path"].encode()})

    def tell(port: int) -> None:
        os.write(1, f"ready {port}\n".encode())

    with closing(open_log("sqlite:///log.sqlite", folder)) as log:
        keys = FileKeys(folder / "keys.json")
        app = edge_app(Settings(collect=collect), log, keys, {"/v1/spaces/": profile_api}, folder)
        serve(app, "127.0.0.1", 0, shared_port=False, on_ready=tell, stop=stop)


if __name__ == "__main__":
    main(sys.argv[1:])
