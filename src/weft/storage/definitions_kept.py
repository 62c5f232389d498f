"""The definitions of a workspace between its files and the database, which keeps every state of them."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine

from weft.definition_files import end_change, pending_change, placed, write_change
from weft.definitions import Definition, read_folder
from weft.model.definition import Author, Key
from weft.storage.database import transaction
from weft.storage.database_versions import latest_versions, record_versions
from weft.storage.definitions_in_force import InForce, in_force


def present_definitions(folder: Path, database: Engine) -> InForce:
    """Return the definitions in force as the files say now."""
    return in_force(read_folder(folder), last_good(folder, database))


def last_good(folder: Path, database: Engine) -> Mapping[Key, Definition]:
    """Return the newest state in force of each definition that is not deleted."""
    with database.execution_options(read_only=True).begin() as connection:
        latest = latest_versions(connection)
    return {
        key: Definition(each.kind, each.name, each.body, str(folder / each.path))
        for key, each in latest.items()
        if each.body is not None
    }


def keep_versions(
    folder: Path, database: Engine, found: InForce, at_us: int, author: Author | None = None
) -> int:
    """Write down what of the definitions in force is new; return how many. author: None for edited files."""
    with transaction(database) as connection:
        places = placed(found.definitions, folder)
        listed = [(places[each.kind, each.name], each) for each in found.definitions]
        return record_versions(connection, listed, found.out, author or Author(), at_us)


def finish_change(folder: Path, database: Engine) -> None:
    """Finish a change of definitions that was begun: its files, then its versions, then its journal."""
    change = pending_change(folder)
    if change is None:
        return
    write_change(folder, change)
    keep_versions(folder, database, present_definitions(folder, database), change.at_us, change.author)
    end_change(folder)
