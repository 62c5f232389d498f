import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from weft.definitions import Definition
from weft.identity.rules import Rules, read_rules
from weft.model.identifier import SEPARATOR


def read(**body: Any) -> tuple[Rules, list[str]]:
    rules, problems = read_rules([Definition("identity", "rules", {"name": "rules"} | body, "rules.yaml")])
    return rules, [str(problem) for problem in problems]


def test_without_a_definition_the_defaults_hold() -> None:
    rules, problems = read_rules([])
    assert not problems
    assert (rules.merge, rules.review) == (0.95, 0.6)
    assert rules.of("user_id").most_per_profile == 1
    assert rules.of("email").most_per_profile == 5
    assert rules.of("loyalty_card").most_per_profile == 1_000
    assert rules.devices == {"anonymous_id", "device_id", "advertising_id"}


def test_what_is_left_out_keeps_its_default() -> None:
    rules, problems = read(
        merge=0.9,
        namespaces={
            "email": {"most_per_profile": 3},
            "till": {"owned_by_login": True, "stitch_back_days": 1},
            "loyalty_card": {"priority": 4},
        },
        others={"most_profiles": 4},
        log_out=["Bye"],
    )
    assert not problems
    assert (rules.merge, rules.review, rules.log_out) == (0.9, 0.6, ("Bye",))
    assert rules.of("email").most_per_profile == 3
    assert rules.of("email").bits == Rules().of("email").bits
    assert "till" in rules.devices
    assert (rules.of("loyalty_card").priority, rules.of("loyalty_card").most_profiles) == (4, 4)
    assert rules.version != Rules().version


def test_the_weaker_of_two_identifiers_says_how_strong_a_link_is() -> None:
    rules, _ = read(namespaces={"phone": {"half_life_days": 700}, "card": {"half_life_days": 100, "bits": 3}})
    assert rules.bits_of("user_id", "email") == rules.of("email").bits
    assert rules.bits_of("card", "user_id") == 3
    assert rules.half_life_days("user_id", "email") is None
    assert rules.half_life_days("phone", "card") == 100


@pytest.mark.parametrize(
    ("namespace", "value", "is_blocked"),
    [
        ("email", "unknown@shop.example", True),
        ("email", "Unknown@shop.example", True),
        ("email", "kim.unknown@shop.example", False),
        ("phone", "00000001", True),
        ("phone", "+8200000001", False),
        ("till", "kiosk [1]", True),
        ("till", "kiosk 1", False),
        ("card", "unknown@shop.example", False),
    ],
)
def test_blocked_patterns_name_nobody(namespace: str, value: str, is_blocked: bool) -> None:
    blocked = {"phone": {"blocked": ["000-0000*"]}, "till": {"blocked": ["kiosk [1]"]}}
    rules, problems = read(namespaces=blocked)
    assert not problems
    assert bool(re.search(rules.blocked, namespace + SEPARATOR + value)) is is_blocked


@pytest.mark.parametrize("stars", [2, 30])
def test_a_pattern_of_many_stars_takes_no_longer_and_says_the_same_to_both_engines(stars: int) -> None:
    rules, problems = read(namespaces={"till": {"blocked": ["k*" + "a*" * stars + "z"]}})
    assert not problems
    values = [f"till{SEPARATOR}{value}" for value in ("k" + "a" * 500, "k" + "a" * 500 + "Z", "ka" + "z")]
    ours = [rules.blocks.match(value) is not None for value in values]
    assert ours == [False, True, False]
    assert pc.match_substring_regex(pa.array(values), rules.blocked).to_pylist() == ours


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"thresholds": {}}, "`thresholds` is no key here"),
        ({"namespaces": {"email": {"half_life": 3}}}, "did you mean `half_life_days`?"),
        ({"namespaces": {"email": {"most_per_profile": 0}}}, ">= 1"),
        ({"namespaces": {"E-Mail": {}}}, "`E-Mail` is no namespace"),
        ({"namespaces": {"email": {"blocked": ["*"]}}}, "blocks every value"),
        ({"namespaces": {"phone": {"blocked": ["unknown*"]}}}, "`unknown*` has no digits"),
        ({"namespaces": {"phone": {"blocked": ["n/a"]}}}, "`n/a` has no digits"),
        ({"namespaces": {"email": {"blocked": ["x"] * 1_001}}}, "length <= 1000"),
        ({"namespaces": {"email": {"blocked": ["x" * 513]}}}, "length <= 512"),
        ({"namespaces": {name: {"blocked": ["x" * 512] * 600} for name in "ab"}}, "letters in all; at most"),
        ({"others": {"blocked": ["unknown*"]}}, "under `namespaces`"),
        ({"namespaces": {"till": {"stitch_back_days": 1e300}}}, "<= 36500"),
        ({"namespaces": {"card": {"half_life_days": 1e300}}}, "<= 36500"),
        ({"repeat_days": 1e300}, "<= 36500"),
        ({"namespaces": {"email": 3}}, "expected a mapping"),
        ({"merge": 0.7, "review": 0.8}, "make it at most that"),
        ({"merge": 1.5}, "< 1"),
        ({"others": {"owned_by_login": True}}, "name the namespaces of devices"),
    ],
)
def test_a_fault_says_what_to_write_instead(body: dict[str, Any], said: str) -> None:
    _, problems = read(**body)
    assert any(said in problem for problem in problems), problems


def test_all_faults_come_together() -> None:
    namespaces = {"email": {"half_life": 3, "bits": -1}, "phone": {"blocked": ["**"]}}
    _, problems = read(merge=0.7, review=0.8, namespaces=namespaces)
    assert len(problems) == 4


def test_there_is_one_definition() -> None:
    _, problems = read_rules([Definition("identity", "limits", {"name": "limits"}, "limits.yaml")])
    assert "put everything into it" in str(problems[0])
