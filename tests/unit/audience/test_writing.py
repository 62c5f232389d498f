import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from tests.unit.audience.written_rules import WRITTEN_RULES, read_who

from weft.audience.writing import written


@given(WRITTEN_RULES)
def test_what_is_written_back_reads_as_the_same_rule(who: dict[str, Any]) -> None:
    audience, _ = read_who(who)
    assert audience is not None
    again = written(audience.who)
    read, _ = read_who(again)
    assert read is not None
    assert read.who == audience.who
    assert read.version == audience.version
    assert written(read.who) == again
    assert yaml.safe_load(yaml.safe_dump(json.loads(json.dumps(again)))) == again


@pytest.mark.parametrize(
    ("who", "shorter"),
    [
        (
            {"did": {"event": "X"}, "at_least": 1, "within": "4w", "where": []},
            {"did": "X", "within": "28d"},
        ),
        (
            {"did": "X", "within": {"calendar": "month", "from": 0, "to": 1}},
            {"did": "X", "within": "this_month"},
        ),
        (
            {"did": "X", "within": {"last": "365d", "before": "365d"}},
            {"did": "X", "within": {"last": "365d", "before": "365d"}},
        ),
        (
            {"did": "X", "within": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T17:00+09:00"}},
            {"did": "X", "within": {"since": "2026-01-01", "until": "2026-01-01T08:00Z"}},
        ),
        (
            {"trait": "orders", "at_least": 2.0, "as": "number"},
            {"trait": "orders", "at_least": 2},
        ),
        (
            {"trait": "born", "less_than": "this_year-18", "as": "time"},
            {"trait": "born", "less_than": "this_year-18"},
        ),
        (
            {"trait": "born", "is": "2000-01-02", "as": "time"},
            {"trait": "born", "is": "2000-01-02", "as": "time"},
        ),
        (
            {"local_time": {"weekdays": ["friday", "monday"], "from": 0, "to": 24, "zone": "person"}},
            {"local_time": {"weekdays": ["monday", "friday"]}},
        ),
        ({"split": "a", "to": 50.0}, {"split": "a", "from": 0, "to": 50}),
        (
            {"last_time": {"event": "X", "where": []}, "less_than": "now-48h"},
            {"last_time": "X", "less_than": "now-2d"},
        ),
    ],
)
def test_a_rule_is_written_in_the_words_of_people(who: dict[str, Any], shorter: dict[str, Any]) -> None:
    audience, problems = read_who(who)
    assert audience is not None, problems
    assert written(audience.who) == shorter
