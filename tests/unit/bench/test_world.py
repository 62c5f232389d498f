from contextlib import closing
from datetime import datetime
from itertools import islice

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.forms import MAPPING, Forms, flat, write_parquet
from bench.people import COUNTRIES, World
from bench.stream import CHUNK_EVENTS, Kind

from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.model.accepted import Accepted, Entry
from weft.model.staged import STAGED
from weft.sources.files.importer import import_file
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log

WORLD = World(people=300, events=2_500, days=20, seed=11)


@pytest.fixture(scope="module")
def forms() -> Forms:
    return Forms(WORLD)


def staged_rows(forms: Forms) -> list[dict]:
    return pa.concat_tables([forms.staged(events) for events in forms.streams()]).to_pylist()


def test_messages_and_columns_are_the_same_stream(forms: Forms) -> None:
    messages, rows = list(forms.messages()), staged_rows(forms)
    assert len(messages) == len(rows) == WORLD.events
    for message, row in zip(messages, rows, strict=True):
        assert (row["message_id"], row["type"]) == (message["messageId"], message["type"])
        assert row["name"] == message.get("event", message.get("name", ""))
        said = datetime.fromisoformat(message["timestamp"]).replace(tzinfo=None)
        assert row["occurred_at"] == said
        told = message["traits"] if message["type"] == "identify" else message["properties"]
        assert msgspec.json.decode(row["properties"]) == told
        assert msgspec.json.decode(row["context"]) == message["context"]
        given = {"user_id": message.get("userId"), "anonymous_id": message["anonymousId"]}
        given["email"] = message.get("traits", {}).get("email")
        assert {one["namespace"]: one["value"] for one in row["identifiers"]} == {
            k: v for k, v in given.items() if v
        }


def test_a_seed_gives_the_same_stream_and_another_seed_another(forms: Forms) -> None:
    again = Forms(WORLD)
    other = Forms(msgspec.structs.replace(WORLD, seed=12))
    first = list(islice(forms.messages(), 500))
    assert first == list(islice(again.messages(), 500))
    assert first != list(islice(other.messages(), 500))


def test_a_chunk_does_not_depend_on_the_chunks_before_it() -> None:
    world = World(people=500, events=CHUNK_EVENTS + 1_000, seed=3)
    whole = [events.at_us for events in Forms(world).streams()]
    alone = Forms(world).chunk(1)
    assert [len(part) for part in whole] == [CHUNK_EVENTS, 1_000]
    assert np.array_equal(whole[1], alone.at_us)


def test_times_rise_and_stay_inside_the_days_of_the_world(forms: Forms) -> None:
    for events in forms.streams():
        assert np.all(np.diff(events.at_us) >= 0)
        assert events.at_us.min() >= WORLD.since_us
        assert events.at_us.max() <= WORLD.until_us
        assert np.all(events.at_us % 1_000 == 0)


def test_people_come_in_sessions_and_some_far_more_often_than_others(forms: Forms) -> None:
    events = forms.chunk(0)
    per_person = np.sort(np.bincount(events.person, minlength=WORLD.people))
    assert per_person[-30:].sum() > 0.3 * WORLD.events  # a tenth of the people, a third of the events
    homes = int((events.kind == Kind.HOME).sum())
    assert 5 < WORLD.events / homes < 15


def test_known_people_log_in_on_several_devices(forms: Forms) -> None:
    devices: dict[str, set[str]] = {}
    logins = 0
    for message in forms.messages():
        if "userId" in message:
            devices.setdefault(message["userId"], set()).add(message["anonymousId"])
        if message["type"] == "identify":
            logins += 1
            assert message["traits"]["email"].endswith("@example.com")
            assert message["userId"]
    assert logins > 20
    assert any(len(found) > 1 for found in devices.values())


def test_an_order_states_revenue_in_the_currency_of_the_country(forms: Forms) -> None:
    currencies = {country.currency for country in COUNTRIES}
    orders = [
        message["properties"] for message in forms.messages() if message.get("event") == "Order Completed"
    ]
    assert orders
    assert len({order["order_id"] for order in orders}) == len(orders)
    assert {order["currency"] for order in orders} == currencies
    assert all(order["revenue"] > 0 and order["quantity"] >= 1 for order in orders)


def test_parquet_holds_the_stream_in_either_form(forms: Forms, tmp_path) -> None:
    (plain,) = write_parquet(tmp_path / "plain", WORLD)
    (columns,) = write_parquet(tmp_path / "columns", WORLD, imported=False)
    staged = pq.read_table(columns)
    assert staged.schema.equals(STAGED)
    assert staged.to_pylist() == staged_rows(forms)
    assert pq.read_table(plain).equals(flat(staged))
    assert pq.read_table(plain)["email"].null_count < WORLD.events


MEANT = ("message_id", "type", "name", "occurred_at", "identifiers", "properties")


def meant(table: pa.Table) -> list[dict]:
    return table.select(MEANT).to_pylist()


def test_the_collect_pipeline_makes_the_staged_columns_of_the_messages(forms: Forms) -> None:
    bodies = [msgspec.json.encode({"batch": list(part)}) for part in batched(forms.messages(), 100)]
    requests = tuple(Accepted(WORLD.until_us, "shop", body, 100) for body in bodies)
    made = normalise([Entry(WORLD.events, WORLD.events, requests)], Rules())
    assert made.quarantined.num_rows == 0
    assert meant(made.staged) == meant(pa.concat_tables([forms.staged(events) for events in forms.streams()]))


def test_an_import_of_the_plain_table_makes_the_same_columns(forms: Forms, tmp_path) -> None:
    (path,) = write_parquet(tmp_path, WORLD)
    with closing(DuckdbColumns()) as engine, closing(open_log("sqlite:///log.sqlite", tmp_path)) as log:
        import_file(path, MAPPING, data=tmp_path, log=log, engine=engine, received_at_us=1, source="shop")
        chunks = [pq.read_table(tmp_path / entry.content.path) for entry in log.read(0, 1_000_000)]
    staged = pa.concat_tables([forms.staged(events) for events in forms.streams()])
    assert meant(pa.concat_tables(chunks)) == meant(staged)


def batched(items, size):
    items = iter(items)
    return iter(lambda: list(islice(items, size)), [])
