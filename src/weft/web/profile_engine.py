"""What the edge asks of the engine for the Profile API: events, and profiles as they were."""

from collections.abc import Callable
from typing import Any

import msgspec

from weft.errors import NotFound, PolicyDenied, Rejected, Transient, WeftError
from weft.language.text import microseconds_of
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.web import profile_views as views
from weft.web.context_view import context_of

EngineUrl = Callable[[], str | None]
ENGINE_SECONDS = 10.0
UNAVAILABLE = "The engine does not answer at the moment; only events and `as_of` need it."


class EngineAnswers:
    """Asks the engine with the caller's token. The HTTP client is loaded at the first question."""

    def __init__(self, engine_url: EngineUrl) -> None:
        self._engine_url = engine_url
        self._client: Any = None

    async def events(self, profile: ProfileDocument, query: views.Query, secret: str) -> dict[str, Any]:
        """Return a page of events, newest first."""
        parameters: dict[str, str | int] = {"limit": query.limit}
        if query.after:
            parameters["before"] = query.after
        page = await self._get(f"/api/profiles/{profile.profile_id}/events", parameters, secret)
        after = "" if page["next"] is None else str(page["next"])
        return views.events(profile, query, page["events"], after)

    async def past(self, profile: ProfileDocument, as_of: str, secret: str) -> ProfileDocument:
        """Return the profile as what was known of it at a moment (RFC 3339) makes it."""
        shown = await self._get(f"/api/profiles/{profile.profile_id}", {"as_of": as_of}, secret)
        return ProfileDocument(
            profile.profile_id,
            tuple(Identifier(each["namespace"], each["value"]) for each in shown["identifiers"]),
            shown["traits"],
            {name: _us(since) for name, since in shown["audiences"].items()},
            _us(shown["first_seen_at"]),
            _us(shown["last_seen_at"]),
            shown["position"],
            _us(shown["as_of"]),
            shown["events"],
            shown["trait_sources"],
            shown["timezone"],
            context_of(shown["context"]),
        )

    async def _get(self, path: str, parameters: dict[str, str | int], secret: str) -> dict[str, Any]:
        import httpx

        url = self._engine_url()
        if url is None:
            raise Transient(UNAVAILABLE, retry_after_seconds=2)
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ENGINE_SECONDS)
        headers = {"Authorization": f"Bearer {secret}"}
        try:
            answer = await self._client.get(url + path, params=parameters, headers=headers)
        except httpx.HTTPError as error:
            raise Transient(UNAVAILABLE, retry_after_seconds=2) from error
        if answer.status_code != 200:
            raise _from_engine(answer.status_code)
        return msgspec.json.decode(answer.content)


def _us(text: str) -> int:
    at_us = microseconds_of(text)
    assert at_us is not None
    return at_us


def _from_engine(status: int) -> WeftError:
    if status == 404:
        return NotFound("No profile is known by that identifier (yet: events need a moment to arrive).")
    if status == 400:
        return Rejected("`next` is what the last page's cursor said.")
    if status in {401, 403}:
        return PolicyDenied("The engine does not take this token.")
    return Transient(UNAVAILABLE, retry_after_seconds=2)
