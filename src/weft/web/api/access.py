"""Who may: a token by header or by the cookie of a signed-in browser, its scopes, its rate."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler

from weft.errors import PolicyDenied, Unauthenticated
from weft.model.access import Scope, Token, TokenKind
from weft.model.definition import Author, How
from weft.web.api.services import Services
from weft.web.credentials import Doorkeeper, secret_of
from weft.web.rates import Rates

COOKIE = "weft_session"
CSRF_HEADER = "X-Weft-CSRF"
AUTHOR_HEADER = "X-Weft-Author"
"""The account that gives a local command, percent-encoded; of other tokens it is not believed."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BURST_SECONDS = 10

Connection = ASGIConnection[Any, Any, Any, Any]

_LOCAL = Token("local", "this machine", TokenKind.API, frozenset({Scope.ADMIN}), 0)


class Gatekeeper:
    """Decides on each request; lives as long as the application."""

    def __init__(self, services: Services) -> None:
        self._doorkeeper = Doorkeeper(services.tokens, time.monotonic)
        self._local_token = services.local_token.encode()
        per_second = services.settings.api.requests_per_minute / 60
        self._rates = Rates(per_second, max(1.0, per_second * BURST_SECONDS))

    def token_of(self, connection: Connection) -> Token | None:
        """Return the valid token that a request shows, or None. Only a session may come as a cookie."""
        secret = secret_of(connection.headers.get("authorization", ""))
        if secret is None:
            session = self._doorkeeper.token(connection.cookies.get(COOKIE, ""))
            return session if session is not None and session.kind is TokenKind.SESSION else None
        if hmac.compare_digest(secret.encode(), self._local_token):
            return _LOCAL
        return self._doorkeeper.token(secret)

    def admit(self, connection: Connection, scope: Scope | None) -> Token:
        """Let a request in or raise Unauthenticated, PolicyDenied, TooMany. scope: None for any valid token."""
        token = self.token_of(connection)
        if token is None:
            raise Unauthenticated(
                "Show a token: `Authorization: Bearer <token>`, or Basic with the token as the user name. "
                "`weft token new` makes one, `weft token link` prints a link that signs a browser in."
            )
        _refuse_forged(connection)
        if token is not _LOCAL:
            self._rates.take(token.token_id, time.monotonic())
        if scope is not None and not token.allows(scope):
            raise PolicyDenied(
                f"This token lacks the scope `{scope}`. Make one that has it with `weft token new`."
            )
        return token

    def forget(self, connection: Connection) -> None:
        """Look up the session of this request anew the next time: it was ended."""
        self._doorkeeper.forget(connection.cookies.get(COOKIE, ""))


def author_of(request: Request[Any, Any, State]) -> Author:
    """Return who asks, for the history of definitions. A local command names the account that gave it."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    token = gatekeeper.token_of(request)
    if token is None:
        return Author()
    if token is _LOCAL:
        return Author(unquote(request.headers.get(AUTHOR_HEADER, "")) or token.name, How.API)
    return Author(token.name, How.CONSOLE if token.kind is TokenKind.SESSION else How.API)


def needs(scope: Scope | None) -> Callable[[Connection, BaseRouteHandler], None]:
    """Return the guard of a route that needs a scope, or with None just a valid token."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        gatekeeper: Gatekeeper = connection.app.state.gatekeeper
        gatekeeper.admit(connection, scope)

    return guard


def csrf_token(session_secret: str) -> str:
    """Return what a page of ours shows with each change; nobody who lacks the secret can make it."""
    digest = hmac.digest(session_secret.encode(), b"weft csrf", hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _refuse_forged(connection: Connection) -> None:
    """Raise PolicyDenied for a change that only a cookie vouches for: another site could have sent it."""
    if connection.scope.get("method", "GET") in SAFE_METHODS:
        return
    if secret_of(connection.headers.get("authorization", "")) is not None:
        return
    expected = csrf_token(connection.cookies.get(COOKIE, ""))
    shown = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(shown.encode(), expected.encode()):
        raise PolicyDenied(
            f"A signed-in browser sends `{CSRF_HEADER}` with each change: the `csrf` of GET /api/session. "
            "Reload the page.",
            code="csrf",
        )
