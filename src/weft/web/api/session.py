"""Signing a browser in with a one-time link, who is signed in, and signing out."""

from typing import Annotated

import msgspec
from litestar import Request, Response, Router, delete, get
from litestar.datastructures import Cookie, State
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Meta

import weft
from weft.model.access import Scope, TokenKind
from weft.storage.database_keys import SESSION_SECONDS
from weft.web.api.access import COOKIE, Gatekeeper, csrf_token, needs
from weft.web.api.describe import Provided, failures
from weft.web.api.page import sign_in_again
from weft.web.times import time_text

Request_ = Request[object, object, State]


class SessionView(msgspec.Struct, frozen=True):
    """Who asks, and what they may do here."""

    name: Annotated[str, Meta(description="Of the token; `browser` for one that signed in with a link.")]
    kind: Annotated[TokenKind, Meta(description="`session` for a signed-in browser.")]
    scopes: Annotated[list[Scope], Meta(description="What it may do.", examples=[["admin"]])]
    workspace: Annotated[str, Meta(description="Name of the workspace.", examples=["shop"])]
    version: Annotated[str, Meta(description="Of Weft.")]
    expires_at: Annotated[str | None, Meta(description="When it ends, RFC 3339; null: never.")]
    now: Annotated[str, Meta(description="The engine's time, RFC 3339: the browser's clock may be wrong.")]
    csrf: Annotated[
        str, Meta(description="A signed-in browser sends it as `X-Weft-CSRF` with each change; else empty.")
    ]


@get("/session", guards=[needs(None)], responses=failures(), sync_to_thread=True)
def show_session(request: Request_, services: Provided) -> SessionView:
    """Tell who is signed in. 401: nobody is; open the link that `weft token link` prints."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    token = gatekeeper.token_of(request)
    assert token is not None  # the guard let it in
    by_cookie = token.kind is TokenKind.SESSION and "authorization" not in request.headers
    return SessionView(
        token.name,
        token.kind,
        sorted(token.scopes),
        services.settings.workspace.name,
        weft.__version__,
        None if token.expires_us is None else time_text(token.expires_us),
        time_text(services.clock()),
        csrf_token(request.cookies.get(COOKIE, "")) if by_cookie else "",
    )


@delete("/session", guards=[needs(None)], responses=failures(), status_code=204, sync_to_thread=True)
def end_session(request: Request_, services: Provided) -> Response[None]:
    """Sign out: end the session, at once, and take its cookie away. A token given by header stays valid."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    token = gatekeeper.token_of(request)
    if token is not None and token.kind is TokenKind.SESSION:
        services.tokens.revoke(token.token_id)
        gatekeeper.forget(request)
    return Response(None, status_code=204, cookies=[_cookie("", 0, secure=_is_secure(request))])


@get("/enter", include_in_schema=False, sync_to_thread=True)
def enter(request: Request_, services: Provided, link: FromQuery[str] = "") -> Response[bytes] | Redirect:
    """Take the secret of a link for a session, once, and go to the console."""
    session = services.tokens.redeem(link)
    if session is None:
        return sign_in_again()
    cookie = _cookie(session[1], SESSION_SECONDS, secure=_is_secure(request))
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Redirect("/", status_code=303, cookies=[cookie], headers=headers)


def _is_secure(request: Request_) -> bool:
    return request.scope.get("scheme") == "https"


def _cookie(secret: str, seconds: int, *, secure: bool) -> Cookie:
    return Cookie(
        COOKIE, value=secret, max_age=seconds, httponly=True, samesite="strict", path="/", secure=secure
    )


router = Router("/", route_handlers=[show_session, end_session], tags=["session"])
entrance = Router("/", route_handlers=[enter])
