"""The kinds of field that say something of a person, and the way to bring a value of each into one form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from weft.errors import Rejected
from weft.identity.kinds.birth import birth_date_steps, day_order
from weft.identity.kinds.codes import GENDER_STEPS, ID_STEPS, NATIONAL_ID_STEPS, TEXT_STEPS
from weft.identity.kinds.email import EMAIL_STEPS
from weft.identity.kinds.names.forms import FULL_NAME_STEPS, name_steps
from weft.identity.kinds.phone import phone_steps
from weft.identity.kinds.places import CITY_STEPS, REGION_STEPS, postcode_steps
from weft.identity.kinds.steps import Steps, run, run_one
from weft.identity.kinds.street import STREET_STEPS
from weft.identity.kinds.text import READ_CHARS, as_text

Scope = Literal["personal", "household", "none"]


@dataclass(frozen=True)
class Kind:
    """A kind of field: its name, who shares a value of it, and its normaliser.

    scope: personal (a second person with the same value is chance), household (people who live together share
    it), none (many share it, or it is no evidence at all).
    evidence: whether scoring may compare it.
    steps: country (ISO 3166, two letters) or None → the normaliser.
    """

    name: str
    scope: Scope
    steps: Callable[[str | None], Steps]
    evidence: bool = True


def _always(steps: Steps) -> Callable[[str | None], Steps]:
    return lambda country: steps


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("given_name", "personal", _always(name_steps("given_name"))),
        Kind("family_name", "household", _always(name_steps("family_name"))),
        Kind("full_name", "personal", _always(FULL_NAME_STEPS)),
        Kind("birth_date", "personal", birth_date_steps),
        Kind("email", "personal", _always(EMAIL_STEPS)),
        Kind("phone", "household", phone_steps),
        Kind("postcode", "household", postcode_steps),
        Kind("street", "household", _always(STREET_STEPS)),
        Kind("city", "household", _always(CITY_STEPS)),
        Kind("region", "household", _always(REGION_STEPS)),
        Kind("national_id", "personal", _always(NATIONAL_ID_STEPS)),
        Kind("gender", "none", _always(GENDER_STEPS)),
        Kind("text", "none", _always(TEXT_STEPS)),
        Kind("category", "none", _always(TEXT_STEPS)),
        Kind("id", "none", _always(ID_STEPS), evidence=False),
        Kind("ignore", "none", _always(ID_STEPS), evidence=False),
    )
}
"""Every kind by its name. A phone is the household's until `phone_is_mobile` says that it is one person's."""


def kind_of(name: str) -> Kind:
    """Return a kind. Rejected: there is none of that name; the message lists those that there are."""
    kind = KINDS.get(name)
    if kind is None:
        raise Rejected(f"there is no kind of field {name!r}; use one of: {', '.join(KINDS)}")
    return kind


def normalise(kind: str, values: pa.Array, country: str | None = None) -> pa.StringArray:
    """Return the values in one form; same length, null where a value says nothing.

    values: of any Arrow type; the unique values of a column, since the cost is per value. The result of a value
    does not depend on the others, but for the order of day and month in dates, which the column decides.
    country: ISO 3166, two letters, for phones, postcodes and dates; None: only what is sure without.
    """
    texts = as_text(values)
    if kind == "birth_date":
        return run(birth_date_steps(country, day_order(texts, country)), texts)
    return run(kind_of(kind).steps(country), texts)


def normalise_one(kind: str, value: str | None, country: str | None = None) -> str | None:
    """Return one value as `normalise` does for a column of it alone; some microseconds."""
    if value is None:
        return None
    return run_one(kind_of(kind).steps(country), value[:READ_CHARS])
