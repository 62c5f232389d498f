"""What is in force when definitions fail: the good ones, and of the others what they last were."""

import pytest

from weft.definitions import Definition, read_texts
from weft.storage.definitions_in_force import in_force

ORDERS = "name: orders\nkind: count\nevent: Order\n"
BUYERS = "name: buyers\nwho: {trait: orders, at_least: 1}\n"
HOOK = (
    "name: crm\ntype: webhook\npurpose: p\nenabled: false\nurl: https://example.com\nsecret_env: S\n"
    "when: {entered: [buyers]}\n"
)
BOMB = "name: buyers\na0: &a0 [x, x]\n" + "".join(
    f"a{at}: &a{at} !!pairs [k: *a{at - 1}, l: *a{at - 1}]\n" for at in range(1, 60)
)
GOOD = {"traits/orders.yaml": ORDERS, "audiences/buyers.yaml": BUYERS, "destinations/crm.yaml": HOOK}


def last(texts: dict[str, str]) -> dict[tuple[str, str], Definition]:
    return {(each.kind, each.name): each for each in read_texts(texts).definitions}


def names(found) -> list[str]:
    return [each.name for each in found.definitions]


def test_what_is_good_is_in_force() -> None:
    found = in_force(read_texts(GOOD), {})
    assert (names(found), found.set_aside, found.held) == (["buyers", "crm", "orders"], (), ())


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("audiences/buyers.yaml", "name: buyers\nwho: {did: Order, at_least: x}\n", "who.at_least"),
        ("audiences/buyers.yaml", "name: buyers\nwho: {did: [\n", "not valid YAML"),
        ("audiences/buyers.yaml", "name: buyers\nyes: 1\nwho: {did: Order}\n", "keys must be text"),
        *(
            ("audiences/buyers.yaml", f"name: buyers\nwho: {value}\n", "not valid YAML")
            for value in ("!!bool x", "!!int ''", "!!float ''", "!!int x", '"\\U0011ffff"', "!!binary é")
        ),
        ("audiences/buyers.yaml", "name: buyers\nwho: {trait: a, less_than: 2026-02-30}\n", "who.less_than"),
        (
            "audiences/buyers.yaml",
            "name: buyers\nwho: {trait: a, less_than: !!timestamp x}\n",
            "who.less_than",
        ),
        (
            "audiences/buyers.yaml",
            "name: buyers\nwho: {did: a, within: 1d, did: b}\n",
            "`did` is there twice",
        ),
        ("audiences/buyers.yaml", "&a [*a]", "expected a mapping"),
        ("audiences/buyers.yaml", BOMB, "250,000 values, anchors followed"),
        ("audiences/buyers.yaml", "name: buyers\nwho: " + "[" * 3_000 + "]" * 3_000, "not valid YAML"),
        ("audiences/buyers.yaml", 'name: buyers\nwho: {did: "\\ud800"}\n', "half of a surrogate pair"),
        ("audiences/buyers.yaml", "name: buyers\nwho: &w {not: *w}\n", "at most"),
        ("audiences/buyers.yaml", "name: buyers\nwho: {did: Order, at_least: .inf}\n", "what JSON has"),
        ("audiences/buyers.yaml", "name: buyers\nwho: !!set {did, Order}\n", "what JSON has"),
        ("traits/orders.yaml", "name: orders\nkind: conut\nevent: Order\n", "kind"),
        ("destinations/crm.yaml", HOOK.replace("webhook", "pigeon"), "`type`"),
        ("identity/rules.yaml", "name: rules\nmerge: much\n", "merge"),
        ("plans/shop.yaml", "name: shop\nmode: shout\n", "Invalid enum"),
        ("notes/a.yaml", "name: a\n", "put it into one of the folders"),
    ],
)
def test_what_fails_is_set_aside_and_stays_what_it_last_was(path: str, text: str, reason: str) -> None:
    found = in_force(read_texts(GOOD | {path: text}), last(GOOD))
    assert names(found) == ["buyers", "crm", "orders"]
    (aside,) = found.set_aside
    assert (aside.path, aside.kept) == (path, path in GOOD)
    assert reason in aside.reasons[0]
    assert {each.name: each.body for each in found.definitions} == {
        each.name: each.body for each in last(GOOD).values()
    }


def test_what_was_never_good_is_out_and_so_is_what_reads_it() -> None:
    found = in_force(
        read_texts(GOOD | {"traits/orders.yaml": "name: orders\nkind: conut\nevent: Order\n"}), {}
    )
    assert names(found) == ["crm"]  # a destination goes on with the audiences that are left
    assert {each.name: each.reasons[0] for each in found.set_aside} == {
        "orders": found.set_aside[-1].reasons[0],
        "buyers": "reads the trait `orders`, which is set aside",
    }
    assert found.held == ("buyers",)
    assert found.out == {("traits", "orders"), ("audiences", "buyers")}


def test_a_name_given_twice_is_told_and_the_first_file_counts() -> None:
    found = in_force(read_texts(GOOD | {"traits/z.yaml": "name: orders\nkind: count\nevent: Visit\n"}), {})
    assert names(found) == ["buyers", "crm", "orders"]
    (aside,) = found.set_aside
    assert (aside.path, aside.kept) == ("traits/z.yaml", True)
    orders = next(each for each in found.definitions if each.name == "orders")
    assert orders.body["event"] == "Order"


def test_a_definition_moved_out_of_a_broken_file_is_in_force_as_it_is_now() -> None:
    moved = {"audiences/buyers.yaml": "- [", "audiences/new.yaml": "name: buyers\nwho: {did: Order}\n"}
    found = in_force(read_texts(GOOD | moved), last(GOOD))
    buyers = next(each for each in found.definitions if each.name == "buyers")
    assert buyers.body["who"] == {"did": "Order"}
