"""Whatever is in the log: every event is staged or quarantined, nothing raises, and the warehouse can read it."""

import json
from datetime import datetime, timedelta

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.collect.drafts import Rules
from weft.collect.normalise import Normalised, normalise
from weft.collect.wire import WireEvent, parse
from weft.config import CollectSettings
from weft.model.accepted import Accepted, Chunk, Entry, Refusal
from weft.model.reason import Dropped, Reason
from weft.model.staged import QUARANTINED, STAGED

NOW_US = 1_760_000_000_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36"

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["u1", "null", "a@b.example", "2024-01-01T00:00:00Z", "track", "\x00", "\ud800"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
FIELDS = [field.encode_name for field in msgspec.structs.fields(WireEvent)]
events = st.one_of(values, st.dictionaries(st.sampled_from(FIELDS), values, max_size=8))
likely = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "group", "alias", "screen"]),
     "userId": st.sampled_from(["u1", 7, "", None]), "event": st.just("E")},
    optional={"properties": st.dictionaries(st.text(max_size=4), values, max_size=3),
              "traits": st.dictionaries(st.sampled_from(["email", "phone", "x"]), values, max_size=3),
              "context": st.dictionaries(st.sampled_from(["ip", "userAgent", "traits", "consent", "page", "device",
                                                          "externalIds", "campaign"]), values, max_size=4)},
)  # fmt: skip


def entries(*requests: Accepted, first: int = 1) -> list[Entry]:
    count = sum(request.count for request in requests)
    return [Entry(first + count - 1, count, requests)]


def batch(items: list[object], **rest: object) -> Accepted:
    body = json.dumps({"batch": items, **rest}).encode("utf-8", "surrogatepass")
    return Accepted(NOW_US, "web", body, len(items), user_agent=AGENT, ip="192.0.2.7")


def run(*items: object, rules: Rules | None = None, **rest: object) -> Normalised:
    return normalise(entries(batch(list(items), **rest)), rules or Rules())


def whole(result: Normalised, count: int) -> None:
    """Hold a result against what is always true."""
    assert result.staged.schema == STAGED
    assert result.quarantined.schema == QUARANTINED
    result.staged.validate(full=True)
    result.quarantined.validate(full=True)
    assert result.staged.num_rows + result.quarantined.num_rows == count == result.meter.events
    assert sum(result.meter.dropped.values()) == result.quarantined.num_rows
    positions = result.staged["position"].to_pylist() + result.quarantined["position"].to_pylist()
    assert sorted(positions) == list(range(1, count + 1))
    connection = duckdb.connect()
    connection.register("staged", result.staged)
    connection.register("quarantined", result.quarantined)
    valid = "SELECT count(*) FROM staged WHERE json_valid(properties) AND json_valid(context)"
    assert connection.execute(valid).fetchone() == (result.staged.num_rows,)
    assert connection.execute("SELECT count(length(body)) FROM quarantined").fetchone() == (
        result.quarantined.num_rows,
    )


@settings(max_examples=150)
@given(st.lists(events | likely, max_size=4), values)
def test_any_json(items: list[object], shared: object) -> None:
    request = batch(items, context=shared)
    whole(normalise(entries(request), Rules()), len(items))


@settings(max_examples=100)
@given(st.binary(max_size=60), st.sampled_from(["", "track", "identify"]))
def test_any_bytes(body: bytes, default_type: str) -> None:
    request = Accepted(NOW_US, "web", body, 2, default_type)
    whole(normalise(entries(request), Rules()), 2)


@settings(max_examples=100)
@given(likely, st.integers(0, 200), st.binary(min_size=1, max_size=3))
def test_damaged_json(event: dict[str, object], at: int, junk: bytes) -> None:
    body = json.dumps({"batch": [event, event]}).encode()
    cut = body[:at] + junk + body[at + 1 :]
    whole(normalise(entries(Accepted(NOW_US, "web", cut, 2)), Rules()), 2)


@settings(max_examples=50)
@given(st.lists(likely, min_size=1, max_size=3))
def test_a_quarantined_body_is_refused_for_the_same_reason_when_it_is_appended_again(
    items: list[object],
) -> None:
    result = run(*items)
    for row in result.quarantined.to_pylist():
        again = Accepted(NOW_US, "web", row["body"].encode(), 1, row["default_type"], row["historical"])
        second = normalise(entries(again), Rules()).quarantined.to_pylist()
        assert [item["reason"] for item in second] == [row["reason"]]


def test_the_same_log_gives_the_same_rows() -> None:
    items = [{"type": "track", "event": "E", "userId": n} for n in range(5)]
    assert run(*items).staged == run(*items).staged


def test_a_row() -> None:
    row = run({
        "type": "track", "event": " Seen ", "userId": 42, "anonymousId": "a-1", "messageId": "m",
        "timestamp": "2025-10-09T08:53:20Z", "properties": {"b": 1, "a": [1.5, None]},
        "context": {"page": {"url": "https://x.example/?utm_source=mail&utm_campaign=s%20p#h"}},
    }).staged.to_pylist()[0]  # fmt: skip
    assert (row["position"], row["message_id"], row["type"], row["name"]) == (1, "m", "track", "Seen")
    assert row["occurred_at"] == row["received_at"] == datetime(2025, 10, 9, 8, 53, 20)
    assert row["identifiers"] == [
        {"namespace": "user_id", "value": "42"}, {"namespace": "anonymous_id", "value": "a-1"},
    ]  # fmt: skip
    assert row["properties"] == '{"b":1,"a":[1.5,null]}'
    context = json.loads(row["context"])
    assert context["campaign"] == {"source": "mail", "name": "s p"}
    assert (context["ip"], context["client"]["browser"]) == ("192.0.2.0", "Chrome")
    assert (row["consent"], row["record_id"], row["source"]) == (None, None, "web")


def test_a_record_is_taken_from_a_source_that_may_send_it() -> None:
    rules = Rules(CollectSettings(records={"web": "allow"}))
    named = [{"type": "loyaltyId", "id": "14-1"}, {"type": "email", "id": "A@b.example"}]
    sent = {"type": "record", "name": "order", "recordId": 7, "properties": {"total": 3}}
    sent["context"] = {"externalIds": named}
    (row,) = run(sent, rules=rules).staged.to_pylist()
    assert (row["type"], row["name"], row["record_id"], row["properties"]) == (
        "record", "order", "7", '{"total":3}',
    )  # fmt: skip
    assert [one["namespace"] for one in row["identifiers"]] == ["loyalty_id", "email"]


@pytest.mark.parametrize(
    ("records", "change", "reason"),
    [
        ({}, {}, "unknown_type"),
        ({"web": "deny", "erp": "allow"}, {}, "unknown_type"),
        ({"web": "allow"}, {"recordId": None}, "bad_field"),
        ({"web": "allow"}, {"recordId": " "}, "bad_field"),
        ({"web": "allow"}, {"recordId": "x" * 513}, "bad_field"),
        ({"web": "allow"}, {"name": ""}, "bad_field"),
        ({"web": "allow"}, {"userId": None}, "no_identifier"),
    ],
)
def test_a_record_is_quarantined(records: dict[str, str], change: dict[str, object], reason: str) -> None:
    """Above all one from a key that web pages carry: it would replace the record of the system it belongs to."""
    sent = {"type": "record", "name": "order", "recordId": "SO1", "userId": "u1", **change}
    result = run(sent, rules=Rules(CollectSettings(records=records)))  # type: ignore[arg-type]
    assert [row["reason"] for row in result.quarantined.to_pylist()] == [reason]


def test_what_the_edge_refused_is_quarantined_with_its_reason() -> None:
    request = batch([{"type": "track", "event": "E", "userId": 1}] * 3)
    request = msgspec.structs.replace(request, refused=(Refusal(1, Reason.TOO_LARGE, "why"),))
    result = normalise(entries(request, first=11), Rules())
    assert result.staged["position"].to_pylist() == [11, 13]
    row = result.quarantined.to_pylist()[0]
    assert (row["position"], row["reason"], row["detail"]) == (12, "too_large", "why")


def test_chunks_are_left_to_the_tick() -> None:
    chunk = Entry(10, 10, Chunk("k", "p", 10, NOW_US, "shop"))
    result = normalise(
        [chunk, *entries(batch([{"type": "track", "event": "E", "userId": 1}]), first=11)], Rules()
    )
    assert result.staged["position"].to_pylist() == [11]


def test_nothing_gives_empty_tables() -> None:
    result = normalise([], Rules())
    assert (result.staged, result.quarantined) == (STAGED.empty_table(), QUARANTINED.empty_table())


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ({"type": "identify", "traits": {"plan": "gold"}}, {"plan": "gold"}),
        ({"type": "identify", "context": {"traits": {"plan": "gold"}}}, {"plan": "gold"}),
        ({"type": "identify", "traits": {"a": 1}, "context": {"traits": {"a": 2, "b": 3}}}, {"a": 1, "b": 3}),
        ({"type": "group", "groupId": 5, "traits": {"seats": 1}}, {"seats": 1}),
        ({"type": "page", "properties": {"url": "x"}}, {"url": "x"}),
        ({"type": "alias", "previousId": "old"}, {}),
    ],
)
def test_properties_are_what_the_type_carries(
    event: dict[str, object], properties: dict[str, object]
) -> None:
    row = run({"userId": "u", **event}).staged.to_pylist()[0]
    assert json.loads(row["properties"]) == properties


def test_a_declared_bot_is_quarantined_unless_it_is_wanted() -> None:
    event = {
        "type": "page",
        "userId": "u",
        "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    }
    assert run(event).quarantined["reason"].to_pylist() == ["bot"]
    assert run(event, rules=Rules(CollectSettings(keep_bots=True))).staged.num_rows == 1


def test_addresses_stay_whole_where_the_workspace_says_so() -> None:
    event = {"type": "page", "userId": "u", "context": {"ip": "2001:db8:1:2:3::4"}}
    kept = run(event, rules=Rules(CollectSettings(truncate_ip=False))).staged["context"].to_pylist()[0]
    assert json.loads(kept)["ip"] == "2001:db8:1:2:3::4"
    assert json.loads(run(event).staged["context"].to_pylist()[0])["ip"] == "2001:db8:1::"
    nonsense = {"type": "page", "userId": "u", "context": {"ip": "me", "userAgent": "x"}}
    assert "ip" not in json.loads(run(nonsense).staged["context"].to_pylist()[0])


def test_steps_are_timed_and_drops_counted() -> None:
    result = run({"type": "track", "event": "E", "userId": 1}, {"type": "x"})
    assert result.meter.dropped == {Reason.UNKNOWN_TYPE: 1}
    assert set(result.meter.seconds) >= {"merge context", "correct clock", "identifiers", "tracking plan"}


def test_depth_is_exact() -> None:
    def nested(levels: int) -> bytes:
        return b'{"properties":' + b'{"a":' * (levels - 1) + b"1" + b"}" * levels

    fits = parse(nested(32), CollectSettings(), single=True)
    assert not isinstance(fits, Dropped)
    assert not isinstance(fits.events[0], Dropped)
    deep = parse(nested(33), CollectSettings(), single=True)
    assert not isinstance(deep, Dropped)
    assert deep.events[0] == Dropped(Reason.TOO_DEEP, "deeper than 32")


def test_times_stay_in_order_across_zones() -> None:
    texts = [
        "2025-01-01T12:00:00+02:00",
        "2025-01-01T10:00:00Z",
        "2025-01-01T10:00:00",
        1735725600,
        1735725600000,
    ]
    rows = run(*({"type": "page", "userId": "u", "timestamp": text} for text in texts)).staged
    assert len(set(rows["occurred_at"].to_pylist())) == 1
    assert pa.compute.min(rows["received_at"]).as_py() - rows["occurred_at"][0].as_py() > timedelta(days=1)
