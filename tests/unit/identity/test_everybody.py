"""Everybody at once, held against the solver of one component that is given everybody."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.identity.worlds import RULES, Links, Nodes, name, said, worlds

from weft.identity import everybody
from weft.identity.everybody import Everybody, Said, solve_everybody
from weft.identity.rules import Namespace, Rules
from weft.identity.solve import Solved, solve
from weft.identity.steward import Constraint


@st.composite
def cases(draw: st.DrawFn) -> tuple[Nodes, Links, list[Constraint], Rules, set[int]]:
    each, links = draw(worlds())
    most = st.integers(1, 4)
    rules = Rules(
        merge=draw(st.sampled_from([0.6, 0.95, 0.999])),
        namespaces={
            "user_id": Namespace(most_per_profile=draw(most), most_profiles=draw(most)),
            "email": Namespace(most_per_profile=draw(most), most_profiles=draw(most)),
        },
        others=RULES.others,
    )
    return each, links, draw(said(len(each))), rules, draw(st.sets(st.integers(0, len(each) - 1), max_size=2))


def at_once(
    each: Nodes, links: Links, constraints: Sequence[Constraint], rules: Rules, blocked: set[int]
) -> Everybody:
    names = sorted({node.namespace for node in each})
    row = {node.id: number for number, node in enumerate(each)}
    oldest = sorted(range(len(each)), key=lambda at: (each[at].first_position, each[at].own_profile))
    nodes = everybody.Nodes(
        names,
        np.array([names.index(node.namespace) for node in each], np.uint16),
        np.array(oldest, np.int64),
        lambda rows: [each[at] for at in rows],
    )
    columns = everybody.Links(
        np.array([row[link.left] for link in links], np.int64),
        np.array([row[link.right] for link in links], np.int64),
        np.array([link.confidence for link in links], np.float64),
        np.array([link.counts for link in links], np.bool_),
        lambda rows: [links[at] for at in rows.tolist()],
    )
    words = [
        Said(one, np.array([row[node] for node in sorted(one.nodes) if node in row], np.int64))
        for one in constraints
    ]
    return solve_everybody(nodes, columns, rules, words, blocked)


def expected(
    each: Nodes, links: Links, constraints: Sequence[Constraint], rules: Rules, blocked: set[int]
) -> Solved:
    return solve(each, links, rules, constraints, [each[at].id for at in blocked])


@given(cases())
@settings(max_examples=300, deadline=None)
def test_all_at_once_are_who_they_are_one_by_one(
    case: tuple[Nodes, Links, list[Constraint], Rules, set[int]],
) -> None:
    each = case[0]
    found, solved = at_once(*case), expected(*case)
    assert [each[row].own_profile for row in found.holder] == [solved.assigned[node.id] for node in each]
    assert {each[row].id: people for row, people in found.generic.items()} == solved.generic
    assert sorted(found.refused) == sorted(solved.refused)


def test_nobody_is_nobody() -> None:
    found = at_once([], [], [], RULES, set())
    assert (len(found.holder), found.refused, found.generic) == (0, [], {})


def test_a_word_about_nodes_that_are_not_there_changes_nobody() -> None:
    from tests.unit.identity.worlds import apart, link, node

    each = [node(0, "user_id"), node(1, "email")]
    found = at_once(each, [link(0, 1)], [apart(1, [7], [8])], RULES, set())
    assert found.holder.tolist() == [0, 0]
    assert name(7) not in {one.id for one in each}
