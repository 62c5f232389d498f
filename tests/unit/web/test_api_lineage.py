"""Lineage: which facts a trait reads, through formulas too, and which definitions name another one."""

from weft.definitions import Definition
from weft.storage.definitions_read import understand
from weft.web.api.lineage import ReadsView, UsedBy, named_traits, reads, using

WRITTEN = (
    ("traits", "orders", {"kind": "count", "event": "Order Completed"}),
    (
        "traits",
        "spend",
        {
            "kind": "sum",
            "event": "Order Completed",
            "property": "total",
            "where": [{"property": "shop", "is": "web"}],
        },
    ),
    ("traits", "basket", {"formula": "spend / orders"}),
    (
        "audiences",
        "rich",
        {"who": {"all": [{"trait": "basket", "more_than": 10}, {"not": {"audience": "few"}}]}},
    ),
    ("audiences", "few", {"who": {"trait": "orders", "less_than": 2}}),
    ("destinations", "crm", {"when": {"entered": ["rich"]}, "include": {"traits": ["spend"]}}),
)
DEFINITIONS = [Definition(kind, name, {"name": name, **body}, "") for kind, name, body in WRITTEN]


def test_who_names_a_definition() -> None:
    found = using(DEFINITIONS)
    assert found["traits", "orders"] == [UsedBy("audiences", "few"), UsedBy("traits", "basket")]
    assert found["traits", "spend"] == [UsedBy("destinations", "crm"), UsedBy("traits", "basket")]
    assert found["audiences", "few"] == [UsedBy("audiences", "rich")]
    assert found["audiences", "rich"] == [UsedBy("destinations", "crm")]


def test_a_formula_reads_what_its_traits_read() -> None:
    traits = {each.name: each for each in understand(DEFINITIONS[:3]).traits}
    assert named_traits(traits["basket"]) == ["orders", "spend"]
    assert reads(traits["basket"]) == [ReadsView("track", "Order Completed", ["shop", "total"])]
    assert reads(traits["orders"]) == [ReadsView("track", "Order Completed", [])]


VIEWS = {"kind": "most_frequent", "event": "Product Viewed", "property": "category"}
MOMENTS = [
    Definition(kind, name, {"name": name, **body}, "")
    for kind, name, body in (
        ("traits", "favourite", VIEWS),
        ("traits", "intent", {**VIEWS, "half_life": "30m", "beside": "favourite"}),
        ("traits", "place", {**VIEWS, "property": "city", "half_life": "2h", "beside": "address.city"}),
        ("audiences", "grills", {"who": {"trait": "context.intent", "is": "grill"}}),
        ("audiences", "unusual", {"who": {"not": {"trait": "context.intent.conflict", "is": False}}}),
        ("audiences", "sure", {"who": {"any": [{"trait": "context.intent.share", "at_least": 0.6}]}}),
    )
]


def test_rules_over_any_part_of_a_context_trait_name_it() -> None:
    found = using(MOMENTS)["traits", "intent"]
    assert found == [UsedBy("audiences", name) for name in ("grills", "sure", "unusual")]
    assert using(MOMENTS)["traits", "favourite"] == [UsedBy("traits", "intent")]


def test_a_context_trait_names_what_it_is_compared_with_where_that_is_computed() -> None:
    understood = understand(MOMENTS[:6])
    assert not understood.problems
    traits = {each.name: each for each in understood.traits}
    assert {name: named_traits(each) for name, each in traits.items()} == {
        "favourite": [], "intent": ["favourite"], "place": [],
    }  # fmt: skip
