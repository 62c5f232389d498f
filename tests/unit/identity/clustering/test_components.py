import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.clustering.components import components, members_by_size

EDGES = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60)


@given(EDGES)
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    left = np.array([one for one, _ in edges], np.int32)
    right = np.array([other for _, other in edges], np.int32)
    labels = components(30, left, right)
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(30))
    expected = {min(part): sorted(part) for part in nx.connected_components(graph)}
    found: dict[int, list[int]] = {}
    for node, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(node)
    assert found == expected
    large = {tuple(row) for _, rows in members_by_size(labels, 3) for row in rows.tolist()}
    assert large == {tuple(part) for part in expected.values() if len(part) >= 3}
