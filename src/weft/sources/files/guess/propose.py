"""Guess what the columns of a file mean, from their names and values, and say why."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from weft.model.staged import EVENT_TYPES
from weft.sources.files.expression import NO_NUMBER
from weft.sources.files.guess import names
from weft.sources.files.guess.sample import Sample
from weft.sources.files.guess.times import time_format
from weft.sources.files.mapping import ColumnType, Kind, Mapping, TimeColumn

MOST = 0.8
"""The share of values that must look like something for the column to be it."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s().-]{7,20}")
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,2})?|[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,14})")
_COMMA_NUMBER = re.compile(r"-?\d{1,3}(\.\d{3})*(,\d+)?|-?\d+(,\d+)?")
_FLOATED = re.compile(r"\d+\.0+")
_WORDS = {"true", "false", "yes", "no"}


class Guess(msgspec.Struct, frozen=True):
    """One part of a proposal: what a column is taken for, and why."""

    part: str
    column: str
    reason: str


class Proposal(msgspec.Struct, frozen=True):
    """A mapping to confirm. It may lack parts that cannot be guessed; `check_mapping` names them."""

    mapping: Mapping
    guesses: tuple[Guess, ...]


def propose(sample: Sample, *, kind: Kind | None = None, object_name: str = "") -> Proposal:
    """Propose a mapping. kind, object_name: what is known already."""
    event, type_column, message_id = (
        _event(sample),
        _type(sample),
        _named(sample, names.MESSAGE_ID, _distinct),
    )
    if kind is None:
        kind = "events" if event or type_column or message_id else "records"
    identifiers = list(_identifiers(sample))
    time = _time(sample)
    guesses = [*identifiers]
    spread = _spread(sample)
    if kind == "events":
        key = message_id
        guesses += [
            g for g in (time, event, type_column, _guess("message_id", key, "each row has its own")) if g
        ]
    else:
        key = _row_key(sample, identifiers)
        reason = "every sampled row has its own; a later row with the same one replaces it"
        guesses += [g for g in (time, _guess("record_id", key, reason)) if g]
        object_name = object_name or _object(sample)
    if not identifiers and (last := _last_resort(sample)):
        identifiers.append(last)
        guesses.insert(0, last)
    mapping = Mapping(
        kind=kind,
        object=object_name if kind == "records" else "",
        identifiers={guess.part.removeprefix("identifier "): guess.column for guess in identifiers},
        time=_time_column(sample, time.column) if time else None,
        event_column=event.column if event and kind == "events" else "",
        type_column=type_column.column if type_column and kind == "events" else "",
        message_id=key if kind == "events" else "",
        record_id=key if kind == "records" else "",
        spread=spread if kind == "events" else "",
        types=_types(sample),
        encoding="" if sample.shape.encoding == "utf-8" else sample.shape.encoding,
    )
    if mapping.spread:
        guesses.append(Guess("properties", mapping.spread, "it holds objects"))
    return Proposal(mapping, tuple(guesses))


def _guess(part: str, column: str, reason: str) -> Guess | None:
    return Guess(part, column, reason) if column else None


def _named(sample: Sample, words: str, fits: Callable[[Sequence[Any]], bool]) -> str:
    """Return the column with the best of these names whose values fit."""
    by_name = {names.plain(column): column for column in reversed(sample.shape.columns)}
    for word in words.split():
        column = by_name.get(word)
        if column is not None and fits(sample.values[column]):
            return column
    return ""


def _filled(values: Sequence[Any]) -> bool:
    return bool(values) and not isinstance(values[0], dict | list)


def _distinct(values: Sequence[Any]) -> bool:
    return _filled(values) and len(set(map(str, values))) == len(values)


def _share(values: Sequence[Any], pattern: re.Pattern[str]) -> float:
    return sum(1 for v in values if pattern.fullmatch(str(v).strip())) / len(values) if values else 0.0


def _is_email(values: Sequence[Any]) -> bool:
    return _share(values, _EMAIL) >= MOST


def _has_email(values: Sequence[Any]) -> bool:
    """Say whether at least one is an address: a column of that name may hold bad ones."""
    return _share(values, _EMAIL) > 0


def _is_phone(values: Sequence[Any]) -> bool:
    return _share(values, _PHONE) >= MOST


def _identifiers(sample: Sample) -> Iterator[Guess]:
    checks: dict[str, Callable[[Sequence[Any]], bool]] = {"email": _has_email, "phone": _is_phone}
    found: set[str] = set()
    for namespace, words in names.NAMESPACES.items():
        column = _named(sample, words, checks.get(namespace, _filled))
        reason = "its name"
        if namespace in checks and column:
            reason = "its name, and its values look like it"
        elif namespace == "email":
            column = next(
                (c for c, values in sample.values.items() if c not in found and _is_email(values)), ""
            )
            reason = "its values look like e-mail addresses"
        if column and column not in found:
            found.add(column)
            yield Guess(f"identifier {namespace}", column, reason)


def _last_resort(sample: Sample) -> Guess | None:
    """Take a column that numbers the rows for the person, where nothing else names one."""
    words = " ".join(word for word in names.ROW_KEYS.split() if not word.startswith(names.OF_ORDERS))
    column = _named(sample, words, _distinct)
    return _guess(
        "identifier user_id", column, "nothing else names a person, and each row has its own: check it"
    )


def _event(sample: Sample) -> Guess | None:
    column = _named(sample, names.EVENT, _filled)
    return _guess("event name", column, "its name")


def _type(sample: Sample) -> Guess | None:
    def fits(values: Sequence[Any]) -> bool:
        return bool(values) and {str(value).lower() for value in values} <= set(EVENT_TYPES) - {"record"}

    return _guess("event type", _named(sample, names.TYPE, fits), "its values are track, identify, page ...")


def _time(sample: Sample) -> Guess | None:
    named = [word for word in names.TIME.split() for c in sample.shape.columns if names.plain(c) == word]
    by_name = {names.plain(column): column for column in reversed(sample.shape.columns)}
    candidates = [by_name[word] for word in named]
    candidates += [c for c in sample.shape.columns if _ends_like_time(c) and c not in candidates]
    for column in candidates:
        found = time_format(sample.values[column])
        if found:
            return Guess("time", column, f"its name; {found[1]}")
    return None


def _ends_like_time(column: str) -> bool:
    plain = names.plain(column)
    return plain.endswith(names.TIME_ENDINGS) and "birth" not in plain


def _time_column(sample: Sample, column: str) -> TimeColumn:
    found = time_format(sample.values[column])
    return TimeColumn(column, found[0]) if found else TimeColumn(column)


def _row_key(sample: Sample, identifiers: Sequence[Guess]) -> str:
    column = _named(sample, names.ROW_KEYS, _distinct)
    taken = {guess.column for guess in identifiers}
    return column if column not in taken and len(sample.values.get(column, ())) == sample.rows else ""


def _object(sample: Sample) -> str:
    """Take the word that the columns or the file's name contain, else the file's name."""
    columns = [names.plain(column) for column in sample.shape.columns]
    stem = names.plain(sample.shape.path.stem)
    for name, words in names.OBJECTS.items():
        if any(word in text for word in words for text in (*columns, stem)):
            return name
    return re.sub(r"\W+", "_", sample.shape.path.stem.lower()).strip("_") or "row"


def _spread(sample: Sample) -> str:
    def objects(values: Sequence[Any]) -> bool:
        return bool(values) and all(isinstance(value, dict) or str(value).startswith("{") for value in values)

    return _named(sample, names.SPREAD, objects)


def _types(sample: Sample) -> dict[str, ColumnType]:
    if sample.shape.format != "csv":
        return {}
    comma = sample.shape.delimiter == ";"
    found: dict[str, ColumnType] = {
        column: _column_type(column, values, comma=comma) for column, values in sample.values.items()
    }
    return {column: found[column] for column in found if found[column] != "text"}


def _column_type(column: str, values: Sequence[Any], *, comma: bool) -> ColumnType:
    texts = [text for text in values if text not in NO_NUMBER]
    if not texts:
        return "text"
    if {text.lower() for text in texts} <= _WORDS:
        return "boolean"
    if names.plain(column).endswith(tuple(names.CODE_ENDINGS.split())):
        return "number" if all(_FLOATED.fullmatch(text) for text in texts) else "text"
    if comma and any("," in text for text in texts) and all(_COMMA_NUMBER.fullmatch(text) for text in texts):
        return "decimal_comma"
    if all(_INTEGER.fullmatch(text) for text in texts):
        return "integer"
    return "number" if all(_NUMBER.fullmatch(text) for text in texts) else "text"
