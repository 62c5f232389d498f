import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.households import (
    CROWD_MOST,
    HOME_MOST,
    Crowd,
    Household,
    Occupant,
    household_id,
    household_of,
    oldest_of,
)
from weft.model.identifier import Identifier, node_id, profile_id


def one(number: int, address: str = "", landline: str = "", family: str = "") -> Occupant:
    node = node_id("k", Identifier("user_id", str(number)))
    return Occupant(profile_id(node, 1_000 + number).bytes, address, landline, family)


def ids(found: object) -> list[bytes]:
    assert isinstance(found, Household)
    return [each.profile_id for each in found.members]


def test_people_at_one_address_are_a_household_with_what_they_share():
    kim, lee = one(1, "1 high st|se1", "+44207", "kim"), one(2, "1 high st|se1", "", "lee")
    child = one(3, "1 high st|se1", "+44207", "kim")
    found = household_of(lee, [child, lee, kim])
    assert ids(found) == [kim.profile_id, lee.profile_id, child.profile_id]
    assert isinstance(found, Household)
    assert found.shared == ("address",)
    assert [each.shares for each in found.members] == [
        ("address", "landline", "family_name"),
        ("address",),
        ("address", "landline", "family_name"),
    ]
    assert [each.rank for each in found.members] == [0.94, 0.7, 0.94]
    assert found.rank == 0.7
    assert found.id.version == 8
    assert oldest_of(found.id).bytes == kim.profile_id
    assert household_id(kim.profile_id) == found.id


def test_those_whom_the_model_takes_for_a_household_live_together_with_a_probability():
    kim, lee, far = (
        one(1, "1 high st|se1", "", "kim"),
        one(2, "", "", "lee"),
        one(3, "9 low st|n1", "", "kim"),
    )
    scored = {(kim.profile_id, lee.profile_id): 0.8, (lee.profile_id, far.profile_id): 0.6}
    near = [kim, lee, far]
    found = household_of(lee, near, scored)
    assert ids(found) == [each.profile_id for each in near]
    assert isinstance(found, Household)
    assert [(each.shares, each.probability) for each in found.members] == [
        (("family_name",), 0.8),
        ((), 0.8),
        (("family_name",), 0.6),
    ]
    assert household_of(lee, near) is None


def test_the_same_name_alone_is_no_household():
    assert household_of(one(1, family="kim"), [one(1, family="kim"), one(2, family="kim")]) is None


def test_a_landline_leads_to_the_address_of_those_who_have_one():
    home, caller, alone = one(1, "a", "1"), one(2, "", "1"), one(3, "", "2")
    assert ids(household_of(caller, [home, caller])) == [home.profile_id, caller.profile_id]
    assert ids(household_of(home, [home, caller])) == [home.profile_id, caller.profile_id]
    moved = one(4, "b", "1")
    assert household_of(caller, [home, caller, moved]) is None  # two addresses: it says nothing of where
    assert ids(household_of(alone, [alone, one(5, "", "2")]))[0] == alone.profile_id


def test_in_a_large_house_those_with_the_same_name_live_together():
    house = [one(number, "a", "", f"n{number // 2}") for number in range(HOME_MOST + 4)]
    assert ids(household_of(house[4], house)) == [house[4].profile_id, house[5].profile_id]
    assert household_of(one(99, "a"), [*house, one(99, "a")]) is None
    same = [one(number, "a", "", "kim") for number in range(HOME_MOST + 1)]
    assert household_of(same[0], same) == Crowd("address", HOME_MOST + 1)


@pytest.mark.parametrize("trait", ["address", "landline"])
def test_a_dormitory_is_no_household(trait: str):
    many = [Occupant(one(number).profile_id, **{trait: "x"}) for number in range(CROWD_MOST + 1)]
    assert household_of(many[0], many) == Crowd(trait, CROWD_MOST + 1)


people = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "kim", "lee"])
    ),
    min_size=1,
    max_size=24,
)


pairs = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23), st.floats(0.4, 1)), max_size=12)


@given(told=people, paired=pairs, seed=st.integers(0, 2**32))
def test_members_agree_on_their_household_in_any_order(
    told: list[tuple[str, str, str]], paired: list[tuple[int, int, float]], seed: int
):
    near = [one(number, *each) for number, each in enumerate(told)]
    scored = {
        (near[left].profile_id, near[right].profile_id): probability
        for left, right, probability in paired
        if left < right < len(near)
    }
    before = {each.profile_id: household_of(each, near, scored) for each in near}
    random.Random(seed).shuffle(near)
    for each in near:
        found = household_of(each, near, scored)
        assert found == before[each.profile_id]
        if isinstance(found, Household):
            members = [member.profile_id for member in found.members]
            assert each.profile_id in members
            assert members == sorted(members)
            assert 1 < len(members) <= HOME_MOST
            assert all(before[member] == found for member in members)
            assert scored or all(member.shares for member in found.members) or not each.address
