"""A mkdocs hook: writes the reference from the code at build time, so that it cannot say anything else.

`python -m weft.cli.reference` writes what the program knows of itself (settings, commands, API, ...). Its
pages and the files that stand in docs/reference/ make the Reference part of the navigation.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

FOLDER = "reference"
FIRST = ("index", "settings", "cli", "api", "profile-api", "destinations", "errors", "reasons")
LAST = ("schemas", "figures")

_pages: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the pages and name them in the navigation."""
    with tempfile.TemporaryDirectory() as out:
        _write_reference(Path(out))
        made = {path.name: path.read_text("utf-8") for path in Path(out).iterdir()}
    written = Path(config.docs_dir, FOLDER)
    there = {path.name for path in written.iterdir()} if written.is_dir() else set[str]()
    _pages.clear()
    _pages.update({name: text for name, text in made.items() if name not in there})
    schemas = sorted(name for name in there | made.keys() if name.endswith(".schema.json"))
    if schemas:
        _pages["schemas.md"] = _schemas_page(schemas)
    names = sorted({n for n in there | _pages.keys() if n.endswith(".md")}, key=_rank)
    for entry in config.nav or []:
        if isinstance(entry, dict) and "Reference" in entry:
            entry["Reference"] = [f"{FOLDER}/{name}" for name in names]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the pages beside those of docs/."""
    for name, text in _pages.items():
        files.append(File.generated(config, f"{FOLDER}/{name}", content=text))
    return files


def _write_reference(out: Path) -> None:
    command = [sys.executable, "-m", "weft.cli.reference", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise PluginError(f"the reference cannot be made from the code:\n{run.stderr}")


def _schemas_page(names: list[str]) -> str:
    rows = "\n".join(f"- [{name}]({name})" for name in names)
    return (
        "# JSON Schemas\n\nThe definitions as JSON Schema (draft 2020-12), for editors and for programs "
        f"that write definitions. They are made from the parsers.\n\n{rows}\n"
    )


def _rank(name: str) -> tuple[int, Any]:
    stem = name.removesuffix(".md")
    if stem in FIRST:
        return 0, FIRST.index(stem)
    return (2, LAST.index(stem)) if stem in LAST else (1, stem)
