from pathlib import Path

import pytest

from weft.config import declared, load_settings
from weft.errors import Misconfigured


def workspace(tmp_path: Path, toml: str = "") -> Path:
    (tmp_path / "weft.toml").write_text(toml)
    return tmp_path


def faults(tmp_path: Path, toml: str = "", flags: dict[str, str] | None = None, **environ: str) -> str:
    with pytest.raises(Misconfigured) as raised:
        load_settings(workspace(tmp_path, toml), flags or {}, environ)
    return str(raised.value)


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    loaded = load_settings(workspace(tmp_path), {}, {"HOME": "/root", "WEFT_DEBUG": "1"})
    assert loaded.settings.collect.port == 8401
    assert set(loaded.origins) == set(declared())
    assert set(loaded.origins.values()) == {"default"}


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    root = workspace(tmp_path, "[collect]\nport = 1\nedges = 3\ndepth = 20\n")
    environ = {"WEFT__COLLECT__PORT": "2", "WEFT__COLLECT__EDGES": "4"}
    loaded = load_settings(root, {"collect.port": "5"}, environ)
    collect = loaded.settings.collect
    assert (collect.port, collect.edges, collect.depth, collect.batch_events) == (5, 4, 20, 2_500)
    assert loaded.origins["collect.port"] == "command line"
    assert loaded.origins["collect.edges"] == "WEFT__COLLECT__EDGES"
    assert loaded.origins["collect.depth"] == "weft.toml"


def test_text_becomes_the_declared_type(tmp_path: Path) -> None:
    environ = {
        "WEFT__COLLECT__KEEP_BOTS": "true",
        "WEFT__DELIVER__BACKOFF_SECONDS": "0.5",
        "WEFT__LOG__LEVEL": "debug",
        "WEFT__CONSENT__DEFAULT__MARKETING": "allow",
    }
    settings = load_settings(workspace(tmp_path), {}, environ).settings
    assert settings.collect.keep_bots is True
    assert settings.deliver.backoff_seconds == 0.5
    assert settings.log.level == "debug"
    assert settings.consent.default == {"marketing": "allow"}


def test_tables_are_merged_entry_by_entry(tmp_path: Path) -> None:
    root = workspace(tmp_path, '[consent.default]\nmarketing = "allow"\nservice = "allow"\n')
    default = load_settings(root, {}, {"WEFT__CONSENT__DEFAULT__MARKETING": "deny"}).settings.consent.default
    assert default == {"marketing": "deny", "service": "allow"}


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean `collect.port`?" in faults(tmp_path, "[collect]\nprot = 1\n")
    assert "did you mean `collect.port`?" in faults(tmp_path, WEFT__COLLECT__PROT="1")
    assert "did you mean `api.port`?" in faults(tmp_path, flags={"api.prt": "1"})
    assert "unknown setting `colect.port`" in faults(tmp_path, "[colect]\nport = 1\n")
    assert "unknown setting" in faults(tmp_path, WEFT__COLLECT="1")
    assert "has no entry `x`" in faults(tmp_path, WEFT__COLLECT__PORT__X="1")


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        'loose = 1\n[collect]\nport = "8401"\ndepth = 1\nnonsense = 1\n',
        {"api.port": "99999"},
        WEFT__LOG__LEVEL="loud",
    )
    assert len(told.splitlines()) == 6
    for part in (
        "loose",
        "collect.port",
        "collect.depth",
        "collect.nonsense",
        "api.port",
        "WEFT__LOG__LEVEL",
    ):
        assert part in told


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    assert "line 1" in faults(tmp_path, "[collect\n")
    (tmp_path / "weft.toml").write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="not valid TOML"):
        load_settings(tmp_path, {}, {})


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="weft init"):
        load_settings(tmp_path, {}, {})


def test_every_setting_is_described() -> None:
    undescribed = [name for name, setting in declared().items() if not setting.description.endswith(".")]
    assert undescribed == []
