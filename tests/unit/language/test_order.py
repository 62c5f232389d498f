from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from weft.language.order import order, shown

NAMES = st.sampled_from("abcdefg")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3)))
def test_each_follows_those_it_names_and_every_cycle_is_one(references: dict[str, list[str]]) -> None:
    found = order(references)
    assert sorted([*found.names, *found.cycles]) == sorted(references)
    for at, name in enumerate(found.names):
        known = {*found.names[:at], *found.cycles}
        assert all(other in known for other in references[name] if other in references)
    for name, cycle in found.cycles.items():
        assert cycle[0] == cycle[-1] == name
        assert all(then in references[one] for one, then in pairwise(cycle))
    try:
        TopologicalSorter(
            {name: [other for other in others if other in references] for name, others in references.items()}
        ).prepare()
    except CycleError:
        assert found.cycles
    else:
        assert not found.cycles


def test_a_chain_of_thousands_is_no_matter() -> None:
    chain = {f"n{at:04}": [f"n{at + 1:04}"] for at in range(5_000)} | {"n5000": []}
    assert order(chain).names == tuple(sorted(chain, reverse=True))
    ring = {f"n{at:04}": [f"n{(at + 1) % 2_000:04}"] for at in range(2_000)}
    assert shown(order(ring).cycles["n0000"]).startswith("n0000 -> n0001 -> ")
    assert len(shown(order(ring).cycles["n0000"])) < 200
