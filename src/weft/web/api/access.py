"""Who may: a token by header or by the cookie of a signed-in browser, its scopes, its rate."""

import hmac
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from weft.errors import PolicyDenied, Unauthenticated
from weft.model.access import Scope, Token, TokenKind
from weft.web.api.services import Services
from weft.web.credentials import Doorkeeper, secret_of
from weft.web.rates import Rates

COOKIE = "weft_session"
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
        """Return the valid token that a request shows, or None."""
        secret = secret_of(connection.headers.get("authorization", ""))
        if secret is None and _from_here(connection):
            secret = connection.cookies.get(COOKIE)
        if not secret:
            return None
        if hmac.compare_digest(secret.encode(), self._local_token):
            return _LOCAL
        return self._doorkeeper.token(secret)

    def admit(self, connection: Connection, scope: Scope) -> Token:
        """Let a request in or raise Unauthenticated, PolicyDenied, TooMany."""
        token = self.token_of(connection)
        if token is None:
            raise Unauthenticated(
                "Show a token: `Authorization: Bearer <token>`, or Basic with the token as the user name. "
                "`weft token new` makes one."
            )
        if token is not _LOCAL:
            self._rates.take(token.token_id, time.monotonic())
        if not token.allows(scope):
            raise PolicyDenied(
                f"This token lacks the scope `{scope}`. Make one that has it with `weft token new`."
            )
        return token


def needs(scope: Scope) -> Callable[[Connection, BaseRouteHandler], None]:
    """Return the guard of a route that needs a scope."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        gatekeeper: Gatekeeper = connection.app.state.gatekeeper
        gatekeeper.admit(connection, scope)

    return guard


def _from_here(connection: Connection) -> bool:
    """Say whether a cookie may count: reading, or changing from a page of this very origin."""
    if connection.scope.get("method", "GET") in SAFE_METHODS:
        return True
    origin = connection.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == connection.headers.get("host", "")
