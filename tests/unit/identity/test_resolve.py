from datetime import datetime, timedelta
from uuid import UUID

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.resolve import Limits, Link, Node, Unit, join, settle
from weft.model.identifier import Identifier, node_id, profile_id
from weft.storage.identity_map import key_bytes, own_profile_keys

START = datetime(2026, 1, 1)
LIMITS = Limits({"user_id": 1, "email": 2}, shared_at=3)


def name(number: int) -> bytes:
    return number.to_bytes(16, "big")


nodes = st.lists(st.sampled_from(["user_id", "email", "anonymous_id"]), min_size=1, max_size=14).map(
    lambda namespaces: [Node(name(i), ns, i, name(100 + i)) for i, ns in enumerate(namespaces)]
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Node], list[Link]]:
    each = draw(nodes)
    pairs = draw(st.lists(st.tuples(*[st.integers(0, len(each) - 1)] * 2), max_size=25))
    links = {
        (min(a, b), max(a, b)): Link(
            name(1000 + a * 50 + b), name(min(a, b)), name(max(a, b)), START + timedelta(hours=h)
        )
        for h, (a, b) in enumerate(pairs)
        if a != b
    }
    return each, list(links.values())


@given(worlds(), st.randoms())
def test_settling_does_not_depend_on_the_order_of_arrival(world, random):
    each, links = world
    first = settle(each, links, LIMITS)
    random.shuffle(links)
    random.shuffle(each)
    again = settle(each, links, LIMITS)
    assert first.assigned == again.assigned
    assert first.shared == again.shared
    assert sorted(first.refused) == sorted(again.refused)


@given(worlds())
def test_no_profile_ever_breaks_a_limit(world):
    each, links = world
    settled = settle(each, links, LIMITS)
    held: dict[tuple[bytes, str], int] = {}
    for node in each:
        key = settled.assigned[node.id], node.namespace
        held[key] = held.get(key, 0) + 1
    assert all(count <= LIMITS.values.get(namespace, 1000) for (_, namespace), count in held.items())


@given(worlds())
def test_a_refused_link_really_could_not_be_kept(world):
    each, links = world
    settled = settle(each, links, LIMITS)
    namespace = {node.id: node.namespace for node in each}
    for link in settled.refused:
        one, other = settled.assigned[link.left], settled.assigned[link.right]
        assert one != other
        together = [namespace[node] for node, profile in settled.assigned.items() if profile in (one, other)]
        assert any(together.count(ns) > limit for ns, limit in LIMITS.values.items())


@given(worlds())
def test_without_limits_profiles_are_the_connected_components(world):
    each, links = world
    graph = nx.Graph()
    graph.add_nodes_from(node.id for node in each)
    graph.add_edges_from((link.left, link.right) for link in links)
    units = {node.id: Unit(node.id, node.first_position, {node.namespace: 1}) for node in each}
    free = Limits({"user_id": 1000, "email": 1000}, shared_at=1000)
    joining = join(units, [(link.left, link.right) for link in links], free, frozenset())
    assert not joining.conflicts
    found = {frozenset((joined.survivor, *joined.gone)) for joined in joining.joined}
    assert found == {frozenset(part) for part in nx.connected_components(graph) if len(part) > 1}
    for joined in joining.joined:
        assert joined.survivor == min(
            (joined.survivor, *joined.gone)
        )  # ids are positions here: the oldest survives


def test_two_people_on_one_tablet_stay_two():
    tablet, kim, lee = (
        Node(name(1), "anonymous_id", 1, name(101)),
        Node(name(2), "user_id", 2, name(102)),
        Node(name(3), "user_id", 3, name(103)),
    )
    links = [
        Link(name(9), tablet.id, kim.id, START),
        Link(name(8), tablet.id, lee.id, START + timedelta(days=1)),
    ]
    settled = settle([tablet, kim, lee], links, LIMITS)
    assert settled.assigned == {tablet.id: name(101), kim.id: name(101), lee.id: name(103)}
    assert [link.key for link in settled.refused] == [name(8)]


def test_a_value_of_too_many_people_ties_nobody_together():
    kiosk = Node(name(1), "anonymous_id", 1, name(101))
    people = [Node(name(i), "user_id", i, name(100 + i)) for i in range(2, 7)]
    links = [Link(name(50 + i), kiosk.id, person.id, START) for i, person in enumerate(people)]
    settled = settle([kiosk, *people], links, LIMITS)
    assert settled.shared == {kiosk.id}
    assert len(set(settled.assigned.values())) == 6


@given(st.lists(st.tuples(st.uuids(), st.integers(0, 2**45)), min_size=1, max_size=20))
def test_profile_ids_are_the_same_in_columns(rows):
    keys = np.array([(node.int >> 64, node.int & (1 << 64) - 1) for node, _ in rows], np.uint64)
    ids = key_bytes(own_profile_keys(keys, np.array([ms for _, ms in rows], np.int64)))
    assert ids == [profile_id(node, ms).bytes for node, ms in rows]
    assert all(UUID(bytes=key).version == 7 for key in ids)


def test_a_node_is_a_keyed_hash_of_namespace_and_value():
    one = node_id("key", Identifier("email", "a@example.com"))
    assert one != node_id("other", Identifier("email", "a@example.com"))
    assert one != node_id("key", Identifier("user_id", "a@example.com"))
