"""Whose a device is by its first log-in does not depend on how the log is cut into ticks."""

from hypothesis import given
from hypothesis import strategies as st

from weft.identity.log_ins import Before, Beside, LogIn, own_devices
from weft.identity.stays import NOBODY

A, B = b"a", b"b"
X, Y = b"x", b"y"
NEW = {device: Before(device, owned=False) for device in (X, Y, b"z")}


def test_the_first_to_log_in_has_the_device_and_a_second_makes_it_shared():
    found = own_devices(NEW, [LogIn(2, X, B), LogIn(1, X, A)])
    assert (found.own, found.shared) == ({X: A}, {X})


def test_ids_seen_together_are_one_device_while_one_of_them_at_most_is_owned():
    assert own_devices(NEW, [Beside(1, X, Y), LogIn(2, X, A)]).tied == {(X, Y)}
    assert own_devices(NEW, [LogIn(1, X, A), Beside(2, X, Y)]).tied == {(X, Y)}
    assert own_devices(NEW, [LogIn(1, X, A), LogIn(2, Y, B), Beside(3, X, Y)]).tied == set()
    assert own_devices(NEW, [LogIn(1, X, A), LogIn(2, X, B), Beside(3, X, Y)]).tied == set()


def test_a_device_tied_to_anothers_is_shared_from_its_own_first_log_in_on():
    found = own_devices(NEW, [Beside(1, X, Y), LogIn(2, X, A), LogIn(3, Y, B)])
    assert (found.own, found.shared) == ({X: A, Y: NOBODY}, {Y})


def test_ids_of_one_event_are_owned_at_once():
    found = own_devices(NEW, [Beside(1, X, Y), LogIn(2, X, A), LogIn(2, Y, A)])
    assert (found.own, found.shared) == ({X: A, Y: A}, set())


devices = st.sampled_from(sorted(NEW))
logs = st.lists(
    st.tuples(devices, st.sampled_from([A, B])) | st.tuples(devices, devices).filter(lambda two: two[0] != two[1]),
    max_size=10,
)  # fmt: skip


@given(logs, st.integers(0, 10))
def test_the_outcome_does_not_depend_on_where_the_log_is_cut(log: list[tuple[bytes, bytes]], cut: int):
    seen: set[tuple[bytes, bytes]] = set()
    events: list[LogIn | Beside] = []
    for position, (device, other) in enumerate(log, 1):
        pair = (device, other) if other in (A, B) else (min(device, other), max(device, other))
        if pair not in seen:
            seen.add(pair)
            events.append(LogIn(position, *pair) if other in (A, B) else Beside(position, *pair))
    whole = own_devices(NEW, events)
    first = own_devices(NEW, [event for event in events if event.position <= cut])
    later = own_devices(_after(first), [event for event in events if event.position > cut])
    assert first.own | later.own == whole.own
    assert first.shared | later.shared == whole.shared
    assert first.tied | later.tied == whole.tied


def _after(found: object) -> dict[bytes, Before]:
    """The devices as a warehouse would tell them after a tick."""
    profile = {device: device for device in NEW}
    for one, other in found.tied:  # type: ignore[attr-defined]
        gone = profile[other]
        profile = {device: profile[one] if each == gone else each for device, each in profile.items()}
    own = found.own  # type: ignore[attr-defined]
    owned = {profile[device] for device, owner in own.items() if owner != NOBODY}
    shared = found.shared  # type: ignore[attr-defined]
    return {
        device: Before(profile[device], profile[device] in owned, own.get(device), device in shared)
        for device in NEW
    }
