"""The tick's steps on a context: what a sender says of itself, once for all events that share it."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from weft.collect.drafts import ContextDraft, Rules
from weft.collect.identifiers import named_by
from weft.collect.user_agent import client_of
from weft.collect.wire import decode_object
from weft.model.reason import Dropped, Reason

URL_CHARS = 8192
PURPOSES = 100
QUERY_FIELDS = 100
_CAMPAIGN = {
    "utm_campaign": "name",
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_term": "term",
    "utm_content": "content",
    "utm_id": "id",
}
_encode = msgspec.json.Encoder().encode


def merge(draft: ContextDraft, rules: Rules) -> Dropped | None:
    """Decode the event's context and integrations over those of the batch."""
    data: dict[str, Any] = {}
    integrations: dict[str, Any] = {}
    for raw, target in (
        (draft.batch, data),
        (draft.raw, data),
        (draft.batch_integrations, integrations),
        (draft.integrations, integrations),
    ):
        if raw:
            decoded = decode_object(raw, rules.collect)
            if isinstance(decoded, Dropped):
                return Dropped(decoded.reason, f"context: {decoded.detail}")
            target.update(decoded)
    if integrations:
        data["integrations"] = integrations
    draft.data = data
    draft.traits = traits_of(data)
    draft.identifiers = named_by(data)
    return None


def traits_of(context: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return `context.traits` if it is an object."""
    traits = context.get("traits")
    return traits if isinstance(traits, dict) else None


def sender(draft: ContextDraft, _rules: Rules) -> Dropped | None:
    """Complete what a browser did not say of itself; a server's own address says nothing about a person."""
    data = draft.data
    if draft.user_agent and "userAgent" not in data:
        data["userAgent"] = draft.user_agent
        if draft.ip and "ip" not in data:
            data["ip"] = draft.ip
    agent = data.get("userAgent")
    draft.agent = agent if isinstance(agent, str) else ""
    return None


def user_agent(draft: ContextDraft, _rules: Rules) -> Dropped | None:
    """Say which browser, system and class of device it was."""
    if draft.agent:
        client = client_of(draft.agent)
        draft.data["client"] = {
            "browser": client.browser,
            "browserVersion": client.browser_version,
            "os": client.os,
            "osVersion": client.os_version,
            "device": client.device,
        }
    return None


def bots(draft: ContextDraft, rules: Rules) -> Dropped | None:
    """Drop what a declared bot did."""
    if draft.agent and not rules.collect.keep_bots and client_of(draft.agent).is_bot:
        return Dropped(Reason.BOT, "the user agent says that it is a bot")
    return None


def campaign(draft: ContextDraft, _rules: Rules) -> Dropped | None:
    """Take the campaign from the page's address if the sender did not name it."""
    page = draft.data.get("page")
    if isinstance(draft.data.get("campaign"), dict) or not isinstance(page, dict):
        return None
    url = page.get("url")
    if isinstance(url, str) and "utm_" in url:
        found = _campaign_of(url[:URL_CHARS])
        if found:
            draft.data["campaign"] = found
    return None


def _campaign_of(url: str) -> dict[str, str]:
    query = url.partition("?")[2].partition("#")[0]
    found: dict[str, str] = {}
    for part in query.split("&", QUERY_FIELDS):
        key, _, value = part.partition("=")
        if key in _CAMPAIGN:
            found[_CAMPAIGN[key]] = unquote_plus(value).replace("\x00", "")
    return found


def truncate_ip(draft: ContextDraft, rules: Rules) -> Dropped | None:
    """Keep only the network part of an address; what is no address is removed."""
    address = draft.data.get("ip")
    if rules.collect.truncate_ip and address is not None:
        network = network_of(address) if isinstance(address, str) else ""
        if network:
            draft.data["ip"] = network
        else:
            del draft.data["ip"]
    return None


@lru_cache(maxsize=16_384)
def network_of(address: str) -> str:
    """Return the /24 of an IPv4 or the /48 of an IPv6 address (with zeros behind it), or "" for no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(ipaddress.IPv4Address(int(parsed) >> 8 << 8))
    return str(ipaddress.IPv6Address(int(parsed) >> 80 << 80))


def consent(draft: ContextDraft, _rules: Rules) -> Dropped | None:
    """Read `context.consent`, and write the context as it will be stored."""
    given = draft.data.get("consent")
    if given is not None:
        draft.consent = _encode(purposes_of(given))
    if draft.data:
        draft.text = _encode(draft.data)
    return None


def purposes_of(given: object) -> dict[str, bool]:
    """Return purpose → whether it was consented to, from categoryPreferences or a flat object.

    Only a literal true is consent; anything else that names a purpose is an explicit no.
    """
    if isinstance(given, dict) and "categoryPreferences" in given:
        given = given["categoryPreferences"]
    if isinstance(given, list):
        return {name: False for name in given[:PURPOSES] if isinstance(name, str)}
    if not isinstance(given, dict):
        return {}
    pairs = list(given.items())[:PURPOSES]
    return {name: value is True for name, value in pairs if isinstance(name, str)}
