"""Slots: places in a page or an app, and the offers among which is decided what is shown there."""

from typing import Any

import msgspec


class Offer(msgspec.Struct, frozen=True):
    """What may be shown: any JSON. audience: whom it is for; empty for every person who is known."""

    name: str
    audience: str
    show: Any


class Slot(msgspec.Struct, frozen=True):
    """A place with its offers, the first that fits first.

    purpose: of the consent without which nothing is decided. held_back: audiences whose members are shown nothing.
    default: for whom no offer is, and for people who are not known; None for nothing. explain: the caller is told the
    rule behind the offer in words.
    """

    name: str
    purpose: str
    offers: tuple[Offer, ...]
    held_back: tuple[str, ...] = ()
    default: Any = None
    description: str = ""
    explain: bool = True

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences that it names, each once, in order."""
        named = (*self.held_back, *(offer.audience for offer in self.offers if offer.audience))
        return tuple(dict.fromkeys(named))
