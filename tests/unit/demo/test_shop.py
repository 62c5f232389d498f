"""The shop's server: what its pages ask for, what the till books, and the receiver of webhooks."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.demo.conftest import WORLD

from weft.demo.live.messages import SOURCES
from weft.demo.shop.hooks import Hooks
from weft.demo.shop.server import Shop, served
from weft.demo.workspace import switch_off, switch_on, write_definitions
from weft.destinations.webhook.signature import parse_secrets, sign
from weft.errors import Misconfigured

SECRET = "whsec_" + "c2VjcmV0" * 6
KEYS = {source: f"key-{source}" for source in SOURCES}
WITH_ADDRESS = {"profile_id": "1", "audience": "abandoned_cart", "identifiers": {"email": ["a@b.example"]}}


@pytest.fixture
def collected() -> Generator[tuple[str, list[dict[str, Any]], threading.Event]]:
    """A collector that takes everything."""
    bodies: list[dict[str, Any]] = []
    came = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            came.set()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies, came
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(collected: tuple[str, Any, Any]) -> Generator[httpx.Client]:
    with (
        served(lambda: Shop(WORLD, collected[0], KEYS, SECRET), 0) as address,
        httpx.Client(base_url=address) as client,
    ):
        yield client


def test_a_port_that_is_taken_is_named_with_what_to_do(shop: httpx.Client) -> None:
    def never() -> Shop:
        raise AssertionError

    taken = int(shop.base_url.port or 0)
    with pytest.raises(Misconfigured, match="--shop-port"), served(never, taken):
        pass


def test_pages_carry_the_key_of_the_web_and_the_collector(shop: httpx.Client, collected: Any) -> None:
    text = shop.get("/product?id=P0001").text
    found = text.partition('id="settings">')[2].partition("</script>")[0]
    assert json.loads(found) == {"collector": collected[0], "writeKey": "key-web"}


@pytest.mark.parametrize(
    "path", ["/../server.py", "/%2e%2e/server.py", "/pages/pages.js", "/index.html", "/.env", "/nothing"]
)
def test_nothing_but_the_pages_is_served(shop: httpx.Client, path: str) -> None:
    assert shop.get(path).status_code == 404


def test_products_are_named_as_the_worlds_own_events_name_them(shop: httpx.Client, made: Path) -> None:
    import pyarrow.parquet as pq

    shelves = shop.get("/catalogue.json").json()["countries"]
    events = pq.read_table(made / "history/web/events.parquet", columns=["event", "properties"]).to_pylist()
    told = [json.loads(row["properties"]) for row in events if row["event"] == "Product Viewed"]
    assert told
    for properties in told:
        assert properties in shelves[properties["country"]]["products"]


def test_a_person_of_the_world_is_herself_and_a_stranger_is_always_the_same(shop: httpx.Client) -> None:
    person = shop.get("/catalogue.json").json()["countries"]["KR"]["people"][0]
    account = shop.get("/account.json", params={"email": person["email"].upper()}).json()
    assert account["user_id"].startswith("u")
    assert account["traits"]["name"] == person["name"]
    strangers = [shop.get("/account.json", params={"email": "x@y.example"}).json() for _ in range(2)]
    assert strangers[0] == strangers[1]
    assert strangers[0]["user_id"] != account["user_id"]


def test_an_order_is_booked_by_the_erp(shop: httpx.Client, collected: Any) -> None:
    product = shop.get("/catalogue.json").json()["countries"]["TW"]["products"][5]
    lines = [{"product_id": product["product_id"], "quantity": 2}]
    sold = shop.post("/orders", json={"user_id": "u1", "country": "TW", "lines": lines}).json()
    assert sold["revenue"] == product["price"] * 2
    _, bodies, came = collected
    assert came.wait(10)
    order, line = bodies[0]["batch"]
    assert (order["type"], order["name"], order["userId"]) == ("record", "order", "u1")
    assert order["recordId"] == sold["order_id"]
    assert order["properties"]["total"] == sold["revenue"]
    assert line["properties"]["sku"] == product["product_id"]


@pytest.mark.parametrize(
    "wrong",
    [{"lines": []}, {"country": "FR"}, {"lines": [{"product_id": "P9999", "quantity": 1}]},
     {"lines": [{"product_id": "P0001", "quantity": 0}]}, {"user_id": ""}, {"lines": "all"}],
)  # fmt: skip
def test_a_cart_that_cannot_be_sold_is_refused(shop: httpx.Client, wrong: dict[str, Any]) -> None:
    cart = {"user_id": "u1", "country": "KR", "lines": [{"product_id": "P0001", "quantity": 1}], **wrong}
    answer = shop.post("/orders", json=cart)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_body_without_end_is_not_read(shop: httpx.Client) -> None:
    assert shop.post("/orders", content=b"x" * 400_000).status_code == 413


def signed(message: dict[str, Any], secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    body = json.dumps(message).encode()
    head = {"webhook-id": "msg_1", "webhook-timestamp": "1767225600"}
    return {**head, "webhook-signature": sign(parse_secrets(secret), "msg_1", 1_767_225_600, body)}, body


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (WITH_ADDRESS, 200),
        ({**WITH_ADDRESS, "identifiers": {"email": ["a@hanmail.example"]}}, 422),
        ({**WITH_ADDRESS, "identifiers": {"email": ["a@hanmail.example", "a@b.example"]}}, 200),
        ({**WITH_ADDRESS, "identifiers": {}}, 422),
        ({"profile_id": "1"}, 422),
    ],
)
def test_the_receiver_takes_who_can_be_written_to(shop: httpx.Client, data: Any, status: int) -> None:
    headers, body = signed({"type": "audience.entered", "data": data})
    assert shop.post("/hooks", content=body, headers=headers).status_code == status
    shown = shop.get("/hooks.json").json()
    assert (shown["taken"], shown["refused"]) == ((1, 0) if status == 200 else (0, 1))
    assert shown["newest"][0]["data"] == data


def test_the_receiver_takes_nothing_that_is_signed_otherwise() -> None:
    hooks = Hooks(SECRET)
    headers, body = signed({"type": "audience.entered", "data": WITH_ADDRESS}, "whsec_" + "b3RoZXIh" * 6)
    assert hooks.take(headers, body) == 401
    assert hooks.take({}, body) == 401
    assert Hooks("").take(*signed({"type": "audience.entered", "data": WITH_ADDRESS})) == 401
    assert hooks.shown()["newest"] == []


def test_the_destination_is_on_while_the_receiver_is_there(tmp_path: Path) -> None:
    write_definitions(tmp_path)
    on = tmp_path / "destinations" / "outreach.yaml"
    switch_on(tmp_path, "http://127.0.0.1:9/hooks")
    on.write_text(on.read_text("utf-8") + "timeout_seconds: 3\n", "utf-8")
    switch_on(tmp_path, "http://127.0.0.1:10/hooks")
    text = on.read_text("utf-8")
    assert "url: http://127.0.0.1:10/hooks\n" in text
    assert text.endswith("timeout_seconds: 3\n")
    switch_off(tmp_path)
    assert [path.name for path in on.parent.iterdir()] == ["outreach.yaml.off"]
    (on.parent / "outreach.yaml.off").unlink()
    switch_on(tmp_path, "http://127.0.0.1:10/hooks")
    assert list(on.parent.iterdir()) == []
