"""A figure: what was measured, where, how, and whether it meets its target."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

LOAD_BEFORE = round(os.getloadavg()[0], 1)


class Target(msgspec.Struct, frozen=True):
    """What one key must reach: at least or at most `bound`."""

    key: str
    sign: str
    bound: float

    def met(self, value: float | None) -> bool:
        """Whether the value reaches it; a key that was not measured does not."""
        if value is None:
            return False
        return value >= self.bound if self.sign == ">=" else value <= self.bound

    def __str__(self) -> str:
        return f"{self.key} {'≥' if self.sign == '>=' else '≤'} {self.bound:,g}"


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured. load_before: processes that already wanted a core when it began; near 0 is quiet."""

    cores: int
    load_before: float
    memory_gb: float
    system: str
    python: str
    duckdb: str
    sqlite: str


class Figure(msgspec.Struct, frozen=True):
    """One run of one benchmark. keys: name → value; the unit ends the name. notes: what explains them."""

    name: str
    date: str
    command: str
    machine: Machine
    keys: dict[str, float | int | None]
    target: tuple[str, ...]
    met: bool
    notes: tuple[str, ...] = ()


def at_least(key: str, bound: float) -> Target:
    """A target from below."""
    return Target(key, ">=", bound)


def at_most(key: str, bound: float) -> Target:
    """A target from above."""
    return Target(key, "<=", bound)


def figure(
    name: str, keys: dict[str, float | int | None], targets: Sequence[Target], notes: Sequence[str] = ()
) -> Figure:
    """Put values beside their targets, with the date, the machine and the command of this process."""
    return Figure(
        name=name,
        date=datetime.now(UTC).date().isoformat(),
        command=" ".join(["python -m bench", *sys.argv[1:]]),
        machine=machine(),
        keys=keys,
        target=tuple(str(target) for target in targets),
        met=all(target.met(keys.get(target.key)) for target in targets),
        notes=tuple(notes),
    )


def machine() -> Machine:
    """Describe this machine."""
    import sqlite3

    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        load_before=LOAD_BEFORE,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        duckdb=version("duckdb"),
        sqlite=sqlite3.sqlite_version,
    )


def write_page(path: Path, figures: Sequence[Figure]) -> None:
    """Write the table of figures for the documentation."""
    lines = [
        "# Figures",
        "",
        "Written by `make bench`. Real files, fsync on, warm-up apart. Compare within one run.",
        "",
        "| figure | key | value | target | command | date |",
        "|---|---|---:|---|---|---|",
    ]
    for one in figures:
        for key, value in one.keys.items():
            target = ", ".join(text for text in one.target if text.split()[0] == key)
            lines.append(
                f"| {one.name} | {key} | {_shown(value)} | {target} | `{one.command}` | {one.date} |"
            )
    for one in figures:
        lines += ["", f"**{one.name}**: {'target met' if one.met else 'target not met'}.", *one.notes]
    for described in dict.fromkeys(_described(one.machine) for one in figures):
        lines += ["", f"Machine: {described}."]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,g}" if isinstance(value, int) else f"{value:,.4g}"


def _described(one: Machine) -> str:
    return (
        f"{one.cores} cores, {one.memory_gb:g} GB, {one.system}, Python {one.python}, "
        f"DuckDB {one.duckdb}, SQLite {one.sqlite}, load before it {one.load_before:g}"
    )
