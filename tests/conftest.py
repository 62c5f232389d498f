"""What every test may use, and the one rule about skipping: on CI (`CI=true`) a skipped test has failed."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from weft.workspace import init_workspace

settings.register_profile("weft", deadline=None)  # a busy machine is no fault of a property
settings.load_profile("weft")

pytest_plugins = ["tests.browsing"]

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def on_ci() -> bool:
    """Say whether this run must not leave anything out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure on CI."""
    report = yield
    if report.skipped and on_ci():
        report.outcome = "failed"
        report.longrepr = _refusal(item, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure on CI."""
    report = yield
    if report.skipped and on_ci():
        report.outcome = "failed"
        report.longrepr = _refusal(collector, report)
    return report


def _refusal(node: pytest.Item | pytest.Collector, report: pytest.TestReport | pytest.CollectReport) -> str:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    return f"{node.nodeid} was skipped, which CI does not allow: {why}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; where it is absent the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the data sets are not here ({SHARED_DATA})")
    return SHARED_DATA


@pytest.fixture
def fresh_workspace(tmp_path: Path) -> Path:
    """A workspace that was just made and never ran."""
    return init_workspace(tmp_path / "shop")
