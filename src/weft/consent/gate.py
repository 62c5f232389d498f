"""The gate: the only door out of Weft. It alone makes `Cleared`, and whatever it cannot read it denies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from uuid import UUID

from weft.model.audience import ConsentState
from weft.model.consent import ALL_CHANNELS, Act, ConsentRecord, DenialReason, Denied, Evidence

ALLOW = "allow"

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Cleared:
    """Leave to do one act, at one moment. It cannot be made or changed outside of the gate.

    evidence: the consent record (`record:<number>`) or the workspace default (`default:allow`) it rests on.
    """

    profile_id: UUID
    purpose: str
    channel: str
    evidence: str
    at_us: int
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("Only weft.consent.gate.clear makes a Cleared; ask it.")


def clear(act: Act, evidence: Evidence, defaults: Mapping[str, str], now_us: int) -> Cleared | Denied:
    """Say whether this act may be done now.

    The stricter of a profile's nodes wins: a suppression on any of them denies, and so does any node whose
    latest record for the purpose is a refusal. One grant then allows. Without a record the default of the
    purpose holds (`allow` or `deny`), and without a stated default the answer is no. Evidence that cannot be
    judged is a no as well.
    """
    try:
        return _suppressed(act, evidence) or _said(act, evidence, now_us) or _default(act, defaults, now_us)
    except Exception as error:  # noqa: BLE001 - fail closed: a fault in consent must never open the gate
        return Denied(DenialReason.UNREADABLE, f"consent could not be judged: {type(error).__name__}")


def require(value: object) -> Cleared:
    """Return the value if the gate made it, else raise TypeError: what sends asks again, types or not."""
    if not isinstance(value, Cleared):
        raise TypeError("Nothing leaves without a Cleared: pass what weft.consent.gate.clear returned.")
    return value


def latest(records: Iterable[ConsentRecord], purpose: str) -> dict[UUID, ConsentRecord]:
    """Return the record that holds on each node: the latest by time, then by number."""
    held: dict[UUID, ConsentRecord] = {}
    for record in records:
        if record.purpose != purpose:
            continue
        other = held.get(record.node_id)
        if other is None or (record.at_us, record.record_id) > (other.at_us, other.record_id):
            held[record.node_id] = record
    return held


def consent_state(records: Sequence[ConsentRecord], now_us: int) -> ConsentState:
    """Return what the records that hold on the nodes of a profile come to for one purpose, as the gate judges them."""
    if any(not record.granted for record in records):
        return ConsentState.REFUSED
    granted = any(record.at_us <= now_us for record in records)
    return ConsentState.GRANTED if granted else ConsentState.UNKNOWN


def _suppressed(act: Act, evidence: Evidence) -> Denied | None:
    if not act.nodes:
        return Denied(DenialReason.NO_PROFILE, "the profile has no identifiers")
    nodes = frozenset(act.nodes)
    for suppression in evidence.suppressions:
        if suppression.node_id in nodes and suppression.channel in {act.channel, ALL_CHANNELS}:
            return Denied(DenialReason.SUPPRESSED, f"{suppression.channel}: {suppression.reason}")
    return None


def _said(act: Act, evidence: Evidence, now_us: int) -> Cleared | Denied | None:
    nodes = frozenset(act.nodes)
    held = [record for record in latest(evidence.records, act.purpose).values() if record.node_id in nodes]
    refusals = [record for record in held if record.granted is not True]
    if refusals:
        return Denied(DenialReason.REFUSED, f"record:{max(refusal.record_id for refusal in refusals)}")
    grants = [record for record in held if record.at_us <= now_us]
    if grants:
        grant = max(grants, key=lambda record: (record.at_us, record.record_id))
        return _cleared(act, f"record:{grant.record_id}", now_us)
    if held:
        return Denied(DenialReason.NOT_YET, "the grant lies in the future: check the clock of its source")
    return None


def _default(act: Act, defaults: Mapping[str, str], now_us: int) -> Cleared | Denied:
    stated = defaults.get(act.purpose)
    if stated == ALLOW:
        return _cleared(act, "default:allow", now_us)
    if stated is None:
        return Denied(
            DenialReason.NO_DEFAULT,
            f"nobody consented, and [consent] default states nothing for {act.purpose}",
        )
    return Denied(
        DenialReason.DEFAULT_DENIES, f"nobody consented, and [consent] default denies {act.purpose}"
    )


def _cleared(act: Act, evidence: str, now_us: int) -> Cleared:
    return Cleared(act.profile_id, act.purpose, act.channel, evidence, now_us, _SEAL)
