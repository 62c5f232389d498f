"""Changing definitions through the API: held against all others first, then written to their file.

The running engine notices the file, and starts again with it within seconds; until then the old ones are in force.
"""

import hashlib
import threading
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.activate.connection import connections_from
from weft.activate.destination import destinations
from weft.collect.plans import compile_rules
from weft.definitions import NAME, Definition, delete_definition, load_definitions, save_definition
from weft.errors import Misconfigured, NotFound, Rejected
from weft.language.references import refers
from weft.storage.definitions_read import define_workspace, identity_rules
from weft.web.api.services import Services

ENV_SUFFIX = "_env"
"""How the keys end that name an environment variable with a secret."""

_turn = threading.Lock()


class SavedView(msgspec.Struct, frozen=True):
    """What came of a change. It takes effect when the engine has started again with it: within seconds."""

    name: str
    version: Annotated[str, Meta(description="Of the definition as it is written now; empty once deleted.")]
    written: Annotated[bool, Meta(description="false: it was only looked at (`check`).")]
    path: Annotated[str, Meta(description="The file, inside of the workspace.")]
    comments_lost: Annotated[
        list[str], Meta(description="Comments of the file that could not be kept; those at its head are.")
    ]


def version_of(body: dict[str, Any]) -> str:
    """Return what tells one state of a definition from another."""
    return hashlib.blake2b(msgspec.json.encode(body, order="sorted"), digest_size=8).hexdigest()


def put_definition(
    services: Services,
    kind: str,
    name: str,
    body: dict[str, Any],
    *,
    new: bool = False,
    version: str | None = None,
    check: bool = False,
) -> SavedView:
    """Write a definition, if the workspace still fits together with it. check: only say so.

    new: there must be none of that name yet. version: the state that the caller has seen.
    Raises Rejected with every fault.
    """
    if not NAME.fullmatch(name):
        raise Rejected(f"`{name}` is no name: a-z, 0-9, - and _, at most 63, not - or _ first.")
    with _turn:
        everything = _now(services)
        present = _find(everything, kind, name)
        if new and present is not None:
            raise Rejected(
                f"There is a `{name}` already ({_shown(services, present.path)}).", code="name_taken"
            )
        _must_be_seen(present, version)
        path = str(services.definitions_folder / kind / f"{name}.yaml") if present is None else present.path
        made = Definition(kind, name, body, path)
        _must_fit(services, [*(each for each in everything if each is not present), made])
        comments: Sequence[str] = ()
        if not check:
            saved = save_definition(services.definitions_folder, made, present)
            path, comments = saved.path, saved.comments_lost
    return SavedView(name, version_of(body), not check, _shown(services, path), list(comments))


def remove_definition(services: Services, kind: str, name: str) -> SavedView:
    """Delete a definition, if the others do without it. Raises NotFound, Rejected."""
    with _turn:
        everything = _now(services)
        present = _find(everything, kind, name)
        if present is None:
            raise NotFound(f"There is no `{name}` among the {kind}.")
        _must_be_unused(everything, kind, name)
        _must_fit(services, [each for each in everything if each is not present])
        saved = delete_definition(present)
    return SavedView(name, "", True, _shown(services, saved.path), list(saved.comments_lost))


def _now(services: Services) -> tuple[Definition, ...]:
    """Return what the files say now; the engine may not have noticed yet."""
    try:
        return load_definitions(services.definitions_folder)
    except Misconfigured as error:
        raise Rejected(
            f"The definitions on disk have faults, so nothing is changed beside them.\n{error}",
            code=error.code,
        ) from error


def _find(everything: Sequence[Definition], kind: str, name: str) -> Definition | None:
    return next((each for each in everything if (each.kind, each.name) == (kind, name)), None)


def _must_be_seen(present: Definition | None, version: str | None) -> None:
    if version is not None and (present is None or version_of(present.body) != version):
        raise Rejected(
            "Somebody else has changed or deleted it since you looked. Load it again, then change it.",
            code="changed_meanwhile",
        )


def _must_be_unused(everything: Sequence[Definition], kind: str, name: str) -> None:
    naming = [f"{each.kind}/{each.name}" for each in everything if refers(each.kind, each.body, kind, name)]
    if naming:
        raise Rejected(
            f"`{name}` is used by {', '.join(naming)}. Change or delete those first.", code="in_use"
        )


def _must_fit(services: Services, everything: Sequence[Definition]) -> None:
    faults: list[str] = []
    for check in (
        lambda: define_workspace(everything),
        lambda: identity_rules(everything),
        lambda: connections_from(everything, destinations()),
        lambda: compile_rules(services.settings.collect, everything),
    ):
        try:
            check()
        except Misconfigured as error:
            faults += [_shown(services, fault) for fault in str(error).splitlines()]
    if faults:
        raise Rejected("\n".join(faults), code="bad_definition")


def _shown(services: Services, path: str) -> str:
    return path.removeprefix(f"{services.definitions_folder.parent}/")
