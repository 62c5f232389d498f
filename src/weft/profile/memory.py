"""What a profile was before its nodes changed, so that taking a merge or a split back gives it back. Pure."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

CHANGING = ("position", "as_of_us")
"""Fields of a served document that move on although nothing is known that was not known before."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Remembered(msgspec.Struct, array_like=True, frozen=True):
    """A profile as it was served until `at_us`. audiences: name → since; digest: `digest_of` its document.

    Times are microseconds since 1970 UTC; position: of the log.
    """

    at_us: int
    audiences: dict[str, int]
    position: int
    as_of_us: int
    digest: bytes


def nodes_key(nodes: Iterable[bytes]) -> bytes:
    """Return 16 bytes that tell one set of nodes from another."""
    return hashlib.blake2b(b"".join(sorted(nodes)), digest_size=16).digest()


def digest_of(document: bytes) -> bytes:
    """Return what tells whether a served document says the same as another, whenever they were made."""
    fields = _fields.decode(document)
    told = [name.encode() + bytes(value) for name, value in sorted(fields.items()) if name not in CHANGING]
    return hashlib.blake2b(b"\n".join(told), digest_size=16).digest()


def remember(document: bytes, audiences: Mapping[str, int], at_us: int) -> Remembered:
    """Return what to keep of a served document whose nodes change now."""
    fields = _fields.decode(document)
    position, as_of_us = (int(bytes(fields[name])) for name in CHANGING)
    return Remembered(at_us, dict(audiences), position, as_of_us, digest_of(document))


def restored(known: Mapping[bytes, Remembered], nodes: Iterable[bytes], *, last: bool) -> Remembered | None:
    """Return what a profile was with exactly these nodes. last: else what it was before it last changed."""
    exact = known.get(nodes_key(nodes))
    if exact is not None or not last:
        return exact
    return max(known.values(), key=lambda each: each.at_us, default=None)


def since(name: str, before: Mapping[str, int], back: Remembered | None, now_us: int) -> int:
    """Return since when a profile is in an audience: what is given back goes before what it had meanwhile.

    before: the memberships until now. A membership that began after the nodes had changed is a new one.
    """
    held = before.get(name)
    if back is not None and name in back.audiences and (held is None or held <= back.at_us):
        return back.audiences[name]
    return now_us if held is None else held
