import pytest

from weft.audience.definition import read_audiences
from weft.audience.sentence import sentence
from weft.definitions import Definition

CASES = [
    (
        {
            "all": [
                {"did": "Order Completed", "at_least": 2, "within": "30d"},
                {"trait": "country", "is": "KR"},
            ]
        },
        "did Order Completed at least 2 times within 30 days and country is KR",
    ),
    ({"not": {"did": {"type": "page"}, "within": "1h"}}, "did not do any page within 1 hour"),
    ({"not": {"trait": "plan", "exists": True}}, "not (plan is known)"),
    ({"did": {"record": "order"}, "at_least": 0, "at_most": 3}, "did order records at most 3 times"),
    ({"did": "Refund", "at_most": 1}, "did Refund exactly 1 time"),
    (
        {
            "all": [
                {"any": [{"trait": "a", "more_than": 1.5}, {"trait": "b", "between": [1, 2]}]},
                {"did": "X"},
            ]
        },
        "(a is more than 1.5 or b is between 1 and 2) and did X",
    ),
    (
        {
            "did": "X",
            "at_most": 2,
            "where": [{"property": "at", "at_least": "2026-01-02"}, {"property": "ok", "is": True}],
        },
        "did X with at is at least 2026-01-02T00:00:00.000Z and ok is true 1 to 2 times",
    ),
]


@pytest.mark.parametrize(("who", "words"), CASES)
def test_a_rule_reads_as_a_sentence(who: dict[str, object], words: str) -> None:
    audiences, problems = read_audiences(
        [Definition("audiences", "a", {"name": "a", "who": who}, "a.yaml")], ()
    )
    assert not problems
    assert sentence(audiences[0].who) == words
