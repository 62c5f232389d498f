"""Folders of definitions held against the workspace, put in force and written out."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from weft.definition_files import exported
from weft.definitions import read_texts, state_of
from weft.model.access import Scope, TokenKind

FILES = {
    "audiences/all.yaml": "# ours\n- name: buyers\n  who: {did: Order}\n- name: lookers # many\n  who: {did: Visit}\n",
    "traits/orders.yaml": "name: orders\nkind: count\nevent: Order\n",
}


@pytest.fixture
def folder(api) -> Path:
    folder = api.services.definitions_folder
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def planned(api, files: dict[str, str], **options: Any) -> Any:
    job = api.ask("POST", "/api/definitions/plan", json={"files": files}, **options)
    assert job.status_code == 202, job.text
    while True:
        answer = api.ask("GET", f"/api/definitions/plan/{job.json()['id']}", **options)
        if answer.status_code != 200 or answer.json()["plan"] is not None:
            return answer
        time.sleep(0.01)


def test_the_same_folder_changes_nothing_however_it_is_laid_out(api, folder: Path) -> None:
    other = {
        "traits/a.yml": FILES["traits/orders.yaml"],
        "audiences/b.yaml": "name: buyers\nwho: {did: Order}",
        "audiences/c.yaml": "name: lookers\nwho:\n  did: Visit",
    }
    plan = planned(api, other).json()["plan"]
    assert (plan["changes"], plan["state"]) == ([], plan["wanted"])
    assert api.ask("POST", "/api/definitions/apply", json={"files": other}).json()["files"] == []
    assert (folder / "audiences" / "all.yaml").exists()


def test_a_trait_moves_the_audiences_that_read_it(api, folder: Path) -> None:
    reads = {"audiences/b.yaml": "name: keen\nwho: {trait: orders, at_least: 2}\n"}
    assert api.ask("POST", "/api/definitions/apply", json={"files": FILES | reads}).is_success
    changed = FILES | reads | {"traits/orders.yaml": "name: orders\nkind: count\nevent: Order\nwindow: 30d\n"}
    plan = planned(api, changed).json()["plan"]
    assert [(each["kind"], each["name"]) for each in plan["changes"]] == [("traits", "orders")]
    assert plan["changes"][0]["differences"] == [{"at": "window", "after": "30d"}]
    (keen,) = plan["audiences"]
    assert (keen["name"], keen["through"]) == ("keen", ["orders"])
    assert plan["traits"] == [{"name": "orders", "what": "changed", "profiles": 1}]


def test_who_may_look_may_plan_and_not_apply(api, folder: Path) -> None:
    _, secret = api.services.tokens.create("ci", [Scope.READ], TokenKind.API)
    wanted = FILES | {"audiences/b.yaml": "name: keen\nwho: {did: Order}"}
    assert planned(api, wanted, token=secret).json()["plan"]["audiences"][0]["entering"] == 1
    denied = api.ask("POST", "/api/definitions/apply", json={"files": FILES}, token=secret)
    assert denied.status_code == 403


def test_changed_rules_of_identity_are_tried_too(api, folder: Path) -> None:
    plan = planned(api, FILES | {"identity/rules.yaml": "name: rules\nmerge: 0.99\n"}).json()["plan"]
    assert plan["identity"] == {"before": 1, "after": 1, "merging": 0, "splitting": 0}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"../audiences/a.yaml": "name: a"}, "one of the folders"),
        ({"/etc/a.yaml": "name: a"}, "one of the folders"),
        ({"audiences/a.txt": "name: a"}, "YAML file"),
        ({"audiences/../../x/a.yaml": "name: a"}, "one of the folders"),
        (
            {"audiences/a.yaml": "name: a\nwho: {all: [{did: A}, {did: B, at_least: x}]}"},
            "who.all[1].at_least",
        ),
        ({"audiences/a.yaml": "- {name: a, who: {did: A}}\n- {name: a, who: {did: B}}"}, "already defined"),
        ({"audiences/a.yaml": "a: &a [x, x]\nb: &b [*a, *a]\nname: {}"}, "needs a `name`"),
    ],
)
def test_what_cannot_be_in_force_is_refused_with_its_place(api, files: dict[str, str], said: str) -> None:
    for answer in (planned(api, files), api.ask("POST", "/api/definitions/apply", json={"files": files})):
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_definition")
        assert said in answer.json()["detail"]
    assert not api.services.definitions_folder.exists()


def test_a_file_of_anchors_that_explode_is_refused(api) -> None:
    lines = ["name: bomb", "a0: &a0 [x]"]
    lines += [f"a{each + 1}: &a{each + 1} [{', '.join([f'*a{each}'] * 9)}]" for each in range(12)]
    answer = planned(api, {"audiences/a.yaml": "\n".join(lines)})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_definition")


def test_apply_writes_the_files_and_takes_the_others_away(api, folder: Path) -> None:
    wanted = {
        "audiences/all.yaml": FILES["audiences/all.yaml"].replace("Order", "Sale"),
        "plans/p.yaml": "name: p\n",
    }
    state = api.ask("GET", "/api/definitions/state").json()["state"]
    done = api.ask("POST", "/api/definitions/apply", json={"files": wanted, "state": state})
    assert done.status_code == 200, done.text
    assert done.json()["files"] == ["audiences/all.yaml", "plans/p.yaml", "traits/orders.yaml"]
    assert (folder / "audiences" / "all.yaml").read_text("utf-8") == wanted["audiences/all.yaml"]
    assert not (folder / "traits" / "orders.yaml").exists()
    late = api.ask("POST", "/api/definitions/apply", json={"files": FILES, "state": state})
    assert (late.status_code, late.json()["code"]) == (400, "changed_meanwhile")
    assert api.ask("GET", "/api/definitions/export").json()["files"] == wanted
    (made,) = api.ask("GET", "/api/definitions/plans/p/versions").json()
    assert made["how"] == "apply"


def test_an_export_leaves_out_what_fails(api, folder: Path) -> None:
    (folder / "audiences" / "bad.yaml").write_text("name: bad\nwho: {dit: Order}\n", "utf-8")
    files = api.ask("GET", "/api/definitions/export").json()["files"]
    assert {each.name for each in read_texts(files).definitions} == {"buyers", "lookers", "orders"}
    assert api.ask("POST", "/api/definitions/apply", json={"files": files}).json()["files"] == [
        "audiences/bad.yaml"
    ]
    assert not (folder / "audiences" / "bad.yaml").exists()


BODIES = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), max_size=4)


def laid_out(bodies: dict[str, int], together: bool) -> dict[str, str]:
    items = [{"name": name, "value": value} for name, value in bodies.items()]
    if together:
        return {"traits/all.yaml": "# head\n" + yaml.safe_dump(items)} if items else {}
    return {f"traits/{each['name']}.yaml": yaml.safe_dump(each) for each in items}


@given(BODIES, BODIES, st.booleans(), st.booleans())
def test_an_export_says_the_same_and_writes_no_more_than_it_must(
    here: dict[str, int], theirs: dict[str, int], together: bool, apart: bool
) -> None:
    present, wanted = laid_out(here, together), laid_out(theirs, not apart)
    files = exported(present, wanted)
    after = {path: text for path, text in (present | files).items() if text is not None}
    assert state_of(read_texts(after).definitions) == state_of(read_texts(wanted).definitions)
    assert exported(after, wanted) == {}
    if here == theirs:
        assert files == {}
