"""What the values of a column look like, as shares of those that are filled."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from functools import cache, cached_property

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.codes import GENDERS
from weft.identity.kinds.names.eastern import surnames
from weft.identity.kinds.names.nicknames import nickname_families
from weft.identity.kinds.places import table
from weft.identity.kinds.registry import normalise
from weft.identity.kinds.steps import run
from weft.identity.kinds.text import DATA, as_text, begin

SAMPLE_ROWS = 3000

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]{2,}$"
PHONE = r"^\+?[0-9(][0-9 ()./-]{6,20}(?: *(?:x|ext)\.? *[0-9]+)?$"
PHONE_WRITTEN = (
    r"^(?:\+[0-9]|\([0-9]+\) ?[0-9]|0[0-9]{8,10}$|0[0-9]{1,3}[-. ]|[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}$)"
)
SSN = r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$|^[0-9]{6}-[1-8][0-9]{6}$|^[a-z][12][0-9]{8}$"
UUID = r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"
UK_POSTCODE = r"^[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}$|^[a-z][0-9][a-z] ?[0-9][a-z][0-9]$"
DATE = (
    r"^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|^[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})(?:$|[ t])"
    r"|^(?:18[789]|19[0-9]|20[0-2])[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
    "|^[0-9]{2,4} ?[年년]|^民國|^[0-9]{1,2}[ -](?:[a-z]{3,9})[ -][0-9]{2,4}$|^[a-z]{3,9} [0-9]{1,2},? [0-9]{4}$"
)
CLOCK = r"[t ][0-9]{1,2}:[0-9]{2}"
MIDNIGHT = r"[t ]0?0:00(?::00|$)"
STREET = (
    r"^[0-9]+[a-z]?(?:[-/][0-9]+)?,? [a-z0-9]|^p\.?o\.? box|(?:^|[ .])(?:st|street|rd|road|ave|avenue|ln|lane|dr|drive|"
    r"ct|court|cir|circle|circuit|pl|place|blvd|boulevard|way|crescent|cres|close|terrace|hwy|highway|pkwy|"
    r"trl)\.?(?: [nsew]{1,2})?$|"
    r"(?:strasse|str\.|weg|platz|gasse|allee|straat|laan)(?: *[0-9]+ ?[a-z]?)?$|^(?:rue|avenue|boulevard|chemin|place|"
    r"calle|avenida|plaza|camino|via|viale|piazza|rua) |[가-힣]+(?:로|길) ?[0-9]|[路街巷弄段]"
)
PLAIN_WORD = "^[a-z\u00c0-\u024f\u0400-\u04ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3][^0-9@/\\\\_]*$"
EASTERN_NAME = "^[\uac00-\ud7a3]{2,4}$|^[\u3400-\u9fff]{2,4}$"


@cache
def family_names() -> frozenset[str]:
    """Return frequent family names of several countries."""
    lines = DATA.joinpath("family_names.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@dataclass(frozen=True)
class Looks:
    """A column's values: rows given, their distinct values, and a sample in lower case without placeholders.

    top, top_share: the most frequent value, and its share of those that are there.
    """

    rows: int
    filled: int
    distinct: int
    top: str
    top_share: float
    sample: pa.StringArray

    @classmethod
    def of(cls, values: pa.Array) -> "Looks":
        """Look at a column. Patterns are tried on at most SAMPLE_ROWS values, evenly spaced; counts are of all."""
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if pa.types.is_nested(values.type) or pa.types.is_boolean(values.type):
            return cls(len(values), 0, 0, "", 0.0, pa.array([], pa.string()))
        full = values.drop_null()
        counts = pc.value_counts(full)
        top, most = "", 0
        if len(counts):
            most = pc.max(counts.field("counts")).as_py()
            top = str(counts[pc.index(counts.field("counts"), most).as_py()]["values"].as_py())
        step = max(len(full) // SAMPLE_ROWS, 1)
        sample = full.take(pa.array(range(0, len(full), step)[:SAMPLE_ROWS], pa.int64()))
        sample = run(begin("text"), as_text(sample)).drop_null()
        return cls(len(values), len(full), len(counts), top, most / len(full) if len(full) else 0.0, sample)

    def share(self, pattern: str) -> float:
        """Return the share of the sampled values that match."""
        return _mean(pc.match_substring_regex(self.sample, pattern))

    def among(self, words: frozenset[str]) -> float:
        """Return the share of the sampled values that are one of the words."""
        return _mean(pc.is_in(self.sample, pa.array(sorted(words), pa.string())))

    @property
    def distinct_share(self) -> float:
        """How many distinct values there are for each filled one."""
        return self.distinct / self.filled if self.filled else 0.0

    @cached_property
    def lengths(self) -> tuple[float, float]:
        """The mean length of the sampled values and its standard deviation, in characters."""
        sizes = pc.utf8_length(self.sample)
        return float(pc.mean(sizes).as_py() or 0.0), float(pc.stddev(sizes).as_py() or 0.0)

    @cached_property
    def words(self) -> float:
        """The mean number of words of the sampled values."""
        return float(pc.mean(pc.add(pc.count_substring(self.sample, " "), 1)).as_py() or 0.0)

    @cached_property
    def given_names(self) -> float:
        """The share of sampled values whose first word is a known given name."""
        return _first_word(self.sample, frozenset(nickname_families()))

    @cached_property
    def family_names(self) -> float:
        """The share of sampled values whose last word is a known family name."""
        last = pc.replace_substring_regex(self.sample, "^.* ", "")
        eastern = frozenset(name for name in surnames() if len(name) > 2 or not name.isascii())
        return _mean(pc.is_in(last, pa.array(sorted(family_names() | eastern), pa.string())))

    @cached_property
    def eastern_names(self) -> float:
        """The share of values that are Korean or Chinese full names in their own script."""
        ones = frozenset(name for name in surnames() if not name.isascii())
        surnamed = pc.is_in(pc.utf8_slice_codeunits(self.sample, 0, 1), pa.array(sorted(ones), pa.string()))
        return _mean(pc.and_(pc.match_substring_regex(self.sample, EASTERN_NAME), surnamed))

    @cached_property
    def comma_names(self) -> float:
        """The share of values whose first word after a comma is a known given name."""
        rest = self.sample.filter(pc.match_substring_regex(self.sample, "^[^,]+, *[^,]+$"))
        known = _first_word(pc.replace_substring_regex(rest, "^[^,]*, *", ""), frozenset(nickname_families()))
        return known * len(rest) / len(self.sample)

    @cached_property
    def eastern_families(self) -> float:
        """The share of values whose first word is a Korean or Chinese family name in Latin letters."""
        return _first_word(self.sample, frozenset(name for name in surnames() if name.isascii()))

    @cached_property
    def cities(self) -> float:
        """The share of values that are known cities."""
        return self.among(frozenset(table("cities.txt")))

    @cached_property
    def regions(self) -> float:
        """The share of values that are known states or provinces."""
        return self.among(frozenset(table("regions.txt")))

    @cached_property
    def genders(self) -> float:
        """The share of values that say a gender in a word or letter."""
        return self.among(GENDERS)

    @cached_property
    def birth_years(self) -> tuple[float, int]:
        """The share of values that can be read as dates of birth, and the years between the 5th and 95th percentile."""
        dates = normalise("birth_date", self.sample)
        known = dates.drop_null()
        if not len(known):
            return 0.0, 0
        years = pc.cast(pc.utf8_slice_codeunits(known, 0, 4), pa.int32())
        low, high = pc.quantile(years, [0.05, 0.95]).to_pylist()
        return len(known) / max(len(self.sample), 1), int(high - low)


def _mean(mask: pa.BooleanArray) -> float:
    return float(pc.mean(pc.cast(mask, pa.float64())).as_py() or 0.0) if len(mask) else 0.0


def _first_word(values: pa.StringArray, words: frozenset[str]) -> float:
    first = pc.replace_substring_regex(values, "[ ,-].*$", "")
    return _mean(pc.is_in(first, pa.array(sorted(words), pa.string())))
