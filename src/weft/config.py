"""The settings of a workspace: command line > WEFT__SECTION__KEY > weft.toml > default."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args
from zoneinfo import available_timezones

from msgspec import Meta, Struct, ValidationError, convert, field, structs

from weft.errors import Misconfigured


class WorkspaceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[workspace]`: what this workspace is called, and where it is at home."""

    name: Annotated[str, Meta(description="Shown in the console and in links.", min_length=1)] = "weft"
    timezone: Annotated[
        str, Meta(description="IANA name; the calendar of people who do not tell theirs.", min_length=1)
    ] = "UTC"


class CollectSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[collect]`: the public edge and its limits."""

    host: Annotated[str, Meta(description="Address the edge listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port of the edge.", ge=0, le=65535)] = 8401
    edges: Annotated[int, Meta(description="Edge processes; 0 means half the cores.", ge=0, le=64)] = 0
    event_bytes: Annotated[int, Meta(description="Largest event, in bytes.", ge=1024)] = 32 * 1024
    batch_bytes: Annotated[
        int, Meta(description="Largest request after decompression, in bytes.", ge=1024)
    ] = 500 * 1024
    batch_events: Annotated[int, Meta(description="Most events in one request.", ge=1)] = 2_500
    depth: Annotated[int, Meta(description="Deepest JSON nesting of an event.", ge=4, le=200)] = 32
    behind_events: Annotated[
        int, Meta(description="Answer 429 while the engine is this many events behind.", ge=1_000)
    ] = 5_000_000
    request_seconds: Annotated[
        int, Meta(description="Longest time a client may take to send one request.", ge=1)
    ] = 30
    truncate_ip: Annotated[bool, Meta(description="Keep only the network part of client addresses.")] = True
    keep_bots: Annotated[
        bool, Meta(description="Keep events of declared bots instead of quarantining them.")
    ] = False
    records: Annotated[
        dict[str, Literal["allow", "deny"]],
        Meta(description="Source → whether it may send records; one that is not named may not."),
    ] = field(default_factory=dict)


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
    warehouse: Annotated[str, Meta(description="Facts: events, records, nodes, links.")] = (
        "duckdb:///warehouse.duckdb"
    )
    database: Annotated[str, Meta(description="Profiles, keys, consent, outbox.")] = (
        "sqlite:///database.sqlite"
    )
    warehouse_memory_mb: Annotated[int, Meta(description="Memory that DuckDB may use, in MB.", ge=128)] = (
        2_000
    )


class EngineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[engine]`: the tick and what it keeps."""

    tick_events: Annotated[int, Meta(description="Most events in one tick.", ge=100)] = 50_000
    tick_wait_ms: Annotated[
        int, Meta(description="Pause between ticks when there is nothing to do.", ge=1)
    ] = 25
    dedupe_days: Annotated[int, Meta(description="Days in which a repeated message_id is dropped.", ge=7)] = 7
    replay_days: Annotated[int, Meta(description="Days a consumed log is kept for replay.", ge=0)] = 7
    session_idle_minutes: Annotated[int, Meta(description="A pause this long ends a session.", ge=1)] = 30
    sql_memory_mb: Annotated[
        int, Meta(description="Memory of the process that runs the SQL of a trait.", ge=100)
    ] = 1_000
    sql_seconds: Annotated[
        int, Meta(description="Longest run of the SQL of a trait; it is ended then.", ge=1)
    ] = 300


class ConsentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[consent]`: the stated default of each purpose; a purpose that is not stated is denied."""

    default: Annotated[
        dict[str, Literal["allow", "deny"]],
        Meta(description="Purpose → what holds without a consent record."),
    ] = field(default_factory=dict)


class DeliverSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[deliver]`: how the outbox is emptied."""

    attempts: Annotated[int, Meta(description="Tries before an item is a dead letter.", ge=1)] = 12
    backoff_seconds: Annotated[
        float, Meta(description="Pause after the first failure; it doubles, with jitter.")
    ] = 1.0
    backoff_max_seconds: Annotated[float, Meta(description="Longest pause between tries.")] = 3_600.0
    timeout_seconds: Annotated[float, Meta(description="Longest wait for an answer.", gt=0)] = 10.0
    private_networks: Annotated[
        bool, Meta(description="Allow destinations on loopback and private addresses (development).")
    ] = False


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[log]`: what the processes say of themselves."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least level written.")
    ] = "info"
    format: Annotated[
        Literal["json", "text"], Meta(description="One JSON object a line, or text to read.")
    ] = "json"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a workspace, one struct a section."""

    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    collect: CollectSettings = field(default_factory=CollectSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    consent: ConsentSettings = field(default_factory=ConsentSettings)
    deliver: DeliverSettings = field(default_factory=DeliverSettings)
    log: LogSettings = field(default_factory=LogSettings)


FILE_NAME = "weft.toml"
ENVIRONMENT_PREFIX = "WEFT__"


class Setting(Struct, frozen=True):
    """One setting as it is declared: `section.key`, its type, its default and what it means."""

    section: str
    key: str
    type: Any
    default: Any
    description: str

    @property
    def name(self) -> str:
        """The name in messages and in `--set`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{ENVIRONMENT_PREFIX}{self.section}__{self.key}".upper()


class Loaded(Struct, frozen=True):
    """Settings, and for each `section.key` where its value came from."""

    settings: Settings
    origins: Mapping[str, str]


class _Given(NamedTuple):
    """One value that a layer gives. `is_text`: it still has to become a number or a boolean."""

    path: tuple[str, ...]
    value: Any
    origin: str
    is_text: bool


def declared() -> dict[str, Setting]:
    """Return every setting by its name, in the order of the file."""
    found: dict[str, Setting] = {}
    for section in structs.fields(Settings):
        for each in structs.fields(section.type):
            default = each.default_factory() if callable(each.default_factory) else each.default
            description = next((m.description or "" for m in get_args(each.type) if isinstance(m, Meta)), "")
            setting = Setting(section.name, each.name, each.type, default, description)
            found[setting.name] = setting
    return found


def load_settings(root: Path, flags: Mapping[str, str], environ: Mapping[str, str]) -> Loaded:
    """Read the settings of the workspace at `root`. `flags` holds command line values by `section.key`.

    Tables (`collect.records`, `consent.default`) are merged by entry: `WEFT__CONSENT__DEFAULT__MARKETING=allow`.
    Raises Misconfigured with all faults at once.
    """
    faults: list[str] = []
    given = [*_from_file(root / FILE_NAME, faults), *_from_environment(environ), *_from_flags(flags)]
    known = declared()
    values = {name: setting.default for name, setting in known.items()}
    origins = dict.fromkeys(known, "default")
    for each in given:
        name, entry = ".".join(each.path[:2]), each.path[2:]
        fault = _unknown(each.path, known)
        if fault:
            faults.append(f"{each.origin}: {fault}")
            continue
        try:
            value = convert(
                {entry[0]: each.value} if entry else each.value, known[name].type, strict=not each.is_text
            )
        except ValidationError as error:
            faults.append(f"{each.origin}: `{'.'.join(each.path)}` is wrong: {error}")
            continue
        if name == "workspace.timezone" and value not in available_timezones():
            faults.append(f"{each.origin}: `{name}` is wrong: `{value}` is no IANA name such as Asia/Seoul")
            continue
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
        origins[name] = each.origin
    if faults:
        raise Misconfigured("\n".join(faults), code="bad_settings")
    sections = {
        section.name: section.type(
            **{s.key: values[n] for n, s in known.items() if s.section == section.name}
        )
        for section in structs.fields(Settings)
    }
    return Loaded(Settings(**sections), origins)


def _from_file(path: Path, faults: list[str]) -> list[_Given]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(
            f"There is no workspace at {path.parent} ({FILE_NAME} is missing). "
            f"Make one with `weft init {path.parent}`.",
            code="no_workspace",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path.name}: not valid TOML: {error}")
        return []
    given: list[_Given] = []
    for section, keys in content.items():
        if isinstance(keys, dict):
            given += [_Given((section, key), value, path.name, is_text=False) for key, value in keys.items()]
        else:
            faults.append(
                f"{path.name}: `{section}` stands outside of a section; put it under one, such as [collect]"
            )
    return given


def _from_environment(environ: Mapping[str, str]) -> list[_Given]:
    return [
        _Given(
            tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")),
            environ[name],
            name,
            is_text=True,
        )
        for name in sorted(environ)
        if name.startswith(ENVIRONMENT_PREFIX)
    ]


def _from_flags(flags: Mapping[str, str]) -> list[_Given]:
    return [
        _Given(tuple(name.split(".")), value, "command line", is_text=True) for name, value in flags.items()
    ]


def _unknown(path: tuple[str, ...], known: Mapping[str, Setting]) -> str | None:
    """Say what is wrong with the name of a setting and which one is nearest."""
    setting = known.get(".".join(path[:2]))
    if setting is None or len(path) > 3:
        name = ".".join(path)
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        return f"unknown setting `{name}`" + (
            f"; did you mean `{near[0]}`?" if near else "; see `weft config`"
        )
    is_table = isinstance(setting.default, dict)
    if len(path) == 3 and not is_table:
        return f"`{setting.name}` is one value and has no entry `{path[2]}`"
    return None
