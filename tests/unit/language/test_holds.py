import pytest

from weft.language.holds import holds
from weft.model.measure import Condition, Operator, ValueType


@pytest.mark.parametrize(
    ("operator", "operands", "kind", "meets", "fails"),
    [
        (Operator.NONE_OF, ("a", "b"), ValueType.TEXT, ["c", None], ["a"]),
        (Operator.IS_NOT, (1.0,), ValueType.NUMBER, [2, "2", None, "x"], [1, "1"]),
        (Operator.ENDS_WITH, ("t",), ValueType.TEXT, ["cat"], ["tea", None]),
        (Operator.CONTAINS, ("a",), ValueType.LIST, [["a", "b"]], [["ab"], [], "a", None]),
        (Operator.CONTAINS, ("1",), ValueType.LIST, [[1], ["1"]], [[None], [11]]),
        (Operator.EXISTS, (True,), ValueType.LIST, [["a"]], [[], [None], "a", None]),
    ],
)
def test_a_value_out_of_json_meets_a_condition(
    operator: Operator, operands: tuple[str, ...], kind: ValueType, meets: list[object], fails: list[object]
) -> None:
    condition = Condition(operator, operands, kind)
    assert [value for value in meets if not holds(condition, value)] == []
    assert [value for value in fails if holds(condition, value)] == []
