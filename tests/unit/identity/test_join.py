from uuid import UUID

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.worlds import Links, Nodes, name, worlds

from weft.identity.join import Unit, join
from weft.identity.rules import Namespace, Rules
from weft.model.identifier import Identifier, node_id, profile_id
from weft.storage.identity_map import own_profile_keys
from weft.storage.key_index import key_bytes


@given(worlds())
def test_without_limits_profiles_are_the_connected_components(world: tuple[Nodes, Links]) -> None:
    each, links = world
    graph = nx.Graph()
    graph.add_nodes_from(node.id for node in each)
    graph.add_edges_from((link.left, link.right) for link in links)
    units = {node.id: Unit(node.id, node.first_position, {node.namespace: 1}) for node in each}
    free = Rules(namespaces={}, others=Namespace())
    joining = join(units, [(link.left, link.right) for link in links], free, frozenset())
    assert not joining.conflicts
    found = {frozenset((joined.survivor, *joined.gone)) for joined in joining.joined}
    assert found == {frozenset(part) for part in nx.connected_components(graph) if len(part) > 1}
    for joined in joining.joined:
        # ids are positions here: the oldest survives
        assert joined.survivor == min((joined.survivor, *joined.gone))


def test_a_contested_profile_is_never_joined_without_a_look() -> None:
    units = {name(number): Unit(name(number), number, {"email": 1}) for number in (1, 2)}
    joining = join(units, [(name(1), name(2))], Rules(), frozenset({name(2)}))
    assert not joining.joined
    assert [sorted(group) for group in joining.conflicts] == [[name(1), name(2)]]


@given(st.lists(st.tuples(st.uuids(), st.integers(0, 2**45)), min_size=1, max_size=20))
def test_profile_ids_are_the_same_in_columns(rows: list[tuple[UUID, int]]) -> None:
    keys = np.array([(node.int >> 64, node.int & (1 << 64) - 1) for node, _ in rows], np.uint64)
    ids = key_bytes(own_profile_keys(keys, np.array([ms for _, ms in rows], np.int64)))
    assert ids == [profile_id(node, ms).bytes for node, ms in rows]
    assert all(UUID(bytes=key).version == 7 for key in ids)


def test_a_node_is_a_keyed_hash_of_namespace_and_value() -> None:
    one = node_id("key", Identifier("email", "a@example.com"))
    assert one != node_id("other", Identifier("email", "a@example.com"))
    assert one != node_id("key", Identifier("user_id", "a@example.com"))
