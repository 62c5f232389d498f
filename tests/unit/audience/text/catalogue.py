"""The workspace that the sentences are about."""

from weft.audience.definition import read_audiences
from weft.audience.text.catalogue import Catalogue
from weft.definitions import Definition
from weft.model.catalogue import Learned
from weft.profile.definition import read_traits

SEEN = """
track|Order Completed||object|
track|Order Completed|revenue|number|49.5
track|Order Completed|currency|string|KRW
track|Order Completed|coupon|string|
track|Product Viewed||object|
track|Product Viewed|category|string|shoes
track|Product Viewed|brand|string|Acme
track|Product Viewed|price|number|19
track|Product Added||object|
track|Product Added|price|number|19
track|Checkout Started||object|
track|Signed Up||object|
track|Email Opened||object|
page|Home||object|
record|ticket||object|
record|ticket|status|string|open
record|ticket|priority|string|high
record|booking||object|
record|booking|state|string|done
identify|||object|
identify||city|string|Seoul
identify||country|string|KR
identify||plan|string|gold
identify||age|integer|41
identify||vip|boolean|true
identify||phone|string|
identify||email|string|
"""

TRAITS = [
    {"name": "spend_90d", "kind": "sum", "event": "Order Completed", "property": "revenue", "window": "90d"},
    {"name": "total_spent", "kind": "sum", "event": "Order Completed", "property": "revenue"},
    {"name": "orders", "kind": "count", "event": "Order Completed", "description": "Number of orders"},
    {
        "name": "average_order_value",
        "kind": "mean",
        "event": "Order Completed",
        "property": "revenue",
    },
]
AUDIENCES = [
    {"name": "big_spenders", "who": {"trait": "total_spent", "more_than": 1000}},
    {"name": "lapsed", "who": {"not": {"did": "Order Completed", "within": "90d"}}},
]


def _learned(line: str) -> Learned:
    kind, name, path, json_type, example = line.split("|")
    return Learned(kind, name, path, json_type, 100, example)


def catalogue() -> Catalogue:
    traits, problems = read_traits([Definition("traits", each["name"], each, "t") for each in TRAITS])
    assert not problems
    audiences, problems = read_audiences(
        [Definition("audiences", str(each["name"]), each, "a") for each in AUDIENCES], traits
    )
    assert not problems
    learned = tuple(_learned(line) for line in SEEN.split("\n") if line)
    return Catalogue(learned, traits, audiences, ("email", "sms"))
