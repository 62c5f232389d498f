"""Who may send and who may ask: sources with their write keys, tokens with their scopes."""

from enum import StrEnum

import msgspec


class Scope(StrEnum):
    """What a token may do on the engine API and the Profile API."""

    READ = "read"  # look at everything but profiles
    WRITE = "write"  # change sources, plans' quarantine, deliveries, consent; includes read
    PROFILES = "profiles"  # look at profiles and their events: personal data
    ADMIN = "admin"  # tokens too; includes all others


class TokenKind(StrEnum):
    """How a token came to be and how long it lives."""

    API = "api"
    LINK = "link"  # of the link that `weft up` prints: good for one sign-in
    SESSION = "session"  # of a browser that signed in


class WriteKey(msgspec.Struct, frozen=True):
    """A key that events are sent with. It is not a secret: web pages carry it."""

    key: str
    source: str
    created_us: int
    revoked_us: int | None = None


class Source(msgspec.Struct, frozen=True):
    """Where events come from, with all its write keys, the newest first."""

    name: str
    created_us: int
    keys: tuple[WriteKey, ...]


class Token(msgspec.Struct, frozen=True):
    """What is known of a token; its secret is shown once and kept only as a hash. used_us: to the minute."""

    token_id: str
    name: str
    kind: TokenKind
    scopes: frozenset[Scope]
    created_us: int
    expires_us: int | None = None
    revoked_us: int | None = None
    used_us: int | None = None

    def allows(self, scope: Scope) -> bool:
        """Say whether this token covers a scope."""
        if Scope.ADMIN in self.scopes or scope in self.scopes:
            return True
        return scope is Scope.READ and Scope.WRITE in self.scopes

    def is_valid(self, now_us: int) -> bool:
        """Say whether it is neither revoked nor over."""
        return self.revoked_us is None and (self.expires_us is None or now_us < self.expires_us)
