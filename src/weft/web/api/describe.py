"""What all routes share: how dependencies come in, how errors are documented, pages."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from weft.model.definition import Author
from weft.web.api.services import Services
from weft.web.problems import TITLES, Problem

Provided = NamedDependency[Services]
"""The services, as a handler's parameter named `services`."""

By = NamedDependency[Author]
"""Who asks for a change of definitions, as a handler's parameter named `author`."""

Limit = Annotated[int, QueryParameter(description="Most items to return.", ge=1, le=1_000)]

LIMIT_DEFAULT = 100


def failures(*statuses: int) -> dict[int, ResponseSpec]:
    """Return how a route can fail, for OpenAPI: what every route can, and the given statuses."""
    every = (401, 403, 429, 503, *statuses)
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=TITLES[status])
        for status in sorted(every)
    }
