import json

from hypothesis import given
from hypothesis import strategies as st

from weft.language.difference import ABSENT, Difference, differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=12,
)


def test_an_element_that_came_does_not_change_those_behind_it() -> None:
    before = {"who": {"all": [{"did": "A"}, {"did": "B", "at_least": 1}]}}
    after = {"who": {"all": [{"did": "New"}, {"did": "A"}, {"did": "B", "at_least": 2}]}, "description": "x"}
    assert list(differences(before, after)) == [
        Difference("who.all[0]", ABSENT, {"did": "New"}),
        Difference("who.all[2].at_least", 1, 2),
        Difference("description", ABSENT, "x"),
    ]


@given(VALUES, VALUES)
def test_there_are_differences_exactly_between_what_differs(before: object, after: object) -> None:
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (list(differences(before, after)) == []) == same
