"""Serves the shop on a port of its own, so that its pages are another origin than the collector's."""

import mimetypes
import queue
import re
import secrets
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import msgspec

from weft.demo.live.messages import Due, message_of
from weft.demo.live.sender import Sender
from weft.demo.shop.hooks import Hooks
from weft.demo.shop.shelves import Cart, Shelves
from weft.demo.world import World
from weft.errors import Misconfigured, Rejected

HOST = "127.0.0.1"
PAGES = ("/", "/list", "/product", "/search", "/cart", "/account", "/trucks", "/safety", "/hooks")
BODY_BYTES = 300_000
SETTINGS = b"__SHOP__"
SDK = re.compile(r"/(index\.js|[A-Za-z-]+\.bundle\.[0-9a-f]+\.js|\d+\.bundle\.[0-9a-f]+\.js)")
"""The files of the SDK's build, which asks for its parts beside the page."""


class Shop:
    """Answers the shop's requests. keys: source → write key; the pages carry that of `web`."""

    def __init__(self, world: World, collector: str, keys: Mapping[str, str], secret: str) -> None:
        self.hooks = Hooks(secret)
        self._shelves = Shelves(world)
        self._collector, self._key = collector, keys["web"]
        self._erp = Sender(collector, keys, speed=1.0)
        self._sold: queue.SimpleQueue[list[Due] | None] = queue.SimpleQueue()
        self._books = threading.Thread(target=self._book, name="demo-till", daemon=True)
        self._books.start()

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[HTTPStatus, str, bytes]:
        """Return status, media type and body."""
        encode = msgspec.json.encode
        if path in PAGES:
            return HTTPStatus.OK, "text/html; charset=utf-8", self._page()
        if path == "/catalogue.json":
            return HTTPStatus.OK, "application/json", encode(self._shelves.catalogue)
        if path == "/account.json":
            return (
                HTTPStatus.OK,
                "application/json",
                encode(self._shelves.account(query.get("email", [""])[0])),
            )
        if path == "/hooks.json":
            return HTTPStatus.OK, "application/json", encode(self.hooks.shown())
        found = _file(path)
        if found is None:
            return HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing at this address of the shop.\n"
        return HTTPStatus.OK, mimetypes.guess_type(path)[0] or "application/octet-stream", found

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[HTTPStatus, bytes]:
        """Return status and body (JSON)."""
        if path == "/hooks":
            return HTTPStatus(self.hooks.take(headers, body)), b"{}"
        if path != "/orders":
            return HTTPStatus.NOT_FOUND, b"{}"
        try:
            cart = msgspec.json.decode(body, type=Cart)
            told, dues = self._shelves.sell(cart, f"SOW-{time.time_ns() // 1_000_000}-{secrets.token_hex(3)}")
        except (msgspec.MsgspecError, Rejected) as error:
            return HTTPStatus.BAD_REQUEST, msgspec.json.encode({"message": str(error)})
        self._sold.put(dues)
        return HTTPStatus.OK, msgspec.json.encode(told)

    def close(self) -> None:
        """Book no more orders."""
        self._sold.put(None)

    def _page(self) -> bytes:
        settings = msgspec.json.encode({"collector": self._collector, "writeKey": self._key})
        page = files("weft.demo.shop").joinpath("pages/index.html").read_bytes()
        return page.replace(SETTINGS, settings.replace(b"<", b"\\u003c"))

    def _book(self) -> None:
        """Tell the collector of orders as the ERP does, when it has time."""
        while (dues := self._sold.get()) is not None:
            self._erp.post("erp", [message_of(due, due.at_us) for due in dues])


def _file(path: str) -> bytes | None:
    """Return a file of the pages or of the SDK; nothing else is served."""
    name = path.removeprefix("/")
    if SDK.fullmatch(path):
        found = files("weft.web").joinpath("console", "sdk", name)
    elif re.fullmatch(r"[a-z]+\.(js|css|svg)", name):
        found = files("weft.demo.shop").joinpath("pages", name)
    else:
        return None
    return found.read_bytes() if found.is_file() else None


def sdk_is_built() -> bool:
    """Say whether the browser SDK is there. It is built with the console."""
    return _file("/index.js") is not None


@contextmanager
def served(shop: Callable[[], Shop], port: int) -> Generator[str]:
    """Serve a shop in threads of its own and yield its address; 0 picks a free port.

    Raises Misconfigured when the port is taken.
    """
    try:
        server = _Server((HOST, port), _Handler)
    except OSError as error:
        raise port_taken(port, error) from error
    server.daemon_threads = True
    server.shop = shop()
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="demo-shop", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.shop.close()


def port_taken(port: int, error: OSError) -> Misconfigured:
    """Say what to do about a port that somebody else has."""
    return Misconfigured(
        f"The demo shop cannot listen on {HOST}:{port} ({error.strerror}). Stop what uses that port, or choose "
        "another one: `--shop-port 9402`; 0 picks a free one.",
        code="port_in_use",
    )


class _Server(ThreadingHTTPServer):
    shop: Shop


class _Handler(BaseHTTPRequestHandler):
    """One connection. What a page may load and ask is said with each answer."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    @property
    def _shop(self) -> Shop:
        return cast("_Server", self.server).shop

    def do_GET(self) -> None:
        """Answer a page, a file or a question."""
        parts = urlsplit(self.path)
        status, kind, body = self._shop.get(parts.path, parse_qs(parts.query))
        self._answer(status, kind, body)

    def do_POST(self) -> None:
        """Take a webhook or an order."""
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > BODY_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "application/json", b"{}")
            return
        headers: dict[str, str] = {name.lower(): value for name, value in self.headers.items()}
        status, body = self._shop.post(urlsplit(self.path).path, headers, self.rfile.read(int(length)))
        self._answer(status, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it so)
        """Stay quiet: the terminal belongs to the demo."""
