"""Which records and events look as if they told of a person, by the names of their properties. Pure."""

from collections.abc import Iterable

from weft.model.catalogue import Learned
from weft.profile.naming import FAMILY, FULL, GIVEN, folded

WORDS = {
    "name": (*FULL, "이름", "성명", "姓名", "名稱", "氏名"),
    "first_name": (*GIVEN, "forename", "名"),
    "last_name": (*FAMILY, "성", "姓"),
    "email": ("email", "emailAddress", "mail", "이메일", "電子郵件"),
    "phone": ("phone", "phoneNumber", "mobile", "tel", "telephone", "전화번호", "휴대폰", "電話", "手機"),
    "birth_date": ("birthDate", "dateOfBirth", "birthday", "dob", "born", "생년월일", "生日", "出生日期"),
    "street": ("street", "address1", "addressLine1", "streetAddress", "address", "주소", "地址"),
    "postcode": ("postcode", "postalCode", "zip", "zipCode", "plz", "우편번호", "郵遞區號"),
    "city": ("city", "town", "도시", "城市"),
    "country": ("country", "countryCode", "국가", "國家"),
    "gender": ("gender", "sex", "성별", "性別"),
}
"""Trait → what properties that hold it are called, the best first; compared without case and punctuation."""

NAMES = ("name", "first_name", "last_name", "birth_date")
"""A record that tells none of these is no record of a person: orders have an e-mail address and a street, too. One
that tells nothing else is none either: products have a name."""

DELIVERED = (
    "shipping",
    "shipto",
    "ship",
    "delivery",
    "deliver",
    "lieferung",
    "liefer",
    "배송",
    "配送",
    "收件",
    "收貨",
)
"""Words that say of an address that something was sent there; what stands behind them says which part it is."""
DELIVERED_TO = ("street", "postcode", "city")
"""Traits that a delivery tells: where, not who; a gift has another's name and phone on it."""

PLAIN = ("string", "integer", "number")


def propose_telling(known: Iterable[Learned]) -> dict[str, dict[str, str]]:
    """Return name → trait → property, as `from` of survivorship takes it.

    For records that look like persons, and for records and events that say where something was delivered.
    """
    persons: dict[str, dict[str, str]] = {}
    deliveries: dict[str, dict[str, str]] = {}
    for each in known:
        if each.type not in ("record", "track") or each.json_type not in PLAIN or "[" in each.property:
            continue
        name = _plain(each.property.rpartition(".")[2])
        if name and each.type == "record":
            persons.setdefault(each.name, {}).setdefault(name, each.property)
        if part := _delivered(each.property):
            deliveries.setdefault(each.name, {}).setdefault(part, each.property)
    found = {name: _traits(each) for name, each in persons.items()}
    found = {
        name: traits
        for name, traits in found.items()
        if len(traits) > 1 and not traits.keys().isdisjoint(NAMES)
    }
    for name, each in deliveries.items():
        there = {trait: path for trait, path in _traits(each).items() if trait in DELIVERED_TO}
        if "street" in there and len(there) > 1:
            found.setdefault(name, there)
    return dict(sorted(found.items()))


def _traits(properties: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for trait, words in WORDS.items():
        column = next((properties[_plain(word)] for word in words if _plain(word) in properties), None)
        if column is not None:
            found[trait] = column
    return found


def _delivered(path: str) -> str:
    """Return which part of a delivery address a property is: `ship_city` and `shipping_address.city` the city."""
    outer, _, last = path.rpartition(".")
    plain = _plain(last)
    word = next((each for each in DELIVERED if plain.startswith(each)), "")
    if word:
        return plain.removeprefix(word)
    return plain if any(each in _plain(outer) for each in DELIVERED) else ""


def _plain(name: str) -> str:
    return "".join(char for char in folded(name) if char.isalnum())
