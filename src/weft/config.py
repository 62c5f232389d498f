"""The settings of a workspace: command line > WEFT__SECTION__KEY > weft.toml > default."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field


class WorkspaceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[workspace]`: what this workspace is called."""

    name: Annotated[str, Meta(description="Shown in the console and in links.", min_length=1)] = "weft"


class CollectSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[collect]`: the public edge and its limits."""

    host: Annotated[str, Meta(description="Address the edge listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port of the edge.", ge=0, le=65535)] = 8401
    edges: Annotated[int, Meta(description="Edge processes; 0 means half the cores.", ge=0, le=64)] = 0
    event_bytes: Annotated[int, Meta(description="Largest event, in bytes.", ge=1024)] = 32 * 1024
    batch_bytes: Annotated[int, Meta(description="Largest request after decompression, in bytes.", ge=1024)] = (
        500 * 1024
    )
    batch_events: Annotated[int, Meta(description="Most events in one request.", ge=1)] = 2_500
    depth: Annotated[int, Meta(description="Deepest JSON nesting of an event.", ge=4, le=200)] = 32
    behind_events: Annotated[
        int, Meta(description="Answer 429 while the engine is this many events behind.", ge=1_000)
    ] = 5_000_000
    request_seconds: Annotated[
        int, Meta(description="Longest time a client may take to send one request.", ge=1)
    ] = 30
    truncate_ip: Annotated[bool, Meta(description="Keep only the network part of client addresses.")] = True
    keep_bots: Annotated[bool, Meta(description="Keep events of declared bots instead of quarantining them.")] = False


class ApiSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[api]`: the private engine API."""

    host: Annotated[str, Meta(description="Address the engine API listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port of the engine API.", ge=0, le=65535)] = 8400
    requests_per_minute: Annotated[int, Meta(description="Rate limit of one token.", ge=1)] = 6_000
    profile_requests_per_second: Annotated[
        int, Meta(description="Rate limit of one token on the Profile API.", ge=1)
    ] = 2_000


class StorageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[storage]`: the three stores, as URLs. Relative paths start at the workspace's data folder."""

    log: Annotated[str, Meta(description="The event log.")] = "sqlite:///log.sqlite"
    warehouse: Annotated[str, Meta(description="Facts: events, records, nodes, links.")] = "duckdb:///warehouse.duckdb"
    database: Annotated[str, Meta(description="Profiles, keys, consent, outbox.")] = "sqlite:///database.sqlite"
    warehouse_memory_mb: Annotated[int, Meta(description="Memory that DuckDB may use, in MB.", ge=128)] = 2_000


class EngineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[engine]`: the tick and what it keeps."""

    tick_events: Annotated[int, Meta(description="Most events in one tick.", ge=100)] = 50_000
    tick_wait_ms: Annotated[int, Meta(description="Pause between ticks when there is nothing to do.", ge=1)] = 25
    dedupe_days: Annotated[int, Meta(description="Days in which a repeated message_id is dropped.", ge=7)] = 7
    replay_days: Annotated[int, Meta(description="Days a consumed log is kept for replay.", ge=0)] = 7
    session_idle_minutes: Annotated[int, Meta(description="A pause this long ends a session.", ge=1)] = 30


class IdentitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[identity]`: how many values of a namespace one profile may hold (absent: 1,000)."""

    limits: Annotated[dict[str, int], Meta(description="Most values per namespace in one profile.")] = field(
        default_factory=lambda: {"user_id": 1, "email": 5, "phone": 5}
    )
    shared_at: Annotated[
        int, Meta(description="A value linked to more than this many user_ids ties nobody together.", ge=2)
    ] = 10


class ConsentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[consent]`: the stated default of each purpose; a purpose that is not stated is denied."""

    default: Annotated[
        dict[str, Literal["allow", "deny"]], Meta(description="Purpose → what holds without a consent record.")
    ] = field(default_factory=dict)


class DeliverSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[deliver]`: how the outbox is emptied."""

    attempts: Annotated[int, Meta(description="Tries before an item is a dead letter.", ge=1)] = 12
    backoff_seconds: Annotated[float, Meta(description="Pause after the first failure; it doubles, with jitter.")] = (
        1.0
    )
    backoff_max_seconds: Annotated[float, Meta(description="Longest pause between tries.")] = 3_600.0
    timeout_seconds: Annotated[float, Meta(description="Longest wait for an answer.", gt=0)] = 10.0
    private_networks: Annotated[
        bool, Meta(description="Allow destinations on loopback and private addresses (development).")
    ] = False


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[log]`: what the processes say of themselves."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="Least level written.")] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="One JSON object a line, or text to read.")] = "json"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a workspace, one struct a section."""

    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    collect: CollectSettings = field(default_factory=CollectSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    consent: ConsentSettings = field(default_factory=ConsentSettings)
    deliver: DeliverSettings = field(default_factory=DeliverSettings)
    log: LogSettings = field(default_factory=LogSettings)
