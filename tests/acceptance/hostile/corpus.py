"""Hostile requests: what each must be answered, and which of its events must be kept."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

GOOD = b'{"type":"track","event":"Good","userId":"u1"}'


class Hostile(NamedTuple):
    """One request. kept: events that must be in the log afterwards; None where the whole request is refused."""

    name: str
    body: bytes
    kept: int | None
    encoding: str = ""
    status: int = 0


def between_good(name: str, bad: bytes) -> Hostile:
    """Put something bad between two good events, which must stay."""
    return Hostile(name, b'{"batch":[' + GOOD + b"," + bad + b"," + GOOD + b"]}", 2)


def event(properties: bytes) -> bytes:
    return b'{"type":"track","event":"Bad","userId":"u2","properties":' + properties + b"}"


BAD_PROPERTIES = {
    "deep object": b'{"a":' * 40 + b"1" + b"}" * 40,
    "deep list": b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "2^63": b'{"a":9223372036854775808}',
    "-2^63-1": b'{"a":-9223372036854775809}',
    "2^64": b'{"a":[{"b":18446744073709551616}]}',
    "5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "1e400": b'{"a":1e400}',
    "-1e400": b'{"a":[-1e400]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "bad UTF-8": b'{"a":"\xff\xfe"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "a surrogate as UTF-8": b'{"a":"\xed\xa0\x80"}',
    "high surrogate": b'{"a":"\\ud800"}',
    "low surrogate": b'{"a":"\\udc00x"}',
    "swapped surrogates": b'{"a":"\\udc00\\ud800"}',
    "surrogate in a key": b'{"\\ud800":1}',
    "NUL": b'{"a":"\\u0000"}',
    "NUL in a key": b'{"a\\u0000":1}',
    "raw NUL": b'{"a":"\x00"}',
    "raw newline": b'{"a":"\n"}',
    "bad escape": b'{"a":"\\x41"}',
    "cut escape": b'{"a":"\\u12"}',
    "leading zero": b'{"a":012}',
    "plus": b'{"a":+1}',
    "hexadecimal": b'{"a":0x1F}',
    "lonely point": b'{"a":1.}',
    "single quotes": b"{'a':1}",
    "unquoted": b"{a:b}",
    "trailing comma": b'{"a":1,}',
    "comment": b'{"a":1/* */}',
    "True": b'{"a":True}',
    "a list": b"[1,2]",
    "a text": b'"text"',
    "too large": b'{"a":"' + b"x" * 40_000 + b'"}',
}

BAD_EVENTS = {
    "number": b"5",
    "null": b"null",
    "true": b"true",
    "text": b'"track"',
    "list": b"[]",
    "empty": b"{}",
    "type is a number": b'{"type":1,"event":"x","userId":"u"}',
    "type is unknown": b'{"type":"delete everything","userId":"u"}',
    "type is a list": b'{"type":["track"],"event":"x","userId":"u"}',
    "event is an object": b'{"type":"track","event":{},"userId":"u"}',
    "event is blank": b'{"type":"track","event":"  ","userId":"u"}',
    "event is endless": b'{"type":"track","event":"' + b"x" * 5_000 + b'","userId":"u"}',
    "userId is an object": b'{"type":"track","event":"x","userId":{"$ne":null}}',
    "userId is true": b'{"type":"track","event":"x","userId":true}',
    "userId is 2^70": b'{"type":"track","event":"x","userId":1180591620717411303424}',
    "nobody": b'{"type":"track","event":"x"}',
    "nobody at all": b'{"type":"track","event":"x","userId":"null","anonymousId":"","context":{}}',
    "context is a text": b'{"type":"track","event":"x","userId":"u","context":"text"}',
    "context is a list": b'{"type":"track","event":"x","userId":"u","context":[]}',
    "context with NUL": b'{"type":"track","event":"x","userId":"u","context":{"a":"\\u0000"}}',
    "context with 1e400": b'{"type":"track","event":"x","userId":"u","context":{"a":1e400}}',
    "context with a surrogate": b'{"type":"track","event":"x","userId":"u","context":{"a":"\\ud800"}}',
    "deep context": b'{"type":"track","event":"x","userId":"u","context":' + b'{"a":' * 60 + b"1" + b"}" * 61,
    "traits are a list": b'{"type":"identify","userId":"u","traits":[1]}',
    "timestamp is an object": b'{"type":"track","event":"x","userId":"u","timestamp":{}}',
    "timestamp is no time": b'{"type":"track","event":"x","userId":"u","timestamp":"yesterday"}',
    "timestamp is year 99999": b'{"type":"track","event":"x","userId":"u","timestamp":"99999-01-01T00:00:00Z"}',
    "timestamp is 1e308": b'{"type":"track","event":"x","userId":"u","timestamp":1e308}',
    "messageId is a list": b'{"type":"track","event":"x","userId":"u","messageId":[1]}',
    "group without groupId": b'{"type":"group","userId":"u"}',
    "alias without previousId": b'{"type":"alias","userId":"u"}',
}

HARMLESS = {
    "same key twice": event(b'{"a":1,"a":{"b":2,"b":3}}'),
    "null everywhere": b'{"type":"track","event":"Odd","userId":"u3","anonymousId":null,"properties":null,'
    b'"context":null,"timestamp":null,"messageId":null,"integrations":null,"traits":null}',
    "unknown fields": b'{"type":"track","event":"Odd","userId":"u3","__proto__":{"a":1},"x":[[[1]]]}',
    "astral": event('{"𝒳":"👩‍👩‍👧‍👦 \\ud83d\\ude00"}'.encode()),
    "naughty": event(b'{"a":"\'; DROP TABLE events;--","b":"=cmd|\' /C calc\'!A0","c":"<script>"}'),
    "right to left": event('{"a":"\u202e\u2066\ufeff"}'.encode()),
    "limits of integers": event(b'{"a":9223372036854775807,"b":-9223372036854775808,"c":-0,"d":1e-400}'),
}


def corpus() -> Iterator[Hostile]:
    """Yield every hostile request."""
    for name, properties in BAD_PROPERTIES.items():
        yield between_good(f"properties: {name}", event(properties))
    for name, bad in BAD_EVENTS.items():
        yield between_good(f"event: {name}", bad)
    for name, odd in HARMLESS.items():
        yield between_good(name, odd)._replace(kept=3)
    yield from whole()


def whole() -> Iterator[Hostile]:
    """Yield requests that are refused as a whole."""
    good = b'{"batch":[' + GOOD + b"]}"
    bomb = gzip.compress(b'{"batch":[' + b" " * 50_000_000 + b"]}", 9)
    small_bomb = gzip.compress(b'{"batch":[' + b" " * 450_000 + b"]}", 9)
    yield Hostile("nothing", b"", None, status=400)
    yield Hostile("no JSON", b"hello", None, status=400)
    yield Hostile("binary", bytes(range(256)), None, status=400)
    yield Hostile("UTF-16", json.dumps({"batch": []}).encode("utf-16"), None, status=400)
    yield Hostile("byte order mark", b"\xef\xbb\xbf" + good, None, status=400)
    yield Hostile("cut off", good[:-5], None, status=400)
    yield Hostile("two documents", good + good, None, status=400)
    yield Hostile("only brackets", b"[" * 400_000, None, status=400)
    yield Hostile("only braces", b'{"a":' * 90_000, None, status=400)
    yield Hostile("only quotes", b'{"batch":[' + b'"' * 400_000, None, status=400)
    yield Hostile("only backslashes", b'{"batch":["' + b"\\" * 400_000, None, status=400)
    yield Hostile("only commas", b'{"batch":[' + b"," * 400_000 + b"NaN]}", None, status=400)
    yield Hostile("batch is a number", b'{"batch":1}', None, status=400)
    yield Hostile("batch is an object", b'{"batch":{}}', None, status=400)
    yield Hostile("sentAt is a list", b'{"batch":[' + GOOD + b'],"sentAt":[]}', None, status=400)
    yield Hostile("a list", b"[" + GOOD + b"]", None, status=400)
    yield Hostile("10 MB", b'{"batch":["' + b"x" * 10_000_000 + b'"]}', None, status=413)
    yield Hostile("5,000 events", b'{"batch":[' + b",".join([b"{}"] * 5_000) + b"]}", None, status=413)
    yield Hostile("gzip bomb", bomb, None, "gzip", 413)
    yield Hostile("gzip bomb within the limit", small_bomb, None, "gzip", 400)
    yield Hostile("deflate bomb", zlib.compress(b" " * 50_000_000, 9), None, "deflate", 413)
    yield Hostile("gzip in gzip", gzip.compress(gzip.compress(good, mtime=0)), None, "gzip", 400)
    yield Hostile("cut gzip", gzip.compress(good, mtime=0)[:-9], None, "gzip", 400)
    yield Hostile("no gzip", good, None, "gzip", 400)
    yield Hostile("empty gzip", b"", None, "gzip", 400)
    yield Hostile("unknown encoding", good, None, "br", 400)
