"""A small world, made once."""

from pathlib import Path

import pytest

from weft.demo.generate import generate
from weft.demo.world import World

WORLD = World(people=3_000, days=90, seed=5, until="2026-07-01")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of WORLD."""
    folder = tmp_path_factory.mktemp("world")
    assert generate(folder, WORLD)
    return folder
