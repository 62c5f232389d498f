"""What comparing and blocking need of a field's distinct values: variants of names, parts of dates, tails."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from weft.identity.kinds.email import email_key, email_local
from weft.identity.kinds.names.keys import initial, is_initial, jamo, name_key
from weft.identity.kinds.names.nicknames import nickname_ids
from weft.identity.kinds.phone import phone_key
from weft.identity.kinds.places import postcode_area
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.table import MISSING, Codes, Field, distinct

NAME_PREFIX = 4


def prepare(field: Field) -> Prepared:
    """Return what is needed to compare and block a field. Cost is per distinct value."""
    rarity = np.zeros(len(field.values), np.uint8)
    if field.kind not in ("given_name", "family_name"):
        derive = _DERIVE.get(field.kind)
        return Prepared(field.kind, field.values, derive(field.values) if derive else {}, rarity)
    spelled = name_key(field.kind, field.values)
    keys = _names(field.kind, field.values, spelled)
    keys["variant"], spellings = distinct(_filled(spelled))
    return Prepared(field.kind, jamo(field.values), keys, rarity, spellings=spellings)


def _names(kind: str, values: pa.StringArray, keys: pa.StringArray) -> dict[str, Codes]:
    plain = pc.replace_substring_regex(keys, r"[^\p{L}]", "")
    first_word = pc.replace_substring_regex(values, " .*$", "")
    found = {
        "word": _codes(_at_least(first_word, 3)),
        "first": _codes(initial(keys)),
        "prefix": _codes(pc.utf8_slice_codeunits(plain, 0, NAME_PREFIX)),
        "initial": is_initial(values).to_numpy(zero_copy_only=False).astype(np.int32),
    }
    if kind == "given_name":
        families = nickname_ids(values)
        found |= {f"nickname_{place}": families[:, place] for place in range(families.shape[1])}
        found["known"] = _codes(_nickname_or(families[:, 0], keys))
    return found


def _nickname_or(family: Codes, keys: pa.StringArray) -> pa.StringArray:
    """Return the nickname family as text where there is one, else the name's key: a key to block by."""
    known = pa.array(family).cast(pa.string())
    return pc.if_else(pa.array(family >= 0), known, keys)


def _dates(values: pa.StringArray) -> dict[str, Codes]:
    year = _number(pc.utf8_slice_codeunits(values, 0, 4))
    month = _number(pc.utf8_slice_codeunits(values, 5, 7))
    day = _number(pc.utf8_slice_codeunits(values, 8, 10))
    both = (month >= 0) & (day >= 0)
    return {
        "year": year,
        "month": month,
        "day": day,
        "year_month": np.where(month >= 0, year * 100 + month, MISSING).astype(np.int32),
        "year_day": np.where(both, year * 100 + day, MISSING).astype(np.int32),
        "month_day": np.where(both, month * 100 + day, MISSING).astype(np.int32),
    }


def _emails(values: pa.StringArray) -> dict[str, Codes]:
    local = email_local(values)
    return {
        "key": _codes(email_key(values)),
        "local": _codes(_at_least(local, 4)),
        "prefix": _codes(pc.utf8_slice_codeunits(local, 0, 5)),
    }


def _phones(values: pa.StringArray) -> dict[str, Codes]:
    return {"tail": _codes(_at_least(phone_key(values), 7))}


def _numbers(values: pa.StringArray) -> dict[str, Codes]:
    half = pc.utf8_slice_codeunits(values, 0, 4)
    end = pc.utf8_slice_codeunits(values, -4)
    return {"start": _codes(_at_least(half, 4)), "end": _codes(_at_least(end, 4))}


def _postcodes(values: pa.StringArray) -> dict[str, Codes]:
    return {"area": _codes(postcode_area(values))}


def _places(values: pa.StringArray) -> dict[str, Codes]:
    return {"prefix": _codes(pc.utf8_slice_codeunits(values, 0, 6))}


def _at_least(values: pa.StringArray, letters: int) -> pa.StringArray:
    return pc.if_else(pc.greater_equal(pc.utf8_length(values), letters), values, None)


def _codes(values: pa.StringArray) -> Codes:
    """Return one code per distinct text; an empty text has none."""
    codes, _ = distinct(_filled(values))
    return codes


def _filled(values: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(values, ""), None, values)


def _number(values: pa.StringArray) -> NDArray[np.int32]:
    digits = pc.if_else(pc.match_substring_regex(values, "^[0-9]+$"), values, None)
    return pc.fill_null(digits.cast(pa.int32()), MISSING).to_numpy(zero_copy_only=False).astype(np.int32)


_DERIVE = {
    "birth_date": _dates,
    "email": _emails,
    "phone": _phones,
    "national_id": _numbers,
    "postcode": _postcodes,
    "street": _places,
    "city": _places,
    "text": _places,
}
