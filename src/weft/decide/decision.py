"""The decision what to show a person at a place now. Pure: memberships and consent come in as they are known."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec

from weft.consent.gate import Cleared
from weft.model.consent import Denied
from weft.model.slot import Slot


class Ground(StrEnum):
    """On what a decision rests."""

    OFFER = "offer"
    DEFAULT = "default"
    """No offer is for this person."""
    UNKNOWN = "unknown_person"
    HELD_BACK = "held_back"
    NO_CONSENT = "no_consent"


class Decision(msgspec.Struct, frozen=True):
    """What to show: JSON, None for nothing.

    offer: its name; empty for the default and for nothing. audience: membership of which decided; empty for none.
    detail: of a missing consent, what the gate said.
    """

    ground: Ground
    show: Any = None
    offer: str = ""
    audience: str = ""
    detail: str = ""


def decide(slot: Slot, audiences: Collection[str] | None, consent: Cleared | Denied | None) -> Decision:
    """Decide for one person.

    audiences: those that the person is in, None for somebody who is not known. consent: what the gate said of the
    purpose of the slot; whatever is no `Cleared` shows a known person nothing.
    """
    if audiences is None:
        return Decision(Ground.UNKNOWN, slot.default)
    held = next((name for name in slot.held_back if name in audiences), None)
    if held is not None:
        return Decision(Ground.HELD_BACK, audience=held)
    if not isinstance(consent, Cleared):
        return Decision(Ground.NO_CONSENT, detail=consent.reason.value if consent else "")
    for offer in slot.offers:
        if not offer.audience or offer.audience in audiences:
            return Decision(Ground.OFFER, offer.show, offer.name, offer.audience)
    return Decision(Ground.DEFAULT, slot.default)
