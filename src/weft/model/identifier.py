"""An identifier is a value in a namespace; a node is its keyed hash; a profile is a set of nodes."""

import hashlib
from typing import Self
from uuid import UUID

import msgspec

USER_ID = "user_id"
ANONYMOUS_ID = "anonymous_id"
EMAIL = "email"
PHONE = "phone"

SEPARATOR = "\x1f"


class Identifier(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """One value that names a person, already normalised, e.g. ("email", "kim@example.com").

    stay: on a device that several people use, which of them the device stands for here; else "".
    """

    namespace: str
    value: str
    stay: str = ""

    @property
    def text(self) -> str:
        """The value with the stay, as `Identifier.of` reads it."""
        return f"{self.value}{SEPARATOR}{self.stay}" if self.stay else self.value

    @classmethod
    def of(cls, namespace: str, text: str) -> Self:
        """Return the identifier of a node from its namespace and `text`."""
        if SEPARATOR not in text:
            return cls(namespace, text)
        return cls(namespace, *text.split(SEPARATOR, 1))


def node_id(key: str, identifier: Identifier) -> UUID:
    """Return the 128-bit node of an identifier: md5(key, namespace, text), the same on every engine.

    md5 is used as a digest that DuckDB, Spark and PostgreSQL share; the workspace's key, not md5, keeps values secret.
    """
    text = SEPARATOR.join((key, identifier.namespace, identifier.text))
    return UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest())


def profile_id(node: UUID, first_seen_ms: int) -> UUID:
    """Return the UUIDv7 of the profile whose oldest node this is (RFC 9562, 5.7).

    The node's hash with its first 48 bits replaced by the time and the version and variant bits set.
    """
    kept = node.int & ~((1 << 128) - (1 << 80)) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=(first_seen_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | 0b10 << 62 | kept)
