"""Folders of definitions held against the workspace, put in force, and written out."""

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from weft.definition_files import placed, rewritten
from weft.definitions import bodies_in, state_of, texts_in
from weft.errors import NotFound, Rejected, Transient, WeftError
from weft.model.access import Scope
from weft.model.definition import Author, How
from weft.model.profile import ProfileDocument
from weft.storage.database_profiles import read_documents
from weft.web.api.access import Gatekeeper, needs
from weft.web.api.definition_versions import DifferenceView, difference_views
from weft.web.api.describe import By, Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.definition_edit import commit, now_in_force, turn
from weft.web.definition_plan import Changed, Plan, Sized, changes_between, make_plan, mirrored, wanted_of

BODY_BYTES = 20_000_000
KEPT = 8
NAMED = 3
"""Most identifiers of a person that are listed."""

AnyRequest = Request[Any, Any, State]
What = Literal["added", "changed", "deleted"]
log = structlog.get_logger()


class FolderInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole folder of definitions. What it lacks is deleted."""

    files: Annotated[
        dict[str, str],
        Meta(description="Path inside of the folder, such as `audiences/retail.yaml` → its YAML."),
    ]
    state: Annotated[
        str | None,
        Meta(
            description="To put in force: `state` of the plan that was looked at; refused if it has changed."
        ),
    ] = None


class DefinitionChangeView(msgspec.Struct, frozen=True):
    """A definition that would differ, or differs now."""

    kind: Annotated[str, Meta(examples=["audiences"])]
    name: str
    what: What
    differences: Annotated[list[DifferenceView], Meta(description="Of one that changes.")]


class PlanPersonView(msgspec.Struct, frozen=True):
    """One of those who would enter or leave."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]


class AudiencePlanView(msgspec.Struct, frozen=True):
    """An audience whose members may differ."""

    name: str
    what: What
    through: Annotated[list[str], Meta(description="Changed traits that it reads.")]
    before: Annotated[int, Meta(description="Members now.")]
    after: Annotated[int, Meta(description="Members there would be.")]
    entering: int
    leaving: Annotated[int, Meta(description="0 for one that is deleted: nobody is told.")]
    enters: Annotated[list[PlanPersonView], Meta(description="Some; none without the scope `profiles`.")]
    leaves: list[PlanPersonView]


class TraitPlanView(msgspec.Struct, frozen=True):
    """A trait that would be computed anew, or no more."""

    name: str
    what: What
    profiles: Annotated[int, Meta(description="How many would have a value.")]


class ToldView(msgspec.Struct, frozen=True):
    """What a destination would be told."""

    destination: str
    audience: str
    entered: int
    exited: int


class IdentityPlanView(msgspec.Struct, frozen=True):
    """What changed rules of identity would do. The figures of audiences do not take it into account."""

    before: Annotated[int, Meta(description="People now.")]
    after: Annotated[int, Meta(description="People there would be.")]
    merging: Annotated[int, Meta(description="People who would come together.")]
    splitting: Annotated[int, Meta(description="People who would come apart.")]


class PlanOfView(msgspec.Struct, frozen=True):
    """What a folder of definitions would change."""

    state: Annotated[str, Meta(description="Of all definitions now; `apply` takes it.")]
    wanted: Annotated[str, Meta(description="Of all definitions in the folder.")]
    changes: list[DefinitionChangeView]
    audiences: list[AudiencePlanView]
    traits: list[TraitPlanView]
    destinations: list[ToldView]
    people: Annotated[int, Meta(description="Profiles that were evaluated; 0: none had to be.")]
    identity: IdentityPlanView | None


class JobView(msgspec.Struct, frozen=True):
    """How far a plan is."""

    id: UUID
    step: Annotated[str, Meta(description="`reading`, `evaluating` or `solving`.")]
    done: Annotated[float, Meta(description="Share of the step, 0 to 1.")]
    plan: Annotated[PlanOfView | None, Meta(description="null while it is made.")]


class AppliedView(msgspec.Struct, frozen=True):
    """What was put in force. The engine starts again with it within seconds."""

    changes: list[DefinitionChangeView]
    state: Annotated[str, Meta(description="Of all definitions now.")]
    files: Annotated[list[str], Meta(description="Those written or deleted.")]


class RunningView(msgspec.Struct, frozen=True):
    """Whether the engine runs with the definitions that the files hold."""

    state: Annotated[str, Meta(description="Of all definitions as the files say now.")]
    running: Annotated[
        str, Meta(description="Of those that the engine runs with; it follows within seconds.")
    ]


class ExportView(msgspec.Struct, frozen=True):
    """Every definition in force, as files."""

    state: str
    files: Annotated[dict[str, str], Meta(description="Path inside of the folder → its YAML.")]


class _Job:
    """A plan that is made in a thread of its own."""

    def __init__(self, make: Callable[[Callable[[str, float], None]], Plan]) -> None:
        self.id = uuid.uuid4()
        self.step, self.done = "reading", 0.0
        self.plan: Plan | None = None
        self.error: WeftError | None = None
        threading.Thread(target=self._run, args=(make,), name="plan", daemon=True).start()

    def _run(self, make: Callable[[Callable[[str, float], None]], Plan]) -> None:
        try:
            self.plan = make(self._show)
        except WeftError as error:
            self.error = error
        except Exception:
            log.exception("plan.failed")
            self.error = Transient("The plan could not be made; the log says why. Ask for it again.")

    def _show(self, step: str, done: float) -> None:
        self.step, self.done = step, done


class Plans:
    """The newest plans of this application."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, _Job] = {}

    def start(self, make: Callable[[Callable[[str, float], None]], Plan]) -> _Job:
        """Begin to make a plan."""
        job = _Job(make)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-KEPT]:
            del self._jobs[old]
        return job

    def get(self, job_id: UUID) -> _Job:
        """Return a plan, made or not. Raises NotFound, or what went wrong with it."""
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound("That plan is not kept any more. Ask for a new one.")
        if job.error is not None:
            raise job.error
        return job


@post(
    "/definitions/plan",
    guards=[needs(Scope.READ)],
    responses=failures(400, 413),
    status_code=202,
    sync_to_thread=True,
    request_max_body_size=BODY_BYTES,
)
def begin_plan(request: AnyRequest, services: Provided, data: JSONBody[FolderInput]) -> JobView:
    """Begin to hold a folder of definitions against what is in force; nothing is changed. Ask for it by its id."""
    plans: Plans = request.app.state.plans
    job = plans.start(lambda show: make_plan(services, data.files, show))
    return JobView(job.id, job.step, job.done, None)


@get(
    "/definitions/plan/{plan_id:uuid}",
    guards=[needs(Scope.READ)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_plan_of(
    request: AnyRequest,
    services: Provided,
    plan_id: Annotated[UUID, PathParameter(description="`id` of the plan that was begun.")],
) -> JobView:
    """Show how far a plan is, and what it says once it is made."""
    plans: Plans = request.app.state.plans
    job = plans.get(plan_id)
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    token = gatekeeper.token_of(request)
    named = token is not None and token.allows(Scope.PROFILES)
    shown = None if job.plan is None else _plan_view(services, job.plan, named=named)
    return JobView(job.id, job.step, job.done, shown)


@post(
    "/definitions/apply",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 413),
    status_code=200,
    sync_to_thread=True,
    request_max_body_size=BODY_BYTES,
)
def apply_folder(services: Provided, author: By, data: JSONBody[FolderInput]) -> AppliedView:
    """Put a folder of definitions in force, as one change: the files become those of the folder, all others go."""
    after = wanted_of(data.files)
    with turn:
        found = now_in_force(services)
        state = state_of(found.definitions)
        if data.state is not None and data.state != state:
            raise Rejected(
                "The definitions of the workspace have changed since the plan was made. Plan again.",
                code="changed_meanwhile",
            )
        changes = changes_between(found.definitions, after)
        texts, _ = texts_in(services.definitions_folder)
        files = mirrored(texts, data.files, found)
        commit(services, files, Author(author.who, How.APPLY))
    return AppliedView([_change(each) for each in changes], state_of(after), sorted(files))


@get("/definitions/state", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def show_state(services: Provided) -> RunningView:
    """Show whether a change of definitions has taken effect."""
    return RunningView(state_of(now_in_force(services).definitions), state_of(services.definitions))


@get("/definitions/export", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def export_definitions(services: Provided) -> ExportView:
    """Write out what is in force: files as they are, comments and all; of one that fails its last good state."""
    folder = services.definitions_folder
    found = now_in_force(services)
    texts, _ = texts_in(folder)
    places = placed(found.definitions, folder)
    good = {
        path: texts[path] for path in set(places.values()) if path in texts and not bodies_in(texts[path])[1]
    }
    wanted = {(each.kind, each.name): each.body for each in found.definitions}
    fresh = rewritten(good, places, wanted).files
    files = {path: text for path, text in (good | fresh).items() if text is not None}
    return ExportView(state_of(found.definitions), dict(sorted(files.items())))


def _change(each: Changed) -> DefinitionChangeView:
    return DefinitionChangeView(each.kind, each.name, each.what, difference_views(each.differences))


def _plan_view(services: Services, plan: Plan, *, named: bool) -> PlanOfView:
    keys = [key for each in plan.audiences for key in (*each.moving.enters, *each.moving.leaves)]
    with services.database.connect().execution_options(read_only=True) as connection:
        documents = read_documents(connection, set(keys)) if named else {}
    counts = plan.identity
    return PlanOfView(
        plan.state,
        plan.wanted,
        [_change(each) for each in plan.changes],
        [_audience(each, documents) for each in plan.audiences],
        [TraitPlanView(name, *what) for name, what in plan.traits.items()],
        [ToldView(each.destination, each.audience, each.entered, each.exited) for each in plan.told],
        plan.people,
        None
        if counts is None
        else IdentityPlanView(counts.before, counts.after, counts.merging, counts.splitting),
    )


def _audience(each: Sized, documents: Mapping[bytes, ProfileDocument]) -> AudiencePlanView:
    moving = each.moving
    enters, leaves = (
        [_person(documents[key]) for key in keys if key in documents]
        for keys in (moving.enters, moving.leaves)
    )
    return AudiencePlanView(
        moving.name,
        each.what,
        list(each.through),
        moving.before,
        moving.after,
        moving.entering,
        moving.leaving,
        enters,
        leaves,
    )


def _person(document: ProfileDocument) -> PlanPersonView:
    return PlanPersonView(
        document.profile_id, name_view(document.traits), named_by(document.identifiers[:NAMED])
    )


router = Router(
    "/",
    route_handlers=[begin_plan, show_plan_of, apply_folder, show_state, export_definitions],
    tags=["definitions"],
)
