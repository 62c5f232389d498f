"""Audiences and computed traits made, changed and deleted."""

from typing import Any

from litestar import Router, delete, put
from litestar.params import FromPath, JSONBody

from weft.model.access import Scope
from weft.model.definition import Author
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.plans import Check, Version
from weft.web.definition_edit import SavedView, put_definition, remove_definition

Body = JSONBody[dict[str, Any]]


@put("/audiences/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_audience(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: Body,
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Make an audience, or replace one: the body is its definition, see its JSON Schema.

    It is written to its file under `definitions/audiences/`. Refused with every fault and its place in the definition,
    such as `who.all[2].at_least`. An empty `version` says that there was none.
    """
    return _put(services, "audiences", name, data, author, check=check, version=version)


@delete(
    "/audiences/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_audience(services: Provided, author: By, name: FromPath[str]) -> SavedView:
    """Delete an audience. Refused while a destination or another audience names it, with their names."""
    return remove_definition(services, "audiences", name, author)


@put("/traits/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_trait(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: Body,
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Make a computed trait, or replace one: the body is its definition, see its JSON Schema.

    It is written to its file under `definitions/traits/`, and every profile is evaluated again. Refused with every
    fault and its place in the definition. An empty `version` says that there was none.
    """
    return _put(services, "traits", name, data, author, check=check, version=version)


@delete(
    "/traits/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_trait(services: Provided, author: By, name: FromPath[str]) -> SavedView:
    """Delete a computed trait. Refused while an audience, a trait or a destination names it, with their names."""
    return remove_definition(services, "traits", name, author)


def _put(
    services: Provided,
    kind: str,
    name: str,
    data: dict[str, Any],
    author: Author,
    *,
    check: bool,
    version: str | None,
) -> SavedView:
    body = {"name": name} | data | {"name": name}
    return put_definition(
        services, kind, name, body, author, new=version == "", version=version or None, check=check
    )


router = Router(
    "/", route_handlers=[put_audience, delete_audience, put_trait, delete_trait], tags=["definitions"]
)
