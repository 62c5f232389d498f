"""The columns of an event once it is normalised: what the collect pipeline and every import hand to the tick."""

import pyarrow as pa

EVENT_TYPES = ("track", "identify", "page", "screen", "group", "alias", "record")

IDENTIFIERS = pa.list_(pa.struct([("namespace", pa.string()), ("value", pa.string())]))

STAGED = pa.schema(
    [
        # of the event in the log; 0 in a chunk file, where the tick counts from the entry
        ("position", pa.int64()),
        ("message_id", pa.string()),
        ("type", pa.string()),  # one of EVENT_TYPES
        # track: the event; page and screen: their name; group: the group id; record: the object
        ("name", pa.string()),
        ("occurred_at", pa.timestamp("us")),  # UTC, corrected for clock skew
        ("received_at", pa.timestamp("us")),  # UTC
        ("source", pa.string()),
        # normalised; the first one is the node the event belongs to; never empty
        ("identifiers", IDENTIFIERS),
        # a JSON object as text; of identify and group: the traits; of a record: the row
        ("properties", pa.string()),
        ("context", pa.string()),  # a JSON object as text
        ("consent", pa.string()),  # JSON object purpose → bool from context.consent, else null
        # of a record: its key in its system; a newer version replaces an older. Else null
        ("record_id", pa.string()),
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
        # a self-contained request body that can be appended to the log again (bad bytes escaped)
        ("body", pa.string()),
        ("default_type", pa.string()),
        ("historical", pa.bool_()),
    ]
)
