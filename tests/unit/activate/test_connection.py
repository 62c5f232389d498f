import base64
from typing import Any

import pytest

from weft.activate.connection import read_connections
from weft.activate.destination import Destination, destinations
from weft.definitions import Definition
from weft.errors import Misconfigured
from weft.model.destination import Connection
from weft.registry import load_entries

ENVIRON = {"HOOK": "whsec_" + base64.b64encode(b"0" * 32).decode()}
GOOD: dict[str, Any] = {
    "name": "crm",
    "type": "webhook",
    "purpose": "marketing",
    "url": "https://example.com/hook",
    "secret_env": "HOOK",
    "when": {"entered": ["vip"], "exited": "*"},
    "include": {"traits": "*", "identifiers": ["email"]},
}


def parse(body: dict[str, Any]) -> Connection:
    vip = Definition("audiences", "vip", {}, "vip.yaml")
    crm = Definition("destinations", "crm", body, "crm.yaml")
    found, problems = read_connections([vip, crm], destinations(), ENVIRON)
    if problems:
        raise Misconfigured("\n".join(map(str, problems)))
    return found[0]


def faults(**changes: Any) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        parse({key: value for key, value in {**GOOD, **changes}.items() if value is not ...})
    return str(caught.value).splitlines()


def test_the_webhook_comes_through_the_registry_like_everybody() -> None:
    assert destinations()["webhook"].title == "Webhook"
    with pytest.raises(Misconfigured, match=r"webhook.*is no str"):
        load_entries("weft.destinations", str)


def test_a_good_definition_becomes_a_connection() -> None:
    connection = parse(GOOD)
    assert connection.common.channel == "webhook", "absent, it is that of the destination"
    assert connection.common.when.entered == ("vip",)
    assert connection.common.include.traits == "*"
    assert parse({**GOOD, "channel": "crm"}).common.channel == "crm"


def test_every_fault_is_told_at_once_with_its_place() -> None:
    found = faults(
        purpose=...,
        url=7,
        colour="red",
        rate_per_second=-1,
        when={"entered": "vip", "merges": True},
        include={"traits": [1]},
    )
    assert all(fault.startswith("crm.yaml: crm: ") for fault in found)
    for expected in (
        "`purpose` is missing",
        "`url`: ",
        "`colour`",
        "`rate_per_second`: ",
        "`when.entered`",
        "`when.merges`",
        "`include.traits`",
    ):
        assert sum(expected in fault for fault in found) == 1, expected
    assert len(found) == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "pigeon"}, "`type` must be one of `webhook`"),
        ({"type": ...}, "`type` must be one of"),
        ({"secret_env": "ABSENT"}, "set the environment variable ABSENT"),
        ({"url": "mailto:kim"}, "https://host/path"),
        ({"when": {}}, "names no signal"),
        ({"when": {"entered": ["vips"]}}, "the audience `vips`, which is not defined; defined are `vip`"),
        ({"concurrency": 1_000}, "`concurrency`"),
        ({"when": ["entered"]}, "`when`"),
    ],
)
def test_a_fault_says_what_to_do(changes: dict[str, Any], expected: str) -> None:
    (fault,) = faults(**changes)
    assert expected in fault


def test_every_setting_of_every_destination_is_described() -> None:
    import msgspec

    for destination in destinations().values():
        assert isinstance(destination, Destination)
        schema = msgspec.json.schema(destination.settings)
        (described,) = schema["$defs"].values()
        assert all(field.get("description") for field in described["properties"].values())
