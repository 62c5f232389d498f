"""The shapes of ASGI, and the answers that every route gives."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Answer(Struct, frozen=True, gc=False):
    """A response that is ready to be sent."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,)


class Failure(Exception):  # noqa: N818 it is an answer, not an error of ours
    """Ends a request early with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def problem(
    status: int, code: str, message: str, *headers: tuple[bytes, bytes], retry_after_seconds: int = 0
) -> Answer:
    """Return an error as JSON with both `code` and `message`: one SDK sends again without end if one is missing."""
    if retry_after_seconds:
        headers = (*headers, (b"retry-after", str(retry_after_seconds).encode()))
    return Answer(status, _encode({"success": False, "code": code, "message": message}), (JSON, *headers))


async def reply(send: Send, answer: Answer, cors: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send an answer in two messages."""
    if cors:
        answer = Answer(answer.status, answer.body, (*answer.headers, *cors))
    start, body = _messages(answer)
    await send(start)
    await send(body)


@lru_cache(maxsize=64)
def _messages(answer: Answer) -> tuple[Message, Message]:
    """Build the two messages; most answers are equal to one before."""
    length = (b"content-length", str(len(answer.body)).encode())
    start = {"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, length]}
    return start, {"type": "http.response.body", "body": answer.body}
