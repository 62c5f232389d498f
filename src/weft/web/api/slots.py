"""Slots: what is shown where and how often, tried for a person, made, changed and deleted."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import yaml
from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.audience.sentence import sentences
from weft.clock import DAY_US
from weft.decide.decision import Ground, decide
from weft.decide.definition import KIND
from weft.decide.reason import SAID, reason_of
from weft.definitions import Definition, version_of
from weft.errors import NotFound
from weft.model.access import Scope
from weft.model.slot import Slot
from weft.storage.database_slots import shown_of
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.plans import Check, Version
from weft.web.api.services import Services, profile_by_name
from weft.web.definition_edit import SavedView, put_definition, remove_definition
from weft.web.slot_choice import Chooser

WEEK_DAYS = 7

Counts = Mapping[tuple[str, str], int]


class ShownView(msgspec.Struct, frozen=True):
    """How often something was shown or decided, by the edges' count, which may lack the last seconds."""

    today: Annotated[int, Meta(description="Since midnight UTC.")]
    week: Annotated[int, Meta(description="Today and on the 6 days before.")]


class OfferView(msgspec.Struct, frozen=True):
    """An offer of a slot."""

    name: str
    audience: Annotated[str, Meta(description="Whom it is for; empty: everybody who is known.")]
    sentence: Annotated[
        dict[str, str], Meta(description="Language (en, ko, zh-TW) → the rule of the audience as a sentence.")
    ]
    show: Annotated[Any, Meta(description="What the page gets.")]
    shown: ShownView


class SlotView(msgspec.Struct, frozen=True):
    """A slot in force."""

    name: Annotated[str, Meta(examples=["home_hero"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]
    version: Annotated[str, Meta(description="Tells one state of it from another.")]
    yaml: Annotated[str, Meta(description="The definition as YAML.")]
    purpose: Annotated[str, Meta(description="The consent without which nothing is shown.")]
    offers: list[OfferView]
    held_back: Annotated[list[str], Meta(description="Audiences whose members are shown nothing.")]
    default: Annotated[Any, Meta(description="For whom no offer is, and for people who are not known.")]
    otherwise: Annotated[
        dict[Ground, ShownView],
        Meta(description="How often no offer was shown, by the ground: `default`, `unknown_person`, …"),
    ]


class WalkedView(msgspec.Struct, frozen=True):
    """An audience that the slot names, and whether the person is in it."""

    audience: str
    offer: Annotated[str, Meta(description="The offer that it is for; empty where it holds back.")]
    member: bool


class DecisionView(msgspec.Struct, frozen=True):
    """What a person would be shown now, and why."""

    ground: Ground
    show: Annotated[Any, Meta(description="What the page would get; null for nothing.")]
    offer: Annotated[str, Meta(description="Empty for what is no offer.")]
    audience: Annotated[str, Meta(description="The audience that decided; empty for none.")]
    sentence: Annotated[dict[str, str], Meta(description="Language (en, ko, zh-TW) → the reason.")]
    walked: Annotated[list[WalkedView], Meta(description="In the order in which it was looked at.")]


@get("/slots", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_slots(services: Provided) -> list[SlotView]:
    """List the slots with their offers and how often each was shown."""
    today = services.clock() // DAY_US
    with services.database.connect().execution_options(read_only=True) as connection:
        now, week = shown_of(connection, today), shown_of(connection, today - WEEK_DAYS + 1)
    rules = _rules(services)
    written = {each.name: each for each in services.definitions if each.kind == KIND}
    return [
        _view(written[slot.name], slot, rules, now.get(slot.name, {}), week.get(slot.name, {}))
        for slot in services.slots
    ]


@get(
    "/slots/{name:str}/decision",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def try_slot(
    services: Provided,
    name: FromPath[str],
    profile: Annotated[
        str, QueryParameter(description="A profile id, or an identifier such as `user_id:42`.")
    ],
) -> DecisionView:
    """Say what a slot would show a person now, and why. Nothing is counted."""
    slot = next((each for each in services.slots if each.name == name), None)
    if slot is None:
        raise NotFound(f"There is no slot `{name}`. Define it in definitions/slots/.")
    settings = services.settings
    try:
        person = profile_by_name(services, profile)
    except NotFound:
        person = None
    chooser = Chooser(services.profiles, services.database, settings.consent.default, services.node_key)
    decision = decide(slot, None, None) if person is None else chooser.choose_for(slot, person)
    rules = _rules(services)
    audiences = person.audiences if person else ()
    return DecisionView(
        decision.ground,
        decision.show,
        decision.offer,
        decision.audience,
        {
            language: reason_of(
                decision, language, {each: said[language] for each, said in rules.items()}, slot.purpose
            )
            for language in SAID
        },
        [
            *(WalkedView(each, "", each in audiences) for each in slot.held_back),
            *(
                WalkedView(offer.audience, offer.name, not offer.audience or offer.audience in audiences)
                for offer in slot.offers
            ),
        ],
    )


@put("/slots/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_slot(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: JSONBody[dict[str, Any]],
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Make a slot, or replace one: the body is its definition, see its JSON Schema.

    It is written to its file under `definitions/slots/`. An empty `version` says that there was none.
    """
    body = {"name": name} | data | {"name": name}
    return put_definition(
        services, KIND, name, body, author, new=version == "", version=version or None, check=check
    )


@delete(
    "/slots/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_slot(services: Provided, author: By, name: FromPath[str]) -> SavedView:
    """Delete a slot: pages that ask for it get 404."""
    return remove_definition(services, KIND, name, author)


def _rules(services: Services) -> dict[str, dict[str, str]]:
    named = {audience for slot in services.slots for audience in slot.audiences}
    return {each.name: sentences(each.who) for each in services.understood.audiences if each.name in named}


def _view(
    written: Definition, slot: Slot, rules: Mapping[str, dict[str, str]], now: Counts, week: Counts
) -> SlotView:
    def shown(ground: Ground, offer: str = "") -> ShownView:
        key = ground.value, offer
        return ShownView(now.get(key, 0), week.get(key, 0))

    return SlotView(
        slot.name,
        slot.description,
        written.body,
        version_of(written.body),
        yaml.safe_dump(written.body, sort_keys=False, allow_unicode=True, width=100),
        slot.purpose,
        [
            OfferView(
                each.name,
                each.audience,
                rules.get(each.audience, {}),
                each.show,
                shown(Ground.OFFER, each.name),
            )
            for each in slot.offers
        ],
        list(slot.held_back),
        slot.default,
        {ground: shown(ground) for ground in Ground if ground is not Ground.OFFER},
    )


router = Router("/", route_handlers=[list_slots, try_slot, put_slot, delete_slot], tags=["slots"])
"""What to show one person at one place."""
