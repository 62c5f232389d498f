"""The CRM's messy export, the loyalty card of 2014, and what people said about consent."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.clock import DAY_US
from weft.demo import homes
from weft.demo import world as shares
from weft.demo.columns import (
    Bools,
    Ints,
    choose,
    iso,
    joined,
    pick,
    salt_of,
    take,
    times,
    uuids,
    where,
)
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.truth import identifiers, records
from weft.demo.world import COUNTRIES

PLACEHOLDERS = ("010-0000-0000", "0900-000-000", "00000", "-", "없음", "無", "n/a")
NOTES = (
    "",
    "",
    "",
    "",
    "VIP ☎️",
    "전화 후 방문 요망",
    "請下午聯絡",
    "<b>call back</b>",
    "prefers e-mail, see ticket",
    "중복?",
)
YES_WORDS = ("동의", "同意", "yes")
NO_WORDS = ("거부", "不同意", "no")
OLD_YEARS_DAYS = 9 * 365
CHANGED_SHARE = 0.25
"""Of the people in the CRM who say something about consent within the history."""


def export(people: People) -> tuple[pa.Table, list[pa.Table]]:
    """Return the rows of the export, and the truth about them. Some people are in it twice, each time otherwise."""
    draw = people.world.draw("crm", people.block)
    once = np.flatnonzero(people.in_crm)
    twice = once[draw.random(len(once)) < shares.CRM_DUPLICATE_SHARE]
    row = np.concatenate((once, twice))
    copy = np.concatenate((np.zeros(len(once), np.int64), np.ones(len(twice), np.int64)))
    order = np.argsort(draw.random(len(row)))
    row, copy = row[order], copy[order]
    size = len(row)
    key = pc.if_else(
        pa.array(copy == 0),
        people.crm_id(0).take(pa.array(row)),
        people.crm_id(1).take(pa.array(row)),
    )
    email = _email(people, row, copy, draw)
    phone, is_placeholder = _phone(people, row, draw)
    created = people.joined_us[row] - (draw.random(size) ** 2 * OLD_YEARS_DAYS * DAY_US).astype(np.int64)
    created_text = where(draw.random(size) < 0.004, "0000-00-00", iso(created, form="%Y-%m-%d %H:%M:%S"))
    said = _words(people, row, draw)
    has_address = people.world.draw("crm addresses", people.block).random(size) < shares.CRM_ADDRESS_SHARE
    table = pa.table(
        {
            "contact_id": key,
            "이름/姓名/name": _name(people, row, copy, draw),
            "email": email,
            "phone": phone,
            "country": take([one.code for one in COUNTRIES], people.country[row]),
            "city": people.city_name.take(pa.array(row)),
            "street": where(has_address, homes.street(people).take(pa.array(row))),
            "postcode": where(has_address, homes.postcode(people).take(pa.array(row))),
            "branch": people.branch[row],
            "created_at": created_text,
            "marketing_consent": said,
            "note": take(NOTES, draw.integers(0, len(NOTES), size)),
        }
    )
    own_phone = where(is_placeholder, None, phone)
    facts = [
        identifiers(people, "crm", "crm_id", key, row),
        identifiers(people, "crm", "email", email, row),
        identifiers(people, "crm", "phone", own_phone, row),
    ]
    return table, [*facts, records(people, "crm/contacts.csv", key, row)]


def loyalty(people: People) -> tuple[pa.Table, list[pa.Table]]:
    """Return the members of the card of 2014: Korea only, other columns, half of the phones missing."""
    draw = people.world.draw("loyalty", people.block)
    row = np.flatnonzero(people.in_loyalty)
    size = len(row)
    latin = draw.random(size) < 0.3
    name = where(
        latin,
        pc.utf8_upper(people.roman_name(people.spelling, np.ones(people.size, np.int64)).take(pa.array(row))),
        people.native_name.take(pa.array(row)),
    )
    has_phone = draw.random(size) < shares.LOYALTY_PHONE_SHARE
    digits = pc.replace_substring(people.phone_national.take(pa.array(row)), "-", "")
    card = people.loyalty_no.take(pa.array(row))
    phone = where(has_phone, digits)
    since = 1_388_534_400_000_000 + (draw.random(size) * 350 * DAY_US).astype(np.int64)
    table = pa.table(
        {
            "CARD_NO": card,
            "MEMB_NM": name,
            "HP_NO": phone,
            "BIRTH": people.born[row] % 100,
            "REG_DT": iso(since, form="%Y.%m.%d"),
            "POINT": draw.gamma(0.8, 4_000, size).astype(np.int64),
            "GRADE": take(["일반", "우수", "골드"], pick(draw, (0.7, 0.22, 0.08), size)),
        }
    )
    return table, [
        identifiers(people, "loyalty", "loyalty_id", card, row),
        identifiers(people, "loyalty", "phone", phone, row),
        records(people, "loyalty/members-2014.txt", card, row),
    ]


def consents(people: People) -> tuple[pa.Table, list[pa.Table]]:
    """Return what people of the CRM said later on, with the words of their language, and whose addresses these are."""
    draw = people.world.draw("consent", people.block)
    row = np.flatnonzero(people.in_crm & (draw.random(people.size) < CHANGED_SHARE))
    size = len(row)
    span = people.world.until_us - people.joined_us[row]
    at_us = people.joined_us[row] + (draw.random(size) * span).astype(np.int64) // 1_000_000 * 1_000_000
    table = _changes(people, row, at_us, draw, "")
    return table, [identifiers(people, "consent", "email", table["email"], row)]


def present_consents(people: People, rhythm: Rhythm, day: int) -> pa.Table:
    """Return what people of the CRM say on one present day: as many as on a day of the history on average."""
    draw = people.world.draw(f"consent-{day}", people.block)
    row = np.flatnonzero(people.in_crm & (draw.random(people.size) < CHANGED_SHARE / people.world.days))
    start = np.full(len(row), rhythm.since_us)
    at_us = rhythm.times(people.persona[row], people.country[row], start, draw.random(len(row)))
    return _changes(people, row, at_us, draw, f"{day}-")


def _changes(people: People, row: Ints, at_us: Ints, draw: np.random.Generator, mark: str) -> pa.Table:
    return pa.table(
        {
            "message_id": uuids(people.person[row], salt=people.world.seed + 31 + salt_of(mark)),
            "at": times(at_us),
            "email": people.email_at(row, at_us),
            "channel": take(["web form", "branch", "phone"], draw.integers(0, 3, len(row))),
            "marketing": _spoken(people, row, people.marketing[row]),
            "analytics": _spoken(people, row, people.analytics[row]),
        }
    )


def _name(people: People, row: Ints, copy: Ints, draw: np.random.Generator) -> pa.Array:
    """Return names as clerks typed them: mostly native, some romanised, shouted, or with blanks around."""
    size = len(row)
    index = pa.array(row)
    native = people.native_name.take(index)
    form, order = (people.spelling[row] + copy) % 3, draw.integers(0, 3, size)
    roman = people.names.roman(people.surname[row], people.given[row], form, order)
    style = pick(draw, (0.68, 0.22, 0.06, 0.04), size)
    style = np.where((copy == 1) & (style == 0), 1, style)
    return choose([native, roman, pc.utf8_upper(roman), joined("  ", native, " ")], style)


def _email(people: People, row: Ints, copy: Ints, draw: np.random.Generator) -> pa.Array:
    size = len(row)
    old, new = (addresses.take(pa.array(row)) for addresses in people.emails)
    later = (copy == 1) & (people.moved_us[row] < people.world.until_us)
    email = pc.if_else(pa.array(later), new, old)
    shouted = draw.random(size) < 0.05
    email = where(shouted, pc.utf8_upper(email), email)
    return where(draw.random(size) < shares.CRM_EMAIL_SHARE, email)


def _phone(people: People, row: Ints, draw: np.random.Generator) -> tuple[pa.Array, Bools]:
    """Return phones as they were typed, and which of them are mere placeholders."""
    size = len(row)
    national = people.phone_national.take(pa.array(row))
    e164 = people.phone_e164.take(pa.array(row))
    bare = pc.replace_substring_regex(national, "[^0-9]", "")
    styles = [
        national,
        bare,
        e164,
        pc.utf8_slice_codeunits(bare, 1),  # a spreadsheet ate the leading zero
        pc.utf8_slice_codeunits(national, 0, 10),  # cut short
        take(PLACEHOLDERS, draw.integers(0, len(PLACEHOLDERS), size)),
    ]
    style = pick(draw, (0.5, 0.2, 0.14, 0.06, 0.04, 0.06), size)
    return where(draw.random(size) < shares.CRM_PHONE_SHARE, choose(styles, style)), style == 5


def _words(people: People, row: Ints, draw: np.random.Generator) -> pa.Array:
    """Return the consent column: the truth, 3 % stale, 15 % empty."""
    stale = draw.random(len(row)) < 0.03
    said = _spoken(people, row, people.marketing[row] ^ stale)
    return where(draw.random(len(row)) < 0.85, said)


def _spoken(people: People, row: Ints, said: Bools) -> pa.Array:
    country = people.country[row]
    return pc.if_else(pa.array(said), take(YES_WORDS, country), take(NO_WORDS, country))
