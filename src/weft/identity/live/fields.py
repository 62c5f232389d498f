"""The kinds of field that a trait may be. A file of its own: reading the rules needs no more of matching."""

PERSON_KINDS = (
    "given_name",
    "family_name",
    "full_name",
    "birth_date",
    "email",
    "phone",
    "national_id",
    "street",
    "postcode",
    "city",
    "region",
    "gender",
)
"""Kinds of field that a trait may be; each is a field of the model under its own name, but the full name, which is
taken apart."""

IGNORE = "ignore"
