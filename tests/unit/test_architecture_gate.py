"""Nothing leaves except through the gate: only `weft.consent.gate` can make a `Cleared`."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "weft"
GATE = SOURCE / "consent" / "gate.py"


def offences(tree: ast.AST) -> list[str]:
    """Say where code makes a Cleared (by a call, an alias, a subclass) or touches the seal."""
    found: list[str] = []
    allowed: set[int] = set()
    for node in ast.walk(tree):
        for annotation in _type_positions(node):
            allowed.update(id(inner) for inner in ast.walk(annotation))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("consent.gate"):
            found += [
                f"line {node.lineno}: imports {alias.name} as {alias.asname}"
                for alias in node.names
                if alias.name in {"_SEAL", "_cleared", "*"} or (alias.name == "Cleared" and alias.asname)
            ]
        elif isinstance(node, ast.Attribute) and node.attr in {"_SEAL", "Cleared", "_cleared"}:
            found.append(f"line {node.lineno}: reaches for {node.attr}")
        elif isinstance(node, ast.Name) and node.id == "Cleared" and id(node) not in allowed:
            found.append(f"line {node.lineno}: uses Cleared other than as a type")
        elif isinstance(node, ast.Constant) and node.value in {"_SEAL", "_cleared", "Cleared"}:
            found.append(f"line {node.lineno}: names {node.value} in a string")
    return found


def _type_positions(node: ast.AST) -> list[ast.AST]:
    """Return the places of a node where a class is only named as a type."""
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.returns] if node.returns else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return list(node.args[1:])
    if isinstance(node, ast.MatchClass):
        return [node.cls]
    if isinstance(node, ast.Subscript):
        return [node.slice]
    return []


def test_only_the_gate_makes_cleared() -> None:
    found = {
        str(path.relative_to(SOURCE)): offences(ast.parse(path.read_text("utf-8")))
        for path in SOURCE.rglob("*.py")
        if path != GATE
    }
    assert not {path: faults for path, faults in found.items() if faults}


def test_the_gate_makes_it_in_one_place() -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(GATE.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Cleared"
    ]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "trick",
    [
        "from weft.consent.gate import Cleared\nCleared(1, 2, 3, 4, 5, 6)",
        "from weft.consent.gate import Cleared as C\nC(1, 2, 3, 4, 5, 6)",
        "from weft.consent.gate import _SEAL",
        "from weft.consent.gate import *",
        "import weft.consent.gate as g\ng.Cleared(1)",
        "from weft.consent import gate\ngate._cleared(act, 'x', 0)",
        "from weft.consent import gate\ngetattr(gate, 'Cleared')(1)",
        "from weft.consent.gate import Cleared\nobject.__new__(Cleared)",
        "from weft.consent.gate import Cleared\nclass Mine(Cleared): ...",
        "from weft.consent.gate import Cleared\nmake = Cleared",
    ],
)
def test_the_check_sees_the_tricks(trick: str) -> None:
    assert offences(ast.parse(trick))
