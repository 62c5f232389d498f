"""The people of a world, a block at a time: who they are, how they buy, and what identifies them."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.clock import DAY_US
from weft.demo import world as shares
from weft.demo.columns import Bools, Floats, Ints, choose, digits, joined, pick, take, uuids
from weft.demo.goods import BRANCHES_OF, CATEGORIES
from weft.demo.names import Names
from weft.demo.world import BLOCK_PEOPLE, COUNTRIES, World

HOUSEHOLD_SHARES = (0.46, 0.30, 0.14, 0.10)
PHONE_DIGITS = 10**8
PHONE_STEP = 61_803_399
"""Has no factor with PHONE_DIGITS, so each person has a number of her own."""
MAIL_HOSTS = (
    ("naver.example", "hanmail.example", "gmail.example", "kakao.example"),
    ("gmail.example", "yahoo-tw.example", "hinet.example", "pchome.example"),
    ("gmail.example", "outlook.example", "btmail.example", "icloud.example"),
)
CITIES = (
    ("서울", "부산", "인천", "대구", "대전", "광주", "수원", "울산"),
    ("台北市", "新北市", "桃園市", "台中市", "台南市", "高雄市", "新竹市", "基隆市"),
    ("London", "Manchester", "Birmingham", "Leeds", "Glasgow", "Bristol", "Cardiff", "Belfast"),
)


class People:
    """One block of people, as columns by their place in the block. first: the number of the first person.

    household: number of the first person of each one's household. joined_us: when she came. rate: purchases a day
    (latent). gone: chance to be gone after a purchase (latent). moved_us: when her address changes, or never.
    """

    def __init__(self, world: World, names: Names, block: int) -> None:
        self.world, self.names, self.block = world, names, block
        self.first = block * BLOCK_PEOPLE
        self.size = size = min(BLOCK_PEOPLE, world.people - self.first)
        self.person: Ints = np.arange(self.first, self.first + size)
        draw = world.draw("people", block)
        self.household, self.place, self.members = _households(draw, size, self.first)
        head = self.household - self.first
        self.country: Ints = pick(draw, [one.share for one in COUNTRIES], size)[head]
        self.surname: Ints = names.surnames.pick(draw, self.country)
        # in Britain a household mostly shares a surname; elsewhere the second of them keeps her own
        shared = np.where(self.country == 2, draw.random(size) < 0.85, self.place != 1)
        self.surname = np.where(shared, self.surname[head], self.surname)
        self.given: Ints = names.given.pick(draw, self.country)
        self.born: Ints = 2026 - np.clip(draw.normal(44, 14, size), 18, 88).astype(np.int64)
        self.spelling: Ints = pick(draw, (0.55, 0.25, 0.20), size)
        self.city: Ints = pick(draw, (30, 14, 12, 10, 9, 9, 8, 8), size)[head]
        self.branch: Ints = _branch(self.country, draw.random(size))
        self.persona: Ints = pick(draw, shares.PERSONA_SHARES, size)
        self.favourite: Ints = draw.integers(0, len(CATEGORIES), size)
        self.band: Ints = pick(draw, (0.4, 0.42, 0.18), size)
        self._habits(draw)
        self._systems(draw)
        self._consents(draw)

    def _habits(self, draw: np.random.Generator) -> None:
        size, world = self.size, self.world
        self.rate: Floats = draw.gamma(shares.BUYING_R, 1 / shares.BUYING_ALPHA_DAYS, size)
        self.gone: Floats = draw.beta(shares.GONE_A, shares.GONE_B, size)
        self.visits_per_day: Floats = draw.gamma(0.7, 1 / 30, size)
        old = draw.random(size) < shares.OLD_SHARE
        later = world.since_us + (draw.random(size) * world.days * DAY_US).astype(np.int64)
        self.joined_us: Ints = np.where(old, world.since_us, later)
        self.devices: Ints = 1 + pick(draw, (0.52, 0.36, 0.12), size)
        self.basket: Floats = draw.lognormal(0.0, 0.35, size)
        self.persuadable: Floats = draw.beta(1.2, 1.2, size)

    def _systems(self, draw: np.random.Generator) -> None:
        size, world = self.size, self.world
        self.has_account: Bools = draw.random(size) < shares.ACCOUNT_SHARE
        self.in_crm: Bools = draw.random(size) < shares.CRM_SHARE
        self.in_loyalty: Bools = (self.country == 0) & (draw.random(size) < shares.LOYALTY_SHARE)
        self.is_renter: Bools = draw.random(size) < shares.RENTER_SHARE
        moved = draw.random(size) < shares.MOVED_EMAIL_SHARE
        at = world.since_us + (draw.random(size) * world.days * DAY_US).astype(np.int64)
        self.moved_us: Ints = np.where(moved, at, np.iinfo(np.int64).max)
        tablet = (draw.random(size) < shares.TABLET_SHARE)[self.household - self.first]
        self.has_tablet: Bools = tablet & (self.members > 1)

    def _consents(self, draw: np.random.Generator) -> None:
        self.marketing: Bools = draw.random(self.size) < shares.MARKETING_SHARE
        self.analytics: Bools = draw.random(self.size) < shares.ANALYTICS_SHARE

    @cached_property
    def code(self) -> Ints:
        """A number of her own that says nothing about her place."""
        return (self.person * 7_368_787 + 3 * self.world.seed + 1) % self.world.code_space

    @cached_property
    def user_id(self) -> pa.Array:
        """Her account on the web; also of those who have none."""
        return joined("u", digits(self.code, 7))

    @cached_property
    def loyalty_no(self) -> pa.Array:
        """Her card of 2014; also of those who have none."""
        return joined("14", digits((self.code * 31 + 17) % self.world.code_space, 7))

    def crm_id(self, copy: int) -> pa.Array:
        """Her key in the CRM; a duplicate has another one."""
        code = ((2 * self.person + copy) * 5_915_587 + 11) % self.world.code_space
        return joined("C", digits(code, 7))

    @cached_property
    def emails(self) -> tuple[pa.Array, pa.Array]:
        """Her address, and the one that she changes to."""
        family, given = (
            pc.replace_substring_regex(pc.utf8_lower(part), "[^a-z]", "")
            for part in self.names.roman_parts(self.surname, self.given, self.spelling)
        )
        code, host = self.code.astype(np.int64), self.code // 7 % 4
        first = joined(given, ".", family, code, "@", self._hosts(host))
        return first, joined(family, given, code, "@", self._hosts((host + 1) % 4))

    def _hosts(self, host: Ints) -> pa.Array:
        return take([name for hosts in MAIL_HOSTS for name in hosts], self.country * 4 + host)

    def email_at(self, row: Ints, at_us: Ints) -> pa.Array:
        """Return the address that these people (by place in the block) use at these times."""
        old, new = (addresses.take(pa.array(row)) for addresses in self.emails)
        return pc.if_else(pa.array(at_us >= self.moved_us[row]), new, old)

    @cached_property
    def _phone(self) -> Ints:
        return (self.person * PHONE_STEP + 1_234_567 * self.world.seed + 20_000_003) % PHONE_DIGITS

    @cached_property
    def phone_e164(self) -> pa.Array:
        """Her phone as +821012345678."""
        return joined(take(["+8210", "+8869", "+4477"], self.country), digits(self._phone, 8))

    @cached_property
    def phone_national(self) -> pa.Array:
        """Her phone as it is written at home: 010-1234-5678, 0912-345-678, 07712 345678."""
        text = digits(self._phone, 8)
        part = lambda start, stop: pc.utf8_slice_codeunits(text, start, stop)  # noqa: E731
        return choose(
            [
                joined("010-", part(0, 4), "-", part(4, 8)),
                joined("09", part(0, 2), "-", part(2, 5), "-", part(5, 8)),
                joined("077", part(0, 2), " ", part(2, 8)),
            ],
            self.country,
        )

    @cached_property
    def native_name(self) -> pa.Array:
        """Her name in its own script."""
        return self.names.native(self.country, self.surname, self.given)

    def roman_name(self, form: Ints, order: Ints) -> pa.Array:
        """Return her name in Latin letters, as `Names.roman`."""
        return self.names.roman(self.surname, self.given, form, order)

    @cached_property
    def city_name(self) -> pa.Array:
        """Her city as it is written there."""
        return take([name for cities in CITIES for name in cities], self.country * 8 + self.city)

    def anonymous_id(self, row: Ints, device: Ints) -> pa.Array:
        """Return the id of a device. device: 0 to 2 her own, 3 the household's tablet, 4 the counter of her branch."""
        owner = np.where(device == 3, self.household[row], self.person[row])
        owner = np.where(device == 4, self.branch[row], owner)
        return uuids(owner, device, salt=self.world.seed)


def _households(draw: np.random.Generator, size: int, first: int) -> tuple[Ints, Ints, Ints]:
    """Return of each person the head of the household, her place in it and its members."""
    sizes = 1 + pick(draw, HOUSEHOLD_SHARES, size)
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, size)) + 1
    sizes = sizes[:count].copy()
    sizes[-1] -= int(ends[count - 1]) - size
    starts = np.cumsum(sizes) - sizes
    head = np.repeat(starts, sizes)
    return head + first, np.arange(size) - head, np.repeat(sizes, sizes)


def _branch(country: Ints, uniform: Floats) -> Ints:
    found = np.zeros(len(country), np.int64)
    for number, own in enumerate(BRANCHES_OF):
        found = np.where(country == number, own[(uniform * len(own)).astype(np.int64)], found)
    return found
