"""The rules of the house that no other tool checks. What breaks one is named with its file and line."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from weft.config import declared

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400
FUNCTION_LINES = 70

PYTHON = sorted(p for folder in ("src", "tests", "bench") for p in (ROOT / folder).rglob("*.py"))
SOURCE = [path for path in PYTHON if path.is_relative_to(ROOT / "src")]
PROSE = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
TEXT = [*PYTHON, *PROSE, *(ROOT / "docs").rglob("*.yml"), *(ROOT / "scripts").iterdir(), ROOT / "Makefile"]

DRIVERS = {"duckdb", "sqlite3", "sqlalchemy"}
HANDLES = {"Connection", "Engine"}  # may be passed on, to say in whose transaction something happens
ASYNC_FOLDERS = ("web", "collect")

# A word that the glossary replaces, as part of a name; and the names that mean something else by it.
REPLACED = {
    "customer": "profile",
    "customers": "profiles",
    "user": "profile",
    "users": "profiles",
    "contact": "profile",
    "contacts": "profiles",
    "segment": "audience",
    "segments": "audiences",
}
NAMES_ALLOWED = re.compile(r"user_?ids?|user_?agents?|user_?name|CustomerID", re.IGNORECASE)
# The packages of an SDK may be called by their names.
PROSE_REPLACED = re.compile(
    r"\b(?:[Cc]ustomers?\b(?! data platform)|(?<!path )segments?\b(?![-./]analytics))"
)
# Traces of the machines this is made on, and addresses that a closed network would have to replace.
FOREIGN = re.compile(r"/work/|bare-machine|pypi\.org|pythonhosted|registry\.npmjs")
UNFINISHED = re.compile(r"NotImplementedError|\bTODO\b|\bFIXME\b|mark\.(?:skip|xfail)")
ABOUT_WORDS = (Path(__file__), Path(__file__).with_name("test_skips.py"))


def _at(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def _trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text("utf-8"))


def _matches(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{_at(path, number)}: {found.group(0)}"
        for path in paths
        if path.is_file() and path not in ABOUT_WORDS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for found in pattern.finditer(line)
    ]


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    assert [f"{_at(path, n)} lines" for path, n in lengths.items() if n > FILE_LINES] == []


def test_functions_are_short() -> None:
    long = [
        f"{_at(path, node.lineno)} {node.name}"
        for path, tree in _trees(PYTHON)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_a_file_imports_only_downwards() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_only_storage_knows_a_driver() -> None:
    found: list[str] = []
    for path, tree in _trees([p for p in SOURCE if "storage" not in p.parts]):
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=aliases):
                    modules = [alias.name for alias in aliases]
                case ast.ImportFrom(module=str(module), names=aliases, level=0):
                    handles = module == "sqlalchemy" and {alias.name for alias in aliases} <= HANDLES
                    modules = [] if handles else [module]
                case _:
                    continue
            found += [f"{_at(path, node.lineno)}: {m}" for m in modules if m.partition(".")[0] in DRIVERS]
    assert found == []


def test_async_stays_at_the_edge() -> None:
    inside = [p for p in SOURCE if p.relative_to(ROOT / "src" / "weft").parts[0] not in ASYNC_FOLDERS]
    found = [
        f"{_at(path, node.lineno)}: {node.name}"
        for path, tree in _trees(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert found == []


def test_names_speak_the_glossary() -> None:
    found: list[str] = []
    for path, tree in _trees(SOURCE):
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    pass
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    pass
                case _:
                    continue
            kept = NAMES_ALLOWED.sub("", name)
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", kept)}
            found += [
                f"{_at(path, node.lineno)}: {name}: say {REPLACED[word]}" for word in words & REPLACED.keys()
            ]
    assert found == []


def test_prose_speaks_the_glossary() -> None:
    paths = [*SOURCE, *(p for p in PROSE if p.name != "CONTRIBUTING.md")]
    assert _matches(paths, PROSE_REPLACED) == []


def test_nothing_is_unfinished() -> None:
    assert _matches([*PYTHON, *PROSE], UNFINISHED) == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    assert _matches(TEXT, FOREIGN) == []


@pytest.mark.parametrize("name", declared())
def test_a_setting_says_what_it_means(name: str) -> None:
    description = declared()[name].description
    assert description.endswith(".")
    assert len(description) > 10


def test_the_first_screen_has_the_two_commands() -> None:
    first = (ROOT / "README.md").read_text("utf-8").split("\n## ")[0] + "\n"
    assert "make up" in (ROOT / "README.md").read_text("utf-8")
    assert len(first.splitlines()) <= 60


def test_the_licence_is_whole() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
