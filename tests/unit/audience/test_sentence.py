import pytest

from weft.audience.definition import read_audiences
from weft.audience.phrases import LANGUAGES
from weft.audience.sentence import sentence, sentences
from weft.definitions import Definition
from weft.model.measure import Operator

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


def test_every_language_says_it_and_leaves_no_slot_open() -> None:
    who = {
        "all": [
            {"not": {"did": "Refund", "within": "7d"}},
            {
                "did": "Order {x}",
                "at_least": 2,
                "within": "30d",
                "where": [{"property": "p", "between": [1, 2]}],
            },
            {"not": {"trait": "country", "one_of": ["KR", "TW"]}},
        ]
    }
    audiences, _ = read_audiences([Definition("audiences", "a", {"name": "a", "who": who}, "a.yaml")], ())
    said = sentences(audiences[0].who)
    assert said["ko"] == (
        "최근 7일 동안 Refund 발생 없음 그리고 "
        "최근 30일 동안 Order {x} (조건: p 값이 1 이상 2 이하) 2회 이상 발생 그리고 "
        "다음에 해당하지 않음: (country 값이 다음 중 하나: KR, TW)"
    )
    assert said["zh-TW"] == (
        "過去 7 天內 未發生 Refund，且 過去 30 天內 發生 Order {x} （條件：p 介於 1 與 2 之間） 至少 2 次，且 "
        "不符合（country 為下列之一：KR、TW）"
    )
    assert said["en"].startswith(
        "did not do Refund within 7 days and did Order {x} with p is between 1 and 2"
    )


def test_every_operator_has_its_words_in_every_language() -> None:
    for words in LANGUAGES.values():
        assert {*words.compared, Operator.EXISTS} == set(Operator)
