"""Where facts come from, as it is written in traits and in rules about behaviour."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.property import Where, read_where, written_where
from weft.language.strict import Reader
from weft.model.measure import PropertyCondition, Source

NamelessType = Literal["track", "identify", "page", "screen", "group", "alias", "record"]

EventName = Annotated[
    str, Meta(description="Facts: `track` events of this name.", min_length=1, max_length=500)
]
RecordName = Annotated[str, Meta(description="Facts: records of this object.", min_length=1, max_length=500)]
TypeName = Annotated[NamelessType, Meta(description="Facts: everything of this type.")]


class WrittenSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts of one kind: exactly one of these keys."""

    event: EventName | UnsetType = UNSET
    record: RecordName | UnsetType = UNSET
    type: TypeName | UnsetType = UNSET


class WrittenFacts(WrittenSource, frozen=True, kw_only=True):
    """Facts of one kind, exactly one of `event`, `record`, `type`, that meet conditions."""

    where: Where = []


OneSource = Annotated[
    str | Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenSource"})],
    Meta(description="The name of a `track` event, or {record: …}, {type: …}."),
]
Facts = Annotated[
    str | Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenFacts"})],
    Meta(description="The name of a `track` event, or {event: …}, {record: …}, {type: …} with `where`."),
]


def read_source(
    reader: Reader, event: str | UnsetType, record: str | UnsetType, type_: str | UnsetType, at: str
) -> Source | None:
    """Return the one source that is given."""
    given = {
        key: value
        for key, value in (("event", event), ("record", record), ("type", type_))
        if not isinstance(value, UnsetType)
    }
    if len(given) != 1:
        reader.fault(at, f"give exactly one of `event`, `record`, `type`; here: {', '.join(given) or 'none'}")
        return None
    ((key, value),) = given.items()
    if key == "type":
        return Source(value)
    return Source("track" if key == "event" else "record", value)


def read_one_source(reader: Reader, body: str | dict[str, Any], at: str) -> Source | None:
    """Return the source that a name or a mapping tells."""
    facts: object = {"event": body} if isinstance(body, str) else body
    written = reader.struct(WrittenSource, facts, at)
    if written is None:
        return None
    return read_source(reader, written.event, written.record, written.type, at)


def read_facts(
    reader: Reader, body: str | dict[str, Any], at: str
) -> tuple[Source, tuple[PropertyCondition, ...]] | None:
    """Return the source and the conditions that a name or a mapping tells."""
    facts: object = {"event": body} if isinstance(body, str) else body
    written = reader.struct(WrittenFacts, facts, at)
    if written is None:
        return None
    source = read_source(reader, written.event, written.record, written.type, at)
    where = read_where(reader, written.where, f"{at}.where")
    return None if source is None else (source, where)


def written_source(source: Source) -> dict[str, Any]:
    """Return the source as a mapping."""
    if source.name is None:
        return {"type": source.type}
    return {"event" if source.type == "track" else "record": source.name}


def written_one_source(source: Source) -> str | dict[str, Any]:
    """Return the source as people write it: the name of an event, else a mapping."""
    return source.name if source.type == "track" and source.name is not None else written_source(source)


def written_facts(source: Source, where: tuple[PropertyCondition, ...]) -> str | dict[str, Any]:
    """Return what `read_facts` reads as these."""
    return written_source(source) | {"where": written_where(where)} if where else written_one_source(source)
