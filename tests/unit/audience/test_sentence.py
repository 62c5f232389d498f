from typing import Any

import pytest
from hypothesis import given
from tests.unit.audience.written_rules import WRITTEN_RULES, read_who

from weft.audience.definition import read_audiences
from weft.audience.sentence import clauses, sentence, sentences
from weft.definitions import Definition
from weft.language.say.teller import LANGUAGES
from weft.model.audience import AllRule, AnyRule, MemberRule, NotRule, measures_in
from weft.model.measure import Operator

CASES = [
    (
        {
            "all": [
                {"did": "Order Completed", "at_least": 2, "within": "30d"},
                {"trait": "country", "is": "KR"},
            ]
        },
        "did Order Completed at least 2 times in the last 30 days and country is KR",
    ),
    ({"not": {"did": {"type": "page"}, "within": "1h"}}, "did not do any page event in the last hour"),
    ({"not": {"trait": "plan", "exists": True}}, "plan is not known"),
    ({"did": {"record": "order"}, "at_least": 0, "at_most": 3}, "has at most 3 order records"),
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
        "did X (at is 2026-01-02 or later and ok is true) 1 to 2 times",
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
        "過去 7 天內未發生 Refund，且過去 30 天內發生 Order {x}（條件：p 介於 1 與 2 之間）至少 2 次，且"
        "不符合（country 為下列之一：KR、TW）"
    )
    assert said["en"].startswith(
        "did not do Refund in the last 7 days and did Order {x} (p is between 1 and 2)"
    )


SAID = [
    (
        {
            "sequence": {"first": "Product Added", "not_then": "Order Completed", "after": "1h"},
            "within": "3d",
        },
        "Product Added in the last 3 days, but no Order Completed within 1 hour",
        "최근 3일 동안 Product Added 발생 후 1시간 안에 Order Completed 발생 없음",
        "過去 3 天內發生 Product Added 後，1 小時內未發生 Order Completed",
    ),
    (
        {"sequence": {"first": {"record": "order"}, "then": "Refund"}},
        "order record, then Refund later",
        "order 레코드 발생 후 Refund 발생",
        "發生 order 紀錄後，發生 Refund",
    ),
    (
        {"did": {"record": "ticket"}, "at_least": 2, "within": "this_month"},
        "has at least 2 ticket records this month",
        "이번 달에 ticket 레코드 2건 이상 있음",
        "本月有 ticket 紀錄至少 2 筆",
    ),
    (
        {"did": "X", "within": {"calendar": "month", "from": -3, "to": 0, "zone": "workspace"}},
        "did X from the start of the month 3 months ago until before the start of this month "
        "(time of the workspace)",
        "(워크스페이스 시간) 3개월 전 달의 시작부터 이번 달 시작 전까지 X 발생",
        "自 3 個月前該月開始起至本月開始之前（工作區時間）發生 X",
    ),
    (
        {"did": "X", "within": {"last": "365d", "before": "365d"}},
        "did X in the 365 days up to 365 days ago",
        "365일 전까지 365일 동안 X 발생",
        "365 天前為止的 365 天內發生 X",
    ),
    (
        {"did": "X", "within": {"since": "2026-01-01", "until": "2026-02-01"}},
        "did X from 2026-01-01 until before 2026-02-01",
        "2026-01-01부터 2026-02-01 전까지 X 발생",
        "自 2026-01-01 起至 2026-02-01 之前發生 X",
    ),
    (
        {
            "did": "X",
            "where": [{"at": "weekday", "is": "monday"}, {"context": "page.path", "ends_with": "/a"}],
        },
        "did X (context page.path ends with /a and weekday is Monday)",
        "X (조건: 컨텍스트 page.path 값의 끝부분이 /a 그리고 현지 요일 값이 월요일) 발생",
        "發生 X（條件：情境 page.path 以 /a 結尾，且當地星期為星期一）",
    ),
    (
        {
            "did": {"record": "order"},
            "where": [{"property": "at", "more_than": {"property": "due", "plus": "2d"}}],
        },
        "has order records (at is after due + 2 days)",
        "order 레코드 (조건: at 시각이 due + 2일보다 나중) 있음",
        "有 order 紀錄（條件：at 晚於 due + 2 天）",
    ),
    (
        {"last_time": "Visit", "less_than": "today-7d"},
        "the last Visit is before the day 7 days ago",
        "Visit 마지막 발생 시각이 7일 전 날짜보다 먼저",
        "最近一次發生 Visit 的時間早於 7 天前當日",
    ),
    (
        {"trait": "last_seen", "at_least": "this_year-1"},
        "last_seen is the start of last year or later",
        "last_seen 시각이 작년 시작 또는 그 이후",
        "last_seen 不早於去年開始",
    ),
    (
        {"trait": "orders", "top_percent": 10},
        "orders is in the top 10%",
        "orders 값이 상위 10%",
        "orders 位居前 10%",
    ),
    (
        {"not": {"audience": "buyers"}},
        "is not in audience buyers",
        "오디언스 buyers에 속하지 않음",
        "不屬於受眾 buyers",
    ),
    (
        {"any": [{"consent": "email", "is": "granted"}, {"list": "vip"}]},
        "consented to email or is in the list vip",
        "email 동의함 또는 명단 vip에 있음",
        "已同意 email，或在名單 vip 中",
    ),
    (
        {"split": "summer", "to": 50},
        "falls into 0% to 50% of the split summer",
        "무작위 분할 summer에서 0%~50% 구간",
        "落在隨機分組 summer 的 0% 到 50%",
    ),
    (
        {"local_time": {"weekdays": ["monday", "friday"], "from": 22, "to": 6}},
        "the person's local time is Monday, Friday 22:00 to 6:00",
        "본인 현지 시간이 월요일, 금요일 22시~6시",
        "本人當地時間為星期一、星期五 22 時至 6 時",
    ),
]


@pytest.mark.parametrize(("who", "english", "korean", "chinese"), SAID)
def test_every_rule_reads_in_three_languages(
    who: dict[str, Any], english: str, korean: str, chinese: str
) -> None:
    audience, problems = read_who(who)
    assert audience is not None, problems
    assert sentences(audience.who) == {"en": english, "ko": korean, "zh-TW": chinese}


@given(WRITTEN_RULES)
def test_every_clause_has_a_place_and_names_what_it_reads(who: dict[str, Any]) -> None:
    audience, _ = read_who(who)
    assert audience is not None
    found = clauses(audience.who)
    assert found[0].rule == audience.who
    assert len({clause.path for clause in found}) == len(found)
    for clause in found:
        assert all(clause.sentences[language] for language in LANGUAGES)
        if isinstance(clause.rule, AllRule | AnyRule | NotRule | MemberRule) or ".audience" in clause.path:
            continue
        assert at(who, clause.path)
        names = [
            measure.source.name for measure in measures_in(clause.rule) if "trait" not in at(who, clause.path)
        ]
        assert all(name in said for said in clause.sentences.values() for name in names if name)


def at(who: Any, path: str) -> Any:
    for key in path.removeprefix("who").replace("[", ".").replace("]", "").split(".")[1:]:
        who = who[int(key) if key.isdigit() else key]
    return who


def test_the_clauses_stand_in_order_with_their_depth() -> None:
    audience, _ = read_who({"all": [{"trait": "a", "is": 1}, {"not": {"any": [{"audience": "lapsed"}]}}]})
    assert audience is not None
    assert [(clause.path, clause.depth) for clause in clauses(audience.who)] == [
        ("who", 0),
        ("who.all[0]", 1),
        ("who.all[1]", 1),
        ("who.all[1].not", 2),
        ("who.all[1].not.any[0]", 3),
        ("who.all[1].not.any[0].audience", 4),
        ("who.all[1].not.any[0].audience.all[0]", 5),
        ("who.all[1].not.any[0].audience.all[0].audience", 6),
        ("who.all[1].not.any[0].audience.all[1]", 5),
        ("who.all[1].not.any[0].audience.all[1].not", 6),
    ]


def test_every_operator_has_its_words_in_every_language() -> None:
    for words in LANGUAGES.values():
        assert {*words.compared, Operator.EXISTS} == set(Operator)
