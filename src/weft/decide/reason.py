"""Why something is shown, in words of the three languages."""

from collections.abc import Mapping

from weft.decide.decision import Decision, Ground

LANGUAGE = "en"
Patterns = Mapping[Ground | str, str]
EVERYBODY = "everybody"
SAID: Mapping[str, Patterns] = {
    "en": {
        Ground.OFFER: "In the audience {audience}: {rule}.",
        EVERYBODY: "For everybody who is known.",
        Ground.DEFAULT: "No offer is for this person.",
        Ground.UNKNOWN: "Nobody is known by this identifier.",
        Ground.HELD_BACK: "Nothing is shown to the audience {audience}: {rule}.",
        Ground.NO_CONSENT: "There is no consent to {purpose}.",
    },
    "ko": {
        Ground.OFFER: "오디언스 {audience}에 속합니다: {rule}.",
        EVERYBODY: "알려진 모든 사람에게 표시됩니다.",
        Ground.DEFAULT: "이 사람에게 해당하는 오퍼가 없습니다.",
        Ground.UNKNOWN: "이 식별자로 알려진 사람이 없습니다.",
        Ground.HELD_BACK: "오디언스 {audience}에는 아무것도 표시하지 않습니다: {rule}.",
        Ground.NO_CONSENT: "{purpose}에 대한 동의가 없습니다.",
    },
    "zh-TW": {
        Ground.OFFER: "屬於受眾 {audience}：{rule}。",
        EVERYBODY: "對所有已知的人顯示。",
        Ground.DEFAULT: "沒有適合此人的內容。",
        Ground.UNKNOWN: "沒有人以此識別碼為人所知。",
        Ground.HELD_BACK: "不對受眾 {audience} 顯示任何內容：{rule}。",
        Ground.NO_CONSENT: "沒有對 {purpose} 的同意。",
    },
}


def language_of(asked: str) -> str:
    """Return the language in which to answer: of `ko-KR,ko;q=0.9,en` the first that is there, else English."""
    for each in asked.split(","):
        word = each.partition(";")[0].strip().lower()
        if word.startswith("zh"):
            return "zh-TW"
        if (known := word.partition("-")[0]) in SAID:
            return known
    return LANGUAGE


def reason_of(decision: Decision, language: str, rules: Mapping[str, str], purpose: str) -> str:
    """Return the reason as a sentence. rules: audience → its rule in that language."""
    ground = EVERYBODY if decision.ground is Ground.OFFER and not decision.audience else decision.ground
    rule = rules.get(decision.audience, decision.audience)
    return SAID[language][ground].format(audience=decision.audience, rule=rule, purpose=purpose)
