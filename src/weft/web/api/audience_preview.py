"""Previews: what a rule would come to before it is an audience, or what an audience comes to, in numbers for a page."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody
from msgspec import Meta

from weft.audience.definition import audience_of, rule_of
from weft.audience.sentence import sentences
from weft.errors import NotFound, Rejected
from weft.language.strict import Problem
from weft.model.access import Scope
from weft.model.audience import Rule
from weft.model.audience_preview import (
    AudiencePreview,
    Breakdown,
    Clause,
    Counting,
    Overlap,
    PreviewAsked,
    Reach,
)
from weft.profile.naming import is_known
from weft.storage.database_profiles import read_documents
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.times import time_text


class PreviewRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to preview: exactly one of `who`, `audience` and `name`; and what to count beside its size."""

    who: Annotated[
        dict[str, Any] | None,
        Meta(description="A rule, as `who` of an audience.", examples=[{"trait": "orders", "at_least": 2}]),
    ] = None
    audience: Annotated[dict[str, Any] | None, Meta(description="An audience's whole definition.")] = None
    name: Annotated[str | None, Meta(description="An audience that is defined.")] = None
    traits: Annotated[list[str], Meta(description="Traits to break the members down by.", max_length=10)] = []
    sample: Annotated[int, Meta(description="How many members to show.", ge=0, le=100)] = 10
    overlaps: Annotated[bool, Meta(description="Compare with every other audience.")] = True
    reach: Annotated[bool, Meta(description="Count whom each channel reaches.")] = True
    session: Annotated[
        str,
        Meta(
            description="Any text of the asker's own. A newer preview of the same session ends an older one, "
            "which is answered with 400 and code `replaced`.",
            max_length=100,
        ),
    ] = ""
    wait_seconds: Annotated[
        float, Meta(description="How long to wait for the picture of everybody to be made.", ge=0, le=30)
    ] = 2.0


class PreviewPerson(msgspec.Struct, frozen=True):
    """One member."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    known: Annotated[bool, Meta(description="Named by something else than a browser or a device.")]
    last_seen_at: Annotated[str, Meta(description="RFC 3339.")]


class PreviewView(msgspec.Struct, frozen=True):
    """What a rule comes to.

    While the picture of everybody is being made (state `counting`), only `read` and `of` are filled: ask again.
    """

    state: Literal["counted", "counting"]
    read: Annotated[int, Meta(description="Profiles read so far; all of them once it is counted.")]
    of: Annotated[int, Meta(description="All profiles.")]
    size: Annotated[int, Meta(description="For how many of them the rule holds.")] = 0
    clauses: Annotated[
        list[Clause],
        Meta(
            description="For how many each part of the rule holds alone, by its path: `who` is the whole rule, "
            "`who.all[0].not` a part."
        ),
    ] = []
    overlaps: Annotated[
        list[Overlap],
        Meta(
            description="Other audiences: members, how many of them the rule holds for, and Jaccard's index."
        ),
    ] = []
    breakdowns: Annotated[
        list[Breakdown],
        Meta(
            description="By trait: the 20 most frequent values, or numbers in 20 buckets from `value` to below "
            "`upto` (null: exactly `value`); how many members have another value, and how many have none."
        ),
    ] = []
    reach: Annotated[
        list[Reach],
        Meta(
            description="By channel. addressed: have an identifier that is an address on it (email; phone; push: "
            "push_token, device_token, fcm_token, apns_token). purposes: to how many of these the consent gate "
            "would let the purpose pass now (no refusal, no suppression; a grant, or the default allows)."
        ),
    ] = []
    sample: Annotated[list[PreviewPerson], Meta(description="Some members, known people first.")] = []
    sentence: Annotated[
        dict[str, str], Meta(description="Language (en, ko, zh-TW) → the rule as a sentence.")
    ] = {}
    warnings: Annotated[list[str], Meta(description="What is probably a mistake in the rule.")] = []
    as_of: Annotated[str | None, Meta(description="RFC 3339: the moment for which all of it is true.")] = None
    milliseconds: Annotated[int, Meta(description="How long counting took.")] = 0


@post(
    "/audiences/preview",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def preview_audience(services: Provided, data: JSONBody[PreviewRequest]) -> Response[PreviewView]:
    """Count what a rule comes to for everybody; nothing is written.

    The first preview after a pause makes a picture of all profiles, which takes a minute or two for a million; until
    it is there the answer is 202 with how far it is. All that is asked within ten seconds is answered as of the same
    moment.
    A rule that cannot be read is refused with 400, each fault with its path.
    """
    rule, problems = _rule(services, data)
    asked = PreviewAsked(tuple(data.traits), data.sample, data.session, data.overlaps, data.reach)
    found = services.previews.preview(rule, asked, wait_seconds=data.wait_seconds)
    if isinstance(found, Counting):
        return Response(PreviewView("counting", found.read, found.of), status_code=202)
    return Response(_view(services, found, rule, problems, data.name))


def _rule(services: Services, data: PreviewRequest) -> tuple[Rule, Sequence[Problem]]:
    """Return the rule that is asked about, and the warnings."""
    given = [each for each in (data.who, data.audience, data.name) if each is not None]
    if len(given) != 1:
        raise Rejected("Give exactly one of `who`, `audience` and `name`.")
    understood = services.understood
    if data.name is not None:
        rules = {each.name: each.who for each in understood.audiences}
        if data.name not in rules:
            raise NotFound(f"There is no audience `{data.name}`; known: {', '.join(rules) or 'none'}.")
        return rules[data.name], ()
    if data.audience is not None:
        audience, problems = audience_of(data.audience, understood.traits, understood.audiences)
        rule = None if audience is None else audience.who
    else:
        rule, problems = rule_of(data.who, understood.traits, understood.audiences)
    if rule is None:
        errors = [problem.message for problem in problems if problem.is_error]
        raise Rejected("\n".join(errors), code="bad_definition")
    return rule, problems


def _view(
    services: Services, found: AudiencePreview, rule: Rule, problems: Sequence[Problem], name: str | None
) -> PreviewView:
    ids = [each.bytes for each in found.sample]
    with services.database.connect().execution_options(read_only=True) as connection:
        documents = read_documents(connection, ids)
    people = [documents[key] for key in ids if key in documents]
    return PreviewView(
        "counted",
        found.of,
        found.of,
        found.size,
        list(found.clauses),
        [each for each in found.overlaps if each.audience != name],
        list(found.breakdowns),
        list(found.reach),
        [
            PreviewPerson(
                each.profile_id,
                name_view(each.traits),
                named_by(each.identifiers),
                is_known(each.identifiers),
                time_text(each.last_seen_us),
            )
            for each in people
        ],
        sentences(rule),
        [problem.message for problem in problems],
        time_text(found.as_of_us),
        round(found.took_ms),
    )


router = Router("/", route_handlers=[preview_audience], tags=["audiences"])
