"""The Profile API on the edge: plain ASGI, point reads of the database store.

`GET /v1/spaces/{space}/collections/users/profiles/{type:value}/{traits|external_ids|metadata|links|consent|events}`.
Events, and what a profile was at a moment (`as_of`), are not in the database store: they are asked of the engine with
the caller's own token.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote
from uuid import UUID, uuid4

import msgspec
import structlog
from sqlalchemy import Engine

from weft.clock import now_us
from weft.collect.identifiers import normalise_identifier
from weft.config import Settings
from weft.errors import (
    MethodNotAllowed,
    NotFound,
    PolicyDenied,
    Rejected,
    Transient,
    Unauthenticated,
    WeftError,
)
from weft.language.text import microseconds_of
from weft.model.access import Scope
from weft.model.consent import Evidence
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.ports import Profiles
from weft.storage.database import Unanswering
from weft.storage.database_consent import read_evidence
from weft.storage.database_keys import DatabaseTokens
from weft.web import profile_views as views
from weft.web.credentials import Doorkeeper, secret_of
from weft.web.problems import headers_of, status_of
from weft.web.profile_engine import EngineAnswers, EngineUrl
from weft.web.rates import Rates

Asgi = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

_PLAIN = re.compile("[A-Za-z0-9_./:-]*").fullmatch
SPACES = "/v1/spaces/"
PARAMETERS = frozenset({"include", "class", "limit", "next", "verbose", "as_of"})
PAST_RESOURCES = frozenset({"traits", "external_ids", "metadata"})

_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_encode = msgspec.json.Encoder().encode

log = structlog.get_logger()


class Place(NamedTuple):
    """What a path names."""

    namespace: str
    value: str
    resource: str


class Reader:
    """Reads what a resource needs. Blocking point reads of about a tenth of a millisecond, on the loop."""

    def __init__(self, profiles: Profiles, database: Engine, settings: Settings, node_key: str) -> None:
        self._profiles = profiles
        self._database = database.execution_options(read_only=True)
        self._settings = settings
        self._node_key = node_key

    def profile(self, place: Place) -> ProfileDocument:
        """Return the profile or raise NotFound."""
        found = self._find(place)
        if found is None:
            raise NotFound("No profile is known by that identifier (yet: events need a moment to arrive).")
        return found

    def view(self, profile: ProfileDocument, resource: str, query: views.Query) -> dict[str, Any]:
        """Return a resource of a profile, from the database store alone."""
        match resource:
            case "traits":
                return views.traits(profile, query, profile.as_of_us if query.as_of else now_us())
            case "external_ids":
                return views.external_ids(profile, query)
            case "metadata":
                return views.metadata(profile, query)
            case "links":
                return views.links(profile, query)
            case _:
                defaults = self._settings.consent.default
                return views.consent(
                    profile, query, self._evidence(profile), defaults, self._node_key, now_us()
                )

    def _find(self, place: Place) -> ProfileDocument | None:
        if place.namespace == "profile_id":
            try:
                return self._profiles.get(UUID(place.value))
            except ValueError:
                raise Rejected("profile_id is a UUID.") from None
        value = normalise_identifier(place.namespace, place.value)
        return None if value is None else self._profiles.find(Identifier(place.namespace, value))

    def _evidence(self, profile: ProfileDocument) -> Evidence:
        nodes = [node_id(self._node_key, each) for each in profile.identifiers]
        with self._database.connect() as connection:
            return read_evidence(connection, nodes)


def profile_api(
    *,
    profiles: Profiles,
    tokens: DatabaseTokens,
    database: Engine,
    settings: Settings,
    node_key: str,
    engine_url: EngineUrl,
) -> Asgi:
    """Return the ASGI application for paths under /v1/spaces/. engine_url: where the engine answers now, if it does."""
    per_second = settings.api.profile_requests_per_second
    doorkeeper = Doorkeeper(tokens, time.monotonic)
    rates = Rates(per_second, per_second)
    reader = Reader(profiles, database, settings, node_key)
    engine = EngineAnswers(engine_url)

    async def answer(scope: Any) -> dict[str, Any]:
        if scope["method"] != "GET":
            raise MethodNotAllowed("The Profile API is read with GET.")
        secret = _admit(scope, doorkeeper, rates)
        path = scope["path"]
        place, query = _place(path), _query(path, scope["query_string"])
        if query.as_of and place.resource not in PAST_RESOURCES:
            raise Rejected(f"`as_of` goes with {', '.join(sorted(PAST_RESOURCES))}.")
        profile = reader.profile(place)
        if place.resource == "events":
            return await engine.events(profile, query, secret)
        if query.as_of:
            profile = await engine.past(profile, query.as_of, secret)
        return reader.view(profile, place.resource, query)

    async def application(scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        request_id = uuid4().hex
        try:
            status, body, headers = 200, await answer(scope), {}
        except WeftError as error:
            status, body, headers = _told(error)
        except Unanswering:
            status, body, headers = _told(Transient("The database does not answer at the moment."))
        except Exception as error:
            log.exception("profile_api.failed", request_id=request_id, error=type(error).__name__)
            status, body, headers = (
                500,
                _error("internal", "Something went wrong. The log has this request's id."),
                {},
            )
        await _send(send, status, body, {**headers, "Request-Id": request_id})

    return application


def _admit(scope: Any, doorkeeper: Doorkeeper, rates: Rates) -> str:
    """Return the secret of a token that may read profiles now."""
    shown = next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), ""
    )
    secret = secret_of(shown)
    token = doorkeeper.token(secret) if secret else None
    if secret is None or token is None:
        raise Unauthenticated(
            "Show a token with Basic auth, the token as user name. `weft token new` makes one."
        )
    if not token.allows(Scope.PROFILES):
        raise PolicyDenied("This token lacks the scope `profiles`.")
    rates.take(token.token_id, time.monotonic())
    return secret


RESOURCES = frozenset({"traits", "external_ids", "metadata", "links", "consent", "events"})


def _place(path: str) -> Place:
    """Read /v1/spaces/{space}/collections/{collection}/profiles/{type:value}/{resource}; a value may hold slashes."""
    parts = path.split("/")
    fits = len(parts) >= 9 and [parts[i] for i in (1, 2, 4, 6)] == ["v1", "spaces", "collections", "profiles"]
    if not fits or parts[-1] not in RESOURCES:
        raise NotFound(
            "Ask for /v1/spaces/{space}/collections/users/profiles/{type:value}/{resource}, the resource being one of "
            + ", ".join(sorted(RESOURCES))
        )
    if parts[5] != "users":
        raise NotFound("Weft keeps profiles in the collection `users` only.")
    namespace, colon, value = "/".join(parts[7:-1]).partition(":")
    if not (namespace and colon and value):
        raise Rejected("Name the profile as type:value, such as user_id:42.")
    return Place(namespace, value, parts[-1])


def _query(path: str, query_string: bytes) -> views.Query:
    if not query_string:
        return views.Query(_quoted(path))
    given = parse_qs(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    unknown = sorted(set(given) - PARAMETERS)
    if unknown:
        raise Rejected(f"Unknown parameter. Known: {', '.join(sorted(PARAMETERS))}.")
    single = {name: values[-1] for name, values in given.items()}
    classes = _words(single.get("class", ""))
    if not classes <= views.CLASSES:
        raise Rejected(f"`class` is one of {', '.join(sorted(views.CLASSES))}.")
    return views.Query(
        _quoted(path),
        _words(single.get("include", "")),
        classes,
        _limit(single),
        single.get("next", ""),
        _flag(single.get("verbose", "false")),
        _moment(single.get("as_of", "")),
    )


def _quoted(path: str) -> str:
    """Return the path as `urllib.parse.quote` does; most have nothing but a colon to be quoted."""
    return path.replace(":", "%3A") if _PLAIN(path) else quote(path)


def _limit(single: Mapping[str, str]) -> int:
    text = single.get("limit", str(views.LIMIT_DEFAULT))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= views.LIMIT_MAX):
        raise Rejected(f"`limit` is a whole number from 1 to {views.LIMIT_MAX}.")
    return int(text)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Rejected("`verbose` is true or false.")
    return text == "true"


def _moment(text: str) -> str:
    if text and microseconds_of(text) is None:
        raise Rejected("`as_of` is a moment such as 2026-01-31T08:00:00Z.")
    return text


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in text.split(",") if word)


def _told(error: WeftError) -> tuple[int, dict[str, Any], dict[str, str]]:
    return status_of(error), _error(error.code, str(error)), headers_of(error)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


async def _send(
    send: Callable[[Any], Awaitable[None]], status: int, body: dict[str, Any], headers: Mapping[str, str]
) -> None:
    content = _encode(body)
    pairs = [*_HEADERS, (b"content-length", b"%d" % len(content))]
    pairs += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})
