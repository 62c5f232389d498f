def test_a_definition_is_said_typed_and_computed_for_people(api) -> None:
    body = {
        "definition": {"kind": "sum", "event": "Order", "property": "revenue", "window": "30d"},
        "people": 3,
    }
    found = api.ask("POST", "/api/traits/read", json=body).json()
    assert found["type"] == "number"
    assert "revenue" in found["sentence"]["en"]
    assert found["reads"] == [{"type": "track", "name": "Order", "properties": ["revenue"]}]
    assert (found["faults"], found["people"]) == ([], [])


def test_each_fault_stands_at_its_field(api) -> None:
    where = [{"property": "total", "at_least": "much", "as": "number"}]
    body = {"definition": {"name": "x", "kind": "sum", "event": "Order", "where": where, "window": "30 days"}}
    found = api.ask("POST", "/api/traits/read", json=body).json()
    assert found["type"] is None
    assert {each["at"] for each in found["faults"]} >= {"kind", "window", "where[0].at_least"}
    unknown = api.ask("POST", "/api/traits/read", json={"definition": {"formula": "nobody + 1"}}).json()
    assert [each["at"] for each in unknown["faults"]] == ["formula"]


def test_the_frequent_values_of_an_event_are_listed(api) -> None:
    found = api.ask("GET", "/api/catalogue/values", params={"type": "track", "name": "Order"}).json()
    assert found == {"events": 7, "properties": {"revenue": [{"value": "10", "count": 7}]}}
    none = api.ask("GET", "/api/catalogue/values", params={"type": "track", "name": "Nothing"}).json()
    assert none == {"events": 0, "properties": {}}
