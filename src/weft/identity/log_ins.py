"""Which device is whose by its first log-in, and when a second owner makes it shared. Pure.

Ids of devices that come on one event while nobody is logged in are tied together, as one device, as long as at most
one of them has an owner; two that are owned are not: a link between them would be one between their owners.

Everything follows the order of the log, so that it does not depend on how the log is cut into ticks.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple

from weft.identity.stays import NOBODY
from weft.identity.union import Union


class LogIn(NamedTuple):
    """The first log-in of an owner on a device. position: in the log."""

    position: int
    device: bytes
    owner: bytes


class Beside(NamedTuple):
    """The first event that carries two devices while nobody is logged in."""

    position: int
    device: bytes
    other: bytes


class Before(NamedTuple):
    """A device as it was before the tick.

    profile: names what it is tied to. owned: whether that has an owner. own: who logged in first on it; None for
    nobody yet. shared: whether others did too.
    """

    profile: Hashable
    owned: bool
    own: bytes | None = None
    shared: bool = False


class Owned(NamedTuple):
    """own: device → the first owner, of devices that got one (NOBODY: it was another's by being tied to her device).

    shared: devices that have a second owner now. tied: pairs that are one device.
    """

    own: dict[bytes, bytes]
    shared: set[bytes]
    tied: set[tuple[bytes, bytes]]


def own_devices(before: Mapping[bytes, Before], events: Iterable[LogIn | Beside]) -> Owned:
    """Go through what is new, in the order of the log. before: every device of the events."""
    union: Union[Hashable] = Union()
    owned_at = {each.profile: -1 for each in before.values() if each.owned}
    own = {device: each.own for device, each in before.items() if each.own is not None}
    result = Owned({}, set(), set())
    for event in sorted(events, key=lambda each: each[0]):
        profile = union.find(before[event.device].profile)
        if isinstance(event, LogIn):
            _log_in(event, profile, own, owned_at, result)
            continue
        other = union.find(before[event.other].profile)
        both = profile in owned_at and other in owned_at
        if both or _is_shared(event.device, before, result) or _is_shared(event.other, before, result):
            continue
        result.tied.add((event.device, event.other))
        at = min((owned_at[each] for each in (profile, other) if each in owned_at), default=None)
        root = union.join(profile, other)
        if at is not None:
            owned_at[root] = at
    return result


def _log_in(
    event: LogIn,
    profile: Hashable,
    own: dict[bytes, bytes],
    owned_at: dict[Hashable, int],
    result: Owned,
) -> None:
    first = own.get(event.device)
    if first is None:
        # ids of one event are owned at once
        taken = owned_at.get(profile, event.position) < event.position
        first = own[event.device] = result.own[event.device] = NOBODY if taken else event.owner
        owned_at.setdefault(profile, event.position)
    if first != event.owner:
        result.shared.add(event.device)


def _is_shared(device: bytes, before: Mapping[bytes, Before], result: Owned) -> bool:
    return before[device].shared or device in result.shared
