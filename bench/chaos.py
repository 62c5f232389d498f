"""Senders that retry as SDKs do, and killers that give them reason to."""

import random
import time
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any

import msgspec
import numpy as np

from bench.forms import Forms
from bench.people import World
from bench.supervise import Command, Program, Site

BATCH_EVENTS = 20
RETRY_SECONDS = 0.02
PAUSE_SECONDS = 0.03
ANSWER_SECONDS = 5.0
LONGEST_LIFE_SECONDS = 0.5


def lane(world: World, number: int, lanes: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the batches of one lane. All events of a person go down the same lane, in their order."""
    forms = Forms(world)
    batch: list[dict[str, Any]] = []
    for events in forms.streams():
        for row in np.nonzero(events.person % lanes == number)[0].tolist():
            batch.append(forms.message(events, row))
            if len(batch) == BATCH_EVENTS:
                yield batch
                batch = []


class Sender(Thread):
    """Sends one batch after the other down a lane, each again until it is answered 200.

    acknowledged: message_ids of the batches that were. batches: how many of them. It ends when it is
    told to, after `most` batches, or with the lane; it never leaves a batch without an answer.
    """

    def __init__(
        self, site: Site, write_key: str, batches: Iterator[list[dict[str, Any]]], most: int | None
    ) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.batches = 0
        self.retries = 0
        self.over = Event()
        self._site = site
        self._batches = batches
        self._most = most
        self._credential = "Basic " + b64encode(f"{write_key}:".encode()).decode()
        self._edge: HTTPConnection | None = None

    def run(self) -> None:
        """Send."""
        for batch in self._batches:
            if self.over.is_set() or self.batches == self._most:
                return
            body = msgspec.json.encode({"batch": batch})
            while not self._taken(body):
                self.retries += 1
                time.sleep(RETRY_SECONDS)
            self.acknowledged += [message["messageId"] for message in batch]
            self.batches += 1
            if self._most is None:
                time.sleep(PAUSE_SECONDS)

    def _taken(self, body: bytes) -> bool:
        edge = self._edge or HTTPConnection("127.0.0.1", self._site.edge_port, timeout=ANSWER_SECONDS)
        try:
            edge.request("POST", "/v1/batch", body, {"Authorization": self._credential})
            answer = edge.getresponse()
            answer.read()
        except (OSError, HTTPException):
            edge.close()
            self._edge = None
            return False
        self._edge = edge
        return answer.status == 200


class Killer(Thread):
    """Keeps one program running and kills it at random moments. restarts_s: from each start until it was ready."""

    def __init__(self, site: Site, command: Command, kills: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.restarts_s: list[float] = []
        self.fault: Exception | None = None
        self._site = site
        self._command: Command = command
        self._kills = kills
        self._draw = random.Random(f"{seed} {command}")
        self.program = Program(site, command)
        self.program.wait_ready()

    def run(self) -> None:
        """Kill and start again, as often as asked; the last one stays up."""
        try:
            for _ in range(self._kills):
                time.sleep(self._draw.random() * LONGEST_LIFE_SECONDS)
                self.program.kill()
                self.program = Program(self._site, self._command)
                self.restarts_s.append(self.program.wait_ready())
        except (RuntimeError, OSError) as error:
            self.fault = error
