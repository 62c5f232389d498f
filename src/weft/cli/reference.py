"""`python -m weft.cli.reference OUT`: writes what the program knows of itself as pages for the documentation."""

import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Meta, Struct

from weft.activate.destination import Destination, destinations
from weft.audience.definition import audience_schema
from weft.cli.main import build
from weft.collect.plans import plan_schema
from weft.config import declared
from weft.decide.definition import slot_schema
from weft.identity.rules import rules_schema
from weft.model.destination import Common, Include, When
from weft.profile.definition import trait_schema
from weft.storage.sql.views import VIEWS
from weft.web import profile_views as views
from weft.web.api.app import openapi_document
from weft.web.profile_api import RESOURCES

METHODS = ("get", "post", "put", "patch", "delete")


def main(out: Path) -> None:
    """Write every page and schema into the folder `out`."""
    api = openapi_document()
    pages: dict[str, str] = {
        "settings.md": settings_page(),
        "cli.md": commands_page(),
        "api.md": api_page(api),
        "openapi.json": _pretty(api),
        "profile-api.md": profile_api_page(),
        "sql-views.md": sql_views_page(),
        "destinations.md": destinations_page(destinations()),
        "trait.schema.json": _pretty(trait_schema()),
        "audience.schema.json": _pretty(audience_schema()),
        "identity.schema.json": _pretty(rules_schema()),
        "plan.schema.json": _pretty(plan_schema()),
        "slot.schema.json": _pretty(slot_schema()),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (out / name).write_text(text, "utf-8")


def settings_page() -> str:
    """Return the page of all settings, one table per section of weft.toml."""
    parts = [
        "# Settings\n\nThe command line beats `WEFT__SECTION__KEY` in the environment, which beats `weft.toml`, which "
        "beats the default. `weft config` prints each value and where it came from."
    ]
    sections: dict[str, list[tuple[str, ...]]] = {}
    for each in declared().values():
        default = msgspec.json.encode(each.default).decode()
        row = (f"`{each.key}`", f"`{default}`", each.description, f"`{each.variable}`")
        sections.setdefault(each.section, []).append(row)
    for section, rows in sections.items():
        parts.append(f"## [{section}]\n\n{_table(('setting', 'default', 'meaning', 'variable'), rows)}")
    return _joined(parts)


def commands_page() -> str:
    """Return the page of all commands, from their help."""
    text: str = build(loaded=True).generate_docs(output_format="markdown")
    return text.replace("# weft\n", "# Commands\n", 1)


def api_page(api: Mapping[str, Any]) -> str:
    """Return the page of the engine API: every route, its parameters, and the scope that it needs."""
    parts = [
        "# Engine API\n\nThe engine answers on `api.port` (8400). A token goes into `Authorization: Bearer`, or "
        "into Basic as the user name; `weft token new` makes one. Failures are `application/problem+json`, see "
        "[errors](errors.md). The whole contract is [openapi.json](openapi.json), which a running engine serves under "
        "`/api/schema/openapi.json`."
    ]
    routes: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, item in api["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                routes.setdefault(tag, []).append((method, path, item[method]))
    for tag, found in routes.items():
        parts += [f"*{tag}*", *(_route(method, path, operation) for method, path, operation in found)]
    return _joined(parts)


def profile_api_page() -> str:
    """Return the page of the Profile API, which the edge serves; each resource says for itself what it gives."""
    rows = [(f"`{name}`", inspect.getdoc(getattr(views, name)) or "") for name in sorted(RESOURCES)]
    return _joined(
        [
            "# Profile API\n\nThe edge (`collect.port`, 8401) serves profiles in the shape of Segment's Profile API:",
            "    GET /v1/spaces/{space}/collections/users/profiles/{type:value}/{resource}",
            "`type` is a namespace such as `user_id` or `email`, or `profile_id`. A token with the scope `profiles` "
            "goes into Basic as the user name, or into `Authorization: Bearer`. Every answer carries `as_of` and a "
            '`Request-Id`; failures are `{"error": {"code", "message"}}`.',
            _table(("resource", "what it gives"), rows),
            "| parameter | meaning |\n|---|---|\n"
            "| `limit`, `next` | size of a page, and where the next one begins (`cursor`) |\n"
            "| `include` | only these names, separated by commas |\n"
            "| `class` | only traits of these classes |\n"
            "| `verbose` | say where each value came from |",
        ]
    )


def sql_views_page() -> str:
    """Return the page of the views that the SQL of a trait may read."""
    parts = [
        "# Views of SQL traits\n\nThe `sql` of a [trait](../howto/compute-with-sql.md) reads these views and nothing "
        "else. Their columns stay. Times are UTC without a zone; `properties`, `context` and the `value` of a trait "
        "are JSON as text (`properties ->> '$.address.city'`)."
    ]
    for name, view in VIEWS.items():
        rows = ((f"`{column}`", kind) for column, kind in view.columns.items())
        parts.append(f"## {name}\n\n{view.what}.\n\n{_table(('column', 'type'), rows)}")
    return _joined(parts)


def destinations_page(known: Mapping[str, Destination]) -> str:
    """Return the page of all destinations and of what every connection says."""
    parts = [
        "# Destinations\n\nA connection is a file under `definitions/destinations/`. These keys are the same for every "
        "destination:",
        _fields(Common),
        f"`when`:\n\n{_fields(When)}",
        f"`include`:\n\n{_fields(Include)}",
    ]
    for each in known.values():
        again = "may be sent again under the same id" if each.repeatable else "is left in doubt"
        parts.append(
            f"## {each.name}\n\n{each.title}, channel `{each.channel}` · at most {each.payload_bytes:,} bytes an "
            f"item · an item whose fate is unknown {again}.\n\n{each.description}\n\n{_fields(each.settings)}"
        )
    return _joined(parts)


def _route(method: str, path: str, operation: Mapping[str, Any]) -> str:
    text = operation.get("description") or operation.get("summary") or ""
    rows = [
        (
            f"`{each['name']}`",
            each["in"],
            "yes" if each.get("required") else "",
            each.get("description") or "",
        )
        for each in operation.get("parameters", ())
    ]
    table = f"\n\n{_table(('parameter', 'in', 'required', 'meaning'), rows)}" if rows else ""
    return f"## {method.upper()} {path}\n\n{text}{table}"


def _fields(kind: type[Struct]) -> str:
    rows: list[tuple[str, ...]] = []
    for each in msgspec.structs.fields(kind):
        description = next((m.description or "" for m in get_args(each.type) if isinstance(m, Meta)), "")
        default = (
            each.default_factory() if each.default_factory is not msgspec.NODEFAULT else each.default
        )  # a struct's own default is a table of its own
        shown = "required" if each.required else f"`{msgspec.json.encode(default).decode()}`"
        rows.append((f"`{each.encode_name}`", shown, description))
    return _table(("key", "default", "meaning"), rows)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(titles)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(" ".join(cell.split()) for cell in line) + " |" for line in lines)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
