"""Measures the machine for the checks of `weft doctor` and of the health page. It changes nothing."""

import os
import platform
import resource
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from shutil import disk_usage

from weft.config import Settings
from weft.storage import probe
from weft.web import checks
from weft.web.checks import Check


def machine_checks(folder: Path, settings: Settings) -> Iterator[Check]:
    """Yield versions, disk, fsync, memory and file limit. It writes a small file of its own for the fsync."""
    yield checks.versions(version("weft"), sys.version_info[:3], probe.versions())
    usage = disk_usage(folder)
    yield checks.disk(usage.free, usage.total)
    try:
        yield checks.sync(probe.sync_ms(folder))
    except OSError as error:
        finding, advice = f"{folder} cannot be written: {error.strerror}", "Mend its owner, mode or disk."
        known = {"folder": str(folder), "fault": error.strerror or ""}
        yield Check("fsync", "wrong", finding, advice, "fsync_unwritable", known)
    yield checks.memory(*memory_bytes(), settings.storage.warehouse_memory_mb)
    yield checks.files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def memory_bytes() -> tuple[int, int]:
    """Return total and available memory, within the limit of the control group when there is one."""
    if platform.system() != "Linux":
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return total, total
    lines = (line.split() for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    sizes = {words[0]: int(words[1]) * 1024 for words in lines}
    total, available = sizes["MemTotal:"], sizes["MemAvailable:"]
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text("ascii"))
    except (OSError, ValueError):  # no control group, or no limit in it
        return total, available
    return min(total, limit), min(available, limit)


def process_bytes() -> int | None:
    """Return the memory that this process holds; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
