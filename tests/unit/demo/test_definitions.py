"""What the demo world writes into a workspace is understood by it."""

from pathlib import Path

import yaml

from weft.activate.connection import connections_from
from weft.activate.destination import destinations
from weft.audience.definition import read_audiences
from weft.collect.plans import compile_rules
from weft.config import CollectSettings
from weft.definitions import Definition, load_definitions
from weft.demo.workspace import write_definitions
from weft.profile.definition import read_traits


def test_every_definition_is_understood(tmp_path: Path) -> None:
    written = write_definitions(tmp_path)
    assert len(written) == 4
    found = load_definitions(tmp_path)
    traits, problems = read_traits(found)
    assert problems == ()
    assert len(traits) > 15
    audiences, problems = read_audiences(found, traits)
    assert problems == ()
    assert len(audiences) > 10
    assert len(compile_rules(CollectSettings(), found).plans) == 1


def test_the_destination_is_switched_off_and_sound(tmp_path: Path) -> None:
    write_definitions(tmp_path)
    found = load_definitions(tmp_path)
    assert not [each for each in found if each.kind == "destinations"]
    path = tmp_path / "destinations" / "crm.yaml.off"
    body = yaml.safe_load(path.read_text("utf-8"))
    on = Definition("destinations", body["name"], body, str(path))
    secret = {"DEMO_WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 6}
    assert [each.name for each in connections_from([*found, on], destinations(), secret)] == ["crm"]


def test_definitions_of_ones_own_are_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "traits" / "mine.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("{name: mine, kind: count, event: Seen}", "utf-8")
    written = write_definitions(tmp_path)
    assert [path.parent.name for path in written] == ["audiences", "destinations", "plans"]
    assert write_definitions(tmp_path) == []
