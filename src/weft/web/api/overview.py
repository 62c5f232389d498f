"""How the workspace is, on one page."""

from typing import Annotated

import msgspec
from litestar import Router, get
from msgspec import Meta

import weft
from weft.model.access import Scope
from weft.storage.database_delivery import counts
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.services import Services, WorkerStatus


class Overview(msgspec.Struct, frozen=True):
    """Addresses, lag, counts, health."""

    workspace: Annotated[str, Meta(examples=["shop"])]
    version: Annotated[str, Meta(description="Of Weft.")]
    edge: Annotated[str, Meta(description="Where SDKs send to.", examples=["http://127.0.0.1:8401"])]
    api: Annotated[str, Meta(description="Where this API answers.")]
    events_accepted: Annotated[int, Meta(description="Events that the log ever took.")]
    events_behind: Annotated[int, Meta(description="Accepted events that are not yet in the warehouse.")]
    audiences: Annotated[dict[str, int], Meta(description="Name → current members.")]
    quarantine: Annotated[dict[str, int], Meta(description="Reason → refused events.")]
    deliveries: Annotated[dict[str, dict[str, int]], Meta(description="Destination → state → items.")]
    workers: list[WorkerStatus]


@get("/overview", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def show_overview(services: Provided) -> Overview:
    """Show how the workspace is."""
    return overview_of(services)


def overview_of(services: Services) -> Overview:
    """Gather the overview."""
    backlog = services.log.backlog()
    sizes = services.facts.sizes()
    with services.database.connect().execution_options(read_only=True) as connection:
        deliveries = counts(connection)
    return Overview(
        services.settings.workspace.name,
        weft.__version__,
        services.edge_url,
        services.api_url,
        backlog.head,
        backlog.behind,
        {each.name: sizes.get(each.name, 0) for each in services.definitions if each.kind == "audiences"},
        dict(services.quarantine.counts()),
        {to: {state.value: n for state, n in states.items()} for to, states in deliveries.items()},
        list(services.workers()),
    )


router = Router("/", route_handlers=[show_overview], tags=["overview"])
