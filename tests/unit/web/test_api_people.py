"""The lists of people and the parts of a person's page, over a real database."""

from uuid import UUID

import msgspec
import pytest
from tests.unit.web.memory import KIM_ID, kim

from weft.definitions import Definition
from weft.model.consent import Act, DenialReason, Denied
from weft.model.delivery import Denial
from weft.model.signal import Signal, SignalKind
from weft.model.survivorship import Strategy
from weft.profile.candidates import Candidate, Told
from weft.profile.projection import NodeState
from weft.storage.database import transaction
from weft.storage.database_outbox import record_denials
from weft.storage.database_profiles import ProfileWrite, write_profiles
from weft.web.api.traits import WhyView, show_profile_trait

OLD_ID = UUID(int=7)
OTHER_ID = UUID(int=KIM_ID.int + (1 << 80))


@pytest.fixture
def known(api):
    """The API, with Kim in the database, who was somebody else before."""
    name = (2_000_000, b"k" * 16, msgspec.json.encode("Kim"))
    older = (1_000_000, b"j" * 16, msgspec.json.encode("KIM"))
    nodes = [
        NodeState(b"a" * 16, "user_id", "42", 4, 1_000_000, 3_000_000, {"name": name}),
        NodeState(b"b" * 16, "email", "kim@example.com", traits={"name": older}),
    ]
    entered = Signal(1, SignalKind.ENTERED, KIM_ID, "buyers", 0, 0)
    write = ProfileWrite(
        [(kim(), nodes, None)],
        {OLD_ID.bytes: KIM_ID.bytes},
        {b"a" * 16: KIM_ID.bytes},
        [],
        [("buyers", KIM_ID.bytes, 2_000_000)],
        [],
        [entered],
        5_000_000,
    )
    with transaction(api.services.database) as connection:
        write_profiles(connection, write)
    return api


@pytest.mark.parametrize("q", ["kim", "KIM@example", "example", "42", "user_id:42", "SO-7", str(KIM_ID), ""])
def test_somebody_is_found_by_name_and_by_identifier(known, q: str) -> None:
    page = known.ask("GET", "/api/people", params={"q": q}).json()
    (person,) = page["people"]
    assert person == {
        "profile_id": str(KIM_ID),
        "name": {"full": "Kim", "given": "", "family": ""},
        "identifiers": [
            {"namespace": "user_id", "value": "42"},
            {"namespace": "email", "value": "kim@example.com"},
        ],
        "known": True,
        "last_seen_at": "1970-01-01T00:00:03.000Z",
        "events": 5,
        "audiences": ["buyers"],
    }
    assert page["next"] is None


def test_nobody_is_an_empty_page_and_a_wrong_cursor_a_problem(known) -> None:
    assert known.ask("GET", "/api/people?q=SO-8").json() == {"people": [], "next": None}
    assert known.ask("GET", "/api/people?q=王芳").json() == {"people": [], "next": None}
    assert known.ask("GET", "/api/people?q=kim&known=false").json()["people"] == []
    assert known.ask("GET", "/api/people?after=x").status_code == 400


def test_people_of_these_profiles_are_listed_without_a_search(known):
    wanted = {"profile": [str(KIM_ID), str(UUID(int=99))], "q": "nobody"}
    page = known.ask("GET", "/api/people", params=wanted).json()
    assert [(each["profile_id"], each["name"]["full"]) for each in page["people"]] == [(str(KIM_ID), "Kim")]
    assert known.ask("GET", "/api/people?profile=kim").status_code == 400


def test_a_profile_tells_of_each_identifier_and_of_merges(known) -> None:
    profile = known.ask("GET", "/api/profiles/user_id:42").json()
    assert profile["merged_from"] == [str(OLD_ID)]
    first, second = profile["identifiers"]
    assert (first["events"], first["first_seen_at"]) == (4, "1970-01-01T00:00:01.000Z")
    assert (second["events"], second["last_seen_at"]) == (0, None)
    assert first["confidence"] == 1.0


def test_each_trait_says_where_it_came_from(known) -> None:
    traits = {each["name"]: each for each in known.ask("GET", "/api/profiles/user_id:42/traits").json()}
    assert traits["name"] == {
        "name": "name",
        "value": "Kim",
        "kind": "identify",
        "version": "",
        "at": "1970-01-01T00:00:02.000Z",
        "identifier": {"namespace": "user_id", "value": "42"},
        "source": "shop",
        "message_id": "m1",
        "position": 1,
        "why": {"strategy": "most_recent", "trait": "", "score": 0, "next_score": 0, "dropped": 0},
        "others": [
            {
                "value": "KIM",
                "at": "1970-01-01T00:00:01.000Z",
                "identifier": {"namespace": "email", "value": "kim@example.com"},
                "source": "",
                "message_id": "",
                "position": None,
                "score": 0,
            }
        ],
    }
    assert (traits["orders"]["kind"], traits["orders"]["version"]) == ("computed", "abc")
    assert traits["orders"]["why"] is None


def test_one_trait_says_where_each_value_came_from(known) -> None:
    trait = known.ask("GET", "/api/profiles/user_id:42/traits/name").json()
    (other,) = trait["others"]
    assert (other["source"], other["message_id"], other["position"]) == ("shop", "m1", 1)
    answer = known.ask("GET", "/api/profiles/user_id:42/traits/colour")
    assert answer.status_code == 404
    assert "country, name, orders" in answer.json()["detail"]


def test_a_strategy_says_why(known) -> None:
    body = {"name": "name", "strategy": "longest"}
    definition = Definition("survivorship", "name", body, "name.yaml")
    services = msgspec.structs.replace(known.services, definitions=(*known.services.definitions, definition))
    told = {
        "name": Told(
            [Candidate(1_000_000, b"j" * 16, b'"Kim Min-su"'), Candidate(2_000_000, b"k" * 16, b'"Kim"')], 3
        )
    }
    node = NodeState(b"a" * 16, "user_id", "42", traits={"name": (2_000_000, b"k" * 16, b'"Kim"')}, told=told)
    document = msgspec.structs.replace(
        kim(), traits={"name": "Kim Min-su"}, sources={"name": "record:crm/contact"}
    )
    write = ProfileWrite([(document, [node], None)], {}, {}, [], [], [], [], 5_000_000)
    with transaction(services.database) as connection:
        write_profiles(connection, write)
    services.profiles.get = lambda _: document
    trait = show_profile_trait.fn(services, str(KIM_ID), "name")
    assert (trait.value, trait.kind, trait.source) == ("Kim Min-su", "record", "shop")
    assert trait.why == WhyView(Strategy.LONGEST, "name", 10, 3, 3)
    assert [(each.value, each.score) for each in trait.others] == [("Kim", 3)]


def test_an_audience_of_hers_says_why(known) -> None:
    (audience,) = known.ask("GET", "/api/profiles/user_id:42/audiences").json()
    assert (audience["name"], audience["sentence"]["en"]) == ("buyers", "did Order")


def test_what_was_refused_under_an_old_id_is_hers(known) -> None:
    act = Act(OLD_ID, (), "marketing", "email")
    denied = Denied(DenialReason.NO_DEFAULT, "")
    denial = Denial(
        UUID(int=1), "enqueue", "crm", "audience.entered", act.profile_id, 1, act.purpose, act.channel,
        denied.reason, denied.detail, 5,
    )  # fmt: skip
    with transaction(known.services.database) as connection:
        record_denials(connection, [denial])
    acts = known.ask("GET", "/api/profiles/user_id:42/deliveries").json()
    assert [each["reason"] for each in acts["denials"]] == ["no_default"]
    assert acts["deliveries"] == []


def test_a_timeline_is_filtered_and_refuses_a_wrong_cursor(api) -> None:
    path = "/api/profiles/user_id:42/events"
    assert len(api.ask("GET", f"{path}?type=track&name=Order&source=shop").json()["events"]) == 7
    assert api.ask("GET", f"{path}?type=page").json() == {"events": [], "next": None}
    assert api.ask("GET", f"{path}?before=x").status_code == 400
    until = [
        each["position"]
        for each in api.ask("GET", f"{path}?until=1970-01-01T00:00:00.000004Z").json()["events"]
    ]
    assert until == [3, 2, 1]
    assert api.ask("GET", f"{path}?until=x").status_code == 400


def test_an_audience_tells_its_size_over_time_and_its_members_by_name(known) -> None:
    (audience,) = known.ask("GET", "/api/audiences").json()
    assert (audience["entered_24h"], audience["exited_24h"]) == (1, 0)
    assert audience["sentence"]["en"] == "did Order"
    assert audience["trend"] == [None] * 14 + [1]
    assert audience["yaml"] == "name: buyers\nwho:\n  did: Order\n"
    sizes = known.ask("GET", "/api/audiences/buyers/sizes?days=1").json()
    assert sizes["step_seconds"] == 3_600
    assert [each["size"] for each in sizes["sizes"]] == [None] * 24 + [1]
    assert sizes["sizes"][-1] == {"at": "1970-01-01T00:00:00.000Z", "size": 1, "entered": 1, "exited": 0}
    (member,) = known.ask("GET", "/api/audiences/buyers/members").json()["members"]
    assert member["identifiers"][0] == {"namespace": "user_id", "value": "42"}
    assert (member["name"]["full"], member["last_seen_at"]) == ("Kim", "1970-01-01T00:00:03.000Z")


def test_with_whom_somebody_lives(api) -> None:
    home = {"address": {"street": "1 High St", "postalCode": "A1", "city": "Leeds"}, "lastName": "Kim"}
    together = [
        msgspec.structs.replace(kim(), traits=home),
        msgspec.structs.replace(kim(), profile_id=OTHER_ID, traits=home | {"firstName": "Ada"}),
    ]
    write = ProfileWrite([(each, [], None) for each in together], {}, {}, [], [], [], [], 5_000_000)
    with transaction(api.services.database) as connection:
        write_profiles(connection, write)
    api.memory.get = {each.profile_id: each for each in together}.get
    told = api.ask("GET", f"/api/profiles/{KIM_ID}/household").json()
    household = told["household"]
    assert told["crowd"] is None
    assert household["shared"] == {"address": "1 High St, A1, Leeds", "family_name": "Kim"}
    assert [(each["name"]["given"], each["shares"]) for each in household["members"]] == [
        ("", ["address", "family_name"]),
        ("Ada", ["address", "family_name"]),
    ]
    assert household["rank"] == 0.85
    assert api.ask("GET", f"/api/households/{household['id']}").json() == household
    assert api.ask("GET", f"/api/households/{UUID(int=1 << 76)}").status_code == 404
    forgotten = ProfileWrite([], {OTHER_ID.bytes: KIM_ID.bytes}, {}, [], [], [], [], 6_000_000)
    with transaction(api.services.database) as connection:
        write_profiles(connection, forgotten)
    assert api.ask("GET", f"/api/profiles/{KIM_ID}/household").json() == {"household": None, "crowd": None}
