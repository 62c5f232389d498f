"""Given, family and full names: one form, and a full name taken apart."""

from weft.identity.kinds.steps import Cut, DropWords, Each, Replace, Steps, Translate, Trim, When
from weft.identity.kinds.text import begin, placeholders

NAME_CHARS = 80
FULL_NAME_CHARS = 160

TITLES = (
    "mr|mrs|ms|miss|mx|master|dr|doctor|prof|professor|sir|dame|lord|lady|rev|reverend|fr|father|hon|capt|captain|col|"
    "lt|maj|sgt|herr|frau|hr|fr|m|mme|mlle|monsieur|madame|sr|sra|srta|senor|senora|don|dona|sig|signora|dott|ing|dipl"
)
_GIVEN_TITLES = "mr|mrs|ms|miss|mx|dr|prof|professor|sir|rev|herr|frau|mme|mlle|sra|srta"
SUFFIXES = "jr|sr|snr|jnr|ii|iii|iv|phd|ph d|md|m d|esq|esquire|dds|cpa|rn|mba|obe|mbe|cbe|msc|bsc"

_TO_BLANK = dict.fromkeys('.-_;:/\\()[]{}"!?*|+=<>~^&%$@#', " ")
_CJK = "[\u3400-\u9fff\uac00-\ud7a3]"


def _joined(text: str) -> str:
    """Take the blanks out of a name in Hangul or Han characters."""
    return text.replace(" ", "") if all(ord(c) >= 0x3400 or c == " " for c in text) else text


def name_steps(kind: str) -> Steps:
    """Return the steps of a given or a family name."""
    affix = (
        Replace(rf"^(?:(?:{_GIVEN_TITLES}) )+(.+)$", r"\1")
        if kind == "given_name"
        else Replace(rf"(?: (?:{SUFFIXES}))+$", "")
    )
    return (
        *begin(kind),
        Translate(_TO_BLANK | {",": " "}, delete="'`"),
        Replace(r" {2,}", " "),
        Trim(),
        affix,
        Each(_joined, _CJK),
        Cut(NAME_CHARS),
        Trim(),
        DropWords(placeholders(kind)),
    )


def full_name_steps(*, hyphens: bool) -> Steps:
    """Return the steps of a full name: no titles and suffixes, at most a comma. hyphens: whether they stay."""
    blanks = {c: " " for c in _TO_BLANK if c != "-" or not hyphens}
    return (
        *begin("full_name"),
        Translate(blanks, delete="'`"),
        When(",", (Replace(r"[ ,]*,[ ,]*", ", "),)),
        Replace(r" {2,}", " "),
        Trim(" ,-"),
        Replace(rf"^(?:(?:{TITLES}) )+([^,]{{2,}}.*)$", r"\1"),
        Replace(rf"(?:,? (?:{SUFFIXES}))+$", ""),
        When(",", (Replace(rf"^([^,]+), (?:(?:{TITLES}) )+([^,]{{2,}})$", r"\1, \2"),)),
        Cut(FULL_NAME_CHARS),
        Trim(" ,-"),
        DropWords(placeholders("full_name")),
    )


FULL_NAME_STEPS = full_name_steps(hyphens=False)
