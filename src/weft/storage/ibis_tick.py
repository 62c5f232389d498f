"""The statements of the tick as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`, and lambdas as predicates none)

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from weft.model.identifier import SEPARATOR
from weft.model.measure import PropertyColumn
from weft.storage.duckdb_schema import EVENT, STAGED
from weft.storage.duckdb_tick_sql import TickSql
from weft.storage.ibis_functions import getvariable, md5
from weft.storage.ibis_property import TEXT_COLUMNS, TEXTS, texts_of, typed_all
from weft.storage.ibis_statement import create_temporary, insert_into, select, table

NODE_KEY = "node_key"
NODE = "array<struct<node_id: uuid, namespace: string, value: string>>"


def tick_sql(columns: tuple[PropertyColumn, ...], devices: Collection[str]) -> TickSql:
    """Compile the statements.

    columns: the typed columns that events carry for the definitions. devices: the namespaces of device ids. The
    statements read the node key from DuckDB's variable `node_key`.
    """
    staged = staged_table()
    event = table("event")
    maybe = ibis.table({"key": "uuid"}, name="maybe_known")
    older, within = _superseded(event, staged, maybe)
    superseded = ibis.table({"position": "int64", "by_position": "int64"}, name="staged_superseded")
    return TickSql(
        stage=create_temporary("staged", _staged(columns, devices)),
        keys=select(staged.select("message_key", "record_key")),
        repeats=create_temporary(
            "repeat",
            event.semi_join(maybe, event.message_key == maybe.key)
            .anti_join(table("superseded"), "position")  # a record may return to what it was
            .select("message_key")
            .distinct(),
        ),
        supersede=create_temporary("staged_superseded", older),
        supersede_within=insert_into("staged_superseded", within),
        restated_nodes=select(event.semi_join(superseded, "position").select("node_id").distinct()),
        insert_events=insert_into("event", staged.select(*EVENT, **typed_all(columns, staged))),
        nodes=select(_nodes(staged)),
        pairs=select(_pairs(staged, devices)),
    )


def staged_table() -> ir.Table:
    """Return the events of the tick as they are staged."""
    more = {
        "nodes": NODE,
        "owned": "boolean",
        "record_key": "uuid",
        **dict.fromkeys(TEXT_COLUMNS.values(), TEXTS),
    }
    return ibis.table({**EVENT, **more}, name="staged")


def _staged(columns: tuple[PropertyColumn, ...], devices: Collection[str]) -> ir.Table:
    incoming = ibis.table(STAGED, name="incoming")
    nodes = incoming.identifiers.map(
        lambda identifier: ibis.struct(
            {
                "node_id": md5(
                    getvariable(NODE_KEY) + SEPARATOR + identifier.namespace + SEPARATOR + identifier.value
                ).cast("uuid"),
                "namespace": identifier.namespace,
                "value": identifier.value,
            }
        )
    )
    owner = nodes.filter(lambda node: node["namespace"].notin(list(devices)))[0]["node_id"]
    return incoming.mutate(
        message_key=md5(incoming.message_id).cast("uuid"),
        **texts_of(columns, incoming),  # columns of their own, so that each JSON is parsed once
        record_key=md5(incoming.name + SEPARATOR + incoming.record_id).cast("uuid"),
        nodes=nodes,
        node_id=ibis.coalesce(owner, nodes[0].node_id),
        owned=owner.notnull(),
    )


def _superseded(event: ir.Table, staged: ir.Table, maybe: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Return the stored and the staged facts that a newer version of their record in this tick replaces."""
    versions = staged.filter(staged.record_key.notnull())
    newest = versions.group_by("record_key", "name", "record_id").agg(by_position=versions.position.max())
    known = newest.semi_join(maybe, newest.record_key == maybe.key)
    older = (
        event.filter(event.type == "record")
        .inner_join(known, ["name", "record_id"])
        .select("position", "by_position")
        .anti_join(table("superseded"), "position")
    )
    within = (
        versions.inner_join(newest, "record_key")
        .filter(lambda row: row.position < row.by_position)
        .select("position", "by_position")
    )
    return older, within


def _nodes(staged: ir.Table) -> ir.Table:
    each = staged.select("position", "received_at", node=staged.nodes.unnest())
    flat = each.select(
        "position",
        "received_at",
        node_id=each.node["node_id"],
        namespace=each.node["namespace"],
        value=each.node["value"],
    )
    return flat.group_by("node_id").agg(
        namespace=flat.namespace.min(),
        value=flat.value.min(),
        first_position=flat.position.min(),
        first_seen_at=flat.received_at.argmin(flat.position),
    )


def _pairs(staged: ir.Table, devices: Collection[str]) -> ir.Table:
    """Return each event's node with each of its other nodes, every pair once.

    owner_node: the node that logged in on the other, which is a device; else NULL. owned: somebody was logged in.
    """
    several = staged.filter(staged.nodes.length() > 1)
    each = several.select(
        "position", "occurred_at", "message_id", "type", "owned", "node_id", other=several.nodes.unnest()
    )
    logs_in = each.owned & each.other["namespace"].isin(list(devices))
    pairs = each.select(
        "position",
        "occurred_at",
        "message_id",
        left_node=ibis.least(each.node_id, each.other["node_id"]),
        right_node=ibis.greatest(each.node_id, each.other["node_id"]),
        owner_node=ibis.ifelse(logs_in, each.node_id, ibis.null("uuid")),
        owned=each.owned,
        kind=ibis.ifelse(each.type == "alias", "alias", "same_event"),
    ).filter(lambda pair: pair.left_node != pair.right_node)
    grouped = pairs.group_by("left_node", "right_node").agg(
        kind=pairs.kind.min(),
        message_id=pairs.message_id.argmin(pairs.occurred_at),
        first_at=pairs.occurred_at.min(),
        last_at=pairs.occurred_at.max(),
        position=pairs.position.min(),
        owner_node=pairs.owner_node.max(),
        owned=pairs.owned.max(),
    )
    return grouped.mutate(
        link_key=md5(grouped.left_node.cast("string") + grouped.right_node.cast("string")).cast("uuid")
    )
