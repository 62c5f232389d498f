"""What traits say of who somebody is: trait → kind of field, and values in one form. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import msgspec
import pyarrow as pa

from weft.identity.live.fields import PERSON_KINDS

HALF_NAMES = frozenset({"first", "last", "given", "family", "second"})
"""Words that name a column of a file of people, but not a trait that has more words: `last_seen`, `family_size`."""

FEW = 64
"""From so many records on, columns are normalised instead of values."""

OF_MANY = frozenset({"given_name", "family_name", "birth_date", "postcode", "city", "region", "gender"})
"""Kinds of which many people have the same value, which is then normalised once."""
OF_MANY_KEPT = 32_768

TraitEntry = tuple[int, bytes, bytes]
"""As a node keeps a trait: (occurred_us, message key, value as JSON)."""


class PersonFields:
    """Reads traits. named: trait → kind, or `ignore`; others are told by their names. country: ISO 3166, for phones."""

    def __init__(self, named: Mapping[str, str], country: str | None) -> None:
        self._kinds: dict[str, str | None] = {
            trait: kind if kind in PERSON_KINDS else None for trait, kind in named.items()
        }
        self._country = country or None

    def kind(self, trait: str) -> str | None:
        """Return what a trait says of a person; None if nothing. `address.city` is the city of an `address`."""
        if trait not in self._kinds:
            kind = _told_by_name(trait)
            self._kinds[trait] = kind if kind in PERSON_KINDS else None
        return self._kinds[trait]

    def tells(self, traits: Iterable[str]) -> bool:
        """Say whether any of these traits says something of a person (an object may)."""
        return any(self.kind(trait) is not None or trait == "address" for trait in traits)

    def of(self, traits: Mapping[str, TraitEntry]) -> dict[str, str]:
        """Return the value of each kind as it was told; of several traits of one kind the latest."""
        found: dict[str, tuple[int, bytes, str]] = {}
        for trait, (at, key, encoded) in sorted(traits.items()):
            if self.kind(trait) is None and not encoded.startswith(b"{"):
                continue
            for name, text in _texts(trait, msgspec.json.decode(encoded)):
                kind = self.kind(name)
                if kind is not None and (kind not in found or (at, key) > found[kind][:2]):
                    found[kind] = (at, key, text)
        return {kind: text for kind, (_, _, text) in sorted(found.items())}

    def normalise(self, told: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        """Return the records in the form that the model compares; what says nothing is left out.

        The outcome for a record does not depend on the others.
        """
        from weft.identity.kinds.names.split import split_name

        if len(told) >= FEW:
            return self._many(told)
        each: list[dict[str, str]] = []
        for one in told:
            found: dict[str, str] = {}
            for kind, text in one.items():
                form = _form_of_many if kind in OF_MANY else _form
                value = form(kind, text, self._country)
                if value is not None:
                    found[kind] = value
            if found.pop("full_name", None):
                _add_names(found, split_name(one["full_name"]))
            each.append(found)
        return each

    def _many(self, told: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        from weft.identity.kinds.registry import steps_of
        from weft.identity.kinds.steps import run
        from weft.identity.kinds.text import as_text

        found: list[dict[str, str]] = [{} for _ in told]
        for kind in PERSON_KINDS:
            rows = [row for row, one in enumerate(told) if kind in one]
            if not rows:
                continue
            texts = as_text(pa.array([told[row][kind] for row in rows], pa.string()))
            values: list[str | None] = run(steps_of(kind, self._country), texts).to_pylist()
            for row, value in zip(rows, values, strict=True):
                if value is not None:
                    found[row][kind] = value
        _take_names_apart(told, found)
        return found


def _form(kind: str, text: str, country: str | None) -> str | None:
    from weft.identity.kinds.registry import normalise_one

    return normalise_one(kind, text, country)


_form_of_many = lru_cache(OF_MANY_KEPT)(_form)


def fingerprint(told: Mapping[str, str]) -> int:
    """Return a number that changes when what was told does (two texts may share one, with a chance of 2^-32)."""
    return crc32(msgspec.json.encode(told, order="sorted"))


def _told_by_name(trait: str) -> str:
    from weft.identity.kinds.proposal.headers import read_header, words_of

    said = read_header(trait.replace(".", " "))
    if said.word in HALF_NAMES and len(words_of(trait)) > 1:
        return ""
    return "full_name" if said.meaning == "name" else said.meaning


def _take_names_apart(told: Sequence[Mapping[str, str]], found: Sequence[dict[str, str]]) -> None:
    from weft.identity.kinds.names.split import split_names

    rows = [row for row, one in enumerate(found) if one.pop("full_name", None)]
    if not rows:
        return
    parts = split_names(pa.array([told[row]["full_name"] for row in rows], pa.string()))
    given, family = (part.to_pylist() for part in parts)
    for row, *names in zip(rows, given, family, strict=True):
        _add_names(found[row], names)


def _add_names(found: dict[str, str], names: Sequence[str | None]) -> None:
    for part, name in zip(("given_name", "family_name"), names, strict=True):
        if name is not None:
            found.setdefault(part, name)


def _texts(trait: str, value: object) -> Iterator[tuple[str, str]]:
    """Give (name, text) of a value that is a text or a number, and of those within an object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str | int | float) and not isinstance(inner, bool):
                yield f"{trait}.{name}", str(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield trait, str(value)
