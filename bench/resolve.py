"""One new record against a million people: durable, normalised, scored, in its person; and a person taken apart."""

import gc
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cyclopts import Parameter

from bench.figure import Figure, at_least, at_most, figure
from bench.identity import TOWN, splink_python, timed
from bench.town import town
from weft.identity.live.matcher import Matcher
from weft.identity.live.person import PersonFields, fingerprint
from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge, StewardKind
from weft.model.accepted import Accepted
from weft.model.identifier import Identifier, node_id
from weft.model.staged import STAGED
from weft.storage.database import open_database, transaction
from weft.storage.database_person import add_changes, drop_changes, waiting, write_persons
from weft.storage.database_steward import StewardEdges, add_edges
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.key_index import byte_keys
from weft.storage.sqlite_log import open_log
from weft.workers.match import Matching

SEED = 20_260_102
NODE_KEY = "bench"
WRITTEN_AT_ONCE = 50_000
STREAMED_AT_ONCE = 2_000
TICK_EVENTS = 250_000
Row = dict[str, str]


def resolve(
    *,
    people: Annotated[int, Parameter(help="Records that are known.")] = 1_000_000,
    records: Annotated[int, Parameter(help="New records, one after the other.")] = 1_000,
    streamed: Annotated[int, Parameter(help="New records, as fast as they come.")] = 20_000,
    splits: Annotated[int, Parameter(help="Pairs joined by a link and taken apart by a steward.")] = 100,
    splink: Annotated[bool, Parameter(help="Also ask Splink for the matches of one record.")] = True,
) -> Figure:
    """Measure. p50_ms, p99_ms: a record fsynced in the log, normalised, compared and scored, and its person known."""
    warm = records // 5
    table = town(people + warm + records + 2 * streamed, SEED)
    told = _rows(table)
    keys: dict[str, float | int | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        matching, database = _known(Path(folder), told[:people], keys)
        _one_by_one(Path(folder), matching.ready(), told[people : people + warm + records], warm, keys)
        rest = told[people + warm + records :]
        _stream(matching.ready(), rest[:streamed], people, keys)
        _stream_stored(matching, database, rest[streamed:], keys)
        database.dispose()
        del matching
        gc.unfreeze()
        _take_apart(Path(folder), people, splits, keys)
        if splink:
            _splink(table.slice(0, people), table.slice(people, 20), Path(folder), keys)
    targets = (at_most("p99_ms", 2), at_least("eps", 20_000), at_most("unmerge_p99_ms", 50))
    notes = (
        "p50_ms and p99_ms: append to the event log (one fsync a record) and match, one after the other; fsync_*: the "
        "append alone, match_*: the rest. eps: normalised, compared, scored, in memory; stored_eps: with the queue, "
        "what is known and the scores in the database. unmerge: from the call until the map is durable.",
    )
    return figure("resolve", keys, targets, notes)


def _rows(table: pa.Table) -> list[Row]:
    columns = [table[name].to_pylist() for name in TOWN]
    return [
        {name: value for name, value in zip(TOWN, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _node(number: int) -> bytes:
    return node_id(NODE_KEY, Identifier("crm", str(number))).bytes


def _known(folder: Path, told: Sequence[Row], keys: dict[str, float | int | None]) -> tuple[Matching, Any]:
    """Store the people, then load the index as the engine does at its first work."""
    database, fields = open_database("sqlite:///database.sqlite", folder), PersonFields({}, None)
    for start in range(0, len(told), WRITTEN_AT_ONCE):
        part = told[start : start + WRITTEN_AT_ONCE]
        each = enumerate(zip(fields.normalise(part), part, strict=True), start)
        with transaction(database) as connection:
            write_persons(connection, {_node(n): (one, fingerprint(raw)) for n, (one, raw) in each})
    matching = Matching(database, folder, Rules(), lambda: 0)
    before, began = _rss_mb(), time.perf_counter()
    matching.ready()
    keys["load_seconds"] = round(time.perf_counter() - began, 2)
    keys["index_mb"] = round(_rss_mb() - before, 1)
    _count(matching, database, told[1], keys)
    gc.collect()
    gc.freeze()
    return matching, database


def _count(matching: Matching, database: Any, one: Row, keys: dict[str, float | int | None]) -> None:
    """Let the first node that comes have everybody's values counted; those to be matched again by them are left out."""
    with transaction(database) as connection:
        add_changes(connection, {_node(0): one}, 1)
    began = time.perf_counter()
    matching.step()
    keys["count_seconds"] = round(time.perf_counter() - began, 2)
    with transaction(database) as connection:
        keys["again"] = waiting(connection)
        drop_changes(connection, 1 << 62)


def _one_by_one(
    folder: Path, matcher: Matcher, told: Sequence[Row], warm: int, keys: dict[str, float | int | None]
) -> None:
    fields = PersonFields({}, None)
    durable: list[float] = []
    matched: list[float] = []
    log = open_log("sqlite:///log.sqlite", folder)
    for number, one in enumerate(told):
        body = json.dumps({"type": "identify", "userId": f"n{number}", "traits": one}).encode()
        began = time.perf_counter()
        log.append([Accepted(time.time_ns() // 1_000, "bench", body, 1)])
        known = time.perf_counter()
        rows = matcher.put(byte_keys([_node(-1 - number)]), fields.normalise([one]))
        scored = matcher.match(rows)
        matcher.pairs(scored, np.flatnonzero(scored.confidence >= Rules().review))
        matched.append(time.perf_counter() - known)
        durable.append(known - began)
    log.close()
    both = np.array([durable[warm:], matched[warm:]]) * 1_000
    for name, each in (("", both.sum(axis=0)), ("fsync_", both[0]), ("match_", both[1])):
        for share in (50, 99):
            keys[f"{name}p{share}_ms"] = round(float(np.percentile(each, share)), 3)


def _stream(matcher: Matcher, told: Sequence[Row], first: int, keys: dict[str, float | int | None]) -> None:
    fields, began = PersonFields({}, None), time.perf_counter()
    pairs = 0
    for start in range(0, len(told), STREAMED_AT_ONCE):
        part = told[start : start + STREAMED_AT_ONCE]
        nodes = [_node(2 * first + start + n) for n in range(len(part))]
        scored = matcher.match(matcher.put(byte_keys(nodes), fields.normalise(part)))
        pairs += len(matcher.pairs(scored, np.flatnonzero(scored.confidence >= Rules().review)))
    keys["eps"] = round(len(told) / (time.perf_counter() - began))
    keys["pairs_per_record"] = round(pairs / len(told), 2)


def _stream_stored(
    matching: Matching, database: Any, told: Sequence[Row], keys: dict[str, float | int | None]
) -> None:
    with transaction(database) as connection:
        add_changes(connection, {_node(-1_000_000 - n): one for n, one in enumerate(told)}, 1)
    began = time.perf_counter()
    while matching.step():
        pass
    keys["stored_eps"] = round(len(told) / (time.perf_counter() - began))


def _take_apart(folder: Path, people: int, splits: int, keys: dict[str, float | int | None]) -> None:
    """Join pairs by events, among so many people, and time a steward's split of each until it is durable."""
    database, warehouse = (
        open_database("sqlite:///steward.sqlite", folder),
        Warehouse(folder / "w.duckdb", 2_000),
    )
    store = TickStore(warehouse, folder, NODE_KEY, Rules(), (), StewardEdges(database))
    store.recall(datetime(1970, 1, 1))  # noqa: DTZ001 naive UTC
    now = datetime.now(UTC).replace(tzinfo=None)
    position = 0
    for rows in _events(people, splits, now):
        position += rows.num_rows
        store.apply(Batch(position, now, staged=rows), lambda _: [])
    spent: list[float] = []
    for number in range(splits):
        left, right = (Identifier(name, str(number)) for name in ("crm", "loyalty"))
        began = time.perf_counter()
        with transaction(database) as connection:
            edge = StewardEdge(
                number=0, kind=StewardKind.SPLIT, left=(left,), right=(right,), position=position
            )
            add_edges(connection, [edge])
        store.apply(Batch(position, now), lambda _: [])
        spent.append((time.perf_counter() - began) * 1_000)
    warehouse.close()
    database.dispose()
    for share in (50, 99):
        keys[f"unmerge_p{share}_ms"] = round(float(np.percentile(spent, share)), 2)


def _events(people: int, splits: int, now: datetime) -> Iterator[pa.Table]:
    for start in range(0, people, TICK_EVENTS):
        rows = [
            {
                "position": number + 1,
                "message_id": f"m{number}",
                "type": "track",
                "name": "Seen",
                "occurred_at": now - timedelta(seconds=people - number),
                "received_at": now,
                "source": "bench",
                "identifiers": [
                    {"namespace": name, "value": str(number)}
                    for name in (("crm", "loyalty") if number < splits else ("crm",))
                ],
                "consent": None,
                "record_id": None,
                "properties": "{}",
                "context": "{}",
            }
            for number in range(start, min(start + TICK_EVENTS, people))
        ]
        yield pa.Table.from_pylist(rows, schema=STAGED)


def _splink(known: pa.Table, new: pa.Table, folder: Path, keys: dict[str, float | int | None]) -> None:
    files = [folder / "known.parquet", folder / "new.parquet"]
    for table, path in zip((known, new), files, strict=True):
        pq.write_table(table, path)
    job = {
        "files": [str(path) for path in files],
        "id": "id",
        "kinds": TOWN,
        "one": True,
        "link": False,
        "out": "",
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    script = str(Path(__file__).with_name("splink_reference.py"))
    output, _, _ = timed([splink_python(), script, str(folder / "job.json")])
    theirs = json.loads(output)
    keys["splink_one_record_ms"] = round(theirs["one_record_ms"], 1)
    ours = keys["match_p50_ms"]
    keys["times_faster"] = round(theirs["one_record_ms"] / ours, 1) if ours else None


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() / 2**20
