"""Signed webhooks as Standard Webhooks describes them (https://www.standardwebhooks.com)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from weft.activate.destination import Destination, Occasion, Surroundings
from weft.destinations.http import parse_url
from weft.destinations.webhook.sender import WebhookSender, WebhookTarget
from weft.destinations.webhook.signature import parse_secrets
from weft.model.destination import EVERY, Names
from weft.model.signal import SignalKind

PAYLOAD_BYTES = 256 * 1024


class WebhookSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a webhook needs to know."""

    url: Annotated[str, Meta(description="Where to POST, for example https://example.com/hooks/weft.")]
    secret_env: Annotated[
        str,
        Meta(
            description="Name of the environment variable that holds the signing secret (`whsec_…`), "
            "or of several, separated by commas, while you rotate.",
            pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        ),
    ]


def check(settings: WebhookSettings, environ: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the URL and the secrets, and who must do what about it."""
    faults: list[str] = []
    try:
        parse_url(settings.url)
    except ValueError as error:
        faults.append(f"`url`: {error}")
    name = settings.secret_env
    try:
        parse_secrets(environ[name])
    except KeyError:
        faults.append(f"`secret_env`: set the environment variable {name} to the signing secret (`whsec_…`)")
    except ValueError as error:
        faults.append(f"`secret_env`: the environment variable {name} {error}")
    return faults


SUBJECTS = {
    SignalKind.MERGED: "merged_profile_id",
    SignalKind.SPLIT: "split_from_profile_id",
    SignalKind.MOVED: "moved_from_profile_id",
}
"""What the subject of a signal is called; of all others it is an audience."""


def render(occasion: Occasion) -> bytes:
    """Return the body: what happened, when, to which profile, and what the connection includes of it."""
    signal, profile, include = occasion.signal, occasion.profile, occasion.include
    data: dict[str, Any] = {"profile_id": str(profile.profile_id), "signal": signal.number}
    data[SUBJECTS.get(signal.kind, "audience")] = signal.subject
    if include.traits:
        data["traits"] = {
            name: value for name, value in sorted(profile.traits.items()) if _names(include.traits, name)
        }
    if include.identifiers:
        data["identifiers"] = values = dict[str, list[str]]()
        for identifier in profile.identifiers:
            if _names(include.identifiers, identifier.namespace):
                values.setdefault(identifier.namespace, []).append(identifier.value)
    at = datetime.fromtimestamp(signal.at_us / 1_000_000, UTC).isoformat(timespec="milliseconds")
    return msgspec.json.encode({"type": occasion.kind, "timestamp": at.replace("+00:00", "Z"), "data": data})


def open_sender(settings: WebhookSettings, surroundings: Surroundings) -> WebhookSender:
    """Return a sender with a connection of its own."""
    target = WebhookTarget(parse_url(settings.url), parse_secrets(surroundings.environ[settings.secret_env]))
    return WebhookSender(target, surroundings)


def _names(names: Names, name: str) -> bool:
    return names == EVERY or name in names


DEFINITION = Destination(
    name="webhook",
    title="Webhook",
    description="POSTs each signal as signed JSON, as Standard Webhooks describes it.",
    channel="webhook",
    settings=WebhookSettings,
    repeatable=True,
    batch_items=1,
    payload_bytes=PAYLOAD_BYTES,
    check=check,
    render=render,
    open=open_sender,
)
