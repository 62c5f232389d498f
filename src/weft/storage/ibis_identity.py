"""The statements of the identity step as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis

from weft.storage.duckdb_identity import IdentitySql
from weft.storage.ibis_statement import select, table


def identity_sql() -> IdentitySql:
    """Compile the statements."""
    wanted = ibis.table({"id": "uuid"}, name="wanted")
    identity_map, node, link = table("identity_map"), table("node"), table("link")
    involved = identity_map.filter(identity_map.profile_id.isin(wanted.id))
    return IdentitySql(
        held=select(
            involved.group_by("profile_id", "namespace").agg(
                count=involved.count(), first_position=involved.first_position.min()
            )
        ),
        nodes_of_profiles=select(
            involved.inner_join(node.select("node_id", "first_seen_at"), "node_id").select(
                "node_id", "profile_id", "namespace", "first_position", "first_seen_at"
            )
        ),
        links_among=select(
            link.filter(link.left_node.isin(wanted.id), link.right_node.isin(wanted.id)).select(
                "link_key", "left_node", "right_node", "first_at"
            )
        ),
    )
