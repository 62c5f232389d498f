"""The columns of an event once it is normalised: what the collect pipeline and every import hand to the tick."""

import pyarrow as pa

EVENT_TYPES = ("track", "identify", "page", "screen", "group", "alias", "record")

IDENTIFIERS = pa.list_(pa.struct([("namespace", pa.string()), ("value", pa.string())]))

STAGED = pa.schema(
    [
        ("position", pa.int64()),  # of the event in the log; 0 in a chunk file, where the tick counts from the entry
        ("message_id", pa.string()),
        ("type", pa.string()),  # one of EVENT_TYPES
        ("name", pa.string()),  # track: the event; page and screen: their name; group: the group id; record: the object
        ("occurred_at", pa.timestamp("us")),  # UTC, corrected for clock skew
        ("received_at", pa.timestamp("us")),  # UTC
        ("source", pa.string()),
        ("identifiers", IDENTIFIERS),  # normalised; the first one is the node the event belongs to; never empty
        ("properties", pa.string()),  # a JSON object as text; of identify and group: the traits; of a record: the row
        ("context", pa.string()),  # a JSON object as text
        ("consent", pa.string()),  # JSON object purpose → bool from context.consent, else null
        ("record_id", pa.string()),  # of a record: its key in its system; a newer version replaces an older. Else null
    ]
)
"""Times are UTC without a zone, in microseconds, everywhere in the warehouse."""

QUARANTINED = pa.schema(
    [
        ("position", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("name", pa.string()),  # of the event, where it could be read
        ("body", pa.string()),  # a self-contained request body that can be appended to the log again (bad bytes escaped)
        ("default_type", pa.string()),
        ("historical", pa.bool_()),
    ]
)
