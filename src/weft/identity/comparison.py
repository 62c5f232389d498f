"""Two people field by field, as who decides about them looks at it: what is told of each, and how it agrees. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

NAMES = ("given_name", "family_name")
ORDER = (
    "full_name",
    *NAMES,
    "birth_date",
    "national_id",
    "gender",
    "email",
    "phone",
    "street",
    "postcode",
    "city",
    "region",
)
"""Fields in the order in which people are told apart; others come after, by name."""
ALIKE = 0.85
"""Jaro-Winkler similarity from which on two values look like two spellings of one; only words for the eye follow."""


class Agreement(StrEnum):
    """How the values of both sides agree."""

    SAME = "same"
    ALIKE = "alike"
    DIFFERENT = "different"
    ONE_SIDED = "one_sided"  # only one side has a value
    NONE = "none"  # evidence without values of its own


class Compared(NamedTuple):
    """One field: the values of both sides, as they were told, and what it contributes to the bits, if it was scored."""

    field: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    agreement: Agreement
    bits: float | None


def compare(
    left: Mapping[str, Sequence[str]],
    right: Mapping[str, Sequence[str]],
    bits: Mapping[str, float],
    country: str | None = None,
) -> list[Compared]:
    """Return both sides field by field.

    left, right: kind of field, or another name, → values as they were told. bits: field → its contribution; what has no
    values on either side stands for itself, so that the bits sum to those given.
    """
    fields = {*left, *right, *bits}
    found = [
        Compared(
            field,
            tuple(left.get(field, ())),
            tuple(right.get(field, ())),
            agreement_of(field, left.get(field, ()), right.get(field, ()), country),
            bits.get(field),
        )
        for field in fields
    ]
    return sorted(found, key=_place)


def told_fields(
    traits: Iterable[tuple[str, object]], kind_of: Callable[[str], str | None], bits: Iterable[str]
) -> dict[str, list[str]]:
    """Return kind of field → the values that traits tell of it.

    kind_of: says what a trait tells of a person. A full name is told as its parts where the bits speak of parts.
    """
    from weft.identity.kinds.names.split import split_name

    found: dict[str, list[str]] = {}
    parts = not {*bits}.isdisjoint(NAMES)
    for trait, text in _texts(traits):
        kind = kind_of(trait)
        if kind is None or not text.strip():
            continue
        if kind == "full_name" and parts:
            for name, part in zip(NAMES, split_name(text), strict=True):
                if part:
                    found.setdefault(name, [part])
        elif text not in found.setdefault(kind, []):
            found[kind].append(text)
    if "full_name" in found and not {*NAMES}.isdisjoint(found):
        del found["full_name"]
    return found


def compared_first(
    told: Mapping[str, Sequence[str]], scored: Mapping[str, str], country: str | None = None
) -> dict[str, list[str]]:
    """Return the values of a side with those that a model compared in front, as they were told where that is known.

    scored: kind of field → value in one form, of the one identifier that was compared; a person may tell others.
    """
    found = {field: list(values) for field, values in told.items()}
    for field, value in scored.items():
        values = found.setdefault(field, [])
        same = next((each for each in values if form_of(field, each, country) == value.casefold()), value)
        found[field] = [same, *(each for each in values if each != same)]
    return found


def form_of(field: str, text: str, country: str | None = None) -> str:
    """Return a value in the form in which it is compared."""
    from weft.identity.kinds.registry import KINDS, normalise_one

    normal = normalise_one(field, text, country) if field in KINDS else text
    return (normal or text).casefold()


def agreement_of(
    field: str, left: Sequence[str], right: Sequence[str], country: str | None = None
) -> Agreement:
    """Return how the values of a field agree: the best of all pairs."""
    if not left or not right:
        return Agreement.ONE_SIDED if left or right else Agreement.NONE
    from rapidfuzz.distance import JaroWinkler

    one, other = ({form_of(field, text, country) for text in side} for side in (left, right))
    if one & other:
        return Agreement.SAME
    best = max(JaroWinkler.similarity(first, second) for first in one for second in other)
    return Agreement.ALIKE if best >= ALIKE else Agreement.DIFFERENT


def _texts(traits: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """Give (trait, text) of values that are texts or numbers, and of those within an object as `trait.name`."""
    for trait, value in traits:
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for name, each in inner:
            if isinstance(each, str | int | float) and not isinstance(each, bool):
                yield f"{trait}.{name}".rstrip("."), str(each)


def _place(each: Compared) -> tuple[bool, int, float, str]:
    known = each.field in ORDER
    return (
        each.agreement is Agreement.NONE,
        ORDER.index(each.field) if known else len(ORDER),
        -abs(each.bits or 0.0),
        each.field,
    )
