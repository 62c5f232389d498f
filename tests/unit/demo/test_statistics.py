"""The world keeps its stated figures: repeat purchases, returns, overlap of identifiers, rhythm, effects."""

from functools import cache
from math import exp, lgamma, log
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as pq
import pytest

from weft.demo import world as shares
from weft.demo.buying import (
    WEB_SHARE,
    Lines,
    Orders,
    expected_contribution,
    expected_orders,
    history_orders,
    lines_of,
)
from weft.demo.campaigns import ask, campaigns_of
from weft.demo.goods import KIOSK_SHARE, Goods
from weft.demo.names import Names
from weft.demo.people import HOUSEHOLD_SHARES, People
from weft.demo.rhythm import Rhythm, is_friday_night, is_monday_commute, local_us, week_hour, week_weights
from weft.demo.visits import TABLET, TABLET_VISITS, visits_of
from weft.demo.world import BLOCK_PEOPLE, World

WORLD = World(people=BLOCK_PEOPLE, days=180, seed=3, until="2026-06-01")


@pytest.fixture(scope="module")
def people() -> People:
    return People(WORLD, Names(), 0)


@pytest.fixture(scope="module")
def rhythm() -> Rhythm:
    return Rhythm(WORLD.since_us, WORLD.until_us)


@pytest.fixture(scope="module")
def orders(people: People, rhythm: Rhythm) -> Orders:
    return history_orders(people, rhythm, [])


@pytest.fixture(scope="module")
def lines(orders: Orders) -> Lines:
    return lines_of(orders, Goods(WORLD))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


@cache
def bg_nbd(count: int, days: float) -> float:
    """P(X(t) = x) of Fader, Hardie and Lee (2005), equation 8, written from the paper."""
    r, alpha, a, b = shares.BUYING_R, shares.BUYING_ALPHA_DAYS, shares.GONE_A, shares.GONE_B

    def negative_binomial(x: int) -> float:
        return exp(
            lgamma(r + x)
            - lgamma(r)
            - lgamma(x + 1)
            + r * log(alpha / (alpha + days))
            + x * log(days / (alpha + days))
        )

    stayed = exp(_log_beta(a, b + count) - _log_beta(a, b)) * negative_binomial(count)
    if count == 0:
        return stayed
    left = exp(_log_beta(a + 1, b + count - 1) - _log_beta(a, b))
    return stayed + left * (1 - sum(negative_binomial(x) for x in range(count)))


def test_the_formula_is_a_distribution() -> None:
    assert sum(bg_nbd(count, 180.0) for count in range(400)) == pytest.approx(1, abs=1e-4)


def test_repeat_purchases_are_bg_nbd(people: People, orders: Orders) -> None:
    old = people.joined_us == WORLD.since_us
    counts = np.bincount(orders.row, minlength=people.size)[old]
    for count in range(7):
        expected = bg_nbd(count, float(WORLD.days))
        spread = (expected * (1 - expected) / old.sum()) ** 0.5
        assert np.mean(counts == count) == pytest.approx(expected, abs=4 * spread), count


def test_who_is_gone_is_as_many_as_the_process_says(people: People, orders: Orders) -> None:
    counts = np.bincount(orders.row, minlength=people.size)
    assert orders.alive[counts == 0].all()
    assert 0.5 < orders.alive.mean() < 0.95


def test_returns_are_as_stated(orders: Orders, lines: Lines) -> None:
    old_enough = orders.at_us[lines.order] < WORLD.until_us - 40 * 86_400_000_000
    returned = (lines.returned_us >= 0)[old_enough]
    spread = (shares.RETURN_SHARE / len(returned)) ** 0.5
    assert returned.mean() == pytest.approx(shares.RETURN_SHARE, abs=4 * spread)


def test_the_true_value_is_what_the_years_after_bring(people: People) -> None:
    """Draw the next year of those alive from the latent rates, and compare with the stated expectation."""
    draw = np.random.default_rng(1)
    alive = np.ones(people.size, bool)
    wanted = draw.poisson(people.rate * 365)
    lasts = draw.geometric(np.maximum(people.gone, 1e-9))
    bought = np.minimum(wanted, lasts).sum()
    assert expected_orders(people, alive).sum() == pytest.approx(bought, rel=0.03)
    assert expected_orders(people, ~alive).sum() == 0


def test_an_order_earns_what_is_stated(people: People, orders: Orders, lines: Lines) -> None:
    stated = expected_contribution(people, Goods(WORLD))[orders.row].sum()
    settled = lines.contribution.sum()
    assert stated == pytest.approx(settled, rel=0.06)


def test_identifiers_overlap_as_stated(people: People) -> None:
    share = 1 / people.size**0.5 * 2
    assert people.has_account.mean() == pytest.approx(shares.ACCOUNT_SHARE, abs=share)
    assert people.in_crm.mean() == pytest.approx(shares.CRM_SHARE, abs=share)
    both = (people.in_crm & people.has_account).mean()
    assert both == pytest.approx(shares.CRM_SHARE * shares.ACCOUNT_SHARE, abs=share)
    korean = people.country == 0
    assert people.in_loyalty[korean].mean() == pytest.approx(shares.LOYALTY_SHARE, abs=2 * share)
    assert not people.in_loyalty[~korean].any()


def test_half_of_the_old_cards_have_a_phone(made: Path) -> None:
    lines = (made / "history/loyalty/members-2014.txt").read_text("cp949").splitlines()[1:]
    phones = [line.split(";")[2] for line in lines]
    assert np.mean([bool(phone) for phone in phones]) == pytest.approx(shares.LOYALTY_PHONE_SHARE, abs=0.12)


def test_the_monday_commuter_is_the_friday_night_diner(people: People, rhythm: Rhythm) -> None:
    draw = np.random.default_rng(2)
    start = np.full(people.size, WORLD.since_us)
    at = rhythm.times(people.persona, people.country, start, draw.random(people.size))
    hour = week_hour(at, people.country)
    two_faces = people.persona == 3
    assert is_monday_commute(hour[two_faces]).mean() == pytest.approx(0.36, abs=0.05)
    assert is_friday_night(hour[two_faces]).mean() == pytest.approx(0.36, abs=0.05)
    assert is_monday_commute(hour[~two_faces]).mean() < 0.1


@pytest.mark.parametrize("number", range(len(shares.PERSONAS)))
def test_each_persona_has_its_week(people: People, rhythm: Rhythm, number: int) -> None:
    """Monday to Sunday, as busy as the persona's own table says; the commuter and diner most of all on two days."""
    row = np.repeat(np.flatnonzero(people.persona == number), 4)
    draw = np.random.default_rng(4)
    start = np.full(len(row), WORLD.since_us)
    at = rhythm.times(people.persona[row], people.country[row], start, draw.random(len(row)))
    days = np.bincount(week_hour(at, people.country[row]) // 24, minlength=7) / len(row)
    stated = week_weights(shares.PERSONAS[number]).reshape(7, 24).sum(axis=1) / 168
    assert days == pytest.approx(stated, abs=0.02)
    if shares.PERSONAS[number] == "two_faces":
        assert {int(days.argmax()), int(np.argsort(days)[-2])} == {0, 4}


def test_households_are_as_large_as_stated(people: People) -> None:
    heads = people.place == 0
    sizes = people.members[heads]
    for size, share in enumerate(HOUSEHOLD_SHARES, 1):
        spread = (share * (1 - share) / heads.sum()) ** 0.5
        assert np.mean(sizes == size) == pytest.approx(share, abs=4 * spread)
    together = np.bincount(people.household - people.first, minlength=people.size)
    assert (together[heads] == sizes).all()
    alone = people.city == people.city[people.household - people.first]
    assert alone.all()


def test_tablets_are_shared_as_stated(people: People, orders: Orders, rhythm: Rhythm) -> None:
    large = (people.place == 0) & (people.members > 1)
    spread = (shares.TABLET_SHARE / large.sum()) ** 0.5
    assert people.has_tablet[large].mean() == pytest.approx(shares.TABLET_SHARE, abs=4 * spread)
    assert not people.has_tablet[people.members == 1].any()
    visits = visits_of(orders, Goods(WORLD), rhythm)
    may = people.has_tablet[visits.row]
    assert (visits.device[may] == TABLET).mean() == pytest.approx(TABLET_VISITS * (1 - KIOSK_SHARE), abs=0.03)
    assert not (visits.device[~may] == TABLET).any()
    on_tablet = visits.device == TABLET
    ids = people.anonymous_id(visits.row[on_tablet], visits.device[on_tablet]).to_pylist()
    homes = people.household[visits.row[on_tablet]]
    assert len(set(ids)) == len(np.unique(homes))
    users = len(np.unique(visits.row[on_tablet]))
    assert users > 1.5 * len(set(ids))


def test_addresses_change_as_stated(people: People) -> None:
    moved = people.moved_us < WORLD.until_us
    spread = (shares.MOVED_EMAIL_SHARE / people.size) ** 0.5
    assert moved.mean() == pytest.approx(shares.MOVED_EMAIL_SHARE, abs=4 * spread)
    row = np.flatnonzero(moved)
    before, after = (people.email_at(row, people.moved_us[row] + late).to_pylist() for late in (-1, 0))
    assert not set(before) & set(after)
    stayed = np.flatnonzero(~moved)
    ends = (people.email_at(stayed, np.full(len(stayed), at)) for at in (WORLD.since_us, WORLD.until_us))
    assert next(ends) == next(ends)


def test_nobody_has_the_address_or_telephone_of_another(people: People) -> None:
    for values in (*people.emails, people.phone_e164, people.user_id):
        assert len(set(values.to_pylist())) == people.size


def test_the_web_and_the_till_meet_in_the_same_people(made: Path) -> None:
    """Of the people with web orders all are known by their account; of the branch's orders none is."""
    orders = pq.read_table(made / "history/erp/orders.parquet").to_pylist()
    web = [row for row in orders if row["channel"] == "web"]
    branch = [row for row in orders if row["channel"] == "branch"]
    share = shares.ACCOUNT_SHARE * WEB_SHARE
    assert len(web) / len(orders) == pytest.approx(share, abs=0.05)
    assert all(row["account"] and not row["phone"] for row in web)
    assert not any(row["account"] for row in branch)
    assert all(row["phone"] or row["email"] or row["loyalty_card"] for row in branch)


def test_local_time_is_that_of_the_country() -> None:
    at = np.array([1_767_225_600_000_000, 1_782_907_200_000_000])  # January and July
    for number, country in enumerate(shares.COUNTRIES):
        local = local_us(at, np.full(2, number)).astype("datetime64[us]")
        true = [
            moment.astype("datetime64[us]")
            .item()
            .replace(tzinfo=ZoneInfo("UTC"))
            .astimezone(ZoneInfo(country.zone))
            for moment in at.astype("datetime64[us]")
        ]
        assert [moment.hour for moment in local.tolist()] == [moment.hour for moment in true]


def test_campaigns_do_what_is_stated(people: People) -> None:
    for campaign in campaigns_of(WORLD):
        asked = ask(people, campaign)
        assert asked.held_out.mean() == pytest.approx(shares.HOLDOUT_SHARE, abs=0.02)
        assert (asked.extra_us[asked.held_out] == -1).all()
        assert people.marketing[asked.row].all()
        reached = ~asked.held_out
        responded = (asked.extra_us[reached] >= 0).mean()
        spread = (max(campaign.true_effect, 1e-6) / reached.sum()) ** 0.5
        assert responded == pytest.approx(campaign.true_effect, abs=4 * spread + 1e-9), campaign.name


def test_the_truth_knows_every_identifier_that_is_not_a_placeholder(made: Path) -> None:
    truth = pq.read_table(made / "truth/identifiers.parquet")
    known = set(zip(truth["namespace"].to_pylist(), truth["value"].to_pylist(), strict=True))
    web = pq.read_table(made / "history/web/events.parquet")
    for namespace in ("anonymous_id", "user_id", "email", "phone"):
        values = {value for value in web[namespace].to_pylist() if value}
        assert values
        assert {value for value in values if (namespace, value) not in known} == set()
