"""The console's files: built beside this package, served with a content policy that lets nothing else run."""

import asyncio
import gzip
import secrets
from pathlib import Path

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import State
from litestar.params import FromPath

from weft.errors import NotFound
from weft.web.api.access import Gatekeeper
from weft.web.api.describe import Provided
from weft.web.api.page import not_built
from weft.web.api.services import Services

FOLDER = Path(__file__).parent.parent / "console"
"""Where `make console` puts what it builds."""

INDEX = "index.html"
NONCE = b"__WEFT_NONCE__"
"""Stands in index.html as the content of `<meta name="csp-nonce">`; each answer has its own."""

IMMUTABLE = "public, max-age=31536000, immutable"
SMALL_BYTES = 1_024
"""Below this a compressed file is no quicker."""

TEXTS = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
OTHERS = {
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
}
"""Spelt out, because what the machine knows of types differs, and a script of a wrong type does not run."""

Request_ = Request[object, object, State]


class Asset(msgspec.Struct, frozen=True):
    """A file in memory. packed: the same gzipped, empty where that is no use."""

    body: bytes
    packed: bytes
    media_type: str
    changed_ns: int


class Assets:
    """Reads the files of a folder once, and again when they change; nothing outside of the folder is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[str, Asset] = {}

    def find(self, name: str) -> Asset | None:
        """Return a file by its path in the folder."""
        try:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or not path.is_file():
                return None
            changed_ns = path.stat().st_mtime_ns
            known = self._known.get(name)
            if known is None or known.changed_ns != changed_ns:
                known = self._known[name] = _asset(path, changed_ns)
        except (OSError, ValueError):  # gone while it was read; a name that no file can have
            return None
        return known


@get(["/", "/{path:path}"], include_in_schema=False)
async def serve_console(request: Request_, services: Provided, path: FromPath[str] = "") -> Response[bytes]:
    """Answer a file of the console; any other path is a screen, which index.html shows."""
    # not `sync_to_thread`: a handler of two paths would be wrapped twice
    return await asyncio.to_thread(_find, request, services, path)


def _find(request: Request_, services: Services, path: str) -> Response[bytes]:
    name = path.strip("/")
    if name == "api" or name.startswith("api/"):
        raise NotFound("There is no such route. See /api/schema/openapi.json.")
    assets: Assets = request.app.state.assets
    packs = "gzip" in request.headers.get("accept-encoding", "")
    file = assets.find(name) if name and name != INDEX else None
    if file is not None:
        kept = IMMUTABLE if name.startswith("assets/") else "no-cache"
        return _answer(file.body, file.packed if packs else b"", file.media_type, {"Cache-Control": kept})
    if name.startswith("assets/"):
        raise NotFound("There is no such file. The console was built anew: reload the page.")
    index = assets.find(INDEX)
    if index is None:
        gatekeeper: Gatekeeper = request.app.state.gatekeeper
        return not_built(services, request.app.state.figures, gatekeeper.token_of(request))
    nonce = secrets.token_urlsafe(16)
    return _answer(index.body.replace(NONCE, nonce.encode()), b"", MediaType.HTML, page_headers(nonce))


def page_headers(nonce: str) -> dict[str, str]:
    """Return the headers of a page that runs only its own scripts; styles may carry the nonce."""
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"worker-src 'self'; img-src 'self' data: blob:; style-src 'self' 'nonce-{nonce}'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _answer(body: bytes, packed: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    if packed:
        headers = {**headers, "Content-Encoding": "gzip"}
    headers = {**headers, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    return Response(packed or body, media_type=media_type, headers=headers)


def _asset(path: Path, changed_ns: int) -> Asset:
    body = path.read_bytes()
    text = TEXTS.get(path.suffix)
    if text is None:
        return Asset(body, b"", OTHERS.get(path.suffix, "application/octet-stream"), changed_ns)
    packed = gzip.compress(body, 9, mtime=0) if len(body) > SMALL_BYTES else b""
    return Asset(body, packed, text, changed_ns)


router = Router("/", route_handlers=[serve_console])
