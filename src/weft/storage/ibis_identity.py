"""The statements of the identity step as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis

from weft.storage.duckdb_identity import IdentitySql
from weft.storage.ibis_statement import select, table


def identity_sql() -> IdentitySql:
    """Compile the statements."""
    wanted = ibis.table({"id": "uuid"}, name="wanted")
    link = table("link")
    return IdentitySql(
        links_among=select(
            link.filter(link.left_node.isin(wanted.id), link.right_node.isin(wanted.id)).select(
                "link_key", "left_node", "right_node", "first_at"
            )
        ),
    )
