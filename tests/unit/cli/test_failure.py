import pytest

from weft.cli.failure import exit_code
from weft.cli.main import run
from weft.cli.up import flags_of
from weft.errors import Misconfigured, NotFound, PolicyDenied, Rejected, TooMany, Transient


@pytest.mark.parametrize(
    ("error", "code"),
    [(Rejected, 1), (NotFound, 1), (TooMany, 1), (PolicyDenied, 1), (Misconfigured, 2), (Transient, 75)],
)
def test_the_exit_code_says_who_must_act(error, code) -> None:
    assert exit_code(error("what to do")) == code


def test_one_panel_and_no_traceback(tmp_path, capsys) -> None:
    assert run(["config", "-w", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "weft init" in " ".join(told.split())
    assert "Traceback" not in told


def test_a_developer_gets_the_traceback(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WEFT_DEBUG", "1")
    with pytest.raises(Misconfigured):
        run(["config", "-w", str(tmp_path)])


def test_init_and_config(tmp_path, capsys, monkeypatch) -> None:
    root = str(tmp_path / "shop")
    assert run(["init", root]) == 0
    assert "weft up" in capsys.readouterr().out
    monkeypatch.setenv("WEFT__COLLECT__PORT", "9401")
    assert run(["config", "-w", root]) == 0
    line = next(each for each in capsys.readouterr().out.splitlines() if each.startswith("collect.port"))
    assert line.split() == ["collect.port", "9401", "WEFT__COLLECT__PORT"]
    assert run(["init", root]) == 2


def test_flags_become_settings() -> None:
    flags = flags_of(port=1, api_port=2, host="::1", edges=3, sets=("log.level=debug",))
    assert flags == {
        "collect.port": "1",
        "api.port": "2",
        "collect.host": "::1",
        "collect.edges": "3",
        "log.level": "debug",
    }
    with pytest.raises(Rejected, match=r"section\.key=value"):
        flags_of(sets=("nonsense",))


def test_a_folder_that_cannot_be_is_no_fault_of_weft(tmp_path, capsys) -> None:
    (tmp_path / "file").touch()
    assert run(["demo", str(tmp_path / "file" / "shop"), "--people", "10", "--only", "files"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "are folders" in told
    assert "fault in Weft" not in told


def test_a_port_that_cannot_be_is_refused(tmp_path, capsys) -> None:
    assert run(["demo", str(tmp_path / "shop"), "--shop-port", "70000"]) == 1
    assert "--shop-port" in capsys.readouterr().err
    assert not (tmp_path / "shop").exists()
