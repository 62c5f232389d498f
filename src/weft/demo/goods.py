"""What the retailer sells and rents: products, branches, trucks. Brands and places of business are made up."""

from typing import NamedTuple

import msgspec
import numpy as np

from weft.demo.columns import Floats, Ints
from weft.demo.world import COUNTRIES, World

PER_CATEGORY = 16
BANDS = ("budget", "middle", "professional")
BAND_FACTOR = (0.55, 1.0, 2.2)
BRANDS = ("Hallim", "Daegun", "Yushan", "Taoshan", "Oakridge", "Thornbury", "Kestrel", "Volt & Vane")
TRUCKS_PER_BRANCH = 6
KIOSK_SHARE = 0.01
"""Of the visits that happen at a tablet on the counter of a branch, which everybody uses."""


class Category(NamedTuple):
    """A category: its names, its middle price (in the list's unit), and the month in which it sells best, if any."""

    name: str
    ko: str
    zh: str
    price: float
    peak_month: int = 0


CATEGORIES = (
    Category("drills", "드릴", "電鑽", 95),
    Category("saws", "톱", "電鋸", 120),
    Category("sanders", "샌더", "砂光機", 70),
    Category("grinders", "그라인더", "砂輪機", 65),
    Category("lasers", "레이저 측정기", "雷射測距儀", 85),
    Category("garden", "정원 공구", "園藝工具", 110, 5),
    Category("barbecue", "바비큐", "烤肉用品", 55, 7),
    Category("paint", "페인트", "油漆", 28, 4),
    Category("ladders", "사다리", "梯子", 90),
    Category("workwear", "작업복", "工作服", 45, 11),
    Category("heaters", "난방기", "暖氣機", 130, 12),
    Category("fixings", "나사·앵커", "螺絲與錨栓", 9),
)
GARDEN, BARBECUE, PAINT, WORKWEAR = 5, 6, 7, 9
LEISURE = (GARDEN, BARBECUE, PAINT)
"""What people look for in their own time."""
PRODUCTS = len(CATEGORIES) * PER_CATEGORY

BRANCHES = (
    ("KR-SEO", "서울 성수", 0), ("KR-ICN", "인천 부평", 0), ("KR-PUS", "부산 사상", 0), ("KR-DAE", "대구 북구", 0),
    ("KR-KWJ", "광주 광산", 0), ("KR-TJN", "대전 대덕", 0), ("TW-TPE", "台北內湖", 1), ("TW-NTP", "新北板橋", 1),
    ("TW-TXG", "台中西屯", 1), ("TW-KHH", "高雄三民", 1), ("GB-LDN", "London Croydon", 2),
    ("GB-MAN", "Manchester Trafford", 2),
    ("GB-BHM", "Birmingham Aston", 2), ("GB-GLA", "Glasgow Govan", 2),
)  # fmt: skip
BRANCHES_OF = tuple(
    np.array([number for number, branch in enumerate(BRANCHES) if branch[2] == country])
    for country in range(len(COUNTRIES))
)

TRUCK_KINDS = (("van", 48.0), ("flatbed", 66.0), ("box truck", 84.0), ("tipper", 95.0))


class Product(msgspec.Struct, frozen=True):
    """One product. category, brand, band: numbers. price: in the list's unit, before VAT. cost: share of the price."""

    sku: str
    name: str
    category: int
    brand: int
    band: int
    price: float
    cost_share: float


class Goods:
    """The products of a world. price, cost: in the list's unit, by product."""

    def __init__(self, world: World) -> None:
        draw = world.draw("goods")
        self.products: list[Product] = []
        for number in range(PRODUCTS):
            category, place = divmod(number, PER_CATEGORY)
            band, brand = (
                int(place % len(BANDS)),
                int((place + 3 * category + draw.integers(0, 2)) % len(BRANDS)),
            )
            factor = float(draw.lognormal(0.0, 0.18)) * BAND_FACTOR[band]
            price = round(CATEGORIES[category].price * factor, 2)
            model = f"{CATEGORIES[category].name[:2].upper()}{100 + place * 25}"
            name = f"{BRANDS[brand]} {model} {CATEGORIES[category].name.removesuffix('s')}"
            cost = float(draw.uniform(0.52, 0.74))
            self.products.append(
                Product(f"P{number + 1:04}", name, category, brand, band, price, round(cost, 3))
            )
        self.price: Floats = np.array([each.price for each in self.products])
        self.cost: Floats = self.price * np.array([each.cost_share for each in self.products])

    @staticmethod
    def pick(category: Ints, band: Ints, uniform: Floats) -> Ints:
        """Return a product of each category, mostly in the price band that the person likes; few are very popular."""
        rank = np.minimum((uniform**1.8 * PER_CATEGORY).astype(np.int64), PER_CATEGORY - 1)
        liked = rank - (rank - band) % len(BANDS)
        liked = np.where(liked < 0, liked + len(BANDS), liked)
        return category * PER_CATEGORY + np.where(
            uniform * 97 % 1 < 0.7, np.minimum(liked, PER_CATEGORY - 1), rank
        )


def local(amount: Floats, country: Ints) -> Floats:
    """Return amounts of the list's unit in each country's currency, as prices are rounded there."""
    rates = np.array([one.rate for one in COUNTRIES])[country]
    step = np.array([10.0, 1.0, 0.01])[country]
    return np.round(np.round(amount * rates / step) * step, 2)
