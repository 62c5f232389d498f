"""Proposes which column of an unknown file is which kind of field, and says why of each."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa

from weft.identity.kinds.proposal import looks as look
from weft.identity.kinds.proposal.choice import Choice
from weft.identity.kinds.proposal.guess import FEW_VALUES, kind_by_values
from weft.identity.kinds.proposal.headers import Said, read_header
from weft.identity.kinds.proposal.looks import Looks

CONSTANT = 0.999
ONE_EACH = ("given_name", "family_name", "full_name", "birth_date", "gender", "national_id")


def propose(columns: Mapping[str, pa.Array], row_count: int) -> dict[str, Choice]:
    """Return a kind for every column, by its name where that says something that the values bear out, else by values.

    columns: name → values of some or all rows, of any Arrow type. row_count: rows of the whole file. The choice
    for a column depends on the others only where one of a kind is enough (one date of birth, one given name).
    """
    seen = {name: Looks.of(values) for name, values in columns.items()}
    said = {name: read_header(name) for name in columns}
    found = {name: _choose(said[name], seen[name], row_count) for name in columns}
    found = _resolve_names(found, seen)
    found = _one_each(found, said, seen)
    found = _house_numbers(found, said, seen)
    return _without_copies(found)


def _choose(said: Said, seen: Looks, row_count: int) -> Choice:
    if not seen.filled:
        return Choice("ignore", "it is empty, or holds lists or truth values")
    if said.meaning == "other":
        return Choice("ignore", f"“{said.word}” in its name: it is about another person or thing")
    if seen.rows > 1 and (seen.distinct == 1 or seen.top_share >= CONSTANT) and seen.filled == seen.rows:
        return Choice("ignore", "it is the same in every row", seen.top)
    if not len(seen.sample):
        return Choice("ignore", "its values say nothing (n/a, unknown, ...)")
    if said.meaning == "noise":
        return Choice("ignore", f"“{said.word}” in its name: it does not tell who somebody is")
    if said.meaning == "id":
        return Choice(
            "id", f"“{said.word}” in its name: it numbers things, and is no evidence of who somebody is"
        )
    if said.meaning == "name":
        return Choice("name", f"its name, “{said.word}”")
    if said.meaning:
        doubt = _doubt(said.meaning, seen)
        if not doubt:
            return Choice(said.meaning, f"its name, “{said.word}”")
        guessed = kind_by_values(seen, row_count)
        return replace(guessed, reason=f"{guessed.reason}; not {said.meaning}, as its name says: {doubt}")
    return kind_by_values(seen, row_count)


def _doubt(kind: str, seen: Looks) -> str:
    """Say why the values cannot be what the name says; empty where they can."""
    letters, digits = seen.share("[^\x00-@\\[-`{-\x7f]"), seen.share("[0-9]")
    if kind == "email" and seen.share("@") < 0.2:
        return "few values have an @"
    if kind == "phone" and seen.share("[0-9].*[0-9].*[0-9].*[0-9].*[0-9]") < 0.5:
        return "few values have the digits of a number"
    if kind == "birth_date" and seen.birth_years[0] < 0.3:
        return "few values can be read as a date of birth"
    if kind in {"given_name", "family_name", "full_name"} and letters < 0.5:
        return "few values have letters"
    if kind == "postcode" and (digits < 0.3 or seen.lengths[0] > 12):
        return "the values are not like postcodes"
    if kind == "national_id" and digits < 0.5:
        return "few values have digits"
    if kind == "gender" and seen.distinct > 20:
        return "it has too many different values"
    if kind in {"city", "region"} and letters < 0.3 and seen.distinct > 200:
        return "few values have letters"
    return ""


def _resolve_names(found: dict[str, Choice], seen: Mapping[str, Looks]) -> dict[str, Choice]:
    """Decide what a column called just "name" holds: whole names, or the half that has no column of its own."""
    kinds = {choice.kind for choice in found.values()}
    for name, choice in found.items():
        if choice.kind != "name":
            continue
        here = seen[name]
        if "family_name" in kinds and "given_name" not in kinds:
            kind, why = "given_name", "another column holds the family name"
        elif "given_name" in kinds and "family_name" not in kinds:
            kind, why = "family_name", "another column holds the given name"
        elif here.words >= 1.5 or here.eastern_names > 0.3 or here.share("[ ,]") > 0.4:
            kind, why = "full_name", "its values are of several words"
        elif here.share(look.PLAIN_WORD) > 0.5:
            kind, why = "given_name", "its values are single words"
        else:
            kind, why = "text", "its values are not like names"
        found[name] = Choice(kind, f"{choice.reason}, and {why}")
    return found


def _one_each(
    found: dict[str, Choice], said: Mapping[str, Said], seen: Mapping[str, Looks]
) -> dict[str, Choice]:
    """Keep one column of each of some kinds: the one named so, else the one that is filled most.

    Of national ids those named so stay all; of unnamed ones the first is the person's, the others may be anybody's.
    """
    for kind in ONE_EACH:
        rivals = [name for name, choice in found.items() if choice.kind == kind]
        if len(rivals) < 2:
            continue
        best = max(
            rivals, key=lambda name: (said[name].meaning == kind, seen[name].filled, seen[name].distinct)
        )
        for name in rivals:
            if name != best and not (kind == "national_id" and said[name].meaning == kind):
                words = kind in {"given_name", "family_name", "full_name"}
                text = "category" if seen[name].distinct <= FEW_VALUES else "text"
                reason = f"like {kind}, but “{best}” is taken for that already"
                found[name] = Choice(text if words else "ignore", reason)
    return found


def _house_numbers(
    found: dict[str, Choice], said: Mapping[str, Said], seen: Mapping[str, Looks]
) -> dict[str, Choice]:
    """Take short numbers in the column right before streets that have none for house numbers."""
    for name, behind in pairwise(list(found)):
        bare = found[behind].kind == "street" and seen[behind].share("[0-9]") < 0.3
        unnamed = not said[name].meaning and found[name].kind in {"ignore", "text"}
        many = seen[name].distinct > FEW_VALUES and seen[name].share("^[0-9]{1,5}(?:-[0-9]+)?[a-z]?$") >= 0.9
        if bare and unnamed and many:
            found[name] = Choice("street", f"short numbers, right before the streets in “{behind}”")
    return found


def _without_copies(found: dict[str, Choice]) -> dict[str, Choice]:
    """Leave out a whole name where its two parts have columns of their own."""
    kinds = {choice.kind for choice in found.values()}
    if {"given_name", "family_name"} <= kinds:
        for name, choice in found.items():
            if choice.kind == "full_name":
                found[name] = Choice("ignore", "a whole name, whose two parts have columns of their own")
    return found
