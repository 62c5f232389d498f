"""Slots as they are written in `definitions/slots/`."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.definitions import Definition
from weft.language.name import Name, check_name
from weft.language.schema import REFERENCE, one_or_list
from weft.language.strict import Problem, Reader, nearest
from weft.model.slot import Offer, Slot

KIND = "slots"
OFFERS_MAX = 100
HELD_MAX = 20
SHOW_BYTES = 65_536
SLOTS_MAX = 500

Show = Annotated[Any, Meta(description="What the page gets: any JSON, at most 65,536 bytes.")]


class WrittenHeldBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People to whom nothing is shown here."""

    audience: Annotated[str, Meta(description="The audience.", examples=["open_ticket"])]


class WrittenOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to show."""

    name: Name
    audience: Annotated[
        str, Meta(description="Whom it is for; left out: everybody who is known.", examples=["saw_buyers"])
    ] = ""
    show: Show


class WrittenSlot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in a page or an app: the first offer that fits a person is shown there."""

    name: Name
    purpose: Annotated[
        str,
        Meta(
            description="The consent without which nothing is shown, as in `[consent] default`.",
            examples=["personalisation"],
            min_length=1,
            max_length=200,
        ),
    ]
    offers: Annotated[
        list[WrittenOffer],
        Meta(description="The first that fits is shown.", min_length=1, max_length=OFFERS_MAX),
    ]
    held_back: Annotated[
        list[WrittenHeldBack],
        Meta(description="Who is in one of these audiences is shown nothing.", max_length=HELD_MAX),
    ] = []
    default: Annotated[
        Any, Meta(description="Shown when no offer fits, and to people who are not known; left out: nothing.")
    ] = None
    explain: Annotated[
        bool, Meta(description="Tell the page the rule behind the offer, in words; false: only its name.")
    ] = True
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


def read_slots(
    definitions: Iterable[Definition], known: Collection[str] = ()
) -> tuple[tuple[Slot, ...], tuple[Problem, ...]]:
    """Read all definitions of the kind `slots`; return those without an error, and every problem.

    known: audiences that count as defined beside those among the definitions.
    """
    everything = list(definitions)
    audiences = {*known, *(each.name for each in everything if each.kind == "audiences")}
    slots: list[Slot] = []
    problems: list[Problem] = []
    for definition in (each for each in everything if each.kind == KIND):
        reader = Reader(definition.path, definition.name)
        slot = _read(reader, definition.body, audiences)
        if len(slots) == SLOTS_MAX:
            reader.fault("", f"more than {SLOTS_MAX} slots; delete some")
        problems += reader.problems
        if slot is not None and not reader.failed:
            slots.append(slot)
    return tuple(slots), tuple(problems)


def slot_schema() -> dict[str, Any]:
    """Return the JSON Schema of a slot definition."""
    parts = (WrittenSlot, WrittenOffer, WrittenHeldBack)
    _, components = msgspec.json.schema_components(parts, ref_template=REFERENCE)
    return one_or_list("Weft slot", "WrittenSlot", components)


def _read(reader: Reader, body: object, audiences: Collection[str]) -> Slot | None:
    written = reader.whole(WrittenSlot, body)
    if written is None:
        return None
    check_name(reader, written.name)
    names = [offer.name for offer in written.offers]
    for ordinal, offer in enumerate(written.offers):
        at = f"offers[{ordinal}]"
        if offer.name in names[:ordinal]:
            reader.fault(f"{at}.name", f"`{offer.name}` is an offer above already; name this one otherwise")
        if offer.audience:
            _must_be(reader, offer.audience, f"{at}.audience", audiences)
        elif ordinal < len(written.offers) - 1:
            reader.fault(
                at,
                "is for everybody, so those below are never shown; put it last, or say for which `audience`",
            )
        _fits(reader, offer.show, f"{at}.show")
    for ordinal, held in enumerate(written.held_back):
        _must_be(reader, held.audience, f"held_back[{ordinal}].audience", audiences)
    _fits(reader, written.default, "default")
    return Slot(
        written.name,
        written.purpose,
        tuple(Offer(offer.name, offer.audience, offer.show) for offer in written.offers),
        tuple(held.audience for held in written.held_back),
        written.default,
        written.description,
        written.explain,
    )


def _must_be(reader: Reader, name: str, at: str, audiences: Collection[str]) -> None:
    if name not in audiences:
        reader.fault(at, f"no audience is called `{name[:80]}`{nearest(name, audiences)}")


def _fits(reader: Reader, show: object, at: str) -> None:
    if len(msgspec.json.encode(show)) > SHOW_BYTES:
        reader.fault(at, f"is more than {SHOW_BYTES:,} bytes of JSON; show less, or the address of it")
