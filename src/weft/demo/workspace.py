"""What the demo world puts into a workspace: its definitions (only where there are none), and its history."""

import re
import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from weft.demo.mappings import FILES
from weft.ports import EventLog
from weft.sources.files.importer import ImportResult, import_file
from weft.sources.files.staging import ColumnEngine

Told = Callable[[str, float], None]
SECRET_ENV = "DEMO_WEBHOOK_SECRET"  # noqa: S105 (a name)
DESTINATION = "destinations/outreach.yaml"
OFF = ".off"


def write_definitions(folder: Path) -> list[Path]:
    """Write the world's definitions into a workspace's folder for them; return what was written.

    A kind that has files already is left alone.
    """
    written: list[Path] = []
    with as_file(files("weft.demo").joinpath("definitions")) as source:
        for kind in sorted(path for path in source.iterdir() if path.is_dir()):
            target = folder / kind.name
            if target.is_dir() and any(target.iterdir()):
                continue
            target.mkdir(parents=True, exist_ok=True)
            written += [Path(shutil.copyfile(path, target / path.name)) for path in sorted(kind.iterdir())]
    return written


def switch_on(folder: Path, url: str) -> None:
    """Let the world's destination send to its receiver. Nothing happens where its file was deleted."""
    on, off = _destination(folder)
    source = on if on.exists() else off
    if source.exists():
        text = re.sub(r"^url:.*$", f"url: {url}", source.read_text("utf-8"), flags=re.MULTILINE)
        on.write_text(text, "utf-8")
        off.unlink(missing_ok=True)


def switch_off(folder: Path) -> None:
    """Take the world's destination out of Weft's sight until the demo runs again."""
    on, off = _destination(folder)
    if on.exists():
        on.replace(off)


def _destination(folder: Path) -> tuple[Path, Path]:
    """Return the file of the world's destination when it is on, and when it is off."""
    on = folder / DESTINATION
    return on, on.with_name(on.name + OFF)


def import_history(
    folder: Path,
    data: Path,
    log: EventLog,
    engine: ColumnEngine,
    received_at_us: int,
    told: Told = lambda _, __: None,
) -> dict[str, ImportResult]:
    """Import every file of the history, as `weft import` does; return how each ended. Again is a no-op.

    told: called with a file's name and how far it is (0 to 1).
    """
    results: dict[str, ImportResult] = {}
    for each in FILES:
        path = folder / "history" / each.path
        if not path.exists():  # a small world may have nothing of a kind
            continue
        results[each.path] = import_file(
            path,
            each.mapping,
            data=data,
            log=log,
            engine=engine,
            received_at_us=received_at_us,
            source=each.source,
            progress=lambda now, name=each.path: told(name, now.fraction),
        )
        told(each.path, 1.0)
    return results
