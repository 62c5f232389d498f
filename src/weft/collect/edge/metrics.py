"""Figures of the edge as Prometheus text. Edge processes share a port, so each shows the figures of all."""

import os
import time
from bisect import bisect_left
from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct

from weft.collect.pipeline import Meter

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STALE_SECONDS = 10.0
FAILED_SECONDS = 5.0
"""How long after a failed commit, without a good one, the edge says that it is not ready."""

_HELP = {
    "weft_collect_events_total": ("counter", "Events by outcome: accepted or refused."),
    "weft_collect_refused_total": ("counter", "Refused events and requests by reason."),
    "weft_collect_requests_total": ("counter", "Requests by status."),
    "weft_collect_step_seconds_total": ("counter", "Time spent in each step of the pipeline."),
    "weft_collect_request_seconds": ("histogram", "Time from a request's first byte to its answer."),
    "weft_log_commit_seconds": ("histogram", "Time of one durable commit."),
    "weft_log_commit_failures_total": ("counter", "Commits that failed; nothing of them was acknowledged."),
    "weft_log_behind_events": ("gauge", "Accepted events that the engine has not read."),
}


class Sample(Struct, frozen=True, array_like=True):
    """One line of the text. family: the name in _HELP; suffix: what a histogram adds to it."""

    family: str
    suffix: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Histogram:
    """Counts of durations in fixed buckets."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total_seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total_seconds += seconds

    def samples(self, family: str) -> list[Sample]:
        """Return the lines of this histogram."""
        lines: list[Sample] = []
        seen = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.counts, strict=True):
            seen += count
            lines.append(Sample(family, "_bucket", (("le", bound),), seen))
        return [
            *lines,
            Sample(family, "_sum", (), self.total_seconds),
            Sample(family, "_count", (), seen),
        ]


class EdgeMetrics:
    """The figures of this process, and (in a folder that they share) those of its brothers."""

    def __init__(self, folder: Path | None = None) -> None:
        self.meter = Meter()
        self.statuses: Counter[int] = Counter()
        self.requests = Histogram()
        self.commits = Histogram()
        self.failures = 0
        self.behind_events = 0
        self._failed_at = 0.0
        self._folder = folder
        self._process = str(os.getpid())
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def committed(self, seconds: float) -> None:
        """Count a durable commit."""
        self._failed_at = 0.0
        self.commits.observe(seconds)

    def commit_failed(self) -> None:
        """Count a commit that failed."""
        self.failures += 1
        self._failed_at = time.monotonic()

    @property
    def is_writable(self) -> bool:
        """Tell whether the last commit was good, or failed so long ago that it is worth a try."""
        return not self._failed_at or time.monotonic() - self._failed_at > FAILED_SECONDS

    def share(self) -> None:
        """Leave the figures where the other processes find them."""
        if self._folder is None:
            return
        path = self._folder / f"edge-{self._process}.metrics"
        draft = path.with_suffix(".draft")
        draft.write_bytes(msgspec.msgpack.encode((self._process, self._samples())))
        draft.replace(path)

    def text(self) -> str:
        """Return the figures of all edge processes in Prometheus' text format."""
        every = [(self._process, self._samples()), *self._brothers()]
        lines: list[str] = []
        for family, (kind, text) in _HELP.items():
            lines += [f"# HELP {family} {text}", f"# TYPE {family} {kind}"]
            lines += [
                _line(sample, process)
                for process, samples in every
                for sample in samples
                if sample.family == family
            ]
        return "\n".join(lines) + "\n"

    def _samples(self) -> list[Sample]:
        meter = self.meter
        refused = sum(meter.dropped.values())
        events = "weft_collect_events_total"
        return [
            Sample(events, "", (("outcome", "accepted"),), meter.events - refused),
            Sample(events, "", (("outcome", "refused"),), refused),
            *(
                Sample("weft_collect_refused_total", "", (("reason", reason.value),), count)
                for reason, count in list(meter.dropped.items())
            ),
            *(
                Sample("weft_collect_requests_total", "", (("status", str(status)),), count)
                for status, count in list(self.statuses.items())
            ),
            *(
                Sample("weft_collect_step_seconds_total", "", (("step", step),), seconds)
                for step, seconds in list(meter.seconds.items())
            ),
            *self.requests.samples("weft_collect_request_seconds"),
            *self.commits.samples("weft_log_commit_seconds"),
            Sample("weft_log_commit_failures_total", "", (), self.failures),
            Sample("weft_log_behind_events", "", (), self.behind_events),
        ]

    def _brothers(self) -> list[tuple[str, list[Sample]]]:
        found: list[tuple[str, list[Sample]]] = []
        for path in sorted(self._folder.glob("edge-*.metrics")) if self._folder else ():
            try:
                fresh = time.time() - path.stat().st_mtime < STALE_SECONDS
                process, samples = msgspec.msgpack.decode(path.read_bytes(), type=tuple[str, list[Sample]])
            except (OSError, msgspec.MsgspecError):
                continue  # it ended just now
            if process == self._process:
                continue
            if fresh:
                found.append((process, samples))
            else:
                path.unlink(missing_ok=True)
        return found


def _line(sample: Sample, process: str) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in (*sample.labels, ("process", process)))
    return f"{sample.family}{sample.suffix}{{{labels}}} {sample.value:.9g}"
