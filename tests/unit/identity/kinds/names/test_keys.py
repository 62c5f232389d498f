"""Spellings of one name share a key, names that only look alike do not; nicknames, jamo and initials."""

from itertools import combinations

import pyarrow as pa
import pytest

from weft.identity.kinds.names.eastern import FOLDS, romanise, surnames
from weft.identity.kinds.names.keys import initial, is_initial, jamo, name_key
from weft.identity.kinds.names.nicknames import (
    MOST_FAMILIES,
    NONE,
    nickname_families,
    nickname_ids,
)
from weft.identity.kinds.registry import normalise
from weft.identity.kinds.steps import run_one


def _keys(kind: str, names: list[str]) -> list[str]:
    return name_key(kind, normalise(kind, pa.array(names))).to_pylist()


SAME_GIVEN = [
    ["민수", "Min-su", "Minsoo", "Min Soo", "MINSU"],
    ["지훈", "Ji-hoon", "Jihun", "Jee-hoon", "Ji Hoon"],
    ["영희", "Young-hee", "Yeonghui", "Younghee"],
    ["현우", "Hyun-woo", "Hyeonu", "Hyunwoo"],
    ["은정", "Eun-jung", "Eunjeong", "Eun-jeong"],
    ["경수", "Kyung-soo", "Gyeongsu", "Kyeong-su"],
    ["민기", "Min-gi", "Min-ki", "Minki"],
    ["승현", "Seung-hyun", "Seunghyeon"],
    ["하은", "Ha-eun", "Haeun"],
    ["서연", "Seo-yeon", "Seoyeon"],
    ["小明", "Xiaoming", "Hsiao-ming"],
    ["志明", "Zhiming", "Chih-ming"],
    ["志雄", "Zhixiong", "Chih-hsiung", "Chihhsiung"],
    ["傑豪", "Jiehao", "Chieh-hao"],
    ["淑芬", "Shufen", "Shu-fen"],
    ["怡君", "Yijun", "Yi-chun", "I-chun"],
    ["建國", "建国", "Jianguo", "Chien-kuo"],
    ["家豪", "Jiahao", "Chia-hao"],
    ["雅婷", "Yating", "Ya-ting"],
    ["宗翰", "Zonghan", "Tsung-han"],
    ["俊傑", "Junjie", "Chun-chieh"],
    ["예린", "Ye-rin", "Yelin"],
    ["혜림", "Hye-rim", "Hyelim"],
    ["Сергей", "Sergey", "Sergei"],
    ["Sarah", "Sara"],
    ["Catherine", "Katherine"],
    ["Jörg", "Joerg"],
]
SAME_FAMILY = [
    ["김", "Kim", "Gim"],
    ["박", "Park", "Pak", "Bak", "朴"],
    ["최", "Choi", "Choe"],
    ["이", "Lee", "Yi", "Rhee", "李", "Li"],
    ["정", "Jung", "Jeong", "Chung"],
    ["남궁", "Namgung", "Namkoong"],
    ["王", "Wang"],
    ["陳", "陈", "Chen", "Chan"],
    ["蔡", "Cai", "Tsai"],
    ["謝", "Xie", "Hsieh"],
    ["張", "Zhang", "Chang"],
    ["歐陽", "Ouyang", "Au-yeung"],
    ["Müller", "Mueller", "Muller"],
    ["Schmidt", "Schmitt", "Shmidt"],
    ["Щербаков", "Shcherbakov"],
    ["van der Berg", "Vanderberg"],
]
APART_GIVEN = [
    "민수",
    "지훈",
    "영희",
    "현우",
    "은정",
    "Dan",
    "Tan",
    "Tina",
    "Dina",
    "Ken",
    "John",
    "Joan",
    "Bob",
    "훈",
    "Kari",
    "Kali",
    "Evi",
    "Yi",
    "하은",
]
APART_FAMILY = [
    "Kim",
    "King",
    "Park",
    "Parker",
    "Lee",
    "Lees",
    "Chung",
    "Church",
    "Chen",
    "Wang",
    "Wong",
    "Jones",
    "Smith",
]


@pytest.mark.parametrize("names", SAME_GIVEN, ids=lambda names: names[-1])
def test_spellings_of_a_given_name(names: list[str]) -> None:
    assert len(set(_keys("given_name", names))) == 1


@pytest.mark.parametrize("names", SAME_FAMILY, ids=lambda names: names[-1])
def test_spellings_of_a_family_name(names: list[str]) -> None:
    assert len(set(_keys("family_name", names))) == 1


@pytest.mark.parametrize(("kind", "names"), [("given_name", APART_GIVEN), ("family_name", APART_FAMILY)])
def test_other_names_stay_apart(kind: str, names: list[str]) -> None:
    keys = dict(zip(names, _keys(kind, names), strict=True))
    assert [pair for pair in combinations(names, 2) if keys[pair[0]] == keys[pair[1]]] == []


def test_whole_names_in_any_script_and_order() -> None:
    assert set(_keys("full_name", ["김민수", "Kim, Min-su", "Minsu Kim", "김 민수", "KIM MINSU"])) == {
        "=kim, =minsu"
    }
    assert set(_keys("full_name", ["王小明", "Wang Xiaoming", "Hsiao-ming Wang"])) == {"=wang, =siaomiN"}


def test_half_a_name_has_a_key_too() -> None:
    assert _keys("full_name", ["Madonna", "n/a"]) == ["madona", None]


def test_every_syllable_of_hangul_has_a_key() -> None:
    for code in range(0xAC00, 0xD7A4):
        latin = romanise(chr(code))
        assert latin.isascii() and run_one(FOLDS, latin), chr(code)


def test_a_family_names_spelling_stands_in_one_line() -> None:
    forms = set(surnames().values())
    assert {surnames()[form] for form in forms} == forms


def test_nicknames_share_a_family() -> None:
    def shared(one: str, other: str) -> bool:
        left, right = nickname_ids(pa.array([one, other]))
        return bool(set(left.tolist()) & set(right.tolist()) - {NONE})

    assert shared("bob", "robert") and shared("rob", "bobby") and shared("liz", "elizabeth")
    assert shared("bill", "william") and shared("beth", "elizabeth") and shared("beth", "bethany")
    assert shared("alex", "alexander") and shared("alex", "alexandra") and shared("sam", "samantha")
    assert shared("jean claude", "joan")
    assert not shared("robert", "william") and not shared("alexander", "alexandra")
    assert not shared("quux", "blarg")


def test_families_of_nicknames() -> None:
    none = [NONE] * MOST_FAMILIES
    known, *others = nickname_ids(pa.array(["bob", "quux", None])).tolist()
    assert known != none and others == [none, none]
    assert len(nickname_families()) > 2000
    assert max(map(len, nickname_families().values())) == MOST_FAMILIES


def test_hangul_in_letters() -> None:
    parts = jamo(pa.array(["민수", "josé", "王", None])).to_pylist()
    assert len(parts[0]) == 5 and parts[1:] == ["josé", "王", None]


def test_initials() -> None:
    names = pa.array(["j", "j r", "john", "김", None])
    assert is_initial(names).to_pylist() == [True, True, False, False, None]
    assert initial(names).to_pylist() == ["j", "j", "j", "김", None]
