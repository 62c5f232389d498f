"""The rule of conftest.py: on a desk a skipped test is skipped, on CI it has failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = ROOT / "tests" / "conftest.py"
FILES = {
    "test_other.py": "def test_other(): assert True\n",
    "test_one.py": "import pytest\ndef test_it():\n    pytest.skip('no data here')\n",
    "test_file.py": "import pytest\npytest.skip('not on this system', allow_module_level=True)\n",
    "test_mark.py": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_mark(): ...\n",
}


def _run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environ = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_skip_is_a_skip_at_home(suite: Path) -> None:
    run = _run(suite, "")
    assert run.returncode == 0, run.stdout
    assert "1 passed, 3 skipped" in run.stdout


def test_a_skip_fails_on_ci(suite: Path) -> None:
    (suite / "test_file.py").unlink()
    run = _run(suite, "true")
    assert run.returncode == 1, run.stdout
    assert "1 failed, 1 passed, 1 error" in run.stdout
    assert run.stdout.count("was skipped, which CI does not allow") >= 2


def test_a_skipped_file_fails_on_ci(suite: Path) -> None:
    run = _run(suite, "true")
    assert run.returncode == 2, run.stdout
    assert "not on this system" in run.stdout
