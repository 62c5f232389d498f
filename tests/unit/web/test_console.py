import gzip
import re
from pathlib import Path

import pytest
from tests.unit.web.test_session import sign_in

from weft.config import Settings
from weft.web.api import console

PAGE = (
    '<!doctype html><meta name="csp-nonce" content="__WEFT_NONCE__"><script src="/assets/app-1a.js"></script>'
)
SCRIPT = "console.log(1);" * 200


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "app-1a.js").write_text(SCRIPT)
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for you")
    monkeypatch.setattr(console, "FOLDER", folder)
    return folder


def test_every_screen_is_index_html_with_a_nonce_of_its_own(built, make_api) -> None:
    api = make_api(Settings())
    nonces = set()
    for path in ("/", "/people/user_id:42", "/index.html"):
        page = api.ask("GET", path, token=None)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        nonce = re.search(r'content="([^"]+)"', page.text)[1]
        policy = page.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        assert ("script-src 'self';" in policy, "unsafe" in policy) == (True, False)
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        nonces.add(nonce)
    assert len(nonces) == 3


def test_assets_are_kept_for_ever_and_packed(built, make_api) -> None:
    api = make_api(Settings())
    script = api.ask("GET", "/assets/app-1a.js", token=None)
    assert (script.text, script.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = api.ask("GET", "/assets/app-1a.js", token=None, headers={"Accept-Encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == (SCRIPT, False)
    assert api.ask("GET", "/icon.svg", token=None).headers["cache-control"] == "no-cache"
    (built / "assets" / "app-1a.js").write_text("changed")
    assert api.ask("GET", "/assets/app-1a.js", token=None).text == "changed"


@pytest.mark.parametrize("name", ["../secret.txt", "assets/../../secret.txt", "assets", "\0", "x" * 5_000])
def test_no_file_beside_the_console_is_read(built, name) -> None:
    assert console.Assets(built).find(name) is None
    assert console.Assets(built.parent).find("secret.txt") is not None


def test_a_link_out_of_the_folder_is_not_followed(built) -> None:
    (built / "out.txt").symlink_to(built.parent / "secret.txt")
    assert console.Assets(built).find("out.txt") is None


def test_packing_is_for_what_shrinks(built) -> None:
    (built / "photo.png").write_bytes(b"\x89PNG" * 1_000)
    asset = console.Assets(built).find("photo.png")
    assert (asset.media_type, asset.packed) == ("image/png", b"")
    assert gzip.decompress(console.Assets(built).find("assets/app-1a.js").packed).decode() == SCRIPT


def test_without_the_files_a_plain_page_says_how_to_build_them(make_api, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(console, "FOLDER", tmp_path / "nothing")
    api = make_api(Settings())
    page = api.ask("GET", "/", token=None)
    assert page.status_code == 200
    assert "make console" in page.text
    assert "buyers" not in page.text
    shown = api.ask("GET", "/anything", token=None, headers=sign_in(api))
    assert ("buyers" in shown.text, "<script" in shown.text) == (True, False)
    assert "unsafe" not in shown.headers["content-security-policy"]
    nonce = re.search(r'<style nonce="([^"]+)"', shown.text)[1]
    assert f"'nonce-{nonce}'" in shown.headers["content-security-policy"]
