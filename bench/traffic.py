"""Requests made of a world's events, ready to be sent again and again under new message_ids."""

from itertools import islice
from typing import Any

import msgspec

from bench.forms import Forms
from bench.load import MARK, post
from bench.people import World

NUMBER_DIGITS = len(MARK)


def singles(world: World, write_key: str, count: int) -> tuple[bytes, ...]:
    """Return requests of one event each; the message_id is the number of the request."""
    return tuple(
        post(f"/v1/{message['type']}", msgspec.json.encode(_live(message, MARK.decode())), write_key)
        for message in islice(Forms(world).messages(), count)
    )


def batches(world: World, write_key: str, count: int, size: int) -> tuple[bytes, ...]:
    """Return requests of `size` events each; message_ids are `<number of the request>-<place>`."""
    messages = Forms(world).messages()
    return tuple(post("/v1/batch", _batch(list(islice(messages, size))), write_key) for _ in range(count))


def _batch(messages: list[dict[str, Any]]) -> bytes:
    mark = MARK.decode()
    return msgspec.json.encode(
        {"batch": [_live(one, f"{mark}-{place}") for place, one in enumerate(messages)]}
    )


def _live(message: dict[str, Any], message_id: str) -> dict[str, Any]:
    """The event as if it happened when it arrives."""
    return {key: value for key, value in message.items() if key != "timestamp"} | {"messageId": message_id}
