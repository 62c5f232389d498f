"""The phrases of English."""

from weft.audience.text.lexicon import (
    AGE,
    DECADES,
    WEEKDAYS,
    WEEKEND,
    WORKDAYS,
    Lexicon,
    Part,
    Phrase,
    phrases,
)

_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "fortnight": 1_209_600,
    "month": 2_592_000,
    "quarter": 7_776_000,
    "year": 31_536_000,
}
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
_NUMBERS = {word: float(number) for number, word in enumerate(_ONES)} | {
    "a": 1.0,
    "an": 1.0,
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "ninety": 90.0,
    "a hundred": 100.0,
    "a thousand": 1_000.0,
    "a dozen": 12.0,
    "half a": 0.5,
}
_PERIODS = ("week", "month", "quarter", "year")
_TIMES = "(?: times?| occasions?)"
_MONEY = "(?: (?:dollars?|euros?|pounds?|won|years?(?: old)?|points?))?"

_BEFORE = {
    "at_least": "(?:at least|no less than|no fewer than|minimum(?: of)?|not less than)",
    "more_than": "(?:more than|over|above|greater than|exceeding|higher than|bigger than|>)",
    "at_most": "(?:at most|no more than|not more than|up to|maximum(?: of)?)",
    "less_than": "(?:less than|fewer than|under|below|lower than|smaller than|<)",
    "is": "(?:exactly|precisely|equal to|equals|just|only)",
}
_BEHIND = {
    "at_least": "(?:or more|or above|or over|and up|\\+|and over|and above|or older)",
    "at_most": "(?:or less|or fewer|or below|or younger)",
}


def _amounts() -> list[Phrase]:
    """Return how comparisons with a number are said, before and behind it, plain and of facts."""
    counted = {"twice": "2", "once": "1"}
    found: list[Phrase] = []
    for operator, words in _BEFORE.items():
        found += [
            Phrase(Part.TIMES, f"{words} {{n}}{_TIMES}", operator),
            Phrase(Part.AMOUNT, f"{words} {{n}}{_MONEY}", operator),
        ]
        found += [
            Phrase(Part.TIMES, f"{words} {word}", f"{operator} {number}") for word, number in counted.items()
        ]
    for operator, words in _BEHIND.items():
        found += [
            Phrase(Part.TIMES, f"{{n}}{_TIMES} {words}|{{n}} {words}{_TIMES}", operator),
            Phrase(Part.AMOUNT, f"{{n}}{_MONEY} ?{words}", operator),
            Phrase(Part.TIMES, f"twice {words}", f"{operator} 2"),
        ]
    return [
        *found,
        Phrase(Part.TIMES, f"(?:between |from )?{{n}} (?:and|to|-) {{m}}{_TIMES}", "between"),
        Phrase(Part.AMOUNT, f"(?:between|from|aged|aged between) {{n}} (?:and|to|-) {{m}}{_MONEY}", "between"),
        *(Phrase(Part.COMPARE, words, operator) for operator, words in _BEFORE.items()),
        Phrase(Part.TIMES, f"{{n}}{_TIMES}", "some"),
        Phrase(Part.AMOUNT, f"{{n}}{_MONEY}", ""),
        Phrase(Part.TIMES, "twice", "some 2"),
        Phrase(Part.TIMES, "once", "some 1"),
        *phrases(Part.SHARE, "top_percent", "(?:in )?(?:the )?top {n} ?(?:%|percent)"),
        *phrases(Part.SHARE, "bottom_percent", "(?:in )?(?:the )?bottom {n} ?(?:%|percent)"),
    ]  # fmt: skip


def _counted() -> list[Phrase]:
    """Return facts with how many stands between the verb and its object: `opened 2 or more tickets`."""
    said = {
        "order": ("placed|made", "orders?|purchases?"),
        "email_open": ("opened|read", "e-?mails?|mails?|newsletters?"),
        "email_click": ("clicked(?: on)?", "e-?mails?|mails?|newsletters?"),
        "review": ("wrote|left|written", "reviews?"),
        "ticket": ("opened|raised|filed|created", "(?:support |service )?(?:tickets?|cases?)"),
        "booking": ("made", "bookings?|reservations?"),
    }
    return [
        Phrase(Part.TIMES, f"(?:{verbs}) {amount} (?:{objects})", operator, ((Part.FACT, concept),))
        for concept, (verbs, objects) in said.items()
        for operator, amount in (
            *((operator, f"{words} {{n}}") for operator, words in _BEFORE.items()),
            *((operator, f"{{n}} {words}") for operator, words in _BEHIND.items()),
            ("between", "(?:between )?{n} (?:and|to|-) {m}"),
            ("some", "{n}"),
        )
    ]


def _ages() -> list[Phrase]:
    old = "(?:-|\\s)?years?(?:-|\\s)?(?:old|of age)"
    tens = (
        "",
        "teens",
        "twenties",
        "thirties",
        "forties",
        "fifties",
        "sixties",
        "seventies",
        "eighties",
        "nineties",
    )
    return [
        Phrase(
            Part.AMOUNT,
            f"(?:older than|over the age of|aged over) {{n}}(?: {old}| years?)?",
            "more_than",
            AGE,
        ),
        Phrase(
            Part.AMOUNT,
            f"(?:younger than|under the age of|aged under) {{n}}(?: {old}| years?)?",
            "less_than",
            AGE,
        ),
        Phrase(Part.AMOUNT, f"{{n}}(?: {old})? (?:or|and) older", "at_least", AGE),
        Phrase(Part.AMOUNT, f"{{n}}(?: {old})? (?:or|and) younger", "at_most", AGE),
        *(Phrase(Part.AMOUNT, f"{words} {{n}} {old}", operator, AGE) for operator, words in _BEFORE.items()),
        Phrase(Part.AMOUNT, f"{{n}} ?{old}s?", "", AGE),
        Phrase(Part.AMOUNT, f"(?:between |from )?{{n}} (?:and|to|-) {{m}} {old}", "between", AGE),
        Phrase(
            Part.AMOUNT,
            f"(?:aged|ages)(?: between| from)? {{n}} (?:and|to|-) {{m}}(?: {old})?",
            "between",
            AGE,
        ),
        *(
            Phrase(
                Part.AMOUNT,
                f"(?:in (?:their|the|her|his) )?(?:{at}'?s|{tens[at // 10]})",
                f"between {max(at, 13)} {at + 9}",
                AGE,
            )
            for at in DECADES
        ),
    ]


def _weekdays() -> list[Phrase]:
    return [
        *(Phrase(Part.WEEKDAY, f"{day}s?", day) for day in WEEKDAYS),
        Phrase(Part.WEEKDAY, "weekends?|the weekend", WEEKEND),
        Phrase(Part.WEEKDAY, "weekdays?|workdays?|working days?", WORKDAYS),
    ]


def _times() -> list[Phrase]:
    last = "(?:last|past|previous)"
    return [
        *phrases(
            Part.WINDOW,
            "last",
            f"(?:in|within|during|over|for|throughout) (?:the )?{last} (?:{{n}} )?{{unit}}s?",
            f"(?:the )?{last} {{n}} {{unit}}s?",
            "(?:in|within|for|during) {n} {unit}s?",
            f"the {last} {{unit}}",
        ),
        *(Phrase(Part.WINDOW, f"(?:in |during )?this (?:calendar )?{unit}", f"this_{unit}") for unit in _PERIODS),
        *(Phrase(Part.WINDOW, f"(?:in |during )?last (?:calendar )?{unit}", f"last_{unit}") for unit in _PERIODS),
        Phrase(Part.WINDOW, "today", "today"),
        Phrase(Part.WINDOW, "yesterday", "yesterday"),
        Phrase(Part.WINDOW, "(?:since|from) {date}", "since"),
        Phrase(Part.WINDOW, "(?:until|before|until before) {date}", "until"),
        Phrase(Part.WINDOW, "(?:between|from) {date} (?:and|to|until|until before) {until}", "since"),
        *phrases(Part.AGO, "less_than", "(?:more|longer) than {n} {unit}s? ago", "before {n} {unit}s? ago"),
        *phrases(Part.AGO, "more_than", "less than {n} {unit}s? ago", "after {n} {unit}s? ago"),
        *phrases(Part.AGO, "", "{n} {unit}s? ago"),
    ]  # fmt: skip


def _facts() -> list[Phrase]:
    any_ = "(?: (?:a|an|any|some|the|their))?"
    return [
        *phrases(
            Part.FACT,
            "order",
            "bought|buy|buys|buying|purchased?|purchases|purchasing|ordered|orders?|ordering",
            f"(?:placed|made|place|make){any_} (?:orders?|purchases?)",
            "shopped|shop",
        ),
        *phrases(Part.FACT, "view", "viewed|view|views|looked at|look at|browsed|saw|seen", "product views?"),
        *phrases(
            Part.FACT,
            "cart",
            f"(?:added|add|put|adding)(?: (?:something|items?|anything|products?|a product))? "
            f"(?:to|in|into|on){any_} (?:shopping )?(?:cart|basket|bag)",
            "cart additions?",
        ),
        *phrases(
            Part.FACT,
            "uncart",
            f"(?:removed?)(?: (?:something|items?|products?))? from{any_} (?:cart|basket)",
        ),
        *phrases(Part.FACT, "checkout", f"(?:started|start|began|begin|reached|entered){any_} check ?out(?: process)?"),
        *phrases(
            Part.FACT, "sign_up", "signed up|sign up|signs up|registered|register|created an account|joined"
        ),
        *phrases(Part.FACT, "log_in", "logged in|log in|signed in|sign in"),
        *phrases(Part.FACT, "email_open", f"(?:opened|open|read){any_} (?:e-?mails?|mails?|newsletters?)"),
        *phrases(Part.FACT, "email_click", f"clicked?(?: on)?(?: a link in)?{any_} (?:e-?mails?|mails?|newsletters?)"),
        *phrases(Part.FACT, "search", "searched(?: for)?|search(?: for)?"),
        *phrases(Part.FACT, "return", "returned|refunded|refunds?|returns?|sent back|got a refund"),
        *phrases(Part.FACT, "visit", "visited(?: (?:the|our) (?:site|website|shop|store))?|visits?|came to the site"),
        *phrases(Part.FACT, "review", f"(?:wrote|left|write|leave){any_} reviews?|reviewed"),
        *phrases(
            Part.FACT,
            "ticket",
            f"(?:(?:opened|raised|filed|created|raise){any_} )?(?:support |service )?(?:tickets?|cases?)",
        ),
        *phrases(Part.FACT, "booking", f"(?:(?:made){any_} )?(?:bookings?|reservations?)|booked|reserved|rented"),
        *phrases(Part.FACT, "wishlist", f"(?:added|add) to{any_} wish ?list"),
    ]  # fmt: skip


def _values() -> list[Phrase]:
    return [
        *phrases(
            Part.TRAIT,
            "place",
            "lives? in|living in|located in|based in|resides? in|residing in",
            "(?:is |are |comes? )?from",
        ),
        *phrases(Part.TRAIT, "age", "age|aged"),
        *phrases(Part.TRAIT, "plan", "plan|tier|membership"),
        *phrases(Part.TRAIT, "city", "city|town"),
        *phrases(Part.TRAIT, "country", "country"),
        *phrases(Part.TRAIT, "phone", "phone(?: number)?|telephone(?: number)?|mobile(?: number)?"),
        *phrases(Part.TRAIT, "email", "e-?mail(?: address)?"),
        *phrases(Part.TRAIT, "gender", "gender|sex"),
        *phrases(Part.TRAIT, "language", "language"),
        *phrases(Part.TRAIT, "order_count", "(?:total )?number of (?:orders|purchases)|order count"),
        *phrases(Part.TRAIT, "order_mean", "average (?:order|basket|purchase)(?: value| amount| size)?"),
        *phrases(Part.SPEND, "", "spent|spends?|spending|paid|total spent|total spend|revenue|lifetime spend"),
        *phrases(Part.UNSETTLED, "", "open|unresolved|unsolved|unclosed|pending"),
        *phrases(Part.FIRST, "", "first|first time|for the first time"),
        *phrases(Part.LAST, "", "last|latest|most recent"),
        *phrases(Part.BOOLEAN, "true", "true"),
        *phrases(Part.BOOLEAN, "false", "false"),
        *phrases(Part.CONSENT, "granted", "consented to|consents? to|agreed to|agrees to|opted in(?:to| to)?"),
        *phrases(Part.CONSENT, "refused", "refused|opted out of|declined"),
        *phrases(Part.CONSENT, "unknown", "never said yes or no to"),
        *phrases(Part.AUDIENCE, "", "(?:in|of|to) (?:the )?audience|audience"),
        *phrases(Part.LIST, "", "(?:in|on) (?:the )?list"),
        *phrases(Part.COMPARE, "contains", "contains|containing|includes"),
        *phrases(Part.COMPARE, "starts_with", "(?:starts|begins) with"),
        *phrases(Part.COMPARE, "ends_with", "ends with"),
        *phrases(Part.COMPARE, "one_of", "one of|any of"),
        *phrases(Part.COMPARE, "none_of", "none of"),
        *phrases(Part.COMPARE, "exists", "is known|is set|exists"),
        *phrases(Part.COMPARE, "missing", "is not known|is unknown|is missing|is not set"),
    ]  # fmt: skip


ENGLISH = Lexicon(
    phrases=(
        *phrases(Part.AND, "", "and|,|;|but|and also|as well as|although|who|\\.(?= |$)"),
        *phrases(Part.OR, "", "or|or else"),
        *phrases(
            Part.NOT,
            "",
            "not|no|never|without|did not|didn't|does not|doesn't|has not|hasn't|have not|haven't|is not|isn't|don't"
            "|aren't|are not|none|has no|have no|excluding|except",
        ),
        *phrases(Part.THEN, "", "(?:, )?(?:(?:and|but) )?(?:then|afterwards|after that|later)"),
        *phrases(Part.OPEN, "", "\\("),
        *phrases(Part.CLOSE, "", "\\)"),
        *phrases(
            Part.VOID,
            "",
            "people|persons?|profiles?|everyone|everybody|anyone|those|users?|members?|custom(?:er|ers)|shoppers?",
            "whose|that|which|with|has|have|had|did|does|do|done|is|are|was|were|be|been|being|the|a|an|any|some"
            "|something|anything|ever|it|their|they|them|in|on|of|to|at|by|for|value|worth|want|show|me|find|all"
            "|products?|items?|website|site|shop|store|times|time|records?|events?|there|also|yet|since|so far|made",
        ),
        *_amounts(),
        *_counted(),
        *_ages(),
        *_weekdays(),
        *_times(),
        *_facts(),
        *_values(),
    ),
    numbers=_NUMBERS,
    scales={"k": 1_000.0, "thousand": 1_000.0, "million": 1_000_000.0, "m": 1_000_000.0},
    units=_UNITS,
    spaced=True,
)
