"""The kinds of field that say something of a person, and the way to bring a value of each into one form."""

from collections.abc import Callable

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

Normaliser = Callable[[str | None], Steps]
"""Country (ISO 3166, two letters) or None → the steps that bring a value into one form."""


def _always(steps: Steps) -> Normaliser:
    return lambda country: steps


KINDS: dict[str, Normaliser] = {
    "given_name": _always(name_steps("given_name")),
    "family_name": _always(name_steps("family_name")),
    "full_name": _always(FULL_NAME_STEPS),
    "birth_date": birth_date_steps,
    "email": _always(EMAIL_STEPS),
    "phone": phone_steps,
    "postcode": postcode_steps,
    "street": _always(STREET_STEPS),
    "city": _always(CITY_STEPS),
    "region": _always(REGION_STEPS),
    "national_id": _always(NATIONAL_ID_STEPS),
    "gender": _always(GENDER_STEPS),
    "text": _always(TEXT_STEPS),
    "category": _always(TEXT_STEPS),
    "id": _always(ID_STEPS),
    "ignore": _always(ID_STEPS),
}
"""Every kind by its name. What a column of kind `id` or `ignore` says is never compared."""


def steps_of(kind: str, country: str | None) -> Steps:
    """Return the normaliser of a kind. Rejected: there is none of that name; the message lists those that there are."""
    normaliser = KINDS.get(kind)
    if normaliser is None:
        raise Rejected(f"there is no kind of field {kind!r}; use one of: {', '.join(KINDS)}")
    return normaliser(country)


def normalise(kind: str, values: pa.Array, country: str | None = None) -> pa.StringArray:
    """Return the values in one form; same length, null where a value says nothing.

    values: of any Arrow type; the unique values of a column, since the cost is per value. The result of a value
    does not depend on the others, but for the order of day and month in dates, which the column decides.
    country: ISO 3166, two letters, for phones, postcodes and dates; None: only what is sure without.
    """
    texts = as_text(values)
    if kind == "birth_date":
        return run(birth_date_steps(country, day_order(texts, country)), texts)
    return run(steps_of(kind, country), texts)


def normalise_one(kind: str, value: str | None, country: str | None = None) -> str | None:
    """Return one value as `normalise` does for a column of it alone; some microseconds."""
    if value is None:
        return None
    return run_one(steps_of(kind, country), value[:READ_CHARS])
