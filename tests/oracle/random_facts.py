"""Random facts, and what people are told to be, for random definitions."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from tests.oracle.definitions import EVENTS, SCALAR_PATHS, TOLD
from tests.oracle.naive import Fact

VALUES = st.sampled_from(
    [0, 1, 2, -3, 2.5, 19.99, 0.1, -3.1415, 1000000.01, 123456789012.3456, True, False, None, "12.5", "abc", "ab\"'ñ",
     "true", "", "2026-01-05T00:00:00Z", "2026-02-01T09:30:00.25+09:00", "2025-12-31", {"x": 1}, [1, "z"]]
)  # fmt: skip


@st.composite
def moments(draw: st.DrawFn, now: datetime, starts: list[datetime]) -> datetime:
    """Times at the very edges of windows and of calendar units, and elsewhere."""
    microseconds = timedelta(microseconds=draw(st.sampled_from([-1, 0, 1])))
    if draw(st.booleans()):
        return draw(st.sampled_from(starts)) + microseconds
    length = draw(
        st.sampled_from(
            [0, 90, 2700, 3600, 86400, 7 * 86400, 28 * 86400, 30 * 86400, 366 * 86400, -30, 400 * 86400]
        )
    )
    return now - timedelta(seconds=length) + microseconds


@st.composite
def properties(draw: st.DrawFn) -> dict[str, Any]:
    plain = [path for path in SCALAR_PATHS if "." not in path]
    found = {path: draw(VALUES) for path in draw(st.sets(st.sampled_from(plain), max_size=4))}
    found |= draw(
        st.sampled_from(
            [{}, {"item": {"sku": "abc"}}, {"items": [{"price": 19.99}]}, {"item": "no"},
             {"items": [{"price": 2}, {"price": None}, {}, {"price": 2}, "x"], "tags": ["a", "abc", "a"]},
             {"tags": []}, {"tags": [None]}, {"tags": "a"}, {"tags": {"0": "a"}, "items": {"price": 1}}]
        )
    )  # fmt: skip
    return found


@st.composite
def facts(
    draw: st.DrawFn, now: datetime, starts: list[datetime], nodes: int = 3, most: int = 25
) -> list[Fact]:
    found: list[Fact] = []
    for ordinal in range(draw(st.integers(0, most))):
        named = [*(("track", event) for event in EVENTS), ("record", "order")]
        kind, name = draw(st.sampled_from([*named, ("page", "Home"), ("identify", "")]))
        key = UUID(int=draw(st.integers(0, 2**117)) * 1000 + ordinal)
        node = UUID(int=draw(st.integers(1, nodes)))
        context = draw(
            st.sampled_from(
                [{}, {"timezone": "Asia/Seoul"}, {"timezone": "America/Sao_Paulo"}, {"timezone": "Nowhere/At_All"},
                 {"page": {"path": "/abc"}, "locale": "a"}, {"page": {"path": 2.5}, "when": "2026-01-05"},
                 {"timezone": 5, "when": "2026-02-01T09:30:00.25+09:00"}]
            )
        )  # fmt: skip
        at = draw(moments(now, starts))
        found.append(Fact(key, node, kind, name, at, draw(properties()), context))
    return found


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    found = {name: draw(VALUES) for name in draw(st.sets(st.sampled_from(TOLD[:4]), max_size=4))}
    found |= draw(st.sampled_from([{}, {"interests": ["a", "abc"]}, {"interests": []}, {"interests": "a"}]))
    return found | draw(st.sampled_from([{}, {"address": {"city": "abc"}}, {"address": "a"}]))
