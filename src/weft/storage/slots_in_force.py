"""The slots in force, with the rules behind them in words, as the edge serves them."""

from collections.abc import Iterable

from weft.audience.sentence import sentences
from weft.decide.definition import read_slots
from weft.model.audience import AllRule, Audience
from weft.model.slot import Slot
from weft.storage.database_slots import ServedRule, ServedSlot
from weft.storage.definitions_in_force import InForce


def slots_in_force(found: InForce) -> tuple[Slot, ...]:
    """Return the slots among the definitions in force."""
    return read_slots(found.definitions, found.held)[0]


def served(slots: Iterable[Slot], audiences: Iterable[Audience]) -> list[ServedSlot]:
    """Return slots as they are served: each with the rules of the audiences that it names."""
    rules = {each.name: each for each in audiences}
    return [
        ServedSlot(slot, {name: _said(rules[name]) for name in slot.audiences if name in rules})
        for slot in slots
    ]


def _said(audience: Audience) -> ServedRule:
    """Return a rule in words: the whole, and its parts where all of them hold for every member."""
    who = audience.who
    parts = [sentences(each) for each in (who.rules if isinstance(who, AllRule) else (who,))]
    whole = sentences(who)
    return ServedRule(whole, {language: [part[language] for part in parts] for language in whole})
