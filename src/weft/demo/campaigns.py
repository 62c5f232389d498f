"""Mail campaigns with a known effect: who is asked, who is held out, and who buys only because she was asked."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from weft.clock import DAY_US, HOUR_US
from weft.demo.columns import Bools, Floats, Ints, take, times, uuids
from weft.demo.people import People
from weft.demo.world import HOLDOUT_SHARE, Window, World

EVERY_DAYS = 15
RESPONSE_DAYS = 7
OPENED_SHARE, CLICKED_SHARE, UNSUBSCRIBED_SHARE = 0.38, 0.22, 0.012
_KINDS = (
    ("New season, new tools", 0.03),
    ("Ten percent on your next order", 0.06),
    ("Our catalogue is here", 0.0),
    ("Your cart is waiting", 0.045),
)
"""Name and true effect: by how much the chance to order within RESPONSE_DAYS rises, on average."""


class Campaign(msgspec.Struct, frozen=True):
    """One mailing. true_effect: the mean rise of the chance to order within `response_days`, over who is asked."""

    number: int
    name: str
    sent_us: int
    true_effect: float
    holdout_share: float = HOLDOUT_SHARE
    response_days: int = RESPONSE_DAYS

    @property
    def code(self) -> str:
        """Its id."""
        return f"M{self.number:03}"


class Asked(NamedTuple):
    """Who a campaign was meant for, as columns. row: place in the block. effect: her own. extra_us: when the order that
    the mail alone brought about came, or -1."""

    campaign: Campaign
    row: Ints
    held_out: Bools
    effect: Floats
    extra_us: Ints


def campaigns_of(world: World) -> list[Campaign]:
    """Return the campaigns of a world: one every two weeks or so, on a day at 1:00 UTC."""
    count = max(1, world.days // EVERY_DAYS)
    found: list[Campaign] = []
    for number in range(count):
        name, effect = _KINDS[number % len(_KINDS)]
        day = int((number + 0.5) * world.days / count)
        found.append(Campaign(number + 1, name, world.since_us + day * DAY_US + HOUR_US, effect))
    return found


def mailing(world: World, day: int) -> Campaign:
    """Return the mailing of a present day: each goes to one in EVERY_DAYS of the people, and brings about no orders."""
    number = max(1, world.days // EVERY_DAYS) + 1 + day
    return Campaign(number, _KINDS[number % len(_KINDS)][0], world.until_us + day * DAY_US + HOUR_US, 0.0)


def ask(people: People, campaign: Campaign) -> Asked:
    """Draw who is asked, who is held out and who responds."""
    draw = people.world.draw(f"campaign-{campaign.number}", people.block)
    meant = people.marketing & people.in_crm & (people.joined_us < campaign.sent_us)
    chance, wait_days, response = (draw.random(people.size) for _ in range(3))
    row = np.flatnonzero(meant)
    held_out = chance[row] < campaign.holdout_share
    effect = campaign.true_effect * 2 * people.persuadable[row]
    at = campaign.sent_us + (HOUR_US + wait_days[row] ** 2 * RESPONSE_DAYS * (DAY_US - HOUR_US)).astype(
        np.int64
    )
    came = ~held_out & (response[row] < effect) & (at < people.world.until_us)
    return Asked(campaign, row, held_out, effect, np.where(came, at, -1))


def brought_about(asked: list[Asked]) -> list[tuple[Ints, Ints, int]]:
    """Return the orders that campaigns alone brought about, as `history_orders` wants them."""
    found = ((one, one.extra_us >= 0) for one in asked)
    return [(one.row[came], one.extra_us[came], one.campaign.number) for one, came in found]


def only(asked: Asked, mask: Bools) -> Asked:
    """Return those of the asked whom a mask names."""
    return asked._replace(
        row=asked.row[mask],
        held_out=asked.held_out[mask],
        effect=asked.effect[mask],
        extra_us=asked.extra_us[mask],
    )


def truth(people: People, asked: Asked) -> pa.Table:
    """Return who was asked or held out, with the true effect on each."""
    return pa.table(
        {
            "campaign": pa.repeat(asked.campaign.code, len(asked.row)),
            "person": people.person[asked.row],
            "held_out": asked.held_out,
            "true_effect": asked.effect,
            "extra_order": asked.extra_us >= 0,
        }
    )


def mails(people: People, asked: Asked, window: Window | None = None) -> pa.Table:
    """Return what the mail system tells of a campaign: sent, opened, clicked, unsubscribed.

    window: when that is (by default: within the history).
    """
    campaign = asked.campaign
    draw = people.world.draw(f"mail-{campaign.number}", people.block)
    row = asked.row[~asked.held_out]
    brought = asked.extra_us[~asked.held_out]
    opened = (draw.random(len(row)) < OPENED_SHARE) | (brought >= 0)
    clicked = opened & ((draw.random(len(row)) < CLICKED_SHARE) | (brought >= 0))
    left = draw.random(len(row)) < UNSUBSCRIBED_SHARE
    sent_us = campaign.sent_us + draw.integers(0, 1_800, len(row)) * 1_000_000
    read_us = sent_us + (draw.exponential(9.0, len(row)) * HOUR_US).astype(np.int64)
    read_us = np.where(brought >= 0, np.minimum(read_us, brought - 60_000_000), read_us)
    steps = (
        ("Email Sent", np.ones(len(row), bool), sent_us),
        ("Email Opened", opened, read_us),
        ("Email Link Clicked", clicked, read_us + 20_000_000),
        ("Unsubscribed", left, read_us + 45_000_000),
    )
    parts: list[pa.Table] = []
    for number, (name, mask, at) in enumerate(steps):
        there = mask & (window or people.world.history).holds(at)
        parts.append(_events(people, campaign, number, name, row[there], at[there]))
    return pa.concat_tables(parts)


def _events(people: People, campaign: Campaign, number: int, name: str, row: Ints, at_us: Ints) -> pa.Table:
    size = len(row)
    step = np.full(size, campaign.number * 8 + number)
    return pa.table(
        {
            "message_id": uuids(people.person[row], step, salt=people.world.seed + 11),
            "event": pa.repeat(name, size),
            "timestamp": times(at_us),
            "email": people.email_at(row, np.full(size, campaign.sent_us)),
            "campaign": pa.repeat(campaign.code, size),
            "subject": pa.repeat(campaign.name, size),
            "language": take(["ko", "zh", "en"], people.country[row]),
            "marketing": pa.repeat("no", size) if name == "Unsubscribed" else pa.nulls(size, pa.string()),
        }
    )
