"""SQL traits as they are written: one SELECT that gives each profile a value, run now and then, not in the tick."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.language.name import Name, check_name
from weft.language.span import read_duration
from weft.language.strict import Reader
from weft.model.expression import Given, GivenKind
from weft.model.measure import ValueType
from weft.model.trait import Batch, Trait

SQL_CHARACTERS = 20_000
DAY_SECONDS = 86_400
EVERY_LEAST_SECONDS = 60
EVERY_MOST_SECONDS = 90 * DAY_SECONDS

CheckSql = Callable[[str, ValueType], str | None]
"""Says what keeps a statement from giving values of a type, and where; None where nothing does."""


class WrittenSqlTrait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A computed trait that is the result of SQL over read-only views, for what the language cannot say."""

    name: Name
    sql: Annotated[
        str,
        Meta(
            description="One SELECT (DuckDB's SQL) with the columns `profile_id` and `value`, one row a profile. It "
            "reads the views events, records, identifiers, profiles, traits and memberships.",
            examples=["SELECT profile_id, count(*) AS value FROM identifiers GROUP BY profile_id"],
            min_length=1,
            max_length=SQL_CHARACTERS,
        ),
    ]
    as_: Annotated[ValueType, Meta(description="What `value` holds.")] = msgspec.field(name="as")
    every: Annotated[
        str,
        Meta(
            description="After how long it is run again: `1d` (s, m, h, d, w), from 60s to 90d.",
            pattern="^[0-9]{1,10}[smhdw]$",
        ),
    ] = "1d"
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


def read_batch(reader: Reader, body: dict[str, Any], check: CheckSql) -> Trait | None:
    """Read a SQL trait; None and faults if anything in it is wrong."""
    written = reader.struct(WrittenSqlTrait, body, "")
    if written is None:
        return None
    check_name(reader, written.name)
    seconds = read_duration(reader, written.every, "", "every")
    if seconds is not None and not EVERY_LEAST_SECONDS <= seconds <= EVERY_MOST_SECONDS:
        reader.fault("every", f"`{written.every}` is not from 60s to 90d")
    fault = check(written.sql, written.as_)
    if fault is not None:
        reader.fault("sql", fault)
    if seconds is None or reader.failed:
        return None
    value = Given(GivenKind.BATCH, written.name, written.as_)
    return Trait(written.name, value, written.description, batch=Batch(written.sql, seconds))


def no_sql(_sql: str, _type: ValueType) -> str | None:
    """Refuse SQL where nothing can check it."""
    return "SQL is not read here"
