"""Real files through the whole of the import: what is in the log equals what an independent reading finds."""

from collections import defaultdict
from contextlib import closing
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from cyclopts import App

from weft.cli.import_ import import_
from weft.errors import Rejected
from weft.model.accepted import Chunk
from weft.storage.sqlite_log import open_log
from weft.workspace import init_workspace


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return init_workspace(tmp_path / "shop")


def weft(*words: object) -> int:
    app = App(result_action="return_value")
    app.command(import_, name="import")
    return app([str(word) for word in ("import", *words)])


def chunks(shop: Path) -> list[Chunk]:
    with closing(open_log("sqlite:///log.sqlite", shop / "data")) as log:
        return [entry.content for entry in log.read(0, 1 << 40) if isinstance(entry.content, Chunk)]


def test_a_retailers_orders(shop: Path, shared_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = shared_data / "value" / "online_retail.parquet"
    assert weft(path, "--workspace", shop, "--yes") == 0
    shown = capfd.readouterr().err
    assert "541,909" in shown
    assert "135,080" in shown
    lines = 0
    orders: dict[str, set[str]] = defaultdict(set)
    revenue: dict[str, float] = defaultdict(float)
    for chunk in chunks(shop):
        table = pq.read_table(shop / "data" / chunk.path, columns=["identifiers", "properties", "record_id"])
        assert table.num_rows == chunk.count
        lines += chunk.count
        for identifiers, properties in zip(
            *(table[name].to_pylist() for name in table.column_names[:2]), strict=True
        ):
            row = msgspec.json.decode(properties)
            person = identifiers[0]["value"]
            orders[person].add(row["InvoiceNo"])
            revenue[person] += row["Quantity"] * row["UnitPrice"]
    expected_orders: dict[str, set[str]] = defaultdict(set)
    expected_revenue: dict[str, float] = defaultdict(float)
    columns = ["CustomerID", "InvoiceNo", "Quantity", "UnitPrice"]
    read = pq.read_table(path, columns=columns)
    for person, invoice, quantity, price in zip(*(read[name].to_pylist() for name in columns), strict=True):
        if person is not None and person == person:
            expected_orders[f"{person:.0f}"].add(invoice)
            expected_revenue[f"{person:.0f}"] += quantity * price
    assert lines == 406_829
    assert orders == expected_orders
    assert revenue == expected_revenue


def test_an_experiment_without_people_says_what_is_missing(shop: Path, shared_data: Path) -> None:
    path = shared_data / "value" / "hillstrom.csv"
    with pytest.raises(Rejected, match="--identifier user_id=COLUMN"):
        weft(path, "--workspace", shop, "--yes")
    assert chunks(shop) == []


def test_people_with_spaces_after_the_commas(shop: Path, shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "identity" / "febrl3.csv"
    mapping = tmp_path / "people.yaml"
    words = ("--workspace", shop, "--yes", "--save-mapping", mapping)
    assert (
        weft(
            path, *words, "--identifier", "ssn=soc_sec_id", "--property", "given_name", "--property", "state"
        )
        == 0
    )
    (chunk,) = chunks(shop)
    first = pq.read_table(shop / "data" / chunk.path).slice(0, 1).to_pylist()[0]
    assert first["identifiers"] == [{"namespace": "ssn", "value": "1804974"}]
    assert msgspec.json.decode(first["properties"]) == {"given_name": "mitchell", "state": "sa"}
    assert first["record_id"] == "rec-1496-org"
    assert weft(path, "--workspace", shop, "--mapping", mapping) == 0
    assert len(chunks(shop)) == 1


def test_nobody_there_to_confirm(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.csv"
    path.write_text("user_id,total\nu1,5\n")
    monkeypatch.setattr("sys.stdin", path.open())
    with pytest.raises(Rejected, match="pass --yes"):
        weft(path, "--workspace", shop)
    assert weft(path, "--workspace", shop, "--dry-run") == 0
    assert chunks(shop) == []


def test_a_file_of_which_nothing_fits_ends_with_one(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("user_id,total\nnull,5\n")
    assert weft(path, "-w", shop, "--yes", "--as", "records", "--object", "order") == 1
