"""The warehouse's tables, in Ibis' type names. Times are UTC without a zone; ids are UUIDs; JSON is text."""

Columns = dict[str, str]

SCHEMA_VERSION = "2"

IDENTIFIERS = "array<struct<namespace: string, value: string>>"

STAGED = {
    "position": "int64",
    "message_id": "string",
    "type": "string",
    "name": "string",
    "occurred_at": "timestamp(6)",
    "received_at": "timestamp(6)",
    "source": "string",
    "identifiers": IDENTIFIERS,
    "properties": "string",
    "context": "string",
    "consent": "string",
    "record_id": "string",
}
"""`weft.model.staged.STAGED` as Ibis sees it."""

EVENT = {
    "position": "int64",
    "message_key": "uuid",
    "message_id": "string",
    "type": "string",
    "name": "string",
    "occurred_at": "timestamp(6)",
    "received_at": "timestamp(6)",
    "source": "string",
    "node_id": "uuid",
    "identifiers": IDENTIFIERS,
    "properties": "string",
    "context": "string",
    "consent": "string",
    "record_id": "string",
}
"""Facts: events and records. Definitions add one typed column for each property that they use."""

TABLES: dict[str, Columns] = {
    "meta": {"key": "string", "value": "string"},
    "event": EVENT,
    # a copy sorted by node, and the log positions up to which runs of it reach; where a fact got another node after it
    # was stored, `restayed` holds
    "event_of_node": {"node_id": "uuid", "occurred_at": "timestamp(6)", "position": "int64"},
    "event_of_node_run": {"upto": "int64"},
    # facts that a newer version of the same record replaced
    "superseded": {"position": "int64", "by_position": "int64"},
    "node": {
        "node_id": "uuid",
        "namespace": "string",
        "value": "string",
        "first_position": "int64",
        "first_seen_at": "timestamp(6)",
    },
    # evidence that two nodes are one person, or that they are not: only ever added. What events show first stands in
    # `link` alone. fields: JSON, what each field
    # contributes to the bits. said_by: the version of the rules or of the model, or a steward. repeats: the pair is
    # known by this kind of evidence, which is older. retracts: the number of the evidence that is taken back
    "evidence": {
        "number": "int64",
        "link_key": "uuid",
        "left_node": "uuid",
        "right_node": "uuid",
        "kind": "string",
        "bits": "float64",
        "confidence": "float64",
        "fields": "string",
        "said_by": "string",
        "message_id": "string",
        "observed_at": "timestamp(6)",
        "position": "int64",
        "repeats": "boolean",
        "retracts": "int64",
    },
    # the present view of the evidence of each pair. bits: of what was seen, unfaded; score_bits: of the last score,
    # without the prior. confidence: calibrated, of both together, unfaded. score_confidence: of the last score alone,
    # and not below `merge` while it still ties what it once did
    "link": {
        "link_key": "uuid",
        "left_node": "uuid",
        "right_node": "uuid",
        "kind": "string",
        "bits": "float64",
        "score_bits": "float64",
        "score_confidence": "float64",
        "confidence": "float64",
        "message_id": "string",
        "first_at": "timestamp(6)",
        "position": "int64",
    },
    # devices on which more than one owner logged in; own_owner: whose facts carry the device's own node, because her
    # log-in came first; own_stay: the node that they would carry if another's had
    "shared_device": {"node_id": "uuid", "own_owner": "uuid", "own_stay": "uuid"},
    # whose such a device is from a moment on (NULL: logged out), and the node that facts then carry. position: of the
    # log, where that became known
    "stay": {
        "device_node": "uuid",
        "begins_at": "timestamp(6)",
        "owner_node": "uuid",
        "stay_node": "uuid",
        "position": "int64",
    },
    "log_out": {"device_node": "uuid", "at": "timestamp(6)"},
    # facts that a late log-in gave to another node after they were stored
    "restayed": {
        "position": "int64",
        "occurred_at": "timestamp(6)",
        "from_node": "uuid",
        "node_id": "uuid",
        "by_position": "int64",
    },
    # links that a limit or a steward forbids to act on, under both profiles that they would join
    "contested": {"profile_id": "uuid", "link_key": "uuid", "why": "string", "steward": "int64"},
    # values that tie nobody together: of too many people (how many at least), or blocked (0)
    "generic": {"node_id": "uuid", "people": "int64"},
    # links that a steward is asked about: too unsure to merge, or seen after a steward had split their two sides
    "review": {"link_key": "uuid", "why": "string", "since_at": "timestamp(6)"},
    # namespace and first_position repeat the node's, so that a projection finds new nodes in one scan
    "identity_map": {
        "node_id": "uuid",
        "profile_id": "uuid",
        "namespace": "string",
        "first_position": "int64",
    },
    # the change feed: created, merged (other_id is gone), split (off other_id), moved (node from other_id),
    # restated (node's facts changed)
    "change": {
        "number": "int64",
        "position": "int64",
        "kind": "string",
        "profile_id": "uuid",
        "other_id": "uuid",
        "node_id": "uuid",
    },
    "quarantine": {
        "position": "int64",
        "reason": "string",
        "detail": "string",
        "received_at": "timestamp(6)",
        "source": "string",
        "name": "string",
        "body": "string",
        "default_type": "string",
        "historical": "boolean",
    },
    "quarantine_replayed": {"position": "int64", "replayed_at": "timestamp(6)"},
    "catalogue": {
        "type": "string",
        "name": "string",
        "property": "string",
        "json_type": "string",
        "count": "int64",
        "example": "string",
        "first_seen_at": "timestamp(6)",
        "last_seen_at": "timestamp(6)",
    },
}
