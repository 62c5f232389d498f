"""What the console is built from: an API client that is up to date, few dependencies, a lock without hosts."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "console"
DEPENDENCIES_MAX = 12
LINES_MAX = 400


def test_the_document_that_the_client_is_made_from_is_up_to_date() -> None:
    document = runpy.run_path(str(ROOT / "scripts" / "openapi.py"))["document"]
    current = (CONSOLE / "openapi.json").read_text("utf-8")
    assert document() == current, "run: python scripts/openapi.py"


def test_few_packages_run_in_the_browser() -> None:
    package = json.loads((CONSOLE / "package.json").read_text("utf-8"))
    assert 0 < len(package["dependencies"]) <= DEPENDENCIES_MAX


def test_the_lock_names_contents_and_no_host() -> None:
    lock = json.loads((CONSOLE / "package-lock.json").read_text("utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert [name for name, each in packages.items() if "integrity" not in each] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_no_source_makes_html_from_data() -> None:
    sources = [*(CONSOLE / "src").rglob("*.ts"), *(CONSOLE / "src").rglob("*.tsx")]
    assert sources
    banned = ("dangerouslySetInnerHTML", "innerHTML", "document.write", "eval(")
    found = [(path.name, word) for path in sources for word in banned if word in path.read_text("utf-8")]
    assert found == []


def test_sources_keep_to_the_length_of_the_house() -> None:
    sources = [path for path in (CONSOLE / "src").rglob("*.ts*") if path.name != "schema.d.ts"]
    long = [path.name for path in sources if len(path.read_text("utf-8").splitlines()) > LINES_MAX]
    assert long == []
