"""`weft mcp` as the SDK's own client sees it, started as the page says, beside a real engine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from tests.acceptance.pages import WAIT_SECONDS, Reader, Terminal

LOOKING = {
    "find_people", "show_person", "person_events", "why_linked", "why_merged", "list_audiences", "show_audience",
    "audience_members", "read_text", "preview_rule", "explain_membership", "list_traits", "list_catalogue",
    "definition_history", "check_definition",
}  # fmt: skip
WRITING = {"save_definition", "delete_definition"}
RULE = {"did": "Order Completed", "at_least": 2, "within": "30d"}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(tmp_path) as reading:
        yield reading


@asynccontextmanager
async def assistant(reader: Reader, token: str, *more: str) -> AsyncIterator[Client]:
    config = json.loads((reader.folder / "mcp.json").read_text("utf-8"))["mcpServers"]["weft"]
    environ = reader.environ | config["env"] | {"WEFT_TOKEN": token}
    server = StdioServerParameters(
        command=config["command"], args=[*config["args"], *more], env=environ, cwd=reader.folder
    )
    async with Client(server, read_timeout_seconds=WAIT_SECONDS) as client:
        yield client


async def answer(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return " ".join(block.text for block in result.content)


def test_an_assistant_reads_checks_and_only_writes_where_it_may(reader: Reader) -> None:
    reader.start_workspace("shop")
    reader.follow("howto/use-an-assistant.md")
    send(reader)
    tokens = {
        scopes: reader.run(
            "weft token new other -w shop " + " ".join(f"--scope {scope}" for scope in scopes.split())
        ).split("token: ")[1].strip()
        for scopes in ("read", "read write profiles")
    }  # fmt: skip
    asyncio.run(looks(reader, reader.said["TOKEN"]))
    asyncio.run(may_not(reader, tokens["read"]))
    serves_http(reader)
    asyncio.run(writes(reader, tokens["read write profiles"]))


def serves_http(reader: Reader) -> None:
    port = reader.said["9000"]
    environ = reader.environ | {"WEFT_TOKEN": reader.said["TOKEN"]}
    serving = Terminal(
        f"weft mcp -w shop --port {port}", reader.folder, environ, reader.folder / "mcp.terminal"
    )
    address = f"http://127.0.0.1:{port}/mcp"
    try:
        while not listens(address):
            assert serving.process.poll() is None, serving.printed()
            time.sleep(0.3)
        asyncio.run(looks_over_http(address))
    finally:
        serving.close()


def send(reader: Reader) -> None:
    for number in range(2):
        body = {
            "messageId": f"m{number}", "type": "track", "event": "Order Completed", "userId": "42",
            "properties": {"revenue": 10},
        }  # fmt: skip
        sent = httpx.post(
            f"http://127.0.0.1:{reader.said['8401']}/v1/track", json=body, auth=(reader.said["WRITE_KEY"], "")
        )
        assert sent.status_code == 200


async def looks(reader: Reader, token: str) -> None:
    async with assistant(reader, token) as client:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == LOOKING
        assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
        while not (await answer(client, "list_catalogue", contains="order completed"))["items"]:
            await asyncio.sleep(0.3)
        person = await answer(client, "show_person", person="user_id:42")
        assert person["identifiers"][0]["value"] == "42"
        read = await answer(client, "read_text", text="bought at least twice in the last 30 days")
        assert read["rule"] == RULE
        while (counted := await answer(client, "preview_rule", rule=RULE))["state"] != "counted":
            await asyncio.sleep(0.3)
        assert (counted["size"], counted["of"]) == (1, 1)
        checked = await answer(
            client, "check_definition", kind="audiences", name="twice", definition={"who": RULE}
        )
        (planned,) = [each for each in checked["plan"]["audiences"] if each["name"] == "twice"]
        assert (planned["before"], planned["after"]) == (0, 1)
        assert "There is no audience `twice`" in await refusal(client, "show_audience", name="twice")


async def may_not(reader: Reader, token: str) -> None:
    async with assistant(reader, token) as client:
        assert "profiles" in await refusal(client, "show_person", person="user_id:42")
        assert "profiles" in await refusal(client, "find_people", query="42")


async def writes(reader: Reader, token: str) -> None:
    async with assistant(reader, token, "--allow-write") as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == LOOKING | WRITING
        await answer(
            client, "save_definition", kind="audiences", name="twice", definition={"who": RULE}, version=""
        )
        while await size(client, "twice") != 1:  # the engine starts anew with what was saved
            await asyncio.sleep(0.3)
        why = await answer(client, "explain_membership", audience="twice", person="user_id:42")
        assert (why["member"], [clause["value"] for clause in why["clauses"]]) == (True, [2])
        refused = await refusal(
            client,
            "save_definition",
            kind="audiences",
            name="odd",
            definition={"who": {"trait": "x"}},
            version="",
        )
        assert "comparison" in refused
        await answer(client, "delete_definition", kind="audiences", name="twice")


async def looks_over_http(address: str) -> None:
    async with Client(address, read_timeout_seconds=WAIT_SECONDS) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == LOOKING
        person = await answer(client, "show_person", person="user_id:42")
        assert person["identifiers"][0]["value"] == "42"


def listens(address: str) -> bool:
    try:
        httpx.get(address)
    except httpx.TransportError:
        return False
    return True


async def size(client: Client, name: str) -> int | None:
    """Return how many are in an audience; None while the engine does not answer or does not have it yet."""
    result = await client.call_tool("list_audiences", {})
    if result.is_error:
        assert "try again" in " ".join(block.text for block in result.content)
        return None
    return next((each["size"] for each in result.structured_content["items"] if each["name"] == name), None)


def test_without_a_token_it_says_which_to_make(reader: Reader) -> None:
    reader.run("weft init shop")
    said = reader.run("WEFT_TOKEN= weft mcp -w shop 2>&1 || true")
    assert "weft token new assistant" in said
