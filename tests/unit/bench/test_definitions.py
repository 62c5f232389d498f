from bench.probe import AUDIENCE, EVENT
from bench.supervise import DEFINITIONS

from weft.audience.definition import read_audiences
from weft.definitions import load_definitions
from weft.profile.definition import read_traits


def test_twenty_traits_and_twenty_audiences_without_a_fault() -> None:
    definitions = load_definitions(DEFINITIONS)
    traits, trait_problems = read_traits(definitions)
    audiences, audience_problems = read_audiences(definitions, traits)
    assert (len(traits), len(audiences)) == (20, 20)
    assert [str(problem) for problem in trait_problems + audience_problems] == []


def test_the_probe_enters_the_audience_that_the_prober_looks_at() -> None:
    (probed,) = [one for one in load_definitions(DEFINITIONS) if one.name == AUDIENCE]
    assert probed.body["who"] == {"did": EVENT}
