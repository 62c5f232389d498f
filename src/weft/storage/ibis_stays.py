"""The statements of the step that gives devices to their owners, as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from weft.storage.duckdb_stays import StaySql
from weft.storage.ibis_functions import Value
from weft.storage.ibis_places import places_of
from weft.storage.ibis_statement import select, table
from weft.storage.ibis_tick import staged_table

WANTED = {"wanted_node": "uuid", "wanted_namespace": "string", "wanted_value": "string"}


def stay_sql(devices: Collection[str], log_out: Collection[str]) -> StaySql:
    """Compile. devices: the namespaces of device ids; log_out: the events that end a log-in, by name."""
    staged, event = staged_table(), table("event")
    wanted = ibis.table({"position": "int64"}, name="wanted")
    return StaySql(
        log_outs=select(_log_outs(staged, devices, log_out)),
        carried=select(_carried(staged, devices, log_out)),
        carried_before=select(_carried(event.semi_join(wanted, "position"), devices, log_out)),
        places=select(places_of(ibis.table({"node_id": "uuid"}, name="wanted"))),
        first_log_ins=select(_first_log_ins()),
        log_outs_before=select(_log_outs_before()),
        shared=select(_shared()),
        stays=select(table("stay").select("device_node", "begins_at", "owner_node")),
    )


def _log_outs(staged: ir.Table, devices: Collection[str], log_out: Collection[str]) -> ir.Table:
    """Return the devices on which somebody logged out, and when."""
    out = staged.filter(staged.name.isin(list(log_out)), staged.type == "track")
    each = out.select("occurred_at", node=out.nodes.unnest())
    on_device = each.filter(each.node["namespace"].isin(list(devices)))
    return on_device.select(device_node=on_device.node["node_id"], at=on_device.occurred_at).distinct()


def _carried(events: ir.Table, devices: Collection[str], log_out: Collection[str]) -> ir.Table:
    """Return the events that carry a device in `wanted_device`.

    owned: somebody is logged in, whose node is node_id. is_fact: nobody is, and it is the device's own event. out: a
    log-out.
    """
    wanted = _devices()
    numbered = events.select(
        "position",
        "occurred_at",
        "node_id",
        owned=_owners(events, devices) > 0,
        out=(events.type == "track") & events.name.isin(list(log_out)),
        first=events.identifiers[0],
        each=events.identifiers.unnest(),
    )
    named = numbered.mutate(namespace=numbered.each["namespace"], value=numbered.each["value"])
    met = named.inner_join(
        wanted, [named.namespace == wanted.wanted_namespace, named.value == wanted.wanted_value]
    )
    first = (met.first["namespace"] == met.namespace) & (met.first["value"] == met.value)
    return met.select(
        "position",
        "occurred_at",
        "node_id",
        "owned",
        "out",
        device_node=met.wanted_node,
        is_fact=first & ~met.owned,
    ).distinct()


def _owners(events: ir.Table, devices: Collection[str]) -> Value:
    return events.identifiers.filter(lambda each: each["namespace"].notin(list(devices))).length()


def _first_log_ins() -> ir.Table:
    """Return who logged in first on each device in `wanted_device`, as the log has it, and since when she did."""
    link, device = table("link"), _devices()
    told = link.filter(link.kind.isin(["login", "alias"]))
    left, right = (
        told.semi_join(device, told[mine] == device.wanted_node).select(
            "position", "first_at", device_node=told[mine], owner_node=told[other]
        )
        for mine, other in (("left_node", "right_node"), ("right_node", "left_node"))
    )
    return left.union(right)


def _log_outs_before() -> ir.Table:
    log_out, device = table("log_out"), _devices()
    return log_out.semi_join(device, log_out.device_node == device.wanted_node)


def _devices() -> ir.Table:
    return ibis.table(WANTED, name="wanted_device")


def _shared() -> ir.Table:
    """Return the shared devices with what names them."""
    return table("shared_device").inner_join(table("node").select("node_id", "namespace", "value"), "node_id")
