"""Changing definitions through the API: held against all others first, then written to their files.

The running engine notices the files, and starts again with them within seconds; until then the old ones are in force.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.definition_files import Change, Rewritten, begin_change, placed, rewritten
from weft.definitions import NAME, Definition, texts_in, version_of
from weft.errors import NotFound, Rejected
from weft.language.references import refers
from weft.model.definition import Author, How
from weft.storage.database_versions import versions_of
from weft.storage.definitions_in_force import InForce, faults_of
from weft.storage.definitions_kept import finish_change, keep_versions, present_definitions
from weft.web.api.services import Services

ENV_SUFFIX = "_env"
"""How the keys end that name an environment variable with a secret."""

turn = threading.Lock()
"""Whoever changes definitions looks at them, decides and writes while holding it."""


class SavedView(msgspec.Struct, frozen=True):
    """What came of a change. It takes effect when the engine has started again with it: within seconds."""

    name: str
    version: Annotated[str, Meta(description="Of the definition as it is written now; empty once deleted.")]
    written: Annotated[bool, Meta(description="false: it was only looked at (`check`).")]
    path: Annotated[str, Meta(description="The file, inside of the workspace.")]
    comments_lost: Annotated[
        list[str], Meta(description="Comments of the file that could not be kept; those at its head are.")
    ]


def put_definition(
    services: Services,
    kind: str,
    name: str,
    body: dict[str, Any],
    author: Author,
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
    with turn:
        found = now_in_force(services)
        present = _find(found.definitions, kind, name)
        if new and present is not None:
            raise Rejected(
                f"There is a `{name}` already ({shown(services, present.path)}).", code="name_taken"
            )
        _must_be_seen(present, version)
        path = str(services.definitions_folder / kind / f"{name}.yaml") if present is None else present.path
        made = Definition(kind, name, body, path)
        must_fit(services, [*(each for each in found.definitions if each is not present), made], found)
        done = _rewritten(services, found, made, body)
        if not check:
            commit(services, done.files, author)
    return SavedView(name, version_of(body), not check, shown(services, path), list(done.comments_lost))


def remove_definition(services: Services, kind: str, name: str, author: Author) -> SavedView:
    """Delete a definition, if the others do without it. Raises NotFound, Rejected."""
    with turn:
        found = now_in_force(services)
        present = _find(found.definitions, kind, name)
        if present is None:
            raise NotFound(f"There is no `{name}` among the {kind}.")
        must_be_unused(found.definitions, kind, name)
        must_fit(services, [each for each in found.definitions if each is not present], found)
        done = _rewritten(services, found, present, None)
        commit(services, done.files, author)
    return SavedView(name, "", True, shown(services, present.path), list(done.comments_lost))


def roll_back(
    services: Services, kind: str, name: str, number: int, author: Author, *, check: bool = False
) -> SavedView:
    """Make a definition what it was: its version `number`. Checked like any other change.

    Raises NotFound; Rejected for one that was deleted in that version, or that the others have grown away from.
    """
    with services.database.execution_options(read_only=True).begin() as connection:
        found = {each.number: each for each in versions_of(connection, kind, name)}
    version = found.get(number)
    if version is None:
        raise NotFound(f"There is no version {number} of {kind}/{name}; there are {len(found)}.")
    if version.body is None:
        raise Rejected(
            f"In version {number} {kind}/{name} was deleted. Delete it, or choose another version."
        )
    by = Author(author.who, How.ROLLBACK)
    return put_definition(services, kind, name, version.body, by, check=check)


def now_in_force(services: Services) -> InForce:
    """Return what the files say now; the engine may not have noticed yet."""
    return present_definitions(services.definitions_folder, services.database)


def commit(services: Services, files: Mapping[str, str | None], author: Author) -> None:
    """Write files as one change and keep the versions that come of it. The caller holds `turn`.

    What was edited by hand before is written down as that. Raises Misconfigured, Transient.
    """
    folder, database, now_us = services.definitions_folder, services.database, services.clock()
    keep_versions(folder, database, now_in_force(services), now_us)
    if files:
        folder.mkdir(parents=True, exist_ok=True)
        begin_change(folder, Change(dict(files), author, now_us))
        finish_change(folder, database)


def must_fit(services: Services, everything: Sequence[Definition], found: InForce) -> None:
    """Raise Rejected with everything that keeps these definitions from being in force together."""
    made = {(each.kind, each.name) for each in everything}
    faults = [shown(services, str(each)) for each in faults_of(everything, found.out - made)]
    if faults:
        raise Rejected("\n".join(dict.fromkeys(faults)), code="bad_definition")


def shown(services: Services, path: str) -> str:
    """Return a path, or a text that begins with one, as seen from the workspace."""
    return path.removeprefix(f"{services.definitions_folder.parent}/")


def _rewritten(
    services: Services, found: InForce, made: Definition, body: dict[str, Any] | None
) -> Rewritten:
    folder: Path = services.definitions_folder
    texts, _ = texts_in(folder)
    return rewritten(texts, placed(found.definitions, folder), {(made.kind, made.name): body})


def _find(everything: Sequence[Definition], kind: str, name: str) -> Definition | None:
    return next((each for each in everything if (each.kind, each.name) == (kind, name)), None)


def _must_be_seen(present: Definition | None, version: str | None) -> None:
    if version is not None and (present is None or version_of(present.body) != version):
        raise Rejected(
            "Somebody else has changed or deleted it since you looked. Load it again, then change it.",
            code="changed_meanwhile",
        )


def must_be_unused(everything: Sequence[Definition], kind: str, name: str) -> None:
    """Raise Rejected if any definition names this one, with their names."""
    naming = [f"{each.kind}/{each.name}" for each in everything if refers(each.kind, each.body, kind, name)]
    if naming:
        raise Rejected(
            f"`{name}` is used by {', '.join(naming)}. Change or delete those first.", code="in_use"
        )
