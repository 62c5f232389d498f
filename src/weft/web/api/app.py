"""The engine API: one list of resources, one table of errors."""

from typing import Any

import structlog
from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ASGIApp

import weft
from weft.errors import Misconfigured, Rejected, WeftError
from weft.web.api import (
    audience_preview,
    audience_text,
    audiences,
    connections,
    consent,
    console,
    definition_changes,
    definition_plans,
    definition_versions,
    definitions,
    destinations,
    events,
    explain,
    health,
    households,
    identity,
    identity_quality,
    identity_questions,
    identity_rules,
    instance,
    lists,
    movements,
    overview,
    people,
    person,
    plans,
    profiles,
    quarantine,
    session,
    settings,
    slots,
    sources,
    survivorship,
    tokens,
    trait_reading,
    traits,
)
from weft.web.api.access import Gatekeeper, author_of
from weft.web.api.figures import Figures
from weft.web.api.health import registry_of
from weft.web.api.live import Live
from weft.web.api.observe import Observed
from weft.web.api.services import Services
from weft.web.problems import CONTENT_TYPE, TITLES, Problem, headers_of, problem_of

RESOURCES = (
    session,
    overview,
    sources,
    events,
    explain,
    movements,
    people,
    profiles,
    person,
    traits,
    trait_reading,
    households,
    audiences,
    audience_text,
    audience_preview,
    lists,
    identity,
    identity_quality,
    identity_questions,
    identity_rules,
    quarantine,
    definitions,
    definition_changes,
    definition_versions,
    definition_plans,
    survivorship,
    plans,
    slots,
    destinations,
    connections,
    consent,
    tokens,
    settings,
    instance,
)

BODY_BYTES = 1_000_000

log = structlog.get_logger()

AnyRequest = Request[Any, Any, State]


def api_app(services: Services) -> ASGIApp:
    """Return the ASGI application: `/api`, health and figures, the console."""
    registry, figures = registry_of(services), Figures(services)
    figures.begin()
    return Observed(_litestar(services, registry, figures), registry)


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document; it needs no stores."""
    nothing = {
        "services": Provide(_no_services, sync_to_thread=False),
        "author": Provide(author_of, sync_to_thread=False),
    }
    return Litestar(_routers(), dependencies=nothing, openapi_config=_openapi()).openapi_schema.to_schema()


def _no_services() -> Services:
    raise Misconfigured("This application only describes itself.")


def _routers() -> list[Router]:
    api = Router("/api", route_handlers=[each.router for each in RESOURCES])
    return [api, health.router, session.entrance, console.router]


def _litestar(services: Services, registry: object, figures: Figures) -> Litestar:
    live = Live(services.events.find, lambda: services.log.backlog().consumed)
    return Litestar(
        _routers(),
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "author": Provide(author_of, sync_to_thread=False),
        },
        state=State(
            {
                "gatekeeper": Gatekeeper(services),
                "registry": registry,
                "live": live,
                "figures": figures,
                "plans": definition_plans.Plans(),
                "instance": instance.Instance(services),
                "assets": console.Assets(console.FOLDER),
            }
        ),
        exception_handlers={
            WeftError: _told,
            HTTPException: _http,
            RecursionError: _nested,
            Exception: _unexpected,
        },
        openapi_config=_openapi(),
        logging_config=None,
        request_max_body_size=BODY_BYTES,
    )


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "bearer": SecurityScheme(type="http", scheme="bearer", description="A token."),
        "basic": SecurityScheme(type="http", scheme="basic", description="The token as user name."),
    }
    return OpenAPIConfig(
        title="Weft engine API",
        version=weft.__version__,
        description="Looks after a workspace. Every failure is told as problem+json with a stable `code`.",
        components=Components(security_schemes=schemes),
        security=[{"bearer": []}, {"basic": []}],
        use_handler_docstrings=True,
        path="/api/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


def _told(request: AnyRequest, error: WeftError) -> Response[Problem]:
    problem = problem_of(error, _request_id(request))
    return Response(problem, status_code=problem.status, media_type=CONTENT_TYPE, headers=headers_of(error))


def _http(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Tell what the framework refuses: no route, wrong method, a body or parameter that does not fit."""
    status = error.status_code
    faults: list[str] = []
    detail = error.detail
    if isinstance(error, ValidationException):
        faults = [_fault(each) for each in error.extra] if isinstance(error.extra, list) else []
        detail = "; ".join(faults) or "The body or a parameter does not fit. See /api/schema/openapi.json."
    elif status == 404:
        detail = "There is no such route. See /api/schema/openapi.json."
    title = TITLES.get(status, "The request cannot be taken as it is")
    problem = Problem(title, status, _code(status), detail, request_id=_request_id(request), errors=faults)
    return Response(problem, status_code=status, media_type=CONTENT_TYPE, headers=error.headers)


def _nested(request: AnyRequest, error: RecursionError) -> Response[Problem]:
    """Tell of a body that nests deeper than any that has a meaning; without a body the fault is ours."""
    if request.method in ("GET", "DELETE"):
        return _unexpected(request, error)
    return _told(request, Rejected("The body is nested too deep to be read."))


def _unexpected(request: AnyRequest, error: Exception) -> Response[Problem]:
    request_id = _request_id(request)
    log.error("api.failed", request_id=request_id, exc_info=error)
    detail = "Something went wrong inside of Weft. The log has a line with this request's id."
    problem = Problem(TITLES[500], 500, "internal", detail, request_id=request_id)
    return Response(problem, status_code=500, media_type=CONTENT_TYPE)


def _code(status: int) -> str:
    codes = {
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        401: "unauthenticated",
        403: "denied",
    }
    return codes.get(status, "rejected" if status < 500 else "internal")


def _fault(extra: Any) -> str:
    if isinstance(extra, dict):
        key, message = extra.get("key", ""), extra.get("message", "")
        return f"{key}: {message}" if key else str(message)
    return str(extra)


def _request_id(request: AnyRequest) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))
