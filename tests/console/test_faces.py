"""The main screens in every language and both themes: every word there, nothing that axe calls serious, and no
scrolling sideways on a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browsing import PHONE, Console

SCREENS = (
    "/",
    "/live",
    "/people",
    "/people/{profile}",
    "/audiences",
    "/audiences/buyers",
    "/audiences/buyers/why?person={profile}",
    "/audiences/repeat_buyers/edit",
    "/lists/new",
    "/traits/orders",
    "/slots/home_hero",
    "/destinations",
)
LANGUAGES = ("en", "ko", "zh-TW")

# Text that the console says itself. What comes from data stands in bdi, code and their like, and in cells.
SAID = """() => {
  const data = 'bdi, code, pre, kbd, time, canvas, script, style, td, .w-event, .w-session, .w-person dt,'
    + '.w-mono, .w-num, [lang]:not(html)';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim();
    if (text && !walk.currentNode.parentElement.closest(data)) said.push(text);
  }
  for (const name of ['aria-label', 'placeholder', 'title'])
    for (const each of document.querySelectorAll(`main :not(section)[${name}], header [${name}]`))
      if (!each.closest(data)) said.push(each.getAttribute(name));
  return said;
}"""
LATIN_WORD = r"[A-Za-z]{3,}"
OWN_SCRIPT = {"ko": r"[\uac00-\ud7af]", "zh-TW": r"[\u4e00-\u9fff]"}
TYPES = ("track", "identify", "page", "screen", "group", "alias", "record")
# What a person reads in other programs too, or types: names of programs, and the words of the wire.
NAMES = (
    "Weft",
    "JSON",
    "CSV",
    "YAML",
    "SQL",
    "SDK",
    "API",
    "Webhook",
    "curl",
    "Ctrl",
    "track",
    "identify",
    "page",
    "screen",
    "group",
    "alias",
    "record",
)


def foreign(page: Page, lang: str) -> list[str]:
    """Return what is said in a language other than the chosen one."""
    found: list[str] = []
    for text in page.evaluate(SAID):
        rest = text
        for name in NAMES:
            rest = rest.replace(name, "")
        if re.search(LATIN_WORD, rest) and not re.search(OWN_SCRIPT[lang], rest):
            found.append(text)
    return found


def keys(page: Page) -> list[str]:
    """Return what looks like the name of a word instead of the word."""
    said: list[Any] = page.evaluate(SAID)
    return [text for text in said if text in ("undefined", "null", "NaN", "[object Object]") or "=>" in text]


@pytest.fixture(scope="session")
def profile(demo_workspace: Any) -> str:
    """The person of whom most systems know."""
    people = demo_workspace.ask("GET", "/api/people?known=true&limit=50").json()["people"]
    return max(people, key=lambda each: len(each["identifiers"]))["profile_id"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_main_screen_has_its_words_and_is_accessible(
    console: Console, profile: str, screen: str, lang: str
) -> None:
    page = console.open(screen.format(profile=profile), lang)
    assert page.evaluate("() => document.documentElement.lang").lower().startswith(lang[:2])
    assert keys(page) == []
    if lang != "en":
        found = foreign(page, lang)
        assert not found, found
    assert console.axe() == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    assert console.axe() == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.wait_for_function(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
