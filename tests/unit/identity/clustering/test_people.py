import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from weft.identity.clustering.agglomerate import agglomerate
from weft.identity.clustering.people import people_of

SIZE = 7
BITS = st.lists(st.integers(-12, 12), min_size=SIZE * (SIZE - 1) // 2, max_size=SIZE * (SIZE - 1) // 2)
LOW, HIGH = (side.astype(np.int32) for side in np.triu_indices(SIZE, 1))


@given(BITS)
def test_every_component_is_solved_as_agglomeration_does(values: list[int]) -> None:
    bits = np.array(values, np.float32) + 0.5
    table = np.zeros((SIZE, SIZE), np.float32)
    table[LOW, HIGH] = table[HIGH, LOW] = bits

    def score(left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.float32]:
        return table[left, right]

    found = people_of(SIZE, LOW, HIGH, bits, score)
    graph = nx.Graph()
    graph.add_nodes_from(range(SIZE))
    graph.add_edges_from((a, b) for a, b, one in zip(LOW, HIGH, bits, strict=True) if one > 0)
    for part in nx.connected_components(graph):
        members = sorted(part)
        pairs = {
            (a, b): float(table[members[a], members[b]])
            for a in range(len(members))
            for b in range(a + 1, len(members))
        }
        owners = agglomerate(len(members), pairs)
        if all(one > 0 for one in pairs.values()):
            owners = [0] * len(members)
        for a in range(len(members)):
            for b in range(a):
                assert (found[members[a]] == found[members[b]]) == (owners[a] == owners[b])
