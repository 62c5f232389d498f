"""Probes: single events that must make a known profile enter an audience; how long until a reader sees it."""

import time
from base64 import b64encode
from collections.abc import Sequence
from http.client import HTTPConnection

import msgspec

from bench.supervise import Site
from weft.model.identifier import USER_ID, Identifier
from weft.storage.database_profiles import DatabaseProfiles
from weft.storage.database_worker import get_position
from weft.workers.project import PROJECT

EVENT = "Probe Fired"
AUDIENCE = "probed"
PROBES_PER_SECOND = 15
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 30.0


class Prober:
    """Sends a probe for one person after the other and looks at the served profiles, every 10 ms if they may
    have changed.

    latencies_s: from just before the event was sent until the profile that is served shows the
    membership. unseen: probes that did not show within PATIENCE_SECONDS.
    """

    def __init__(self, shop: Site, write_key: str, people: Sequence[int]) -> None:
        self.latencies_s: list[float] = []
        self.unseen = 0
        self._engine = shop.open_database()
        self._reading = self._engine.execution_options(read_only=True)
        self._position = -1
        self._profiles = DatabaseProfiles(self._engine, shop.workspace().node_key)
        held = ((person, self._audiences(person)) for person in people)
        self._people = [person for person, mine in held if mine is not None and AUDIENCE not in mine]
        self._edge = HTTPConnection("127.0.0.1", shop.edge_port, timeout=10)
        self._credential = "Basic " + b64encode(f"{write_key}:".encode()).decode()

    def run(self, seconds: float) -> None:
        """Probe for so long, then wait for the last ones. Raises RuntimeError when there is nobody to probe."""
        if not self._people:
            raise RuntimeError("none of the people of the past has a served profile that was not probed yet")
        waiting: dict[int, float] = {}
        began = time.perf_counter()
        sent = 0
        while True:
            now = time.perf_counter()
            over = now - began >= seconds or sent >= len(self._people)
            if not over and now - began >= sent / PROBES_PER_SECOND:
                waiting[self._people[sent]] = now
                self._send(self._people[sent])
                sent += 1
            self._look(waiting)
            if over and not waiting:
                break
            time.sleep(LOOK_SECONDS)
        self._engine.dispose()
        self._edge.close()

    def _look(self, waiting: dict[int, float]) -> None:
        """Look at those who wait, when the projection has moved: looking takes time from what is measured."""
        with self._reading.begin() as connection:
            position = get_position(connection, PROJECT)
        if position == self._position:
            return
        self._position = position
        for person, sent_at in list(waiting.items()):
            waited = time.perf_counter() - sent_at
            if AUDIENCE in (self._audiences(person) or {}):
                self.latencies_s.append(waited)
            elif waited > PATIENCE_SECONDS:
                self.unseen += 1
            else:
                continue
            del waiting[person]

    def _audiences(self, person: int) -> dict[str, int] | None:
        document = self._profiles.find(Identifier(USER_ID, f"u-{person}"))
        return None if document is None else document.audiences

    def _send(self, person: int) -> None:
        body = {"type": "track", "event": EVENT, "userId": f"u-{person}", "messageId": f"probe-{person}"}
        headers = {"Authorization": self._credential}
        self._edge.request("POST", "/v1/track", msgspec.json.encode(body), headers)
        answer = self._edge.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the edge answered a probe with {answer.status}")
