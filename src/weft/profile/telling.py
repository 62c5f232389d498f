"""Which records look as if they told of a person, by the names of their properties. Pure."""

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

PLAIN = ("string", "integer", "number")


def propose_telling(known: Iterable[Learned]) -> dict[str, dict[str, str]]:
    """Return record → trait → property for the records that look like persons, as `from` of survivorship takes it."""
    properties: dict[str, dict[str, str]] = {}
    for each in known:
        if each.type == "record" and each.property and each.json_type in PLAIN and "[" not in each.property:
            found = properties.setdefault(each.name, {})
            found.setdefault(_plain(each.property.rpartition(".")[2]), each.property)
    proposed = {record: _traits(found) for record, found in sorted(properties.items())}
    return {
        record: traits
        for record, traits in proposed.items()
        if len(traits) > 1 and not traits.keys().isdisjoint(NAMES)
    }


def _traits(properties: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for trait, words in WORDS.items():
        column = next((properties[_plain(word)] for word in words if _plain(word) in properties), None)
        if column is not None:
            found[trait] = column
    return found


def _plain(name: str) -> str:
    return "".join(char for char in folded(name) if char.isalnum())
