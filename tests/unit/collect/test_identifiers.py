"""Which identifiers an event carries, and what becomes of their values."""

import pytest

from weft.collect.identifiers import IDENTIFIER_CHARS, clean, identifiers_of, named_by
from weft.collect.wire import WireEvent
from weft.model.identifier import Identifier


@pytest.mark.parametrize(
    ("namespace", "value", "cleaned"),
    [
        ("user_id", " 42 ", "42"),
        ("user_id", 42, "42"),
        ("user_id", 42.0, "42"),
        ("user_id", "Ab", "Ab"),
        ("user_id", "e\u0301", "\u00e9"),
        ("email", " Kim@Example.COM ", "kim@example.com"),
        ("email", "kim@example", ""),
        ("email", "kim", ""),
        ("email", "a b@example.com", ""),
        ("email", "kim@@example.com", ""),
        ("phone", "+49 (30) 123-456", "+4930123456"),
        ("phone", "0049 30 123456", "+4930123456"),
        ("phone", "030 / 123456", "030123456"),
        ("phone", "12", ""),
        ("phone", 491701234567, "491701234567"),
        ("user_id", True, ""),
        ("user_id", ["x"], ""),
        ("user_id", "x" * (IDENTIFIER_CHARS + 1), ""),
    ],
)
def test_values_are_normalised(namespace: str, value: object, cleaned: str) -> None:
    assert clean(namespace, value) == cleaned


@pytest.mark.parametrize(
    "value",
    ["", " ", "null", "NULL", "undefined", "None", "0", 0, "nan", "anonymous", "guest", "test", "unknown"],
)
def test_values_that_name_nobody_are_ignored(value: object) -> None:
    assert clean("user_id", value) == ""


def found(event: WireEvent, kind: str, traits: dict[str, object], context: dict[str, object]) -> list[str]:
    return [f"{i.namespace}={i.value}" for i in identifiers_of(event, kind, traits, named_by(context))]


def test_the_order_is_user_email_phone_external_anonymous() -> None:
    event = WireEvent(user_id="u", anonymous_id="a")
    context: dict[str, object] = {
        "externalIds": [{"type": "loyaltyCard", "id": 7}, {"type": "email", "id": "OTHER@x.example"}],
        "device": {"id": "d", "advertisingId": "ad"},
    }
    assert found(event, "identify", {"email": "k@x.example", "phone": "+49 30 12345"}, context) == [
        "user_id=u", "email=k@x.example", "phone=+493012345", "loyalty_card=7", "email=other@x.example",
        "device_id=d", "advertising_id=ad", "anonymous_id=a",
    ]  # fmt: skip


def test_alias_ties_the_previous_id() -> None:
    assert found(WireEvent(user_id="u", previous_id="old"), "alias", {}, {}) == [
        "user_id=u",
        "anonymous_id=old",
    ]
    email = WireEvent(user_id="u", previous_id="A@x.example")
    assert found(email, "alias", {}, {}) == ["user_id=u", "email=a@x.example"]


def test_the_same_identifier_twice_counts_once() -> None:
    event = WireEvent(anonymous_id="a")
    context: dict[str, object] = {"externalIds": [{"type": "anonymousId", "id": "a"}]}
    assert identifiers_of(event, "track", None, named_by(context)) == [Identifier("anonymous_id", "a")]


@pytest.mark.parametrize(
    "context",
    [
        {"externalIds": 5},
        {"externalIds": [5, {}, {"type": 1, "id": "x"}, {"type": "\x1f", "id": "x"}]},
        {"device": []},
    ],
)
def test_malformed_contexts_name_nobody(context: dict[str, object]) -> None:
    assert identifiers_of(WireEvent(), "track", {"email": 5, "phone": {}}, named_by(context)) == []
