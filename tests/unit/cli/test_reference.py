from pathlib import Path

import pytest

from weft.cli import reference
from weft.cli.main import COMMANDS
from weft.config import declared
from weft.web.api.app import openapi_document
from weft.web.profile_api import RESOURCES


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("reference")
    reference.main(out)
    return {path.name: path.read_text() for path in Path(out).iterdir()}


def test_every_setting_is_documented(pages) -> None:
    for setting in declared().values():
        assert f"`{setting.variable}`" in pages["settings.md"]
        assert setting.description in pages["settings.md"]


def test_every_command_is_documented_with_an_example(pages) -> None:
    for name, _ in COMMANDS:
        assert f"weft {name}" in pages["cli.md"]
    assert "weft up shop --port 9401" in pages["cli.md"]


def test_every_route_is_documented(pages) -> None:
    for path, methods in openapi_document()["paths"].items():
        for method in methods:
            assert f"## {method.upper()} {path}\n" in pages["api.md"]


def test_every_profile_resource_is_documented(pages) -> None:
    for resource in RESOURCES:
        row = next(
            line for line in pages["profile-api.md"].splitlines() if line.startswith(f"| `{resource}`")
        )
        assert len(row) > len(resource) + 20


def test_every_destination_is_documented(pages) -> None:
    assert "## webhook" in pages["destinations.md"]
    assert "`url`" in pages["destinations.md"]
