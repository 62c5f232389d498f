"""Common things of commerce, and under which names workspaces have them."""

import re
from collections.abc import Iterator, Mapping

from weft.audience.text.catalogue import Catalogue, Named, by_stems
from weft.model.expression import Value
from weft.model.measure import Kind, Measure, Source, ValueType
from weft.model.span import Span

FACTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "order": (
        ("order completed", "order placed", "order paid", "order created", "purchase", "purchase completed",
         "checkout completed", "transaction completed", "transaction", "order"),
        ("order", "purchase", "sale", "sales order"),
    ),
    "view": (("product viewed", "item viewed", "product detail viewed", "view item", "view product"), ()),
    "cart": (("product added", "added to cart", "add to cart", "cart updated", "item added",
         "product added to cart"), ("cart",)),
    "uncart": (("product removed", "removed from cart", "remove from cart", "item removed"), ()),
    "checkout": (("checkout started", "begin checkout", "checkout", "checkout begun"), ()),
    "sign_up": (("signed up", "user signed up", "account created", "registered", "sign up",
         "registration completed"), ("member",)),
    "log_in": (("logged in", "login", "signed in", "user signed in"), ()),
    "email_open": (("email opened", "mail opened", "newsletter opened", "open email"), ()),
    "email_click": (("email link clicked", "email clicked", "mail clicked", "click email"), ()),
    "search": (("products searched", "searched", "search", "site searched"), ()),
    "return": (("order refunded", "refund", "product returned", "order returned", "return"), ("return", "refund")),
    "visit": (("site visited", "visit", "session started", "store visited"), ("visit",)),
    "review": (("product reviewed", "review submitted", "review written", "review"), ("review",)),
    "ticket": (("ticket opened", "ticket created", "support ticket created"),
         ("ticket", "case", "issue", "support ticket")),
    "booking": (("booking completed", "booking created", "booked", "reservation made"), ("booking", "reservation")),
    "wishlist": (("product added to wishlist", "wishlist updated", "added to wishlist"), ()),
}  # fmt: skip
"""Concept → names of events, names of records; the usual ones first."""

RECORDS_FIRST = ("ticket", "booking", "return")

TRAITS: Mapping[str, tuple[str, ...]] = {
    "place": ("city", "address.city", "town"),
    "city": ("city", "address.city", "town"),
    "country": ("country", "country_code", "address.country"),
    "age": ("age",),
    "plan": ("plan", "tier", "membership", "loyalty_grade", "grade"),
    "phone": ("phone", "phone_number", "mobile", "tel"),
    "email": ("email", "email_address"),
    "gender": ("gender", "sex"),
    "language": ("language", "locale"),
}

AMOUNTS = ("revenue", "total", "amount", "value", "price", "order_total", "grand_total")

STATUS = ("status", "state", "ticket_status")
TOOK = re.compile(
    r"(?:^|_)to_(?:solve|resolve|close|resolution)$|^(?:resolution|solution)_(?:time|hours|minutes|seconds)$"
)
"""How long it took until it was closed: one that is open has none."""
CLOSED_AT = ("closed_at", "resolved_at", "solved_at", "completed_at")

COUNTRIES = (
    ("KR", "Korea", "South Korea", "한국", "대한민국", "韓國", "南韓"),
    ("TW", "Taiwan", "대만", "타이완", "台灣", "臺灣"),
    ("JP", "Japan", "일본", "日本"),
    ("GB", "UK", "United Kingdom", "Britain", "영국", "英國"),
    ("US", "USA", "United States", "America", "미국", "美國"),
    ("CN", "China", "중국", "中國"),
    ("HK", "Hong Kong", "홍콩", "香港"),
    ("DE", "Germany", "독일", "德國"),
    ("FR", "France", "프랑스", "法國"),
    ("SG", "Singapore", "싱가포르", "新加坡"),
)
CITIES = (
    ("Seoul", "서울", "首爾"),
    ("Busan", "부산", "釜山"),
    ("Incheon", "인천", "仁川"),
    ("Daegu", "대구", "大邱"),
    ("Taipei", "타이베이", "台北", "臺北"),
    ("Taichung", "타이중", "台中", "臺中"),
    ("Kaohsiung", "가오슝", "高雄"),
    ("Tokyo", "도쿄", "東京"),
    ("London", "런던", "倫敦"),
    ("New York", "뉴욕", "紐約"),
)
PLACES = {form.casefold(): group for group in (*COUNTRIES, *CITIES) for form in group if form not in ("US",)}


def facts_for(concept: str, catalogue: Catalogue) -> list[Source]:
    """Return the facts that this concept is in the workspace; more than one if it is not certain."""
    events = {each.name: each for each in catalogue.facts if each.type == "track" and each.name}
    records = {each.name: each for each in catalogue.facts if each.type == "record" and each.name}
    wanted_events, wanted_records = FACTS[concept]
    found = [
        [events[name] for name in by_stems(events, wanted_events)],
        [records[name] for name in by_stems(records, wanted_records)],
    ]
    first, then = reversed(found) if concept in RECORDS_FIRST else found
    return [*dict.fromkeys((*first[:2], *then[:1]))]


def traits_for(concept: str, catalogue: Catalogue) -> list[Named]:
    """Return the traits that this concept is in the workspace."""
    if concept == "order_count":
        return computed(catalogue, Kind.COUNT, None)
    if concept == "order_mean":
        return computed(catalogue, Kind.MEAN, None)
    told = {each.name: each for each in catalogue.properties if each.kind == "told"}
    own = {each.name: Named("computed", each.name, None, each.value_type) for each in catalogue.traits}
    return [(told | own)[name] for name in TRAITS[concept] if name in told or name in own]


def computed(catalogue: Catalogue, kind: Kind, span: Span | None) -> list[Named]:
    """Return the computed traits that are this of the orders in this window, without more conditions."""
    sources = facts_for("order", catalogue)
    return [
        Named("computed", trait.name, None, ValueType.NUMBER)
        for trait in catalogue.traits
        if _is(trait.value, kind, sources, span)
    ]


def _is(value: Value, kind: Kind, sources: list[Source], span: Span | None) -> bool:
    if not isinstance(value, Measure) or value.kind is not kind or value.where or value.span != span:
        return False
    money = kind not in (Kind.SUM, Kind.MEAN) or any(
        word in column.path.casefold() for column in value.properties for word in AMOUNTS
    )
    return value.source in sources and money


def amount_of(source: Source, catalogue: Catalogue) -> str | None:
    """Return the property that tells what an order was worth."""
    numbers = [each.name for each in catalogue.of(source) if each.type is ValueType.NUMBER]
    return next(
        iter([*by_stems(numbers, AMOUNTS), *(each for each in numbers if each.startswith("total"))]), None
    )


def unsettled(source: Source, catalogue: Catalogue) -> Iterator[dict[str, object]]:
    """Yield the conditions that may say that nobody closed a record yet, the best first."""
    known = {each.name: each for each in catalogue.of(source)}
    for name in STATUS:
        if name in known and known[name].type is ValueType.TEXT:
            yield {"property": name, "is": cased("open", known[name].value)}
    for name in CLOSED_AT:
        if name in known:
            yield {"property": name, "exists": False}
    for name in known:
        if TOOK.search(name):
            yield {"property": name, "exists": False}
    for name in ("open", "is_open"):
        if name in known and known[name].type is ValueType.BOOLEAN:
            yield {"property": name, "is": True}


def place_in(group: tuple[str, ...], example: str, typed: str) -> str:
    """Return a place as the workspace writes it, so far as its example tells: a code, or the example's script."""
    if group in COUNTRIES and len(example) == 2:
        return cased(group[0], example)
    if not example:
        return typed
    forms = group[1:] if group in COUNTRIES else group
    return next((form for form in forms if script_of(form) == script_of(example)), typed)


def script_of(text: str) -> str:
    """Return ko, zh-TW or en by the letters of a text."""
    if any("\uac00" <= char <= "\ud7a3" or "\u1100" <= char <= "\u11ff" for char in text):
        return "ko"
    return "zh-TW" if any("\u3400" <= char <= "\u9fff" for char in text) else "en"


def cased(word: str, example: str) -> str:
    """Return a word in capitals if the example is."""
    if example.isupper():
        return word.upper()
    return word.capitalize() if example[:1].isupper() else word.casefold() if example else word
