"""Takes a full name apart: given and family name, whichever comes first."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.names.eastern import FOLDS, double_surnames, folded_syllables, surnames, trie_pattern
from weft.identity.kinds.names.forms import full_name_steps
from weft.identity.kinds.names.nicknames import nickname_families
from weft.identity.kinds.steps import DropWords, Each, Replace, Steps, Translate, Trim, run, run_one
from weft.identity.kinds.text import READ_CHARS, as_text, placeholders

TAB = "\t"  # no name in its normal form holds one

_PARTICLES = (
    "van|von|vom|zu|zur|zum|de|del|dela|della|delle|dello|degli|di|da|das|do|dos|du|des|der|den|ter|ten|te|la|le|lo|"
    "las|los|al|el|bin|ibn|abu|bint|binti|af|av|st|saint|mc|mac|o|ap|san|santa"
)
# Family names of which Spanish-speaking people bear two; none that is also a usual given name.
_HISPANIC = (
    "garcia|gonzalez|gonzales|rodriguez|fernandez|lopez|martinez|sanchez|perez|gomez|jimenez|ruiz|hernandez|diaz|"
    "moreno|munoz|alvarez|romero|gutierrez|alonzo|navarro|torres|dominguez|vazquez|vasquez|ramos|gil|ramirez|serrano|"
    "molina|suarez|ortega|delgado|ortiz|marin|rubio|nunez|medina|castillo|cortes|cortez|garrido|lozano|guerrero|cano|"
    "mendez|cruz|flores|herrera|pena|cabrera|calvo|vargas|reyes|aguilar|carrasco|gallego|morales|castro|vega|rojas|"
    "mendoza|silva|salazar|guzman|rivera|chavez|mejia|contreras|valencia|espinoza|espinosa|sandoval|estrada|cardenas|"
    "acosta|figueroa|rios|maldonado|velasquez|velazquez|zamora|zuniga|ochoa|quintero|restrepo|cordoba|bustamante"
)
_CAPITALS = "LI|WU|MA|HE|XU|YU|LU|HU|KO|SU|HA|JI|NA|OH|NG|HO|DU|YE"
_COMMON = (
    "kim lee park pak choi choe jung jeong chung kang cho yoon yun jang chang lim lin wang zhang chen li liu han oh "
    "seo suh shin kwon hwang huang ahn song ryu yoo hong chan yang wu zhao zhou xu hsu tan sun zhu guo kuo he gao luo "
    "tsai hsieh zheng cheng wong ng ho chiu tseng liao lai yeh chiang hsiao yu su"
)
_RANKS = {name: rank for rank, name in enumerate(_COMMON.split())}
_CJK = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_HAN_OR_HANGUL = re.compile("[\u3400-\u9fff\uac00-\ud7a3]+")
_HONORIFICS = (
    "님",
    "씨",
    "귀하",
    "先生",
    "小姐",
    "女士",
    "太太",
    "同學",
    "樣",
    "様",
    "さん",
)  # not 군, 양: 김태양 is a name
_PATRONYMIC = "^[^ \t]+ [^ \t]+ [^ \t]*(?:вич|вна|чна)$"


def _bare(name: str) -> str:
    """Take a courtesy title from the end of a name of at least two other characters."""
    if name.endswith(_HONORIFICS):
        ending = next(title for title in _HONORIFICS if name.endswith(title))
        return name.removesuffix(ending) if len(name) > len(ending) + 1 else name
    return name


def _of_cjk(name: str) -> str | None:
    """Split a name with Hangul, Han or kana; the family name comes first unless a blank says otherwise."""
    if _HAN_OR_HANGUL.fullmatch(name):
        name = _bare(name)
        return _cut(name, _family_length(name))
    if TAB in name:
        return name
    words = [word for word in name.split(" ") if re.search(_CJK, word)]
    whole = words[0] if len(words) == 1 else ""
    if len(words) == 1 and name != whole and _HAN_OR_HANGUL.fullmatch(whole) and len(whole) == 1:
        return _latin_and_one(name, whole)
    if whole:
        whole = _bare(whole)
        return _cut(whole, _family_length(whole))
    first, rest = words[0], "".join(words[1:])
    if first not in surnames() and rest in surnames():
        first, rest = rest, first
    return f"{_bare(rest)}{TAB}{first}"


def _latin_and_one(name: str, family: str) -> str:
    rest = " ".join(word for word in name.split(" ") if word != family)
    return f"{rest}{TAB}{family}"


def _cut(name: str, length: int) -> str:
    return f"{name[length:]}{TAB}{name[:length]}"


def _family_length(name: str) -> int:
    """Return how many characters of a name without blanks are the family name; 0 where none can be told."""
    if not _HAN_OR_HANGUL.fullmatch(name) or len(name) > 4 + 1:
        return 0
    if name[:2] in double_surnames() and len(name) > 2:
        return 2
    if len(name) == 4 and name[0] in surnames() and name[1] in surnames() and ord(name[0]) < 0xAC00:
        return 2  # 陳林美玉: a married woman's own family name after her husband's
    return 1 if len(name) <= 4 else 0


def _of_patronymic(name: str) -> str:
    family, given = name.split(" ", 1)
    return f"{given}{TAB}{family}"


@cache
def _eastern_name() -> re.Pattern[str]:
    return re.compile(f"(?:{trie_pattern(folded_syllables())}){{1,4}}")


def _is_eastern(word: str) -> bool:
    if word in nickname_families():
        return False
    return _eastern_name().fullmatch(run_one(FOLDS, word) or "") is not None


def _of_eastern(name: str) -> str | None:
    """Split a name in Latin letters that begins with a Korean or Chinese family name; others stay as they are."""
    if TAB in name:
        return name
    first, rest = name.split(" ", 1)
    words = rest.replace("-", " ").split(" ")
    last = words[-1]
    if len(words) > 3 or not _is_eastern("".join(words)):
        return name
    if last in surnames() and not ("-" in rest and " " not in rest):
        rarer = _RANKS.get(first, len(_RANKS)) >= _RANKS.get(last, len(_RANKS))
        if len(words) == 1 or rarer:
            return name
    return f"{rest}{TAB}{first}"


@cache
def split_steps() -> Steps:
    """Return the steps from a full name to "given<tab>family"."""
    begins = trie_pattern(frozenset(name for name in surnames() if name.isascii()))
    family = rf"(?:\S+ [ye] )?(?:(?:{_PARTICLES}) )*(?:(?:{_HISPANIC}) (?:(?:{_PARTICLES}) )*)?[^ \t]+"
    return (
        Replace(rf"^((?:{_CAPITALS}|[A-Z][A-Z' -]*[A-Z'-][A-Z])) +([A-Z][a-z][^,]*)$", r"\1, \2"),
        *full_name_steps(hyphens=True),
        Replace(r"^([^,]+), ([^,]+).*$", r"\2" + TAB + r"\1"),
        Replace(r",", ""),
        Each(_of_cjk, _CJK),
        Each(_of_patronymic, _PATRONYMIC),
        Each(_of_eastern, rf"^{begins} [^\t]+$"),
        Replace(r"^([^ \t]+) ([^ \t]+)$", r"\1" + TAB + r"\2"),
        Replace(rf"^([^\t]+?) ({family})$", r"\1" + TAB + r"\2"),
        Replace(r"^([^\t]+)$", r"\1" + TAB),
        Translate({"-": " "}),
    )


def split_names(values: pa.Array) -> tuple[pa.StringArray, pa.StringArray]:
    """Return given and family names of full names as written (not normalised: capitals and hyphens tell).

    Both have the length of the input and are normalised; middle names stay with the given name. A single word
    is a given name. Null where there is none.
    """
    pairs = run(split_steps(), as_text(values))
    given = pc.replace_substring_regex(pairs, TAB + ".*$", "")
    family = pc.replace_substring_regex(pairs, "^[^\t]*" + TAB, "")
    return run(_part("given_name"), given), run(_part("family_name"), family)


def split_name(value: str) -> tuple[str | None, str | None]:
    """Return given and family name of one full name, as `split_names` does."""
    pair = run_one(split_steps(), value[:READ_CHARS])
    if pair is None:
        return None, None
    given, _, family = pair.partition(TAB)
    return run_one(_part("given_name"), given), run_one(_part("family_name"), family)


@cache
def _part(kind: str) -> Steps:
    return (Trim(), DropWords(placeholders(kind)))
