"""The statements of the identity step as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis

from weft.storage.duckdb_identity import IdentitySql
from weft.storage.ibis_statement import select, table

OF_LINK = (
    "link_key",
    "left_node",
    "right_node",
    "bits",
    "score_bits",
    "score_confidence",
    "first_at",
    "position",
)


def identity_sql() -> IdentitySql:
    """Compile the statements."""
    wanted = ibis.table({"id": "uuid"}, name="wanted")
    link = table("link")
    # the other ends are compared in memory, which is cheaper than a second pass over all links
    return IdentitySql(links_among=select(link.filter(link.left_node.isin(wanted.id)).select(*OF_LINK)))
