"""The words of which the sentence of an audience is made, one table a language."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from weft.model.measure import Operator


class Phrases(msgspec.Struct, frozen=True):
    """Patterns for `str.format`. {n}: a number, with its word for one and for many.

    did, did_not: parts in the order of the language, joined by spaces; a slot may turn out empty.
    """

    did: tuple[str, ...]
    did_not: tuple[str, ...]
    join_all: str
    join_any: str
    join_values: str
    grouped: str
    negated: str
    records: str
    any_records: str
    any_type: str
    where: str
    within: str
    units: Mapping[str, tuple[str, str]]
    times: tuple[str, str]
    at_least: str
    at_most: str
    exactly: str
    from_to: str
    known: str
    not_known: str
    compared: Mapping[Operator, str]


ENGLISH = Phrases(
    did=("did", "{what}", "{where}", "{times}", "{within}"),
    did_not=("did not do", "{what}", "{where}", "{within}"),
    join_all=" and ",
    join_any=" or ",
    join_values=", ",
    grouped="({rule})",
    negated="not ({rule})",
    records="{what} records",
    any_records="any records",
    any_type="any {what}",
    where="with {conditions}",
    within="within {duration}",
    units={
        "d": ("{n} day", "{n} days"),
        "h": ("{n} hour", "{n} hours"),
        "m": ("{n} minute", "{n} minutes"),
        "s": ("{n} second", "{n} seconds"),
    },
    times=("{n} time", "{n} times"),
    at_least="at least {times}",
    at_most="at most {times}",
    exactly="exactly {times}",
    from_to="{low} to {times}",
    known="{trait} is known",
    not_known="{trait} is not known",
    compared={
        Operator.IS: "{trait} is {value}",
        Operator.IS_NOT: "{trait} is not {value}",
        Operator.MORE_THAN: "{trait} is more than {value}",
        Operator.AT_LEAST: "{trait} is at least {value}",
        Operator.LESS_THAN: "{trait} is less than {value}",
        Operator.AT_MOST: "{trait} is at most {value}",
        Operator.BETWEEN: "{trait} is between {value} and {other}",
        Operator.CONTAINS: "{trait} contains {value}",
        Operator.STARTS_WITH: "{trait} starts with {value}",
        Operator.ONE_OF: "{trait} is one of {value}",
    },
)

KOREAN = Phrases(
    did=("{within}", "{what}", "{where}", "{times}", "발생"),
    did_not=("{within}", "{what}", "{where}", "발생 없음"),
    join_all=" 그리고 ",
    join_any=" 또는 ",
    join_values=", ",
    grouped="({rule})",
    negated="다음에 해당하지 않음: ({rule})",
    records="{what} 레코드",
    any_records="모든 레코드",
    any_type="모든 {what}",
    where="(조건: {conditions})",
    within="최근 {duration} 동안",
    units={
        "d": ("{n}일", "{n}일"),
        "h": ("{n}시간", "{n}시간"),
        "m": ("{n}분", "{n}분"),
        "s": ("{n}초", "{n}초"),
    },
    times=("{n}회", "{n}회"),
    at_least="{times} 이상",
    at_most="{times} 이하",
    exactly="정확히 {times}",
    from_to="{low}~{times}",
    known="{trait} 값이 있음",
    not_known="{trait} 값이 없음",
    compared={
        Operator.IS: "{trait} 값이 {value}",
        Operator.IS_NOT: "{trait} 값이 {value} 아님",
        Operator.MORE_THAN: "{trait} 값이 {value} 초과",
        Operator.AT_LEAST: "{trait} 값이 {value} 이상",
        Operator.LESS_THAN: "{trait} 값이 {value} 미만",
        Operator.AT_MOST: "{trait} 값이 {value} 이하",
        Operator.BETWEEN: "{trait} 값이 {value} 이상 {other} 이하",
        Operator.CONTAINS: "{trait} 값에 {value} 포함",
        Operator.STARTS_WITH: "{trait} 값의 앞부분이 {value}",
        Operator.ONE_OF: "{trait} 값이 다음 중 하나: {value}",
    },
)

TAIWANESE = Phrases(
    did=("{within}", "發生", "{what}", "{where}", "{times}"),
    did_not=("{within}", "未發生", "{what}", "{where}"),
    join_all="，且 ",
    join_any=" 或 ",
    join_values="、",
    grouped="（{rule}）",
    negated="不符合（{rule}）",
    records="{what} 紀錄",
    any_records="任何紀錄",
    any_type="任何 {what}",
    where="（條件：{conditions}）",
    within="過去 {duration}內",
    units={
        "d": ("{n} 天", "{n} 天"),
        "h": ("{n} 小時", "{n} 小時"),
        "m": ("{n} 分鐘", "{n} 分鐘"),
        "s": ("{n} 秒", "{n} 秒"),
    },
    times=("{n} 次", "{n} 次"),
    at_least="至少 {times}",
    at_most="最多 {times}",
    exactly="剛好 {times}",
    from_to="{low} 到 {times}",
    known="{trait} 有值",
    not_known="{trait} 沒有值",
    compared={
        Operator.IS: "{trait} 為 {value}",
        Operator.IS_NOT: "{trait} 不為 {value}",
        Operator.MORE_THAN: "{trait} 大於 {value}",
        Operator.AT_LEAST: "{trait} 大於或等於 {value}",
        Operator.LESS_THAN: "{trait} 小於 {value}",
        Operator.AT_MOST: "{trait} 小於或等於 {value}",
        Operator.BETWEEN: "{trait} 介於 {value} 與 {other} 之間",
        Operator.CONTAINS: "{trait} 包含 {value}",
        Operator.STARTS_WITH: "{trait} 以 {value} 開頭",
        Operator.ONE_OF: "{trait} 為下列之一：{value}",
    },
)

LANGUAGES: Mapping[str, Phrases] = MappingProxyType({"en": ENGLISH, "ko": KOREAN, "zh-TW": TAIWANESE})
