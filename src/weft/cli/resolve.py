"""`weft resolve`: who is who in person files, without a workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from weft.cli.show import AsJson

if TYPE_CHECKING:
    from weft.identity.batch.report import Report


def resolve(
    *files: Path,
    id_column: Annotated[str, Parameter(name="--id")],
    out: Path | None = None,
    link: Annotated[bool, Parameter(negative="")] = False,
    truth: str | None = None,
    mapping: Annotated[str | None, Parameter(name="--map")] = None,
    model: Path | None = None,
    pairs: Path | None = None,
    country: str | None = None,
    json: AsJson = False,
) -> int:
    """Find out which rows of person files are the same person.

    Works on any CSV or Parquet. What the columns mean is proposed (and printed) unless you say it; how much each
    one tells is learnt from the files themselves, without labels.

    For example:

        weft resolve people.csv --id id --out clusters.parquet
        weft resolve crm.csv shop.parquet --link --id id --out clusters.parquet
        weft resolve people.csv --id id --map full_name=name,birth_date=born,email=mail

    Parameters
    ----------
    files
        CSV or Parquet files with one row a record.
    id_column
        The column that names a row; unique in each file. It is never used as evidence.
    out
        Where the clusters go (Parquet): id, source file, cluster, confidence.
    link
        The files are to be linked with each other; none is expected to hold a person twice.
    truth
        The column that says who a row truly is: only to measure, never to learn from.
    mapping
        What columns mean: KIND=COLUMN,... Kinds: given_name family_name full_name birth_date email phone
        postcode street city region national_id gender text category.
    model
        A model that `weft identity train` wrote, instead of learning one.
    pairs
        Where the scored pairs go (Parquet): both ids, bits, confidence, household bits.
    country
        Where most phones, postcodes and dates are from: two letters, such as KR.
    """
    from weft.cli.progress import steps
    from weft.identity.batch.files import check_writable
    from weft.identity.batch.report import Request, run

    for path in filter(None, (out, pairs)):
        check_writable(path)
    request = Request(files, id_column, truth, mapping, link, model, country)
    with steps() as told:
        result = run(request, told)
        result.write(out, pairs)
    _show(result.report(), json=json)
    return 0


def _show(report: "Report", *, json: bool) -> None:
    from weft.cli.show import show_json, show_line, show_table

    if json:
        show_json(report)
        return
    show_table(
        ("column", "is taken for", "because"),
        [(one.column, one.kind, one.reason) for one in report.mapping],
    )
    show_line("")
    rows = [
        (name, f"{value:,}" if isinstance(value, int) else f"{value:.4g}") for name, value in report.figures()
    ]
    show_table(("figure", "value"), rows)
    for warning in report.warnings:
        show_line(f"! {warning}")
