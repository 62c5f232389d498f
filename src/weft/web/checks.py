"""The judgement of `weft doctor`: measurements in, a verdict and what to do out. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Literal

from msgspec import Struct

from weft.language.strict import Problem
from weft.storage.probe import StoreProbe

GB = 1_000_000_000
DISK_WRONG_BYTES = 1 * GB
DISK_LOW_BYTES = 10 * GB
CLOCK_FIRST_YEAR = 2025
CLOCK_LAST_YEAR = 2100
CLOCK_DRIFT_MS = 20.0
SYNC_UNREAL_MS = 0.02
SYNC_SLOW_MS = 20.0
SYNC_WRONG_MS = 200.0
FILES_WRONG = 1_024
FILES_LOW = 4_096
MEMORY_BESIDE_BYTES = 700_000_000
"""What the processes need beside the memory that the warehouse may use."""

PYTHON_FROM, PYTHON_BEFORE = (3, 11), (3, 14)
SQLITE_FROM = (3, 35)

Verdict = Literal["ok", "warning", "wrong"]


Value = str | int | float


class Check(Struct, frozen=True):
    """One thing that was looked at. `advice` says what to do when `finding` does not already.

    word, parameters: the same for programs, which find a text of their own; without a word the finding is all there is.
    """

    name: str
    verdict: Verdict
    finding: str
    advice: str = ""
    word: str = ""
    parameters: Mapping[str, Value] = {}


def disk(free_bytes: int, total_bytes: int) -> Check:
    """Judge the free space beside the stores: a full disk makes the edge answer 503."""
    finding = f"{free_bytes / GB:,.1f} GB free of {total_bytes / GB:,.1f} GB"
    known = {"free_bytes": free_bytes, "total_bytes": total_bytes}
    if free_bytes < DISK_WRONG_BYTES:
        advice = "Free space or move the data folder: events are refused when it is full."
        return Check("disk", "wrong", finding, advice, "disk_full", known)
    if free_bytes < DISK_LOW_BYTES:
        advice = "Plan for more space, or lower engine.replay_days."
        return Check("disk", "warning", finding, advice, "disk_low", known)
    return Check("disk", "ok", finding, word="disk", parameters=known)


def port(name: str, host: str, number: int, holder: Literal["free", "ours", "other", "forbidden"]) -> Check:
    """Judge whether a port can be listened on. `name` is its section in weft.toml."""
    at = f"{host}:{number}"
    variable = f"WEFT__{name.upper()}__PORT"
    flag = "--port" if name == "collect" else "--api-port"
    match holder:
        case "free":
            return Check(f"port {number}", "ok", f"{at} ({name}) is free")
        case "ours":
            return Check(f"port {number}", "ok", f"{at} ({name}) is held by this workspace, which is running")
        case "forbidden":
            advice = f"Set {name}.host to an address of this machine and {name}.port to a number above 1023."
            return Check(f"port {number}", "wrong", f"{at} ({name}) cannot be listened on", advice)
        case "other":
            advice = (
                f"Stop that program, or choose another port: `weft up {flag} N`, {variable} or {name}.port."
            )
            return Check(f"port {number}", "wrong", f"{at} ({name}) is held by another program", advice)


def clock(now: datetime, drift_ms: float, newest: datetime | None) -> Check:
    """Judge the wall clock. `drift_ms`: its drift while doctor ran; `newest`: when the last event came in."""
    finding = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    known: dict[str, Value] = {"at": now.isoformat()}
    advice = "Set the clock and keep it set with NTP: event times and windows are computed from it."
    if not CLOCK_FIRST_YEAR <= now.year <= CLOCK_LAST_YEAR:
        return Check("clock", "wrong", f"{finding}: the year cannot be right", advice, "clock_year", known)
    if newest is not None and newest > now:
        ahead = f"{finding}, but the newest event came in at {newest:%Y-%m-%d %H:%M:%S}: the clock went back"
        return Check("clock", "wrong", ahead, advice, "clock_back", known | {"newest": newest.isoformat()})
    if abs(drift_ms) > CLOCK_DRIFT_MS:
        moved = f"{finding}, moved by {drift_ms:+.0f} ms while doctor looked at it"
        return Check("clock", "warning", moved, advice, "clock_moved", known | {"drift_ms": drift_ms})
    return Check("clock", "ok", finding, word="clock", parameters=known)


def sync(waits_ms: Sequence[float]) -> Check:
    """Judge how long the disk takes to make a write durable; every acknowledgement waits for that once."""
    middle, worst = median(waits_ms), max(waits_ms)
    finding = f"median {middle:.2f} ms, worst {worst:.1f} ms; an answer of 200 waits for one or two of these"
    known = {"median_ms": round(middle, 2), "worst_ms": round(worst, 1)}
    if middle < SYNC_UNREAL_MS:
        advice = "This looks like memory, not a disk: acknowledged events will not outlive a power cut."
        return Check("fsync", "warning", finding, advice, "fsync_unreal", known)
    if middle > SYNC_WRONG_MS:
        advice = "Put the data folder on a local SSD: this disk is too slow for 200s."
        return Check("fsync", "wrong", finding, advice, "fsync_too_slow", known)
    if middle > SYNC_SLOW_MS:
        advice = "Expect p99 above 25 ms. A local SSD, not a network or USB disk, takes 0.1 to 5 ms."
        return Check("fsync", "warning", finding, advice, "fsync_slow", known)
    return Check("fsync", "ok", finding, word="fsync", parameters=known)


def versions(weft: str, python: tuple[int, int, int], engines: Mapping[str, str]) -> Check:
    """Judge the interpreter and the two engines that write the files."""
    found = {"weft": weft, "python": ".".join(map(str, python)), **engines}
    finding = ", ".join(f"{name} {version}" for name, version in found.items())
    if not PYTHON_FROM <= python[:2] < PYTHON_BEFORE:
        advice = "Weft runs on Python 3.11 to 3.13; install it on one of those."
        return Check("versions", "wrong", finding, advice, "python_version", {"found": finding})
    if _numbers(engines["sqlite"]) < SQLITE_FROM:
        advice = "SQLite 3.35 or newer is needed; use a newer Python build."
        return Check("versions", "wrong", finding, advice, "sqlite_version", {"found": finding})
    return Check("versions", "ok", finding, word="versions", parameters={"found": finding})


def files(limit: int) -> Check:
    """Judge how many files and sockets one process may hold."""
    finding = f"{limit:,} open files a process"
    known = {"files": limit, "needed": FILES_LOW}
    if limit < FILES_WRONG:
        advice = f"Raise it before starting: `ulimit -n {FILES_LOW}`."
        return Check("file limit", "wrong", finding, advice, "files_too_few", known)
    if limit < FILES_LOW:
        advice = f"Enough for some hundred clients at once; for more: `ulimit -n {FILES_LOW}`."
        return Check("file limit", "warning", finding, advice, "files_few", known)
    return Check("file limit", "ok", finding, word="files", parameters=known)


def memory(total_bytes: int, available_bytes: int, warehouse_mb: int) -> Check:
    """Judge memory against what the warehouse may take."""
    finding = f"{available_bytes / GB:,.1f} GB available of {total_bytes / GB:,.1f} GB"
    needed = warehouse_mb * 1_000_000 + MEMORY_BESIDE_BYTES
    advice = f"Weft may take {needed / GB:.1f} GB: lower storage.warehouse_memory_mb or add memory."
    known = {"available_bytes": available_bytes, "total_bytes": total_bytes, "needed_bytes": needed}
    if total_bytes < needed:
        return Check("memory", "wrong", finding, advice, "memory_too_small", known)
    if available_bytes < needed:
        return Check("memory", "warning", finding, advice, "memory_low", known)
    return Check("memory", "ok", finding, word="memory", parameters=known)


def store(
    name: str, probe: StoreProbe, needed_version: str, *, running: bool, upgraded: bool = False
) -> Check:
    """Judge a store's file. `running`: whether this workspace's engine runs, which then may hold it.

    upgraded: a start brings an older version to the needed one.
    """
    match probe.state:
        case "absent":
            return Check(name, "ok", f"{probe.path.name} is not there yet; `weft up` makes it")
        case "in_use" if running:
            return Check(name, "ok", f"{probe.path.name} is held by the running engine")
        case "in_use":
            advice = "Stop the program that holds it (the fault names it)."
            return Check(
                name, "wrong", f"{probe.path.name} is held by another process: {probe.fault}", advice
            )
        case "broken":
            advice = f"It is damaged or no file of Weft. Restore {probe.path} from a backup, or move it away."
            return Check(name, "wrong", f"{probe.path.name} cannot be read: {probe.fault}", advice)
        case "readable" if upgraded and _older(probe.schema_version, needed_version):
            finding = (
                f"{probe.path.name}, schema {probe.schema_version}; the next start makes it {needed_version}"
            )
            return Check(name, "ok", finding)
        case "readable" if probe.schema_version != needed_version:
            advice = f"This Weft needs schema {needed_version}: use the Weft that the file was made with."
            return Check(name, "wrong", f"{probe.path.name} has schema {probe.schema_version}", advice)
        case "readable":
            return Check(name, "ok", f"{probe.path.name}, schema {probe.schema_version}")


def _older(version: str | None, needed: str) -> bool:
    return version is not None and version.isdecimal() and int(version) < int(needed)


def definitions(count: int, problems: Sequence[Problem]) -> Check:
    """Judge the definitions; one with an error is set aside."""
    if not problems:
        known = {"definitions": count}
        return Check("definitions", "ok", f"{count} definitions are valid", "", "definitions", known)
    errors = [problem for problem in problems if problem.is_error]
    finding = "\n".join(str(problem) for problem in errors or problems)
    advice = (
        "Mend them in definitions/. Until then each is what it last was when it was good, or out of force."
        if errors
        else "Check the names; it may well be meant so."
    )
    word = "definitions_wrong" if errors else "definitions_doubtful"
    known = {"definitions": count, "problems": len(errors or problems)}
    return Check("definitions", "wrong" if errors else "warning", finding, advice, word, known)


def backlog(behind_events: int, limit_events: int) -> Check:
    """Judge how far the engine is behind the log; at the limit the edge answers 429."""
    finding = f"{behind_events:,} events not yet processed (429 from {limit_events:,})"
    known = {"events": behind_events, "limit": limit_events}
    if behind_events >= limit_events:
        advice = "Let the engine catch up: run `weft up`, and look at its log."
        return Check("backlog", "wrong", finding, advice, "backlog_full", known)
    if behind_events > limit_events // 10:
        advice = "The engine is far behind; it catches up when `weft up` runs."
        return Check("backlog", "warning", finding, advice, "backlog_long", known)
    return Check("backlog", "ok", finding, word="backlog", parameters=known)


def fault(name: str, error: Exception) -> Check:
    """Turn a fault that already says what to do into a check."""
    return Check(name, "wrong", str(error))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
