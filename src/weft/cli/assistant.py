"""The tools that an assistant has. Each is one or two requests to the engine API, with the token's scopes."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
import yaml

import weft
from weft.cli.client import Caller
from weft.definitions import bodies_in
from weft.errors import WeftError

LIST_MOST = 50
ANSWER_CHARACTERS = 60_000
PLAN_SECONDS = 60.0
INSTRUCTIONS = """Weft keeps one profile a person out of all systems, computed traits, and audiences (rules whose
members are kept current). To make an audience out of what somebody says: read_text, show the sentence, preview_rule,
then check_definition; save_definition only where that tool is offered and the person agreed. A part that read_text
did not understand must be asked about, never left out. People are named by a profile id or `namespace:value`, such as
`user_id:42`."""

Answer = dict[str, Any]
Kind = Literal["traits", "audiences"]


def assistant_server(call: Caller, *, allow_write: bool) -> Any:
    """Return the MCP server. allow_write: with the tools that change definitions."""
    sdk: Any = import_module("mcp.server.mcpserver")
    hints: Any = import_module("mcp_types").ToolAnnotations
    problem: Any = import_module("mcp.server.mcpserver.exceptions").ToolError
    server = sdk.MCPServer("weft", instructions=INSTRUCTIONS, version=weft.__version__, log_level="ERROR")
    tools = Tools(call, problem)
    looking = (
        tools.find_people, tools.show_person, tools.person_events, tools.why_linked, tools.why_merged,
        tools.list_audiences, tools.show_audience, tools.audience_members, tools.read_text, tools.preview_rule,
        tools.explain_membership, tools.list_traits, tools.list_catalogue, tools.definition_history,
        tools.check_definition,
    )  # fmt: skip
    for tool in looking:
        server.tool(annotations=hints(read_only_hint=True, open_world_hint=False))(tool)
    if allow_write:
        for tool, destructive in ((tools.save_definition, False), (tools.delete_definition, True)):
            server.tool(annotations=hints(destructive_hint=destructive, open_world_hint=False))(tool)
    return server


class Tools:
    """What an assistant can ask. problem: the exception with which the SDK tells that a tool failed."""

    def __init__(self, call: Caller, problem: Callable[[str], Exception]) -> None:
        self._call = call
        self._problem = problem

    def find_people(self, query: str, limit: Annotated[int, "At most 50."] = 10) -> Answer:
        """Find people by any part of a name, e-mail, phone or id. Needs a token with `profiles`."""
        return self._get("/api/people", q=query, limit=_most(limit))

    def show_person(self, person: str) -> Answer:
        """Show one person: identifiers, traits with their sources, audiences. person: profile id or `user_id:42`."""
        return self._get(f"/api/profiles/{_part(person)}")

    def person_events(self, person: str, limit: int = 20) -> Answer:
        """List the newest events of a person, newest first."""
        return self._get(f"/api/profiles/{_part(person)}/events", limit=_most(limit))

    def why_linked(self, person: str, limit: int = 20) -> Answer:
        """List the links that hold a person's identifiers together: kind, confidence and evidence."""
        return self._get(f"/api/identity/profiles/{_part(person)}/links", limit=_most(limit))

    def why_merged(self, left: str, right: str) -> Answer:
        """Explain why two identifiers, such as `email:a@b.c` and `device:7`, are one person or are not."""
        return self._get("/api/identity/explain", left=left, right=right)

    def list_audiences(self) -> Answer:
        """List every audience: name, description, size, how many came and went in a day, its rule as a sentence."""
        kept = ("name", "description", "size", "entered_24h", "exited_24h", "sentence")
        found = self._asked("GET", "/api/audiences")
        return self._fits({"items": [{key: each[key] for key in kept} for each in found]})

    def show_audience(self, name: str) -> Answer:
        """Show one audience: its definition, its rule as a sentence, its size over 15 days."""
        found = self._asked("GET", "/api/audiences")
        known = [each["name"] for each in found]
        if name not in known:
            raise self._problem(f"There is no audience `{name}`; known: {', '.join(known) or 'none'}.")
        return self._fits(found[known.index(name)])

    def audience_members(self, name: str, limit: int = 20, after: str | None = None) -> Answer:
        """List members of an audience by profile id. after: `next` of the page before. Needs `profiles`."""
        more = {} if after is None else {"after": after}
        return self._get(f"/api/audiences/{_part(name)}/members", limit=_most(limit), **more)

    def read_text(self, text: str, language: Literal["en", "ko", "zh-TW"] | None = None) -> Answer:
        """Read a description of people, in English, Korean or Traditional Chinese, as the rule of an audience.

        `rule` is null when any part was not understood: `not_understood` says which, why and what may have been meant.
        `alternatives` are other rules it may mean. Nothing is saved.
        """
        return self._ask("POST", "/api/audiences/read-text", json={"text": text, "language": language})

    def preview_rule(self, rule: dict[str, Any], traits: list[str] | None = None) -> Answer:
        """Count for how many people a rule (as `who` of an audience) holds, its clauses too, and overlaps.

        While everybody is being counted `state` is `counting`: ask again. Needs a token with `profiles`.
        """
        asked = {"who": rule, "traits": traits or [], "sample": 0}
        return self._ask("POST", "/api/audiences/preview", json=asked)

    def explain_membership(self, audience: str, person: str, at: str | None = None) -> Answer:
        """Explain why a person is in an audience or not, clause by clause. at: a past moment, RFC 3339."""
        more = {} if at is None else {"at": at}
        return self._get(f"/api/audiences/{_part(audience)}/explain/{_part(person)}", **more)

    def list_traits(self) -> Answer:
        """List the computed traits with their definitions."""
        return self._get("/api/traits")

    def list_catalogue(self, contains: str = "", limit: int = 50) -> Answer:
        """List events, records, told traits and their properties that were seen: types, counts, examples.

        contains: only those with this in their name or property.
        """
        found = self._asked("GET", "/api/catalogue")
        wanted = contains.casefold()
        rows = [each for each in found if wanted in f"{each['name']} {each['property']}".casefold()]
        return self._fits({"items": rows[: _most(limit)], "found": len(rows)})

    def definition_history(self, kind: Kind, name: str) -> Answer:
        """List the versions of a trait or an audience: what, when, who."""
        return self._get(f"/api/definitions/{kind}/{_part(name)}/versions")

    def check_definition(self, kind: Kind, name: str, definition: dict[str, Any]) -> Answer:
        """Say what a new or changed trait or audience would do: sizes before and after, what else follows. A dry run.

        definition: its whole content, such as `{who: …, description: …}` or `{kind: sum, event: …, property: …}`.
        """
        files: dict[str, str] = self._asked("GET", "/api/definitions/export")["files"]
        texts = _with(files, kind, name, definition)
        job = self._ask("POST", "/api/definitions/plan", json={"files": texts})
        give_up = time.monotonic() + PLAN_SECONDS
        while job["plan"] is None and time.monotonic() < give_up:
            time.sleep(0.2)
            job = self._ask("GET", f"/api/definitions/plan/{job['id']}")
        return job

    def save_definition(self, kind: Kind, name: str, definition: dict[str, Any], version: str) -> Answer:
        """Make or replace a trait or an audience. version: as `show_audience` told it; empty for a new one."""
        return self._ask("PUT", f"/api/{kind}/{_part(name)}", json=definition, params={"version": version})

    def delete_definition(self, kind: Kind, name: str) -> Answer:
        """Delete a trait or an audience; refused while something uses it."""
        return self._ask("DELETE", f"/api/{kind}/{_part(name)}")

    def _get(self, path: str, **params: Any) -> Answer:
        return self._ask("GET", path, params=params)

    def _ask(self, method: str, path: str, **options: Any) -> Answer:
        found = self._asked(method, path, **options)
        return self._fits(found if isinstance(found, dict) else {"items": found})

    def _asked(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self._call(method, path, **options)
        except WeftError as error:
            raise self._problem(f"{error} ({error.code})") from error

    def _fits(self, answer: Answer) -> Answer:
        """Return the answer if it is not too much to read."""
        size = len(msgspec.json.encode(answer))
        if size > ANSWER_CHARACTERS:
            raise self._problem(
                f"The answer has {size:,} characters, more than {ANSWER_CHARACTERS:,}. Ask for less: a smaller "
                "limit, or a narrower `contains`."
            )
        return answer


def _with(files: dict[str, str], kind: Kind, name: str, definition: dict[str, Any]) -> dict[str, str]:
    """Return the files with one definition put in, where it stands or into a file of its own."""
    body = {**definition, "name": name}
    for path, text in files.items():
        bodies = bodies_in(text)[0] if path.startswith(f"{kind}/") else []
        if any(each.get("name") == name for each in bodies):
            kept = [body if each.get("name") == name else each for each in bodies]
            return files | {path: yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)}
    return files | {f"{kind}/{name}.yaml": yaml.safe_dump(body, sort_keys=False, allow_unicode=True)}


def _part(name: str) -> str:
    return quote(name, safe=":@")


def _most(limit: int) -> int:
    return max(1, min(limit, LIST_MOST))
