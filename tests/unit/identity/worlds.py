"""Small worlds of nodes, links and what stewards say, for tests of the solver."""

from collections.abc import Iterable

from hypothesis import strategies as st

from weft.identity.evidence import confidence_of
from weft.identity.rules import Namespace, Rules
from weft.identity.solve import Link, Node
from weft.identity.steward import Constraint

Nodes = list[Node]
Links = list[Link]

RULES = Rules(
    namespaces={
        "user_id": Namespace(most_per_profile=1, most_profiles=3),
        "email": Namespace(most_per_profile=2, most_profiles=3),
    },
    others=Namespace(most_profiles=3),
)


def name(number: int) -> bytes:
    return number.to_bytes(16, "big")


def node(number: int, namespace: str) -> Node:
    return Node(name(number), namespace, number, name(100 + number))


def link(one: int, other: int, hour: int = 0, bits: float = 10.0) -> Link:
    left, right = sorted((one, other))
    key = name(1_000 + left * 50 + right)
    return Link(key, name(left), name(right), hour, hour, bits, confidence_of(bits))


def same(number: int, *nodes: int) -> Constraint:
    return Constraint(number, tuple(map(name, nodes)), frozenset(), frozenset(), 0)


def apart(number: int, left: Iterable[int], right: Iterable[int]) -> Constraint:
    return Constraint(number, (), frozenset(map(name, left)), frozenset(map(name, right)), 0)


def split(number: int, left: Iterable[int], right: Iterable[int]) -> Constraint:
    return apart(number, left, right)._replace(same=tuple(map(name, left)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Nodes, Links]:
    namespaces = draw(
        st.lists(st.sampled_from(["user_id", "email", "anonymous_id"]), min_size=1, max_size=14)
    )
    each = [node(number, namespace) for number, namespace in enumerate(namespaces)]
    pairs = draw(st.lists(st.tuples(*[st.integers(0, len(each) - 1)] * 2), max_size=25))
    bits = st.sampled_from([1.0, 6.0, 10.0])
    found = {
        (min(a, b), max(a, b)): link(a, b, hour, draw(bits)) for hour, (a, b) in enumerate(pairs) if a != b
    }
    return each, list(found.values())


@st.composite
def said(draw: st.DrawFn, size: int) -> list[Constraint]:
    """What stewards say of so many nodes."""
    sides = st.lists(st.integers(0, size - 1), min_size=1, max_size=4, unique=True)
    found: list[Constraint] = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        left, right = draw(sides), draw(sides)
        right = [each for each in right if each not in left]
        kind = draw(st.sampled_from([same, apart, split]))
        if kind is same:
            found.append(same(number, left[0], *right[:1]))
        elif right:
            found.append(kind(number, left, right))
    return found
