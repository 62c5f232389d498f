"""Destinations made, changed, deleted and tried. Secrets are never taken: definitions name environment variables."""

from typing import Annotated, Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.activate.destination import Destination, destinations
from weft.errors import Rejected
from weft.model.access import Scope
from weft.model.delivery import ItemState, Outcome
from weft.model.destination import Common
from weft.storage.database_delivery import counts
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.definition_edit import ENV_SUFFIX, SavedView, put_definition, remove_definition
from weft.web.times import time_text

KIND = "destinations"
WAITING = (ItemState.PENDING, ItemState.LEASED, ItemState.RETRY)

Check = Annotated[bool, QueryParameter(description="Only say whether it could be saved; write nothing.")]
Version = Annotated[
    str | None, QueryParameter(description="`version` as you saw it: refused if it has changed since.")
]


class DestinationKindView(msgspec.Struct, frozen=True):
    """A kind of destination that is installed, with the form of its definition."""

    name: Annotated[str, Meta(description="`type` in a definition.", examples=["webhook"])]
    title: Annotated[str, Meta(examples=["Webhook"])]
    description: str
    channel: Annotated[str, Meta(description="Used for suppressions unless the definition names another.")]
    form: Annotated[
        dict[str, Any],
        Meta(description="JSON Schema (draft 2020-12) of a whole definition; it has `$defs` of its own."),
    ]
    secrets: Annotated[
        list[str], Meta(description="Fields that take the name of an environment variable, never a secret.")
    ]
    settings: Annotated[list[str], Meta(description="Fields of this kind alone; the others all kinds share.")]


class DestinationInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A definition as the form of its kind has it, `name` and `type` included."""

    definition: dict[str, Any]


class DeletedDestination(msgspec.Struct, frozen=True):
    """What came of deleting a destination."""

    saved: SavedView
    waiting: Annotated[int, Meta(description="Items that will not be sent while it is gone.")]


class TestView(msgspec.Struct, frozen=True):
    """The receipt of a message about nobody."""

    outcome: Annotated[Outcome, Meta(description="accepted, refused, failed or unknown.")]
    status: Annotated[int, Meta(description="The destination's own code, 0 if none.", examples=[204])]
    error: Annotated[str, Meta(description="A word for what went wrong; empty if nothing did.")]
    at: Annotated[str, Meta(description="RFC 3339.")]
    latency_ms: float


@get("/destination-kinds", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_destination_kinds() -> list[DestinationKindView]:
    """List the kinds of destinations that are installed, each with its form."""
    return [_kind(each) for each in destinations().values()]


@post("/destinations", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def add_destination(
    services: Provided, author: By, data: JSONBody[DestinationInput], check: Check = False
) -> SavedView:
    """Make a destination. Refused with every fault, such as an environment variable that is not set."""
    name = _name(data)
    return put_definition(services, KIND, name, data.definition, author, new=True, check=check)


@put("/destinations/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_destination(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: JSONBody[DestinationInput],
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Change a destination, or make it."""
    if _name(data) != name:
        raise Rejected(
            "`name` in the definition and in the path are not the same; a destination keeps its name."
        )
    return put_definition(services, KIND, name, data.definition, author, version=version, check=check)


@delete(
    "/destinations/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_destination(services: Provided, author: By, name: FromPath[str]) -> DeletedDestination:
    """Delete a destination. What it was told stays in the ledger; what waits for it waits on."""
    saved = remove_definition(services, KIND, name, author)
    with services.database.connect().execution_options(read_only=True) as connection:
        items = counts(connection).get(name, {})
    return DeletedDestination(saved, sum(items.get(state, 0) for state in WAITING))


@post(
    "/destinations/{name:str}/test",
    guards=[needs(Scope.WRITE)],
    responses=failures(404),
    status_code=200,
    sync_to_thread=True,
)
def send_test_message(services: Provided, name: FromPath[str]) -> TestView:
    """Send one message about nobody through the real connection and show its receipt."""
    receipt = services.test_destination(name)
    return TestView(
        receipt.outcome, receipt.status, receipt.error, time_text(receipt.at_us), receipt.latency_ms
    )


def _name(data: DestinationInput) -> str:
    name = data.definition.get("name")
    if not isinstance(name, str):
        raise Rejected("`name` is missing: the name of the destination.")
    return name


def _kind(kind: Destination) -> DestinationKindView:
    (common, settings), components = msgspec.json.schema_components(
        (Common, kind.settings), ref_template="#/$defs/{name}"
    )
    parts = [components[each["$ref"].rpartition("/")[2]] for each in (common, settings)]
    properties: dict[str, Any] = parts[0]["properties"] | parts[1]["properties"]
    form: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title,
        "type": "object",
        "properties": properties | {"type": {**properties["type"], "const": kind.name}},
        "required": [*parts[0]["required"], *parts[1].get("required", [])],
        "additionalProperties": False,
        "$defs": components,
    }
    own = list(parts[1]["properties"])
    secrets = [name for name in own if name.endswith(ENV_SUFFIX)]
    return DestinationKindView(kind.name, kind.title, kind.description, kind.channel, form, secrets, own)


router = Router(
    "/",
    route_handlers=[
        list_destination_kinds,
        add_destination,
        put_destination,
        delete_destination,
        send_test_message,
    ],
    tags=["destinations"],
)
