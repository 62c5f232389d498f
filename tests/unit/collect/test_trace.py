import msgspec

from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.collect.pipeline import STEPS
from weft.collect.trace import trace
from weft.model.accepted import Accepted, Entry, Refusal
from weft.model.reason import Reason

AGENT = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
PAGE = "https://shop.example/?utm_campaign=spring"


def request(*events: dict, **fields) -> Accepted:
    body = msgspec.json.encode({"batch": list(events)})
    return Accepted(
        1_700_000_000_000_000, "shop", body, len(events), user_agent=AGENT, ip="1.2.3.4", **fields
    )


GOOD = {"type": "track", "event": " Order ", "userId": "1", "context": {"page": {"url": PAGE}}}
NOBODY = {"type": "track", "event": "Order"}


def test_every_step_ran_and_told_what_it_changed() -> None:
    ran = trace(request(NOBODY, GOOD), 1, 8, Rules())
    assert [each.name for each in ran] == [each.name for each in STEPS]
    assert all(each.microseconds >= 0 and each.dropped is None for each in ran)
    changes = {(each.name, change.field): change for each in ran for change in each.changes}
    assert changes["authenticate", "source"].after == "shop"
    assert changes["user agent", "context.client"].after["browser"] == "Chrome"
    assert changes["campaign parameters", "context.campaign"].after == {"name": "spring"}
    cut = changes["truncate IP", "context.ip"]
    assert (cut.before, cut.after) == ("1.2.3.4", "1.2.3.0")
    assert changes["type and name", "name"].after == "Order"
    assert changes["identifiers", "identifiers"].after == ["user_id:1"]


def test_it_ends_as_the_tick_ended() -> None:
    accepted = request(NOBODY, GOOD)
    staged = normalise([Entry(8, 2, (accepted,))], Rules()).staged.to_pylist()
    ran = trace(accepted, 1, 8, Rules())
    named = [change.after for each in ran for change in each.changes if change.field == "message_id"]
    assert [row["message_id"] for row in staged] == named
    assert [each.dropped.reason for each in trace(accepted, 0, 7, Rules()) if each.dropped] == [
        Reason.NO_IDENTIFIER
    ]


def test_what_the_edge_refused_stays_refused() -> None:
    accepted = request(GOOD, refused=(Refusal(0, Reason.TOO_LARGE, "40000 bytes"),))
    ran = trace(accepted, 0, 1, Rules())
    assert (ran[-1].name, ran[-1].dropped.reason) == ("check", Reason.TOO_LARGE)


def test_a_body_that_cannot_be_read_ends_at_the_first_step() -> None:
    (only,) = trace(Accepted(1, "shop", b"{", 1), 0, 1, Rules())
    assert (only.name, only.dropped.reason) == ("decode", Reason.NOT_JSON)


def test_a_bot_ends_in_its_context() -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    ran = trace(msgspec.structs.replace(request(GOOD), user_agent=agent), 0, 1, Rules())
    assert (ran[-1].name, ran[-1].dropped.reason) == ("bots", Reason.BOT)
