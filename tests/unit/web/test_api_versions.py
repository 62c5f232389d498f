"""Versions of definitions: written down whoever changes them, shown, and the way back."""

from pathlib import Path

import pytest
import yaml

from weft.definition_files import Change, begin_change, end_change, pending_change, write_change
from weft.definitions import load_definitions
from weft.model.definition import Author, How
from weft.storage.definitions_kept import finish_change, keep_versions, present_definitions

VERSIONS = "/api/definitions/audiences/buyers/versions"


@pytest.fixture
def folder(api) -> Path:
    return api.services.definitions_folder


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, "utf-8")


def start(api) -> None:
    """Do what a start of the engine does."""
    services = api.services
    found = present_definitions(services.definitions_folder, services.database)
    keep_versions(services.definitions_folder, services.database, found, 7_000_000)


def test_every_state_is_kept_with_who_and_how(api, folder: Path) -> None:
    write(
        folder,
        "audiences/all.yaml",
        "- name: buyers\n  who: {did: Order}\n- name: others\n  who: {did: Visit}\n",
    )
    start(api)
    start(api)  # nothing has changed since
    rule = {"all": [{"did": "Order", "at_least": 2}, {"did": "Visit"}]}
    headers = {"X-Weft-Author": "kim%20minsu"}
    assert api.ask("PUT", "/api/audiences/buyers", json={"who": rule}, headers=headers).is_success
    found = api.ask("GET", VERSIONS).json()
    assert [(each["number"], each["who"], each["how"]) for each in found] == [
        (2, "kim minsu", "api"),
        (1, "", "files"),
    ]
    shown = api.ask("GET", f"{VERSIONS}/2").json()
    assert shown["against"] == 1
    assert shown["differences"] == [
        {"at": "who.did", "before": "Order"},
        {"at": "who.all", "after": rule["all"]},
    ]
    assert yaml.safe_load(shown["yaml"]) == {"name": "buyers", "who": rule}
    (lone,) = api.ask("GET", "/api/definitions/audiences/others/versions").json()
    assert lone["number"] == 1


def test_an_edit_by_hand_is_not_laid_at_the_door_of_the_next_author(api, folder: Path) -> None:
    write(folder, "audiences/a.yaml", "name: buyers\nwho: {did: Order}\n")
    assert api.ask("PUT", "/api/audiences/others", json={"who": {"did": "Visit"}}).is_success
    assert [each["how"] for each in api.ask("GET", VERSIONS).json()] == ["files"]


def test_the_way_back_is_checked_and_becomes_a_version(api, folder: Path) -> None:
    for least in (1, 2):
        api.ask("PUT", "/api/audiences/buyers", json={"who": {"did": "Order", "at_least": least}})
    assert api.ask("DELETE", "/api/audiences/buyers").is_success
    gone = api.ask("POST", f"{VERSIONS}/3/restore")
    assert (gone.status_code, gone.json()["code"]) == (400, "rejected")
    assert api.ask("POST", f"{VERSIONS}/1/restore?check=true").json()["written"] is False
    assert api.ask("GET", VERSIONS).json()[0]["deleted"] is True
    assert api.ask("POST", f"{VERSIONS}/1/restore").json()["written"] is True
    newest = api.ask("GET", VERSIONS).json()[0]
    assert (newest["number"], newest["how"], newest["deleted"]) == (4, "rollback", False)
    assert yaml.safe_load((folder / "audiences" / "buyers.yaml").read_text("utf-8"))["who"]["at_least"] == 1
    assert api.ask("POST", f"{VERSIONS}/9/restore").status_code == 404
    assert api.ask("GET", "/api/definitions/audiences/nobody/versions").status_code == 404


def test_the_way_back_is_refused_where_the_others_have_grown_away(api) -> None:
    off = {"name": "crm2", "type": "webhook", "purpose": "marketing", "enabled": False}
    off |= {"url": "https://example.com", "secret_env": "WEFT_TEST_SECRET", "when": {"entered": ["buyers"]}}
    assert api.ask("PUT", "/api/audiences/buyers", json={"who": {"did": "Order"}}).is_success
    assert api.ask("POST", "/api/destinations", json={"definition": off}).is_success
    assert api.ask(
        "PUT", "/api/destinations/crm2", json={"definition": off | {"when": {"merged": True}}}
    ).is_success
    assert api.ask("DELETE", "/api/audiences/buyers").is_success
    back = api.ask("POST", "/api/definitions/destinations/crm2/versions/1/restore")
    assert (back.status_code, back.json()["code"]) == (400, "bad_definition")
    assert "buyers" in back.json()["detail"]


def test_a_change_that_was_cut_off_is_finished_by_the_next_start(api, folder: Path) -> None:
    api.ask("PUT", "/api/audiences/buyers", json={"who": {"did": "Order"}})
    files: dict[str, str | None] = {
        "audiences/buyers.yaml": None,
        "audiences/all.yaml": "- name: a\n  who: {did: Order}\n- name: b\n  who: {did: Visit}\n",
        "traits/orders.yaml": "name: orders\nkind: count\nevent: Order\n",
    }
    begin_change(folder, Change(files, Author("lee", How.APPLY), 8_000_000))
    (folder / "audiences" / "all.yaml").write_text("half", "utf-8")
    services = api.services
    for _ in range(2):  # cut off again behind the files, before the journal was taken away
        finish_change(folder, services.database)
        begin_change(folder, Change(files, Author("lee", How.APPLY), 8_000_000))
    finish_change(folder, services.database)
    assert pending_change(folder) is None
    names = [(each.kind, each.name) for each in load_definitions(folder)]
    assert names == [("audiences", "a"), ("audiences", "b"), ("traits", "orders")]
    (made,) = api.ask("GET", "/api/definitions/traits/orders/versions").json()
    assert (made["who"], made["how"]) == ("lee", "apply")
    assert [each["deleted"] for each in api.ask("GET", VERSIONS).json()] == [True, False]


def test_writing_a_change_twice_comes_to_the_same(tmp_path: Path) -> None:
    change = Change({"traits/a.yaml": "name: a\n", "traits/b.yaml": None}, Author(), 1)
    (tmp_path / "traits").mkdir()
    (tmp_path / "traits" / "b.yaml").write_text("name: b\n", "utf-8")
    for _ in range(2):
        write_change(tmp_path, change)
        assert [each.name for each in (tmp_path / "traits").iterdir()] == ["a.yaml"]
    end_change(tmp_path)


def test_what_is_set_aside_is_told(make_api, tmp_path: Path) -> None:
    import msgspec
    from tests.unit.web.conftest import Api

    from weft.model.definition import SetAside

    api: Api = make_api(None)
    path = str(api.services.definitions_folder / "audiences" / "bad.yaml")
    aside = SetAside("audiences", "bad", path, ("who: expected a rule",), kept=False)
    services = msgspec.structs.replace(api.services, set_aside=(aside,))
    from weft.web.api.definition_versions import list_set_aside

    (told,) = list_set_aside.fn(services)
    assert (told.path, told.reasons, told.kept) == (
        "definitions/audiences/bad.yaml",
        ["who: expected a rule"],
        False,
    )
