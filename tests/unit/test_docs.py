"""The documentation builds without a warning, leaves nothing out and loads nothing from elsewhere."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from weft import errors
from weft.config import declared
from weft.model.consent import DenialReason
from weft.model.reason import Reason

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]+src=\"(https?:)?//|<link[^>]+href=\"https?://[^>]+stylesheet"
)


def _paths(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for value in entry.values():
            yield from _paths(value)
    else:
        for value in entry:
            yield from _paths(value)


@pytest.fixture(scope="module")
def nav() -> set[str]:
    return set(_paths(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning of the builder is an error."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


@pytest.mark.parametrize("folder", ["howto", "stations", "decisions"])
def test_every_page_is_in_the_navigation(nav: set[str], folder: str) -> None:
    pages = {path.relative_to(DOCS).as_posix() for path in (DOCS / folder).glob("*.md")}
    assert len(pages) > 1
    assert pages - nav == set()


def test_every_task_is_in_the_index_of_tasks() -> None:
    index = (DOCS / "howto" / "index.md").read_text("utf-8")
    tasks = {path.name for path in (DOCS / "howto").glob("*.md")} - {"index.md"}
    assert {task for task in tasks if f"]({task})" not in index} == set()


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 10
    found = [p.relative_to(site).as_posix() for p in pages if LOADED.search(p.read_text("utf-8"))]
    assert found == []


def test_every_setting_is_in_the_reference(site: Path) -> None:
    page = (site / "reference" / "settings.html").read_text("utf-8")
    assert [setting.name for setting in declared().values() if setting.key not in page] == []


def _codes() -> Iterator[str]:
    """Yield every code that an error can carry: of its class, or given where it is raised."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    yield code
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                    yield code
                case _:
                    pass


def test_every_error_and_reason_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "errors.md").read_text("utf-8")
    codes = set(_codes())
    assert errors.Rejected.code in codes
    words = [*sorted(codes), *Reason, *DenialReason]
    assert [word for word in words if f"| `{word}` |" not in page] == []
