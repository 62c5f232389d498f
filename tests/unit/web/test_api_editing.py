"""Tracking plans and destinations changed through the API: files, faults, trials."""

from pathlib import Path

import pytest
import yaml

PLAN = {
    "mode": "quarantine",
    "events": {"Order": {"schema": {"properties": {"revenue": {"type": "number"}}, "required": ["revenue"]}}},
}
CRM = {
    "name": "crm2",
    "type": "webhook",
    "purpose": "marketing",
    "when": {"merged": True},
    "url": "https://example.com/hooks",
    "secret_env": "WEFT_TEST_SECRET",
}


@pytest.fixture
def folder(api) -> Path:
    return api.services.definitions_folder


def test_a_plan_becomes_a_file_and_goes_again(api, folder: Path) -> None:
    saved = api.ask("PUT", "/api/plans/shop", json=PLAN)
    assert saved.status_code == 200, saved.text
    assert saved.json()["path"] == "definitions/plans/shop.yaml"
    path = folder / "plans" / "shop.yaml"
    assert yaml.safe_load(path.read_text("utf-8")) == {"name": "shop", **PLAN}
    assert [each.name for each in path.parent.iterdir()] == ["shop.yaml"]
    assert api.ask("DELETE", "/api/plans/shop").status_code == 200
    assert not path.exists()
    assert api.ask("DELETE", "/api/plans/shop").status_code == 404


def test_a_check_writes_nothing(api, folder: Path) -> None:
    assert api.ask("PUT", "/api/plans/shop?check=true", json=PLAN).json()["written"] is False
    assert not folder.exists()


def test_comments_at_the_head_stay_and_the_others_are_told(api, folder: Path) -> None:
    (folder / "plans").mkdir(parents=True)
    path = folder / "plans" / "all.yaml"
    text = "# ours\n\n- name: shop # the \"#1\"\n  description: 'a # b'\n  # inside\n- name: other\n"
    path.write_text(text, "utf-8")
    saved = api.ask("PUT", "/api/plans/shop", json=PLAN).json()
    assert saved["comments_lost"] == ['the "#1"', "inside"]
    assert path.read_text("utf-8").startswith("# ours\n\n- name: shop\n")
    assert [each["name"] for each in yaml.safe_load(path.read_text("utf-8"))] == ["shop", "other"]


def test_every_fault_is_told_and_nothing_is_written(api, folder: Path) -> None:
    bad = {"events": {"Order": {"schema": {"type": "no such type"}}}}
    answer = api.ask("PUT", "/api/plans/shop", json=bad)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_definition")
    assert api.ask("PUT", "/api/plans/..%2Fx", json=PLAN).status_code in (400, 404)
    assert api.ask("PUT", "/api/plans/A", json=PLAN).status_code == 400
    assert not folder.exists()


def test_a_change_of_somebody_else_is_not_overwritten(api) -> None:
    version = api.ask("PUT", "/api/plans/shop", json=PLAN).json()["version"]
    assert api.ask("PUT", f"/api/plans/shop?version={version}", json={"mode": "strip"}).status_code == 200
    late = api.ask("PUT", f"/api/plans/shop?version={version}", json=PLAN)
    assert (late.status_code, late.json()["code"]) == (400, "changed_meanwhile")


@pytest.mark.parametrize(
    ("mode", "schema", "outcome", "path", "rule"),
    [
        ("quarantine", {"required": ["tax"]}, "quarantined", "$.tax", "required"),
        ("strip", {"properties": {"revenue": {"type": "string"}}}, "stripped", "$.revenue", "type"),
        ("strip", {"additionalProperties": False}, "stripped", "$.revenue", "additionalProperties"),
        ("observe", {"properties": {"revenue": {"maximum": 9}}}, "observed", "$.revenue", "maximum"),
    ],
)
def test_a_dry_run_counts_and_shows_each_fault(
    api, mode: str, schema: object, outcome: str, path: str, rule: str
) -> None:
    plan = {"mode": mode, "events": {"Order": {"schema": schema}}}
    trial = api.ask("POST", "/api/plans/dry-run", json={"plan": plan, "event": "Order", "last": 5}).json()
    assert (trial["checked"], trial["passed"], trial[outcome]) == (5, 0, 5)
    (fault,) = trial["faults"]
    assert (fault["path"], fault["rule"], fault["events"]) == (path, rule, 5)
    assert [each["position"] for each in fault["examples"]] == [7, 6, 5]
    assert fault["examples"][0]["properties"] == {"revenue": 10}


def test_a_dry_run_of_unplanned_and_of_nonsense(api) -> None:
    plan = {"unplanned": "quarantine"}
    trial = api.ask("POST", "/api/plans/dry-run", json={"plan": plan, "event": "Order"}).json()
    assert (trial["quarantined"], trial["faults"][0]["rule"]) == (7, "unplanned")
    bad = {"events": {"Order": {"schema": {"type": 7}}}}
    answer = api.ask("POST", "/api/plans/dry-run", json={"plan": bad, "event": "Order"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_definition")


def test_a_form_describes_what_its_kind_takes(api) -> None:
    from jsonschema import Draft202012Validator

    (webhook,) = [
        each for each in api.ask("GET", "/api/destination-kinds").json() if each["name"] == "webhook"
    ]
    form = Draft202012Validator(webhook["form"])
    assert form.is_valid(CRM)
    assert not form.is_valid(CRM | {"type": "mail"})
    assert not form.is_valid({key: value for key, value in CRM.items() if key != "url"})
    assert webhook["secrets"] == ["secret_env"]
    assert webhook["settings"] == ["url", "secret_env"]


def test_a_destination_without_its_secret_names_the_variable(api, folder: Path) -> None:
    answer = api.ask("POST", "/api/destinations", json={"definition": CRM})
    assert answer.status_code == 400
    assert "WEFT_TEST_SECRET" in answer.json()["detail"]
    assert not folder.exists()


def test_a_destination_is_made_changed_and_deleted(
    api, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_TEST_SECRET", "whsec_" + "QUJD" * 8)
    assert api.ask("POST", "/api/destinations", json={"definition": CRM}).status_code == 201
    taken = api.ask("POST", "/api/destinations", json={"definition": CRM})
    assert (taken.status_code, taken.json()["code"]) == (400, "name_taken")
    changed = {"definition": CRM | {"concurrency": 2}}
    assert api.ask("PUT", "/api/destinations/crm2", json=changed).status_code == 200
    assert api.ask("PUT", "/api/destinations/crm3", json=changed).status_code == 400
    path = folder / "destinations" / "crm2.yaml"
    assert yaml.safe_load(path.read_text("utf-8"))["concurrency"] == 2
    assert "whsec_" not in path.read_text("utf-8")
    assert api.ask("DELETE", "/api/destinations/crm2").json()["waiting"] == 0
    assert not path.exists()


def test_a_test_shows_its_receipt(api) -> None:
    receipt = api.ask("POST", "/api/destinations/crm/test").json()
    assert (receipt["outcome"], receipt["status"], receipt["latency_ms"]) == ("accepted", 204, 1.5)


def test_a_destination_that_is_off_needs_no_secret_yet(api, folder: Path) -> None:
    on = api.ask("POST", "/api/destinations", json={"definition": CRM})
    assert on.status_code == 400
    assert str(folder.parent) not in on.json()["detail"]
    off = api.ask("POST", "/api/destinations", json={"definition": {**CRM, "enabled": False}})
    assert off.status_code == 201, off.text
    assert yaml.safe_load((folder / "destinations" / "crm2.yaml").read_text("utf-8"))["enabled"] is False


def test_a_survivorship_becomes_a_file_and_goes_again(api, folder: Path) -> None:
    body = {"strategy": "most_trusted_source", "sources": ["erp", "crm/contact"]}
    assert api.ask("PUT", "/api/survivorship/email?check=true", json=body).json()["written"] is False
    saved = api.ask("PUT", "/api/survivorship/email", json=body)
    assert saved.json()["path"] == "definitions/survivorship/email.yaml"
    assert yaml.safe_load((folder / "survivorship" / "email.yaml").read_text("utf-8")) == {
        "name": "email",
        **body,
    }
    bad = api.ask(
        "PUT", "/api/survivorship/email", json={"strategy": "longest", "sources": ["erp"], "shape": 1}
    )
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_definition")
    assert api.ask("DELETE", "/api/survivorship/email").status_code == 200
    assert list((folder / "survivorship").iterdir()) == []


def test_what_is_in_force_and_what_records_could_tell(api) -> None:
    assert api.ask("GET", "/api/survivorship").json() == []
    assert api.ask("GET", "/api/survivorship/proposal").json() == {"from": {}}


def test_an_audience_becomes_a_file_and_its_faults_have_places(api, folder: Path) -> None:
    rule = {"all": [{"did": "Order"}, {"did": "Order", "at_least": "two"}]}
    bad = api.ask("PUT", "/api/audiences/buyers", json={"who": rule})
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_definition")
    assert "buyers: who.all[1].at_least: " in bad.json()["detail"]
    good = {"who": {"did": "Order"}, "description": "those who bought"}
    assert api.ask("PUT", "/api/audiences/buyers?check=true", json=good).json()["written"] is False
    assert not folder.exists()
    saved = api.ask("PUT", "/api/audiences/buyers", json=good).json()
    assert yaml.safe_load((folder / "audiences" / "buyers.yaml").read_text("utf-8")) == {
        "name": "buyers",
        **good,
    }
    stale = api.ask("PUT", "/api/audiences/buyers?version=older", json=good)
    assert stale.json()["code"] == "changed_meanwhile"
    taken = api.ask("PUT", "/api/audiences/buyers?version=", json=good)
    assert taken.json()["code"] == "name_taken"
    again = {"who": {"did": "Order"}}
    assert api.ask("PUT", f"/api/audiences/buyers?version={saved['version']}", json=again).status_code == 200


def test_what_others_use_is_not_deleted(api, folder: Path) -> None:
    trait = {"kind": "count", "event": "Order"}
    assert api.ask("PUT", "/api/traits/orders", json=trait).status_code == 200
    assert api.ask(
        "PUT", "/api/audiences/buyers", json={"who": {"trait": "orders", "at_least": 1}}
    ).is_success
    off = CRM | {"enabled": False, "when": {"entered": ["buyers"]}}
    assert api.ask("POST", "/api/destinations", json={"definition": off}).status_code == 201
    for path, user in (("traits/orders", "audiences/buyers"), ("audiences/buyers", "destinations/crm2")):
        answer = api.ask("DELETE", f"/api/{path}")
        assert (answer.status_code, answer.json()["code"]) == (400, "in_use")
        assert user in answer.json()["detail"]
    for path in ("destinations/crm2", "audiences/buyers", "traits/orders"):
        assert api.ask("DELETE", f"/api/{path}").status_code == 200
    assert api.ask("DELETE", "/api/traits/orders").status_code == 404
