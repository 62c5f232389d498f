"""Korean and Chinese have their glyphs on a machine without a font for them, and the first paint does not wait."""

import re

import pytest
from playwright.sync_api import expect
from tests.browsing import BUILT, Console

# Two characters that differ, and are drawn alike only when both are the box of a missing glyph.
DRAWN_APART = """async ([family, one, other]) => {
  await Promise.all([one, other].map(text => document.fonts.load(`24px ${family}`, text)));
  const drawn = text => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 32;
    const brush = canvas.getContext('2d');
    brush.font = `24px ${family}`;
    brush.fillText(text, 2, 26);
    return canvas.toDataURL();
  };
  return drawn(one) !== drawn(other);
}"""


@pytest.mark.parametrize(
    ("lang", "first", "text"),
    [("ko", "Noto Sans KR Variable", "한글"), ("zh-TW", "Noto Sans TC Variable", "臺灣")],
)
def test_a_language_has_its_glyphs_and_the_font_of_its_script_first(
    console: Console, lang: str, first: str, text: str
) -> None:
    page = console.open("/", lang)
    page.wait_for_function(
        "() => [...document.fonts].some(face => face.family.includes('Noto Sans TC Variable'))"
    )
    family = page.evaluate("() => getComputedStyle(document.body).fontFamily")
    found = re.findall(r"Noto Sans (?:KR|TC) Variable", family)
    assert found[0] == first
    assert (
        page.evaluate(
            "([font, text]) => document.fonts.load(`14px '${font}'`, text).then(faces => faces.length)",
            [first, text],
        )
        > 0
    )
    assert page.evaluate(DRAWN_APART, [family, *text])


def test_a_page_in_english_fetches_no_slice_before_it_needs_one(console: Console) -> None:
    fetched: list[str] = []
    console.page.on("request", lambda request: fetched.append(request.url))
    page = console.open("/settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert [url for url in fetched if re.search(r"noto-sans-(kr|tc).*woff2", url)] == []
    first = BUILT.read_text("utf-8")
    (style,) = re.findall(r'href="/(assets/[^"]+\.css)"', first)
    assert "Noto Sans KR Variable'" not in (BUILT.parent / style).read_text("utf-8")
