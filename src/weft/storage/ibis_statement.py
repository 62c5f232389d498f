"""Statements for DuckDB made from Ibis expressions."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from sqlglot import exp

from weft.storage.duckdb_schema import TABLES

_compiler = ibis.duckdb.connect().compiler


def table(name: str) -> ir.Table:
    """Return a warehouse table as an Ibis relation."""
    return ibis.table(TABLES[name], name=name)


def select(expression: ir.Table) -> str:
    """Return the SQL of an expression."""
    return _tree(expression).sql("duckdb")


def create_temporary(name: str, expression: ir.Table) -> str:
    """Return `CREATE OR REPLACE TEMPORARY TABLE name AS expression`."""
    return exp.Create(
        this=_table(name),
        kind="TABLE",
        replace=True,
        expression=_tree(expression),
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    ).sql("duckdb")


def create_view_with(name: str, values: ir.Table) -> str:
    """Return `CREATE OR REPLACE TEMPORARY VIEW name`: the table that `values` projects, and these as more columns."""
    tree = _tree(values)
    tree.set("expressions", [exp.Star(), *tree.expressions])
    return exp.Create(
        this=_table(name),
        kind="VIEW",
        replace=True,
        expression=tree,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    ).sql("duckdb")


def create_temporary_like(relation: ir.Table) -> str:
    """Return `CREATE OR REPLACE TEMPORARY TABLE` with the name and the columns of a relation."""
    definitions = [_column_definition(column, str(kind)) for column, kind in relation.schema().items()]
    return exp.Create(
        this=exp.Schema(this=_table(relation.get_name()), expressions=definitions),
        kind="TABLE",
        replace=True,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    ).sql("duckdb")


def create_in(catalog: str, name: str, expression: ir.Table) -> str:
    """Return `CREATE TABLE catalog.name AS expression`, in an attached database."""
    return exp.Create(this=_table(name, catalog), kind="TABLE", expression=_tree(expression)).sql("duckdb")


def drop_in(catalog: str, name: str) -> str:
    """Return `DROP TABLE catalog.name`, in an attached database."""
    return exp.Drop(tables=[_table(name, catalog)], kind="TABLE").sql("duckdb")


def chain(steps: Sequence[tuple[str, ir.Table]]) -> str:
    """Return the SQL of the last of some named steps; each may read those before it by their names."""
    query = exp.select("*").from_(_table(steps[-1][0]))
    for name, expression in steps:
        query = query.with_(exp.to_identifier(name, quoted=True), as_=_tree(expression))
    return query.sql("duckdb")


def insert_into(name: str, expression: ir.Table) -> str:
    """Return `INSERT INTO name (columns) expression`."""
    columns = [exp.to_identifier(column, quoted=True) for column in expression.columns]
    return exp.Insert(
        this=exp.Schema(this=_table(name), expressions=columns), expression=_tree(expression)
    ).sql("duckdb")


def prepared(name: str, statement: str) -> str:
    """Return `PREPARE name AS statement`."""
    return f"PREPARE {name} AS {statement}"


def create_table(name: str, columns: dict[str, str]) -> str:
    """Return `CREATE TABLE IF NOT EXISTS` for Ibis type names."""
    definitions = [_column_definition(column, kind) for column, kind in columns.items()]
    return exp.Create(
        this=exp.Schema(this=_table(name), expressions=definitions), kind="TABLE", exists=True
    ).sql("duckdb")


def add_column(name: str, column: str, kind: str) -> str:
    """Return `ALTER TABLE name ADD COLUMN IF NOT EXISTS`."""
    definition = _column_definition(column, kind)
    definition.set("exists", True)
    return exp.Alter(this=_table(name), kind="TABLE", actions=[definition]).sql("duckdb")


def update_columns(values: ir.Table) -> str:
    """Return `UPDATE table SET column = value, …` for each column of `values`, a projection of that one table."""
    tree = _tree(values)
    source = tree.find(exp.Table)
    assert source is not None
    assignments = [
        exp.EQ(this=exp.column(projection.alias, quoted=True), expression=projection.unalias())
        for projection in tree.expressions
    ]
    return exp.Update(this=source, expressions=assignments).sql("duckdb")


def _tree(expression: ir.Table) -> exp.Expr:
    return _compiler.to_sqlglot(expression)


def _table(name: str, catalog: str | None = None) -> exp.Table:
    within = None if catalog is None else exp.to_identifier(catalog, quoted=True)
    return exp.Table(this=exp.to_identifier(name, quoted=True), db=within)


def _column_definition(column: str, kind: str) -> exp.ColumnDef:
    return exp.ColumnDef(
        this=exp.to_identifier(column, quoted=True), kind=_compiler.type_mapper.from_ibis(ibis.dtype(kind))
    )
