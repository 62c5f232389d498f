"""People: found by any identifier or by part of a name; without a search, those seen last."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter
from msgspec import Meta

from weft.errors import Rejected
from weft.model.access import Scope
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.profile.naming import is_known, search_terms
from weft.storage.database_people import place_of, place_text, search_people
from weft.storage.database_profiles import owners_of, read_documents
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.times import time_text

NAMESPACES = ("user_id", "email", "phone", "anonymous_id", "device_id", "advertising_id")
"""Tried with a word that names no namespace itself."""

QUERY_CHARACTERS = 300
_HAS_DIGIT = re.compile(r"\d").search
"""Ids of records have a digit; names do not, and their letters are not looked for in the warehouse."""

Query = Annotated[
    str,
    QueryParameter(
        description="Part of a name, an e-mail address, a telephone number or another identifier, in any script; "
        "several words must all occur. The whole id of a device, a profile or a record (an order, say) too. "
        "Empty: those seen last.",
        max_length=QUERY_CHARACTERS,
    ),
]


class PersonView(msgspec.Struct, frozen=True):
    """One profile in a list."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    known: Annotated[bool, Meta(description="Named by something else than a browser or a device.")]
    last_seen_at: Annotated[str, Meta(description="RFC 3339.")]
    events: Annotated[int, Meta(description="How many are known.")]
    audiences: Annotated[list[str], Meta(description="That the person is in, the last entered first.")]


class PeoplePage(msgspec.Struct, frozen=True):
    """People, an exact match first, then the last seen. next: pass it as `after` for more; null at the end."""

    people: list[PersonView]
    next: str | None


@get("/people", guards=[needs(Scope.PROFILES)], responses=failures(400), sync_to_thread=True)
def list_people(
    services: Provided,
    q: Query = "",
    known: Annotated[
        bool | None, QueryParameter(description="true: only known people; false: only anonymous ones.")
    ] = None,
    after: Annotated[str | None, QueryParameter(description="`next` of the page before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    profile: Annotated[
        list[UUID] | None,
        QueryParameter(description="These and no search; as many as there are.", max_items=500),
    ] = None,
) -> PeoplePage:
    """Find people."""
    if profile:
        with services.database.connect().execution_options(read_only=True) as connection:
            named = read_documents(connection, [each.bytes for each in profile])
        return PeoplePage([person_view(each) for each in named.values()], None)
    place = None if after is None else place_of(after)
    if after is not None and place is None:
        raise Rejected("`after` is what the last page's `next` said.")
    with services.database.connect().execution_options(read_only=True) as connection:
        found = search_people(connection, search_terms(q), known=known, after=place, limit=limit)
        documents = read_documents(connection, [each.profile_id for each in found])
    exact = [each for each in _exact(services, q.strip()) if known is None or _known(each) is known]
    ids = {each.profile_id.bytes for each in exact}
    people = [] if place else exact
    people += [
        documents[p.profile_id] for p in found if p.profile_id in documents and p.profile_id not in ids
    ]
    more = place_text(found[-1]) if len(found) == limit else None
    return PeoplePage([person_view(each) for each in people], more)


def person_view(profile: ProfileDocument) -> PersonView:
    """Return a profile as lists show it."""
    return PersonView(
        profile.profile_id,
        name_view(profile.traits),
        named_by(profile.identifiers),
        _known(profile),
        time_text(profile.last_seen_us),
        profile.events,
        sorted(profile.audiences, key=lambda name: (-profile.audiences[name], name)),
    )


def _exact(services: Services, text: str) -> list[ProfileDocument]:
    """Return those whom the text names as a whole: a profile id, `namespace:value`, or a value of a usual namespace."""
    found: dict[UUID, ProfileDocument] = {}
    for profile in _candidates(services, text):
        if profile is not None:
            found.setdefault(profile.profile_id, profile)
    if not found and _HAS_DIGIT(text):
        return _holders(services, text)
    return list(found.values())


def _holders(services: Services, record_id: str) -> list[ProfileDocument]:
    """Return those to whom the records of an id belong."""
    nodes = services.facts.nodes_of_record(record_id)
    if not nodes:
        return []
    with services.database.connect().execution_options(read_only=True) as connection:
        return list(read_documents(connection, owners_of(connection, nodes)).values())


def _candidates(services: Services, text: str) -> Iterable[ProfileDocument | None]:
    from weft.collect.identifiers import normalise_identifier

    if not text:
        return
    with suppress(ValueError):  # no profile id
        yield services.profiles.get(UUID(text))
    namespace, colon, value = text.partition(":")
    pairs = [(name, text) for name in NAMESPACES] + ([(namespace, value)] if colon else [])
    for name, said in pairs:
        normal = normalise_identifier(name, said)
        if normal is not None:
            yield services.profiles.find(Identifier(name, normal))


def _known(profile: ProfileDocument) -> bool:
    return is_known(profile.identifiers)


router = Router("/", route_handlers=[list_people], tags=["people"])
