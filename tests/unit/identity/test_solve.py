import random
from collections import Counter

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.worlds import RULES, Links, Nodes, apart, link, name, node, said, same, split, worlds

from weft.identity.rules import Namespace, Rules
from weft.identity.solve import Refusal, Solved, solve
from weft.identity.steward import Constraint


@st.composite
def cases(draw: st.DrawFn) -> tuple[Nodes, Links, list[Constraint]]:
    each, links = draw(worlds())
    return each, links, draw(said(len(each)))


def profiles(solved: Solved) -> list[set[int]]:
    found: dict[bytes, set[int]] = {}
    for member, profile in solved.assigned.items():
        found.setdefault(profile, set()).add(int.from_bytes(member, "big"))
    return sorted(found.values(), key=min)


@given(cases(), st.randoms())
def test_the_outcome_does_not_depend_on_any_order(
    case: tuple[Nodes, Links, list[Constraint]], shuffling: random.Random
) -> None:
    each, links, constraints = case
    first = solve(each, links, RULES, constraints)
    for part in (links, each, constraints):
        shuffling.shuffle(part)
    again = solve(each, links, RULES, constraints)
    assert first.assigned == again.assigned
    assert first.generic == again.generic
    assert sorted(first.refused) == sorted(again.refused)


@given(cases())
def test_no_profile_ever_breaks_a_limit_but_by_a_stewards_word(
    case: tuple[Nodes, Links, list[Constraint]],
) -> None:
    each, links, constraints = case
    solved = solve(each, links, RULES, constraints)
    one = nx.utils.UnionFind(member.id for member in each)
    for constraint in constraints:
        one.union(*constraint.same[:1], *constraint.same)
    held = Counter({(solved.assigned[member.id], member.namespace, one[member.id]) for member in each})
    counts = Counter((profile, namespace) for profile, namespace, _ in held)
    assert all(count <= RULES.of(namespace).most_per_profile for (_, namespace), count in counts.items())


@given(cases())
def test_what_the_newest_word_keeps_apart_is_apart(case: tuple[Nodes, Links, list[Constraint]]) -> None:
    each, links, constraints = case
    if not constraints:
        return
    newest = constraints[-1]
    assigned = solve(each, links, RULES, constraints).assigned
    assert not {assigned[member] for member in newest.left} & {assigned[member] for member in newest.right}
    assert len({assigned[member] for member in newest.same}) <= 1


@given(worlds())
def test_a_refused_link_really_could_not_be_kept(world: tuple[Nodes, Links]) -> None:
    each, links = world
    solved = solve(each, links, RULES)
    namespace = {member.id: member.namespace for member in each}
    for refused in solved.refused:
        one, other = solved.assigned[refused.link.left], solved.assigned[refused.link.right]
        assert one != other
        assert refused.why is Refusal.LIMIT
        together = [
            namespace[member] for member, profile in solved.assigned.items() if profile in (one, other)
        ]
        assert any(together.count(each) > RULES.of(each).most_per_profile for each in RULES.namespaces)


@given(worlds())
def test_where_nothing_conflicts_profiles_are_connected_components(world: tuple[Nodes, Links]) -> None:
    each, links = world
    graph = nx.Graph()
    graph.add_nodes_from(range(len(each)))
    strong = [link for link in links if link.confidence >= 0.95]
    graph.add_edges_from(
        tuple(int.from_bytes(end, "big") for end in (link.left, link.right)) for link in strong
    )
    solved = solve(each, links, Rules(namespaces={}, others=Namespace()))
    assert profiles(solved) == sorted(nx.connected_components(graph), key=min)


def test_two_people_on_one_tablet_stay_two() -> None:
    each = [node(1, "anonymous_id"), node(2, "user_id"), node(3, "user_id")]
    solved = solve(each, [link(1, 2, 0), link(1, 3, 24)], RULES)
    assert profiles(solved) == [{1, 2}, {3}]
    assert [(refused.link.key, refused.why) for refused in solved.refused] == [
        (link(1, 3).key, Refusal.LIMIT)
    ]


def test_the_stronger_evidence_wins_before_the_earlier() -> None:
    each = [node(1, "anonymous_id"), node(2, "user_id"), node(3, "user_id")]
    assert profiles(solve(each, [link(1, 2, 0, 8.0), link(1, 3, 24, 9.0)], RULES)) == [{1, 3}, {2}]


def test_a_value_of_too_many_people_ties_nobody_together() -> None:
    each = [node(1, "anonymous_id"), *(node(number, "user_id") for number in range(2, 7))]
    solved = solve(each, [link(1, number) for number in range(2, 7)], RULES)
    assert solved.generic == {name(1): 5}
    assert len(profiles(solved)) == 6


def test_people_are_counted_by_what_each_may_hold() -> None:
    """Six addresses, two to a person, are three people: no more than the rules allow."""
    each = [node(1, "phone"), *(node(number, "email") for number in range(2, 9))]
    links = [link(1, number) for number in range(2, 9)]
    assert not solve(each[:7], links[:6], RULES).generic
    assert solve(each, links, RULES).generic == {name(1): 4}


def test_a_steward_stands_above_limits_and_what_he_joined_counts_once() -> None:
    each = [node(1, "user_id"), node(2, "user_id"), node(3, "anonymous_id"), node(4, "user_id")]
    solved = solve(each, [link(1, 3), link(2, 3), link(3, 4, 1)], RULES, [same(1, 1, 2)])
    assert profiles(solved) == [{1, 2, 3}, {4}]


def test_a_split_keeps_its_side_together_and_away_from_the_rest() -> None:
    """The hub of a star goes; two leaves that only it held together stay together."""
    each = [node(number, "anonymous_id") for number in range(1, 6)]
    links = [link(1, number) for number in range(2, 6)]
    solved = solve(each, links, RULES, [split(1, [2, 3], [1, 4, 5])])
    assert profiles(solved) == [{1, 4, 5}, {2, 3}]
    assert {(refused.why, refused.steward) for refused in solved.refused} == {(Refusal.APART, 1)}


def test_a_new_node_cannot_glue_together_what_was_split() -> None:
    each = [node(number, "anonymous_id") for number in range(1, 4)]
    solved = solve(each, [link(1, 3, 0), link(2, 3, 1)], RULES, [apart(1, [1], [2])])
    assert profiles(solved) == [{1, 3}, {2}]


def test_of_two_contradicting_words_the_later_holds() -> None:
    each = [node(1, "email"), node(2, "email")]
    assert profiles(solve(each, [], RULES, [same(1, 1, 2), apart(2, [1], [2])])) == [{1}, {2}]
    assert profiles(solve(each, [], RULES, [apart(1, [1], [2]), same(2, 1, 2)])) == [{1, 2}]


def test_what_is_not_sure_enough_ties_nothing() -> None:
    each = [node(1, "email"), node(2, "phone")]
    assert profiles(solve(each, [link(1, 2, bits=4.0)], RULES)) == [{1}, {2}]
    assert profiles(solve(each, [link(1, 2, bits=5.0)], RULES)) == [{1, 2}]


def test_a_barren_node_ties_nothing() -> None:
    each = [node(1, "email"), node(2, "phone"), node(3, "phone")]
    solved = solve(each, [link(1, 2), link(1, 3)], RULES, (), [name(1)])
    assert len(profiles(solved)) == 3
