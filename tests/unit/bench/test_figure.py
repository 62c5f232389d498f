import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from bench.__main__ import NAMES, main
from bench.figure import at_least, at_most, figure, write_page


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (at_least("eps", 10), 10, True),
        (at_least("eps", 10), 9.9, False),
        (at_most("p99_ms", 25), 25, True),
        (at_most("p99_ms", 25), 26, False),
        (at_most("p99_ms", 25), None, False),
    ],
)
def test_a_target_is_met_or_not(target, value, met) -> None:
    assert target.met(value) is met


def test_a_figure_is_met_only_when_every_target_is() -> None:
    targets = [at_least("a", 1), at_most("b", 1)]
    for a, b in product((0, 2), (0, 2)):
        assert figure("x", {"a": a, "b": b}, targets).met is (a >= 1 and b <= 1)


def test_the_page_shows_every_key_with_its_target(tmp_path: Path) -> None:
    page = tmp_path / "reference" / "figures.md"
    write_page(
        page, [figure("collect", {"single_rps": 12_345, "lost": None}, [at_least("single_rps", 15_000)])]
    )
    text = page.read_text()
    assert "| collect | single_rps | 12,345 | single_rps ≥ 15,000 |" in text
    assert "| collect | lost | not measured |" in text
    assert "target not met" in text


def test_names_are_listed_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert [name for name in NAMES if name not in listed] == []
    assert main(["nothing"]) == 2
    assert "collect" in capsys.readouterr().err


def test_a_figure_explains_its_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolving", "--help"]) == 0
    assert "--kills" in capsys.readouterr().out


def test_json_stands_alone_on_stdout() -> None:
    command = [sys.executable, "-m", "bench", "resolve", "--json", "--no-splink"]
    few = ["--people", "200", "--records", "5", "--streamed", "5", "--splits", "2"]
    run = subprocess.run([*command, *few], capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(run.stdout)["name"] == "resolve"
    assert "match.loaded" in run.stderr
