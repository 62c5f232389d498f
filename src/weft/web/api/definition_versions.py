"""What definitions were, who changed them when, and the way back."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
import yaml
from litestar import Router, get, post
from litestar.params import FromPath, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from weft.errors import NotFound
from weft.language.difference import ABSENT, Difference, differences
from weft.model.access import Scope
from weft.model.definition import DefinitionVersion, How
from weft.storage.database_versions import versions_of
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.plans import Check
from weft.web.api.services import Services
from weft.web.definition_edit import SavedView, roll_back, shown
from weft.web.times import time_text

HOW = (
    "`files` (a file was edited) · `console` · `api` · `apply` (of a folder, `weft apply`) · `rollback` (to an older "
    "version)"
)


OfKind = Annotated[str, PathParameter(description="The folder of the definition, such as `audiences`.")]
Number = Annotated[int, PathParameter(description="Of the version, from 1 on.")]


class VersionView(msgspec.Struct, frozen=True):
    """One state of a definition that was in force."""

    number: Annotated[int, Meta(description="From 1 on.")]
    at: Annotated[str, Meta(description="When it was noticed or written, RFC 3339.")]
    who: Annotated[str, Meta(description="A token or an account; empty where nobody knows.")]
    how: Annotated[How, Meta(description=HOW)]
    deleted: Annotated[bool, Meta(description="The definition was deleted.")]
    differences: Annotated[int, Meta(description="At how many places it differs from the one before.")]


class DifferenceView(msgspec.Struct, frozen=True):
    """One place at which two states of a definition differ."""

    at: Annotated[str, Meta(description="Inside of the definition.", examples=["who.all[2].at_least"])]
    before: Annotated[Any | UnsetType, Meta(description="Left out: there was nothing.")] = UNSET
    after: Annotated[Any | UnsetType, Meta(description="Left out: there is nothing.")] = UNSET


class VersionDetailView(msgspec.Struct, frozen=True):
    """One state of a definition, and how it differs from another."""

    version: VersionView
    definition: Annotated[dict[str, Any] | None, Meta(description="null: it was deleted.")]
    yaml: Annotated[str, Meta(description="The definition as YAML; empty once deleted.")]
    against: Annotated[int, Meta(description="Number of the other version; 0: before there was any.")]
    differences: list[DifferenceView]


class SetAsideView(msgspec.Struct, frozen=True):
    """A definition that is not in force as its file says."""

    kind: Annotated[str, Meta(description="Its folder.", examples=["audiences"])]
    name: Annotated[str, Meta(description="Empty: a whole file cannot be read.")]
    path: Annotated[str, Meta(description="The file, inside of the workspace.")]
    reasons: Annotated[list[str], Meta(description="What is wrong, each with its place.")]
    kept: Annotated[bool, Meta(description="Its last good state stays in force; else it is out of force.")]


@get("/definitions/set-aside", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=False)
def list_set_aside(services: Provided) -> list[SetAsideView]:
    """List the definitions that are set aside because they fail, with the reasons."""
    return [
        SetAsideView(
            each.kind,
            each.name,
            shown(services, each.path),
            [shown(services, reason) for reason in each.reasons],
            each.kept,
        )
        for each in services.set_aside
    ]


@get(
    "/definitions/{kind:str}/{name:str}/versions",
    guards=[needs(Scope.READ)],
    responses=failures(404),
    sync_to_thread=True,
)
def list_versions(services: Provided, kind: OfKind, name: FromPath[str]) -> list[VersionView]:
    """List what a definition was, the newest first."""
    found = _versions(services, kind, name)
    return [_view(each, _before(found, each)) for each in found]


@get(
    "/definitions/{kind:str}/{name:str}/versions/{number:int}",
    guards=[needs(Scope.READ)],
    responses=failures(404),
    sync_to_thread=True,
)
def show_version(
    services: Provided,
    kind: OfKind,
    name: FromPath[str],
    number: Number,
    against: Annotated[
        int | None, QueryParameter(description="The version to hold it against; left out: the one before.")
    ] = None,
) -> VersionDetailView:
    """Show one version, and what changed in it."""
    found = _versions(services, kind, name)
    version = _numbered(found, number)
    other = _before(found, version) if against is None else _numbered(found, against)
    text = "" if version.body is None else yaml.safe_dump(version.body, sort_keys=False, allow_unicode=True)
    return VersionDetailView(
        _view(version, _before(found, version)),
        version.body,
        text,
        0 if other is None else other.number,
        difference_views(_differences(other, version)),
    )


@post(
    "/definitions/{kind:str}/{name:str}/versions/{number:int}/restore",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def restore_version(
    services: Provided,
    author: By,
    kind: OfKind,
    name: FromPath[str],
    number: Number,
    check: Check = False,
) -> SavedView:
    """Make a definition what it was in a version. It is checked like any change and becomes a new version."""
    return roll_back(services, kind, name, number, author, check=check)


def difference_views(found: Iterable[Difference]) -> list[DifferenceView]:
    """Return differences as the API shows them."""
    return [DifferenceView(each.at, _value(each.before), _value(each.after)) for each in found]


def _value(value: Any) -> Any:
    return UNSET if value is ABSENT else value


def _differences(before: DefinitionVersion | None, after: DefinitionVersion) -> Iterable[Difference]:
    return differences((before.body if before else None) or {}, after.body or {})


def _view(version: DefinitionVersion, before: DefinitionVersion | None) -> VersionView:
    return VersionView(
        version.number,
        time_text(version.at_us),
        version.author.who,
        version.author.how,
        version.body is None,
        sum(1 for _ in _differences(before, version)),
    )


def _versions(services: Services, kind: str, name: str) -> list[DefinitionVersion]:
    with services.database.execution_options(read_only=True).begin() as connection:
        found = list(versions_of(connection, kind, name))
    if not found:
        raise NotFound(f"There never was a `{name}` among the {kind}.")
    return found


def _before(found: list[DefinitionVersion], version: DefinitionVersion) -> DefinitionVersion | None:
    return next((each for each in found if each.number == version.number - 1), None)


def _numbered(found: list[DefinitionVersion], number: int) -> DefinitionVersion:
    for each in found:
        if each.number == number:
            return each
    raise NotFound(f"There is no version {number}; the newest is {found[0].number}.")


router = Router(
    "/", route_handlers=[list_set_aside, list_versions, show_version, restore_version], tags=["definitions"]
)
