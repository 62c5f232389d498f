"""Two people field by field: what agrees, and that the bits of the fields are those that were given."""

from hypothesis import given
from hypothesis import strategies as st

from weft.identity.comparison import Agreement, agreement_of, compare, told_fields
from weft.identity.live.person import PersonFields

KIND_OF = PersonFields({}, "").kind
TEXTS = st.lists(st.text(max_size=12), max_size=3)
FIELDS = st.sampled_from(["given_name", "email", "city", "household", "loyalty_card"])


@given(
    st.dictionaries(FIELDS, TEXTS),
    st.dictionaries(FIELDS, TEXTS),
    st.dictionaries(FIELDS | st.just("prior"), st.floats(-20, 20)),
)
def test_every_field_stands_once_and_the_bits_are_kept(
    left: dict[str, list[str]], right: dict[str, list[str]], bits: dict[str, float]
) -> None:
    found = compare(left, right, bits)
    assert sorted(each.field for each in found) == sorted({*left, *right, *bits})
    assert {each.field: each.bits for each in found if each.bits is not None} == bits
    for each in found:
        assert (each.agreement is Agreement.NONE) == (not each.left and not each.right)
    mirrored = {each.field: each.agreement for each in compare(right, left, bits)}
    assert mirrored == {each.field: each.agreement for each in found}


def test_values_are_compared_in_one_form() -> None:
    assert agreement_of("email", ["KIM@example.com"], ["kim@example.com"]) is Agreement.SAME
    assert agreement_of("given_name", ["Katherine"], ["Catherine"]) is Agreement.ALIKE
    assert agreement_of("birth_date", ["1990-01-02"], ["1971-11-30"]) is Agreement.DIFFERENT
    assert agreement_of("city", ["Busan"], []) is Agreement.ONE_SIDED


def test_a_full_name_is_told_in_parts_where_parts_were_weighed() -> None:
    traits = [("name", "Minsu Kim"), ("address", {"city": "Busan"}), ("revenue", 7)]
    assert told_fields(traits, KIND_OF, ()) == {"full_name": ["Minsu Kim"], "city": ["Busan"]}
    parts = told_fields(traits, KIND_OF, ["given_name"])
    assert parts == {"given_name": ["minsu"], "family_name": ["kim"], "city": ["Busan"]}
