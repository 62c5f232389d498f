"""The recipe of a world, and the parameters that its statistics are checked against."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from weft.clock import DAY_US
from weft.demo.columns import Bools, Ints
from weft.errors import Rejected

BLOCK_PEOPLE = 25_000
"""People are made block by block, so memory does not grow with the world."""
PEOPLE_MAX = 4_000_000
DAYS_MAX = 3_650
EVER_US = 2**62
FORM = 3
"""Of the files: raised when the same recipe gives other files than before."""


class Window(NamedTuple):
    """A stretch of time: from the first moment on, before the last."""

    since_us: int
    until_us: int

    def holds(self, at_us: Ints) -> Bools:
        """Say which moments lie in it."""
        return (at_us >= self.since_us) & (at_us < self.until_us)


EVER = Window(-EVER_US, EVER_US)


class Country(msgspec.Struct, frozen=True):
    """A country the retailer sells in. rate: what one unit of its price list (in pence / 100) costs there."""

    code: str
    language: str
    locale: str
    currency: str
    zone: str
    share: float
    rate: float
    places: int
    offset_seconds: int


COUNTRIES = (
    Country("KR", "ko", "ko-KR", "KRW", "Asia/Seoul", 0.45, 1_750.0, 0, 32_400),
    Country("TW", "zh", "zh-TW", "TWD", "Asia/Taipei", 0.30, 40.0, 0, 28_800),
    Country("GB", "en", "en-GB", "GBP", "Europe/London", 0.25, 1.0, 2, 0),
)

PERSONAS = ("trade", "weekend", "evening", "two_faces", "night")
PERSONA_SHARES = (0.22, 0.30, 0.28, 0.12, 0.08)

# Repeat purchases are a BG/NBD process (Fader, Hardie and Lee 2005): the rate of a person is Gamma(R, 1/ALPHA_DAYS) a
# day, and after each purchase she is gone for good with her own chance, which is Beta(A, B).
BUYING_R = 0.6
BUYING_ALPHA_DAYS = 60.0
GONE_A, GONE_B = 0.7, 2.8

OLD_SHARE = 0.75
"""Of the people that were there before the first day; the others join on a day of the world."""
RETURN_SHARE = 0.07
"""Of the order lines that come back."""
ACCOUNT_SHARE = 0.62
CRM_SHARE = 0.55
LOYALTY_SHARE = 0.35
"""Of the people in Korea, where the loyalty card of 2014 was."""
LOYALTY_PHONE_SHARE = 0.5
CRM_EMAIL_SHARE = 0.86
CRM_PHONE_SHARE = 0.8
CRM_ADDRESS_SHARE = 0.8
CRM_DUPLICATE_SHARE = 0.06
MOVED_EMAIL_SHARE = 0.12
"""Of the people whose address changes within the world."""
TABLET_SHARE = 0.3
"""Of the households of two and more that share a tablet."""
MARKETING_SHARE = 0.48
ANALYTICS_SHARE = 0.82
RENTER_SHARE = 0.08
TICKET_SHARE = 0.06
HOLDOUT_SHARE = 0.1


class World(msgspec.Struct, frozen=True):
    """How many people over how many days up to when, and the seed of it all. The same world gives the same bytes."""

    people: int = 1_000
    days: int = 90
    seed: int = 7
    until: str = "2026-01-01"
    form: int = FORM

    @property
    def until_us(self) -> int:
        """The end of the last day (UTC), in microseconds since 1970."""
        return int(datetime.fromisoformat(self.until).replace(tzinfo=UTC).timestamp()) * 1_000_000

    @property
    def since_us(self) -> int:
        """The beginning of the first day."""
        return self.until_us - self.days * DAY_US

    @property
    def history(self) -> Window:
        """The days whose files are written. What was brought about earlier is among them."""
        return Window(-EVER_US, self.until_us)

    @property
    def blocks(self) -> int:
        """How many blocks the people are made in."""
        return -(-self.people // BLOCK_PEOPLE)

    @property
    def code_space(self) -> int:
        """The prime below which the numbers of this world's people are scattered."""
        return next(prime for prime in (9_973, 99_991, 999_983, 9_999_991) if prime > 2 * self.people)

    def draw(self, stream: str, number: int = 0) -> np.random.Generator:
        """Return the source of chance of one stream; streams do not disturb each other."""
        return np.random.default_rng((self.seed, *stream.encode(), number))


def check_world(world: World) -> None:
    """Raise Rejected for a world that cannot be made."""
    if not 1 <= world.people <= PEOPLE_MAX:
        raise Rejected(f"--people must be from 1 to {PEOPLE_MAX:,}.")
    if not 1 <= world.days <= DAYS_MAX:
        raise Rejected(f"--days must be from 1 to {DAYS_MAX:,}.")
    if world.seed < 0:
        raise Rejected("--seed must not be negative.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", world.until):
        raise Rejected("--until must be a day such as 2026-01-31.")
    try:
        datetime.fromisoformat(world.until)
    except ValueError as error:
        raise Rejected(f"--until: there is no day {world.until}.") from error


def load_world(folder: Path) -> World | None:
    """Return the world whose files stand in a folder, if they are whole."""
    try:
        return msgspec.json.decode((folder / "world.json").read_bytes(), type=World)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
