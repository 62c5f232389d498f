"""`weft identity train | evaluate | explain`: models and people of files, without a workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from weft.cli.show import AsJson

if TYPE_CHECKING:
    from weft.identity.batch.report import Request, Result

IdColumn = Annotated[str, Parameter(name="--id", help="The column that names a row.")]
Truth = Annotated[str | None, Parameter(help="The column that says who a row truly is.")]
Map = Annotated[str | None, Parameter(name="--map", help="What columns mean: KIND=COLUMN,...")]
Link = Annotated[bool, Parameter(negative="", help="The files are to be linked with each other.")]
Model = Annotated[Path | None, Parameter(help="A trained model, instead of learning one now.")]
Country = Annotated[str | None, Parameter(help="Where most phones and postcodes are from, such as KR.")]


def train(
    *files: Path,
    id_column: IdColumn,
    out: Path,
    truth: Truth = None,
    mapping: Map = None,
    link: Link = False,
    country: Country = None,
    json: AsJson = False,
) -> None:
    """Learn from person files what agreement on each field is worth, and write it as a model (JSON).

    No labels are needed. Where a column says who is who, the confidence is calibrated by it.

    For example:

        weft identity train people.csv --id id --out model.json
        weft resolve others.csv --id id --model model.json --out clusters.parquet

    Parameters
    ----------
    files
        CSV or Parquet files with one row a record.
    out
        Where the model goes.
    """
    from weft.cli.show import show_json, show_line
    from weft.identity.batch.files import check_writable
    from weft.identity.batch.report import Request
    from weft.identity.scoring.model import save_model

    check_writable(out)
    model = _run(Request(files, id_column, truth, mapping, link, None, country)).trained()
    save_model(model, out)
    fields = [one.name for one in model.fields]
    if json:
        points = len(model.calibration)
        show_json(
            {"model": str(out), "records": model.records, "fields": fields, "calibration_points": points}
        )
        return
    show_line(f"{out}: learnt from {model.records:,} records with {', '.join(fields)}")


def evaluate(
    clusters: Path,
    *files: Path,
    id_column: IdColumn,
    truth: Annotated[str, Parameter(help="The column that says who a row truly is.")],
    json: AsJson = False,
) -> None:
    """Measure clusters (as `weft resolve` writes them) against the truth in the files.

    For example:

        weft identity evaluate clusters.parquet people.csv --id id --truth person

    Parameters
    ----------
    clusters
        A Parquet file with the columns id and cluster, and source where there are several files.
    files
        The files with the truth.
    """
    import msgspec

    from weft.cli.show import show_json, show_table
    from weft.identity.batch.measured import measure

    found = msgspec.structs.asdict(measure(clusters, files, id_column, truth))
    if json:
        show_json(found)
        return
    show_table(("figure", "value"), [(name, f"{value:.4f}") for name, value in found.items()])


def explain(
    left: str,
    right: str,
    *,
    files: Annotated[tuple[Path, ...], Parameter(name="--in", help="The files that the rows are in.")],
    id_column: IdColumn,
    mapping: Map = None,
    link: Link = False,
    model: Model = None,
    country: Country = None,
    json: AsJson = False,
) -> None:
    """Show why two rows of person files are (not) taken for one person: the bits of each field sum to the total.

    For example:

        weft identity explain 17 42 --in people.csv --id id

    Parameters
    ----------
    left
        The id of a row.
    right
        The id of another.
    """
    from weft.cli.show import show_json, show_line, show_table
    from weft.identity.batch.report import Request

    why = _run(Request(files, id_column, None, mapping, link, model, country)).explain(left, right)
    if json:
        show_json(why)
        return
    rows = [
        (one.field, one.left, one.right, " ".join((one.level, one.context)).strip(), f"{one.bits:+.2f}")
        for one in why.fields
    ]
    before = [("how rare a pair of one person is", "", "", "", f"{why.prior:+.2f}")]
    after = [("living together explains it too", "", "", "", f"{why.household:+.2f}")]
    show_table(("field", left, right, "level", "bits"), [*before, *rows, *after])
    show_line(f"\n{why.bits:+.2f} bits: one person with a confidence of {why.confidence:.4f}")


def _run(request: "Request") -> "Result":
    from weft.cli.progress import steps
    from weft.identity.batch.report import run

    with steps() as told:
        return run(request, told)
