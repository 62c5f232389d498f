"""`weft import`: proposes what the columns of a file mean, lets the user confirm it, and imports the file."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.prompt import Confirm

from weft.cli import import_view as view
from weft.cli.client import Folder
from weft.clock import now_us
from weft.errors import Rejected
from weft.ports import EventLog
from weft.sources.files.guess.propose import Proposal, propose
from weft.sources.files.guess.sample import read_sample
from weft.sources.files.importer import ImportResult, import_file, try_file
from weft.sources.files.mapping import Mapping, TimeColumn, check_mapping, load_mapping
from weft.sources.files.mapping import save_mapping as write_mapping
from weft.sources.files.shape import inspect_file
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log
from weft.workspace import open_workspace

INTERRUPTED = 130


@Parameter(name="*")
@dataclass(frozen=True)
class Overrides:
    """Parts of the mapping that the command line says."""

    kind: Annotated[
        Literal["events", "records"] | None, Parameter(name="--as", help="What the rows are.")
    ] = None
    object: Annotated[str, Parameter(help="What one record is: order, ticket, contact ...")] = ""
    identifier: Annotated[
        tuple[str, ...],
        Parameter(help="NAMESPACE=COLUMN, e.g. user_id=CustomerID; the first is the main one.", negative=""),
    ] = ()
    time: Annotated[str, Parameter(help="The column that says when it happened.")] = ""
    time_format: Annotated[
        str, Parameter(help="iso, unix_s, unix_ms, unix_us or a pattern such as %d/%m/%Y.")
    ] = ""
    timezone: Annotated[str, Parameter(help="Zone of times without an offset, e.g. Asia/Seoul.")] = ""
    event_name: Annotated[str, Parameter(help="The name of every event.")] = ""
    event_column: Annotated[str, Parameter(help="The column that holds the event's name.")] = ""
    message_id: Annotated[str, Parameter(help="The column with an event's own id.")] = ""
    record_id: Annotated[
        str, Parameter(help="The column with a record's own id; newer rows replace older.")
    ] = ""
    property: Annotated[
        tuple[str, ...], Parameter(help="Keep only these: COLUMN or NAME=COLUMN.", negative="")
    ] = ()
    type: Annotated[
        tuple[str, ...],
        Parameter(help="COLUMN=text|integer|number|decimal_comma|boolean, of a CSV column.", negative=""),
    ] = ()
    context: Annotated[str, Parameter(help="The column with an event's context: an object, or its JSON.")] = (
        ""
    )
    consent: Annotated[
        tuple[str, ...], Parameter(help="PURPOSE=COLUMN of yes or no; never guessed.", negative="")
    ] = ()
    encoding: Annotated[str, Parameter(help="Of a text file, e.g. cp949 or big5.")] = ""


def import_(
    *files: Path,
    workspace: Folder = Path(),
    mapping: Annotated[
        Path | None, Parameter(help="A mapping from a file instead of a proposed one.")
    ] = None,
    save_mapping: Annotated[Path | None, Parameter(help="Write the mapping to this file.")] = None,
    yes: Annotated[bool, Parameter(help="Take the proposed mapping without asking.", negative="")] = False,
    dry_run: Annotated[bool, Parameter(help="Show what would happen and keep nothing.", negative="")] = False,
    source: Annotated[
        str, Parameter(help="The name of the source that the rows are said to be from.")
    ] = "import",
    overrides: Overrides | None = None,
) -> int:
    """Import CSV, JSON lines or Parquet files, as events or as records.

    The same file again is a no-op; an import that was stopped goes on where it was. Rows that cannot be used go to
    `rejected.csv` in the import's folder, with line and reason. Exits with 1 when nothing could be imported.
    """
    if not files:
        raise Rejected("Name a file: weft import FILE … --workspace DIR")
    console = Console(stderr=True)
    given = overrides or Overrides()
    store = None if dry_run else _store(workspace)
    staged = 0
    with closing(DuckdbColumns()) as engine, store or nullcontext():
        for path in files:
            chosen = _mapping(path, mapping, given, console, ask=not yes and not dry_run)
            if save_mapping:
                write_mapping(chosen, save_mapping)
                console.print(f"The mapping is in {save_mapping}.")
            if store is None:
                trial = try_file(path, chosen, engine=engine, source=source)
                view.show_trial(console, path, trial)
                staged += trial.staged
                continue
            try:
                result = _import(path, chosen, store, engine, source, console)
            except KeyboardInterrupt:
                console.print(f"Stopped. The same command goes on with {path} where it was.")
                return INTERRUPTED
            view.show_result(console, path, result, workspace)
            staged += result.staged
    return 0 if staged else 1


class _Store:
    """The log of a workspace, and its data folder."""

    def __init__(self, log: EventLog, data: Path) -> None:
        self.log = log
        self.data = data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.log.close()


def _store(folder: Path) -> _Store:
    workspace = open_workspace(folder, {}, os.environ)
    return _Store(open_log(workspace.settings.storage.log, workspace.data), workspace.data)


def _import(
    path: Path, mapping: Mapping, store: _Store, engine: DuckdbColumns, source: str, console: Console
) -> ImportResult:
    with view.bar(console, path) as told:
        return import_file(
            path,
            mapping,
            data=store.data,
            log=store.log,
            engine=engine,
            received_at_us=now_us(),
            source=source,
            progress=told,
        )


def _mapping(path: Path, file: Path | None, given: Overrides, console: Console, *, ask: bool) -> Mapping:
    """Return the mapping from a file or a confirmed proposal, with what the command line says."""
    shape = inspect_file(path, given.encoding)
    sample = read_sample(shape)
    proposal = (
        Proposal(load_mapping(file), ())
        if file
        else propose(sample, kind=given.kind, object_name=given.object)
    )
    mapping = override(proposal.mapping, given)
    view.show_mapping(console, sample, mapping, proposal)
    check_mapping(mapping, shape.columns, dotted=shape.format == "jsonl")
    if file or not ask:
        return mapping
    if not sys.stdin.isatty():
        raise Rejected(
            f"Nobody is here to confirm the mapping of {path}. Look at it above, then pass --yes to take it, "
            "or --mapping FILE with your own (--save-mapping FILE writes one to start from)."
        )
    if not Confirm.ask("Import it so?", console=console, default=True):
        raise Rejected(
            "Nothing was imported. Change parts with flags (weft import --help), or pass --mapping FILE."
        )
    return mapping


def override(mapping: Mapping, given: Overrides) -> Mapping:
    """Return a mapping with the parts that the command line says. Raises Rejected for flags that say nothing."""
    changes: dict[str, Any] = {
        "kind": given.kind,
        "object": given.object,
        "identifiers": dict(_pairs("--identifier", given.identifier)),
        "event": given.event_name,
        "event_column": given.event_column,
        "message_id": given.message_id,
        "record_id": given.record_id,
        "context": given.context,
        "encoding": given.encoding,
        "consent": dict(_pairs("--consent", given.consent)),
        "properties": dict(_pairs("--property", given.property, alone=True)) or None,
    }
    changes = {name: value for name, value in changes.items() if value}
    if given.event_name:
        changes.setdefault("event_column", "")
    if given.type:
        changes["types"] = {**mapping.types, **dict(_pairs("--type", given.type))}
    if given.property:
        changes["spread"] = ""
    changes["time"] = _time(mapping.time, given)
    changed = msgspec.structs.replace(mapping, **changes)
    try:
        return msgspec.convert(msgspec.to_builtins(changed), Mapping)
    except msgspec.ValidationError as error:
        raise Rejected(f"The mapping is not valid: {error}.", code="bad_mapping") from error


def _time(known: TimeColumn | None, given: Overrides) -> TimeColumn | None:
    column = given.time or (known.column if known else "")
    if not column:
        return None
    if known is None or known.column != column:
        known = TimeColumn(column)
    return TimeColumn(column, given.time_format or known.format, given.timezone or known.timezone)


def _pairs(flag: str, values: Sequence[str], *, alone: bool = False) -> Iterator[tuple[str, str]]:
    for value in values:
        name, equals, column = value.partition("=")
        if not name or not (column or alone):
            raise Rejected(f"{flag} {value}: write it as NAME=COLUMN.")
        yield (name, column if equals else name)
