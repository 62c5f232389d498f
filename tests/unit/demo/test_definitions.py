"""What the demo world writes into a workspace is understood by it."""

from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from tests.unit.demo.conftest import WORLD

from weft.activate.connection import read_connections
from weft.activate.destination import destinations
from weft.audience.definition import read_audiences
from weft.collect.plans import compile_rules
from weft.config import CollectSettings
from weft.decide.definition import read_slots
from weft.definitions import Definition, load_definitions
from weft.demo.live.messages import WEB, message_of
from weft.demo.live.present import Present
from weft.demo.workspace import write_definitions
from weft.model.reason import Dropped
from weft.profile.definition import read_traits
from weft.profile.survivorship_definition import read_survivorship


def test_every_definition_is_understood(tmp_path: Path) -> None:
    written = write_definitions(tmp_path)
    assert len(written) == 6
    found = load_definitions(tmp_path)
    traits, problems = read_traits(found)
    assert problems == ()
    assert len(traits) > 15
    audiences, problems = read_audiences(found, traits)
    assert problems == ()
    assert len(audiences) > 10
    slots, problems = read_slots(found)
    assert (len(slots), problems) == (1, ())
    survival, problems = read_survivorship(found, [trait.name for trait in traits])
    assert problems == ()
    assert survival.record_names == ["contact", "member"]
    assert len(compile_rules(CollectSettings(), found).plans) == 1


def test_the_destination_is_switched_off_and_sound(tmp_path: Path) -> None:
    write_definitions(tmp_path)
    found = load_definitions(tmp_path)
    assert not [each for each in found if each.kind == "destinations"]
    path = tmp_path / "destinations" / "outreach.yaml.off"
    body = yaml.safe_load(path.read_text("utf-8"))
    on = Definition("destinations", body["name"], body, str(path))
    secret = {"DEMO_WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 6}
    connections, problems = read_connections([*found, on], destinations(), secret)
    assert problems == ()
    assert [each.name for each in connections] == ["outreach"]


def test_definitions_of_ones_own_are_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "traits" / "mine.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("{name: mine, kind: count, event: Seen}", "utf-8")
    written = write_definitions(tmp_path)
    assert [path.parent.name for path in written] == [
        "audiences",
        "destinations",
        "plans",
        "slots",
        "survivorship",
    ]
    assert write_definitions(tmp_path) == []


def test_the_shop_keeps_its_plan_but_for_the_price_that_is_none(tmp_path: Path, made: Path) -> None:
    write_definitions(tmp_path)
    (plan,) = compile_rules(CollectSettings(), load_definitions(tmp_path)).plans
    due = list(islice(Present(WORLD, made).since(WORLD.until_us), 4_000))
    told = [message_of(one, one.at_us) for one in due if one.path == WEB]
    refused = [one for one in told if one["type"] == "track" and _is_refused(plan, one)]
    assert {message["event"] for message in refused} == {"Product Added"}
    assert {message["properties"]["price"] for message in refused} == {"n/a"}


def _is_refused(plan: Any, message: dict[str, Any]) -> bool:
    return isinstance(plan.check(message["event"], message["properties"]), Dropped)
