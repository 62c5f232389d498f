"""Uploaded lists of identifiers, for the rule `list: name`."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, delete, get, put
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, QueryParameter, RawBody
from msgspec import Meta

from weft.audience.list_file import SAID, Form, ListRead, Reason, read_list
from weft.collect.identifiers import normalise_identifier
from weft.definitions import NAME
from weft.errors import NotFound, Rejected
from weft.model.access import Scope
from weft.model.identifier import node_id
from weft.storage.database import transaction
from weft.storage.database_lists import (
    UploadedList,
    list_change,
    people_listed,
    remove_list,
    replace_list,
    uploaded_lists,
)
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.lineage import UsedBy, using
from weft.web.api.services import Services
from weft.web.definition_edit import must_be_unused, now_in_force, turn
from weft.web.times import time_text

BODY_BYTES = 32_000_000
FORMS = {"text/csv": Form.CSV, "text/plain": Form.LINES, "application/json": Form.JSON}


class ListView(msgspec.Struct, frozen=True):
    """An uploaded list."""

    name: Annotated[str, Meta(examples=["invited"])]
    size: Annotated[int, Meta(description="Its identifiers.")]
    namespaces: Annotated[list[str], Meta(description="Of its identifiers.", examples=[["email"]])]
    uploaded_at: Annotated[str, Meta(description="RFC 3339.")]
    uploaded_by: str
    used_by: Annotated[list[UsedBy], Meta(description="The definitions that name it.")]


class ListMatchView(msgspec.Struct, frozen=True):
    """An uploaded list, and whom its identifiers name."""

    uploaded: ListView
    people: Annotated[int, Meta(description="Profiles that have one of its identifiers.")]


class LineFaultView(msgspec.Struct, frozen=True):
    """A line that names nobody."""

    line: Annotated[int, Meta(description="From 1; in JSON the place in the array.")]
    value: str
    reason: Reason
    why: Annotated[str, Meta(description="The reason in words.")]


class UploadView(msgspec.Struct, frozen=True):
    """What came of an upload."""

    uploaded: ListView
    written: Annotated[bool, Meta(description="false: it was only looked at (`check`).")]
    people: Annotated[
        int | None, Meta(description="Profiles that have one of its identifiers; null of a check.")
    ]
    added: int
    removed: Annotated[int, Meta(description="Identifiers that were on it before and are not in this file.")]
    repeated: Annotated[int, Meta(description="Lines with an identifier that stood there before.")]
    faulty: Annotated[int, Meta(description="Lines that name nobody.")]
    faults: Annotated[list[LineFaultView], Meta(description="The first 100 of them.")]


@dataclass
class UploadOperation(Operation):
    """What OpenAPI is told of the body, which the handler takes as it comes."""

    def __post_init__(self) -> None:
        """Tell the three forms."""
        text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        array = OpenAPIMediaType(schema=Schema(type=OpenAPIType.ARRAY, items=Schema()))
        forms = {name: array if form is Form.JSON else text for name, form in FORMS.items()}
        self.request_body = RequestBody(content=forms, required=True)


@get("/lists", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_lists(services: Provided) -> list[ListView]:
    """List the uploaded lists by name."""
    return [_view(services, each) for each in _all(services)]


@get("/lists/{name:str}", guards=[needs(Scope.READ)], responses=failures(404), sync_to_thread=True)
def show_list(services: Provided, name: FromPath[str]) -> ListMatchView:
    """Show a list, and how many people it names now."""
    found = _named(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        return ListMatchView(_view(services, found), people_listed(connection, name))


@put(
    "/lists/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 413),
    sync_to_thread=True,
    request_max_body_size=BODY_BYTES,
    operation_class=UploadOperation,
)
def put_list(
    request: Request[Any, Any, State],
    services: Provided,
    author: By,
    name: FromPath[str],
    body: RawBody,
    namespace: Annotated[
        str, QueryParameter(description="Of every value, such as `email`. Left out: each value says its own.")
    ] = "",
    column: Annotated[str, QueryParameter(description="Of a CSV file: which column has the values.")] = "",
    faulty: Annotated[
        Literal["refuse", "leave_out"],
        QueryParameter(description="What becomes of a file with lines that name nobody."),
    ] = "refuse",
    check: Annotated[bool, QueryParameter(description="Only say what would come of it.")] = False,
) -> UploadView:
    """Upload a list, or replace one as a whole: CSV, an identifier a line (`text/plain`), or a JSON array.

    A file with a faulty line changes nothing and is told line by line, unless `faulty` is `leave_out`. Whoever enters
    or leaves by it does so within seconds.
    """
    if not NAME.fullmatch(name):
        raise Rejected(f"`{name}` is no name: a-z, 0-9, - and _, at most 63, not - or _ first.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Rejected(f"Say by `Content-Type` what this is: {', '.join(FORMS)}.")
    read = read_list(bytes(body), FORMS[kind], normalise_identifier, namespace=namespace, column=column)
    if not check:
        _must_be_whole(read, leave_out=faulty == "leave_out")
    return _put(services, name, author.who, read, check=check)


@delete(
    "/lists/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_list(services: Provided, name: FromPath[str]) -> ListView:
    """Delete a list. Refused while an audience names it, with its name."""
    found = _view(services, _named(services, name))
    with turn:
        must_be_unused(now_in_force(services).definitions, "lists", name)
        with transaction(services.database) as connection:
            remove_list(connection, name)
    return found


def _put(services: Services, name: str, who: str, read: ListRead, *, check: bool) -> UploadView:
    nodes = {node_id(services.node_key, each).bytes for each in read.identifiers}
    namespaces = tuple(sorted({each.namespace for each in read.identifiers}))
    made = UploadedList(name, len(nodes), namespaces, services.clock(), who)
    people = None
    if check:
        with services.database.connect().execution_options(read_only=True) as connection:
            change = list_change(connection, name, nodes)
    else:
        with transaction(services.database) as connection:
            change = replace_list(connection, made, nodes)
        with services.database.connect().execution_options(read_only=True) as connection:
            people = people_listed(connection, name)
    faults = [LineFaultView(each.line, each.value, each.reason, SAID[each.reason]) for each in read.faults]
    return UploadView(
        _view(services, made),
        not check,
        people,
        len(change.added),
        len(change.removed),
        read.repeated,
        read.faulty,
        faults,
    )


def _must_be_whole(read: ListRead, *, leave_out: bool) -> None:
    """Raise Rejected for a file that is not to be taken, with the lines at fault."""
    if read.faulty and not leave_out:
        lines = [f"line {each.line}: `{each.value}`: {SAID[each.reason]}" for each in read.faults]
        more = [f"and {read.faulty - len(lines):,} more lines"] if read.faulty > len(lines) else []
        raise Rejected("\n".join([*lines, *more]), code="bad_lines")
    if not read.identifiers:
        raise Rejected("There is no identifier in it. To end a list, delete it.")


def _all(services: Services) -> list[UploadedList]:
    with services.database.connect().execution_options(read_only=True) as connection:
        return list(uploaded_lists(connection))


def _named(services: Services, name: str) -> UploadedList:
    found = next((each for each in _all(services) if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no list `{name}`. Upload it with PUT, or `weft list upload {name} FILE`.")
    return found


def _view(services: Services, each: UploadedList) -> ListView:
    uses = using(services.definitions).get(("lists", each.name), [])
    return ListView(each.name, each.size, list(each.namespaces), time_text(each.at_us), each.who, uses)


router = Router("/", route_handlers=[list_lists, show_list, put_list, delete_list], tags=["audiences"])
