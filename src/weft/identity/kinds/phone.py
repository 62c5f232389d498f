"""Telephone numbers in the form of E.164, by the numbering plans of the countries where trunk prefixes matter.

Sources: ITU-T E.164 (country codes, 15 digits at most) and the national numbering plans that ITU-T lists under
E.129. Without a country and without "+" or "00" the digits stay as they are.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import Drop, DropWords, Keep, Prefix, Replace, Steps, Translate, When, run
from weft.identity.kinds.text import as_text, begin, placeholders

DIGITS_MOST = 15
DIGITS_LEAST = 6
TAIL_DIGITS = 9


@dataclass(frozen=True)
class Plan:
    """A country's code, the trunk prefix it dials, and the digits of a national number (a pattern)."""

    code: str
    trunk: str
    national: str


PLANS = {
    "KR": Plan("82", "0", r"[1-9][0-9]{7,9}"),
    "TW": Plan("886", "0", r"[2-9][0-9]{7,8}"),
    "JP": Plan("81", "0", r"[1-9][0-9]{8,9}"),
    "CN": Plan("86", "0", r"[1-9][0-9]{8,10}"),
    "HK": Plan("852", "", r"[2-9][0-9]{7}"),
    "SG": Plan("65", "", r"[3689][0-9]{7}"),
    "US": Plan("1", "1", r"[2-9][0-9]{9}"),
    "CA": Plan("1", "1", r"[2-9][0-9]{9}"),
    "GB": Plan("44", "0", r"[1-9][0-9]{8,9}"),
    "IE": Plan("353", "0", r"[1-9][0-9]{6,8}"),
    "DE": Plan("49", "0", r"[1-9][0-9]{5,11}"),
    "AT": Plan("43", "0", r"[1-9][0-9]{4,11}"),
    "CH": Plan("41", "0", r"[1-9][0-9]{8}"),
    "FR": Plan("33", "0", r"[1-9][0-9]{8}"),
    "ES": Plan("34", "", r"[5-9][0-9]{8}"),
    "PT": Plan("351", "", r"[2-9][0-9]{8}"),
    "IT": Plan("39", "", r"[03][0-9]{5,10}"),
    "NL": Plan("31", "0", r"[1-9][0-9]{8}"),
    "BE": Plan("32", "0", r"[1-9][0-9]{7,8}"),
    "SE": Plan("46", "0", r"[1-9][0-9]{6,9}"),
    "NO": Plan("47", "", r"[2-9][0-9]{7}"),
    "DK": Plan("45", "", r"[2-9][0-9]{7}"),
    "FI": Plan("358", "0", r"[1-9][0-9]{4,11}"),
    "PL": Plan("48", "", r"[1-9][0-9]{8}"),
    "AU": Plan("61", "0", r"[1-9][0-9]{8}"),
    "NZ": Plan("64", "0", r"[2-9][0-9]{7,9}"),
    "IN": Plan("91", "0", r"[1-9][0-9]{9}"),
    "BR": Plan("55", "0", r"[1-9][0-9]{9,10}"),
    "MX": Plan("52", "", r"[1-9][0-9]{9}"),
}
"""By ISO 3166 code."""

_CODES = "|".join(sorted({plan.code for plan in PLANS.values()}, key=len, reverse=True))
_SAME_DIGIT = r"^\+?[0-9]{0,4}(?:" + "|".join(f"{digit}{{6,}}" for digit in range(10)) + ")$"
_UNUSED = "".join(chr(code) for code in range(32, 127) if not chr(code).isdigit() and chr(code) != "+")


@cache
def phone_steps(country: str | None) -> Steps:
    """Return the steps that bring a number into the form +<country code><national number>."""
    plan = PLANS.get((country or "").upper())
    steps: Steps = (
        *begin("phone"),
        When(
            "[^0-9 ().+-]",
            (
                Replace(r"^(?:tel|phone|fax|mobile|callto|sms):? *", ""),
                Replace(r" *(?:;? ?ext(?:ension|n)?[.:= ]*|[x#,;/|]|내선|分機|转|轉).*$", ""),
                Drop(r"[a-df-wyz]{4,}"),
                Replace(r"[^0-9+() ]+", ""),
            ),
        ),
        When(r"\(0\)|.\+", (Replace(r"\(0\)", ""), Replace(r"^(.[^+]*)\+.*$", r"\1"))),
        Translate({}, delete=_UNUSED),
        When(
            r"^(?:\+|00)", (Replace(r"^\+*00([1-9])", r"+\1"), Replace(rf"^\+({_CODES})0([1-9])", r"+\1\2"))
        ),
    )
    if plan:
        code, national = f"+{plan.code}", plan.national
        steps += (
            When(f"^{plan.trunk}{national}$", (Prefix(code, len(plan.trunk)),)),
            When(f"^{plan.code}{national}$", (Prefix("+"),)),
            When(f"^{national}$", (Prefix(code),)),
        )
    return (
        *steps,
        Replace(rf"^(\+?[0-9]{{{DIGITS_MOST}}})[0-9]+$", r"\1"),
        Keep(rf"^\+?[0-9]{{{DIGITS_LEAST}}}"),
        Drop(_SAME_DIGIT),
        DropWords(placeholders("phone")),
    )


def phone_key(phones: pa.StringArray) -> pa.StringArray:
    """Return the last 9 digits: what a number with and one without its country code have in common."""
    digits = pc.replace_substring(phones, "+", "")
    return pc.utf8_slice_codeunits(digits, -TAIL_DIGITS)


_SIGNS = {
    "KR": r"^(?:01[016789][0-9]{7,8}|02[0-9]{7,8}|0[3-6][1-5][0-9]{7,8}|070[0-9]{8})$",
    "TW": r"^(?:09[0-9]{8}|0[2-8][0-9]{7,8})$",
    "GB": r"^0(?:7[0-9]{9}|[12][0-9]{8,9}|[38][0-9]{9})$",
    "US": r"^1?[2-9][0-9]{2}[2-9][0-9]{6}$",
}
SURE = 0.8


def guess_country(values: pa.Array) -> str | None:
    """Guess whose numbers a column holds (KR, TW, GB, US) where at least 80% fit one plan; else None.

    The numbers of a "+" plan vote for it; others vote by trunk prefix and length. Plans overlap: where two fit
    equally well the answer is None.
    """
    digits = _as_dialled(values)
    count = len(digits) - digits.null_count
    if not count:
        return None
    shares = {
        country: (pc.sum(pc.match_substring_regex(digits, rf"{sign}|^\+{PLANS[country].code}")).as_py() or 0)
        / count
        for country, sign in _SIGNS.items()
    }
    best, second = sorted(shares.values(), reverse=True)[:2]
    return max(shares, key=lambda country: shares[country]) if best >= SURE and best > second else None


def _as_dialled(values: pa.Array) -> pa.StringArray:
    """Return the digits as they were dialled, without a country's plan applied."""
    return run(phone_steps(None), as_text(values))
