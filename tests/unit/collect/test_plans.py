"""Tracking plans: observe, quarantine, strip; and faults of the plan itself."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from weft.collect.drafts import Rules
from weft.collect.normalise import Normalised, normalise
from weft.collect.plans import PlanDefinition, compile_rules, plan_schema
from weft.config import CollectSettings
from weft.definitions import Definition
from weft.errors import Misconfigured
from weft.model.accepted import Accepted, Entry

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number"}, "currency": {"enum": ["EUR", "USD"]}},
    "required": ["total"],
    "additionalProperties": False,
}


def plan(**body: Any) -> Rules:
    whole = {"name": "shop", "events": {"Order": {"schema": SCHEMA}}, **body}
    return compile_rules(CollectSettings(), [Definition("plans", "shop", whole, "shop.yaml")])


def run(rules: Rules, event: str, properties: dict[str, object], source: str = "web") -> Normalised:
    item = {"type": "track", "event": event, "userId": "u", "properties": properties}
    accepted = Accepted(1, source, json.dumps({"batch": [item]}).encode(), 1)
    return normalise([Entry(1, 1, (accepted,))], rules)


def test_an_event_that_keeps_to_the_plan_passes() -> None:
    for mode in ("observe", "quarantine", "strip"):
        result = run(plan(mode=mode, unplanned="quarantine"), "Order", {"total": 1, "currency": "EUR"})
        assert (result.staged.num_rows, dict(result.meter.violations)) == (1, {})


def test_observe_counts_and_lets_through() -> None:
    result = run(plan(), "Order", {"total": "much"})
    assert result.staged["properties"].to_pylist() == ['{"total":"much"}']
    assert result.meter.violations == {("shop", "Order"): 1}


def test_quarantine_says_where_and_never_the_value() -> None:
    row = run(plan(mode="quarantine"), "Order", {"total": "kim@example.com"}).quarantined.to_pylist()[0]
    assert (row["reason"], row["detail"]) == ("against_plan", "shop: $.total breaks `type`")


def test_what_is_quarantined_passes_when_the_plan_has_changed() -> None:
    row = run(plan(mode="quarantine"), "Order", {"total": "much"}).quarantined.to_pylist()[0]
    again = Accepted(1, row["source"], row["body"].encode(), 1, row["default_type"], row["historical"])
    assert normalise([Entry(1, 1, (again,))], plan()).staged.num_rows == 1


def test_strip_removes_what_is_at_fault_and_counts_it() -> None:
    result = run(plan(mode="strip"), "Order", {"total": 1, "currency": "DM", "secret": 1})
    assert result.staged["properties"].to_pylist() == ['{"total":1}']
    assert result.meter.violations == {("shop", "Order"): 1}


def test_unplanned_events() -> None:
    assert run(plan(), "Other", {}).staged.num_rows == 1
    assert run(plan(unplanned="quarantine"), "Other", {}).quarantined["reason"].to_pylist() == [
        "unplanned_event"
    ]


def test_a_plan_holds_for_its_sources_only() -> None:
    rules = plan(mode="quarantine", sources=["app"])
    assert run(rules, "Order", {}, "web").staged.num_rows == 1
    assert run(rules, "Order", {}, "app").quarantined.num_rows == 1


def test_faults_of_plans_are_reported_at_once() -> None:
    bodies: list[dict[str, Any]] = [
        {"name": "a", "mode": "ignore"},
        {"name": "b", "events": {"E": {"schema": {"type": "nonsense"}}}},
        {"name": "c", "evnts": {}},
    ]
    definitions = [Definition("plans", body["name"], body, f"{body['name']}.yaml") for body in bodies]
    with pytest.raises(Misconfigured) as caught:
        compile_rules(CollectSettings(), definitions)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["a.yaml", "b.yaml", "c.yaml"]


def test_the_published_schema_describes_plan_files() -> None:
    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"name": "x", "events": {"E": {"schema": {}}}})
    assert not validator.is_valid({"name": "x", "mode": "ignore"})
    assert not validator.is_valid({"name": "x", "evnts": {}})
    assert PlanDefinition("x").mode == "observe"
