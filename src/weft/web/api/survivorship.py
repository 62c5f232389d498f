"""Which told values survive: the definitions read, changed, deleted, and a proposal for records."""

from typing import Annotated, Any

import msgspec
from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from weft.definitions import Definition, version_of
from weft.model.access import Scope
from weft.profile.survivorship_definition import KIND
from weft.profile.telling import propose_telling
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.plans import Check, Version
from weft.web.definition_edit import SavedView, put_definition, remove_definition

Body = JSONBody[dict[str, Any]]


class SurvivorshipView(msgspec.Struct, frozen=True):
    """How the value of a trait is chosen."""

    name: Annotated[str, Meta(description="`default` is for every trait without one.", examples=["email"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]
    version: Annotated[str, Meta(description="Tells one state of it from another.")]


class TellingView(msgspec.Struct, frozen=True):
    """What records and events could tell. Nothing of it is in force."""

    from_: Annotated[
        dict[str, dict[str, str]],
        Meta(
            description="Record or event → trait → property, as `from` of the definition `default` takes it."
        ),
    ] = msgspec.field(name="from")


@get("/survivorship", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=False)
def list_survivorship(services: Provided) -> list[SurvivorshipView]:
    """List the definitions of survivorship."""
    return [_view(each) for each in services.definitions if each.kind == KIND]


@get("/survivorship/proposal", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def propose_survivorship(services: Provided) -> TellingView:
    """Propose which records and events tell traits, from the names of their properties. Nothing is changed."""
    return TellingView(propose_telling(services.catalogue.known()))


@put("/survivorship/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_survivorship(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: Body,
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Make a survivorship, or replace one: the body is its definition, see its JSON Schema.

    It is written to its file under `definitions/survivorship/`, and every profile is evaluated again.
    """
    return put_definition(services, KIND, name, {**data, "name": name}, author, version=version, check=check)


@delete(
    "/survivorship/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_survivorship(services: Provided, author: By, name: FromPath[str]) -> SavedView:
    """Delete a survivorship and its file."""
    return remove_definition(services, KIND, name, author)


def _view(each: Definition) -> SurvivorshipView:
    return SurvivorshipView(
        each.name, str(each.body.get("description", "")), each.body, version_of(each.body)
    )


router = Router(
    "/",
    route_handlers=[list_survivorship, propose_survivorship, put_survivorship, delete_survivorship],
    tags=["definitions"],
)
