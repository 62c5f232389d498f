"""Reading the token that a request shows, and remembering for a moment who it is."""

import binascii
import contextlib
import threading
from base64 import b64decode
from collections.abc import Callable

from weft.errors import Transient
from weft.model.access import Token
from weft.storage.database_keys import DatabaseTokens

REMEMBER_SECONDS = 2.0
REMEMBERED = 10_000
NOTE_SECONDS = 60.0
"""How often the use of a token is noted, at most."""
SECRET_BYTES_MAX = 512


def secret_of(authorization: str) -> str | None:
    """Return the secret of an Authorization header: Bearer, or Basic with the token as the user name."""
    scheme, _, given = authorization.strip().partition(" ")
    if not given or len(given) > SECRET_BYTES_MAX:
        return None
    match scheme.lower():
        case "bearer":
            return given.strip()
        case "basic":
            try:
                return b64decode(given.strip(), validate=True).decode().partition(":")[0] or None
            except (binascii.Error, UnicodeDecodeError):
                return None
        case _:
            return None


class Doorkeeper:
    """Knows tokens by their secret; a revoked one is refused at the latest REMEMBER_SECONDS later."""

    def __init__(self, tokens: DatabaseTokens, clock_seconds: Callable[[], float]) -> None:
        self._tokens = tokens
        self._clock_seconds = clock_seconds
        self._known: dict[str, tuple[float, Token | None]] = {}
        self._noted: dict[str, float] = {}

    def token(self, secret: str) -> Token | None:
        """Return the valid token of a secret."""
        if not secret or len(secret) > SECRET_BYTES_MAX:
            return None
        now = self._clock_seconds()
        known = self._known.get(secret)
        if known is not None and now - known[0] < REMEMBER_SECONDS:
            return known[1]
        found = self._tokens.find(secret)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[secret] = (now, found)
        if found is not None:
            self._note(found.token_id, now)
        return found

    def forget(self, secret: str) -> None:
        """Ask again the next time this secret is shown."""
        self._known.pop(secret, None)

    def _note(self, token_id: str, now: float) -> None:
        """Note the use of a token beside the request, which does not wait for the disk."""
        if now - self._noted.get(token_id, -NOTE_SECONDS) < NOTE_SECONDS:
            return
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[token_id] = now
        threading.Thread(target=self._write, args=(token_id,), name="weft-token-use", daemon=True).start()

    def _write(self, token_id: str) -> None:
        with contextlib.suppress(Transient):  # it is noted the next time
            self._tokens.note_use(token_id)
