from pathlib import Path

import pytest
from bench.preload import MORE
from bench.probe import AUDIENCE, EVENT
from bench.supervise import DEFINITIONS

from weft.audience.definition import read_audiences
from weft.definitions import load_definitions
from weft.profile.definition import read_traits


@pytest.mark.parametrize(("folders", "count"), [((DEFINITIONS,), 20), ((DEFINITIONS, MORE), 50)])
def test_as_many_traits_as_audiences_without_a_fault(folders: tuple[Path, ...], count: int) -> None:
    definitions = [each for folder in folders for each in load_definitions(folder)]
    traits, trait_problems = read_traits(definitions)
    audiences, audience_problems = read_audiences(definitions, traits)
    assert (len(traits), len(audiences)) == (count, count)
    assert [str(problem) for problem in trait_problems + audience_problems] == []


def test_the_probe_enters_the_audience_that_the_prober_looks_at() -> None:
    (probed,) = [one for one in load_definitions(DEFINITIONS) if one.name == AUDIENCE]
    assert probed.body["who"] == {"did": EVENT}
