"""What a User-Agent header says: browser, system, class of device; and whether it is a bot that says so."""

import re
from functools import lru_cache
from importlib.resources import files

from msgspec import Struct

USER_AGENT_CHARS = 512

_BROWSERS = (
    ("Edge", re.compile(r"\b(?:Edge|Edg|EdgA|EdgiOS)/(\d+)")),
    ("Opera", re.compile(r"\b(?:OPR|OPT|OPX)/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Vivaldi", re.compile(r"\bVivaldi/(\d+)")),
    ("Yandex Browser", re.compile(r"\bYaBrowser/(\d+)")),
    ("UC Browser", re.compile(r"\bUCBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)[\d.]* .*\bSafari/")),
    ("Internet Explorer", re.compile(r"\b(?:MSIE |Trident/.*rv:)(\d+)")),
)
_SYSTEMS = (
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b(?:.*? OS (\d+))?")),
    ("Android", re.compile(r"\bAndroid(?: (\d+))?")),
    ("Windows", re.compile(r"\bWindows NT (\d+)")),
    ("ChromeOS", re.compile(r"\bCrOS \w+ (\d+)")),
    ("macOS", re.compile(r"\b(?:Mac OS X|Macintosh)(?: (\d+))?")),
    ("Linux", re.compile(r"\bLinux\b()")),
)
_TABLET = re.compile(r"\b(?:iPad|Tablet|Kindle|Silk)\b")
_TELEVISION = re.compile(r"\b(?:SMART-TV|SmartTV|AppleTV|BRAVIA|GoogleTV|Tizen .*TV)\b", re.IGNORECASE)


class Client(Struct, frozen=True):
    """What a user agent stands for; "" where it does not say."""

    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    is_bot: bool


@lru_cache(maxsize=16_384)
def client_of(user_agent: str) -> Client:
    """Read a User-Agent. device: mobile, tablet, desktop, tv, bot or other."""
    text = user_agent[:USER_AGENT_CHARS]
    browser, browser_version = _first(_BROWSERS, text)
    system, system_version = _first(_SYSTEMS, text)
    bot = _bots().search(text) is not None
    device = "bot" if bot else _device(text, system)
    return Client(browser, browser_version, system, system_version, device, bot)


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> tuple[str, str]:
    for name, pattern in table:
        match = pattern.search(text)
        if match:
            return name, match.group(1) or ""
    return "", ""


def _device(text: str, system: str) -> str:
    if _TELEVISION.search(text):
        return "tv"
    if _TABLET.search(text) or (system == "Android" and "Mobile" not in text):
        return "tablet"
    if system in ("iOS", "Android") or "Mobile" in text:
        return "mobile"
    return "desktop" if system else "other"


@lru_cache(maxsize=1)
def _bots() -> re.Pattern[str]:
    """Compile the list of declared bots: one token a line, matched anywhere, ignoring case."""
    lines = files("weft.collect").joinpath("data/bots.txt").read_text("utf-8").splitlines()
    tokens = [re.escape(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    return re.compile("|".join(tokens), re.IGNORECASE)
