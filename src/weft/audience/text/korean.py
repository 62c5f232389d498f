"""The phrases of Korean. Endings and particles are phrases of their own, that only stand behind another."""

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

_NUMBERS: dict[str, float] = {
    "한": 1,
    "하나": 1,
    "두": 2,
    "둘": 2,
    "세": 3,
    "네": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
    "열": 10,
}
_UNITS = {
    "초": 1,
    "분": 60,
    "시간": 3_600,
    "일": 86_400,
    "주일": 604_800,
    "주": 604_800,
    "달": 2_592_000,
    "개월": 2_592_000,
    "분기": 7_776_000,
    "년": 31_536_000,
}
_COUNT = " ?(?:회|번|건|차례)"
_MEASURE = "(?: ?(?:원|달러|유로|세|살|점|개|포인트))?"
_WITHIN = " ?(?:동안에?|간|안에|이내에?|내에?)"
_BEHIND = {
    "at_least": "(?:이상|넘거나 같은)",
    "more_than": "(?:을 |를 |가 |이 )?(?:초과|넘게|넘는|넘은|넘)|보다 ?(?:많|크|큰|큼|높|더)(?:은|이|게|고)?",
    "at_most": "이하",
    "less_than": "미만|보다 ?(?:적|작|낮)(?:은|게|음|고)?",
}


def _amounts() -> list[Phrase]:
    found: list[Phrase] = []
    for operator, words in _BEHIND.items():
        found += [
            Phrase(Part.TIMES, f"{{n}}{_COUNT} ?(?:{words})", operator),
            Phrase(Part.AMOUNT, f"{{n}}{_MEASURE} ?(?:{words})", operator),
        ]
    return [
        *found,
        Phrase(Part.TIMES, f"(?:최소|적어도) ?{{n}}{_COUNT}", "at_least"),
        Phrase(Part.TIMES, f"(?:최대|많아야) ?{{n}}{_COUNT}", "at_most"),
        Phrase(Part.AMOUNT, f"(?:최소|적어도) ?{{n}}{_MEASURE}", "at_least"),
        Phrase(Part.AMOUNT, f"(?:최대|많아야) ?{{n}}{_MEASURE}", "at_most"),
        Phrase(Part.TIMES, f"(?:정확히|딱|단) ?{{n}}{_COUNT}(?:만)?", "is"),
        Phrase(Part.TIMES, f"{{n}}(?:{_COUNT})? ?(?:~|-|에서|부터) ?{{m}}{_COUNT}(?: ?(?:사이|까지))?", "between"),
        Phrase(
            Part.AMOUNT,
            f"{{n}}{_MEASURE} ?(?:~|-|에서|부터|이상) ?{{m}}{_MEASURE}(?: ?(?:사이|까지|이하))?",
            "between",
        ),
        Phrase(Part.TIMES, f"{{n}}{_COUNT}", "some"),
        Phrase(Part.AMOUNT, f"{{n}}{_MEASURE}", ""),
        Phrase(Part.COMPARE, "정확히|딱", "is"),
        Phrase(Part.SHARE, "상위 ?{n} ?(?:%|퍼센트)", "top_percent"),
        Phrase(Part.SHARE, "하위 ?{n} ?(?:%|퍼센트)", "bottom_percent"),
    ]  # fmt: skip


def _counted() -> list[Phrase]:
    """Return tickets with how many, which have a counter that other facts do not have."""
    ticket = "(?:(?:고객 ?)?문의|티켓|상담)(?:을|를)?"
    done = "(?: ?(?:열었|열은|연|열|접수|등록|생성|만들|만든|남긴|남겼|제기))?"
    fact = ((Part.FACT, "ticket"),)
    return [
        Phrase(Part.FACT, ticket + done, "ticket"),
        *(
            Phrase(Part.TIMES, f"{ticket} ?{{n}} ?(?:회|번|건|차례|개|장) ?(?:{words}){done}", operator, fact)
            for operator, words in (*_BEHIND.items(), ("some", ""))
        ),
    ]


def _ages() -> list[Phrase]:
    old = "(?:만 ?)?{n} ?(?:세|살)"
    return [
        *(Phrase(Part.AMOUNT, f"{old} ?(?:{words})", operator, AGE) for operator, words in _BEHIND.items()),
        Phrase(Part.AMOUNT, f"{old}", "", AGE),
        Phrase(
            Part.AMOUNT,
            "{n} ?(?:세|살)? ?(?:~|-|에서|부터|이상) ?{m} ?(?:세|살)(?: ?(?:사이|까지|이하))?",
            "between",
            AGE,
        ),
        *(Phrase(Part.AMOUNT, f"{at} ?대", f"between {at} {at + 9}", AGE) for at in DECADES),
        *(Phrase(Part.AMOUNT, f"{at} ?대 ?이상", f"at_least {at}", AGE) for at in DECADES),
    ]


def _weekdays() -> list[Phrase]:
    return [
        *(
            Phrase(Part.WEEKDAY, f"{day}요일(?:마다)?", name)
            for day, name in zip("월화수목금토일", WEEKDAYS, strict=True)
        ),
        Phrase(Part.WEEKDAY, "주말(?:마다)?", WEEKEND),
        Phrase(Part.WEEKDAY, "평일|주중", WORKDAYS),
    ]


def _times() -> list[Phrase]:
    named = {
        "today": "오늘",
        "yesterday": "어제",
        "this_week": "이번 ?주",
        "last_week": "지난 ?주",
        "this_month": "이번 ?달|이달",
        "last_month": "지난 ?달",
        "this_quarter": "이번 ?분기",
        "last_quarter": "지난 ?분기",
        "this_year": "올해|금년|이번 ?해",
        "last_year": "작년|지난 ?해",
    }
    return [
        Phrase(Part.WINDOW, f"(?:최근|지난|요) ?{{n}} ?{{unit}}(?:{_WITHIN})?", "last"),
        Phrase(Part.WINDOW, f"{{n}} ?{{unit}}{_WITHIN}", "last"),
        Phrase(Part.WINDOW, f"(?:최근|지난)? ?일주일(?:{_WITHIN})?", "last 604800"),
        Phrase(Part.WINDOW, f"하루{_WITHIN}", "last 86400"),
        *(Phrase(Part.WINDOW, words, name) for name, words in named.items()),
        Phrase(Part.WINDOW, "{date} ?(?:이후로?|부터)", "since"),
        Phrase(Part.WINDOW, "{date} ?(?:이전|전까지|까지)", "until"),
        Phrase(Part.WINDOW, "{date} ?(?:부터|에서) ?{until} ?(?:전까지|까지|사이)", "since"),
        Phrase(Part.AGO, "{n} ?{unit} ?(?:보다 ?)?(?:이전|전보다 ?(?:먼저|이전))|{n} ?{unit} ?넘게 지난", "less_than"),
        Phrase(Part.AGO, "{n} ?{unit} ?전", ""),
    ]  # fmt: skip


def _facts() -> list[Phrase]:
    do = "(?:하|했|한|할)?"
    return [
        *phrases(Part.FACT, "order", "구매|주문|구입|샀|산|사지|결제한|결제했"),
        *phrases(Part.FACT, "view", "조회|열람|둘러[보본봤]|보지|봤|보았|본"),
        *phrases(
            Part.FACT,
            "cart",
            "(?:장바구니|카트)에? ?(?:상품을 ?|물건을 ?|제품을 ?)?(?:담|넣|추가)|장바구니 추가",
        ),
        *phrases(Part.FACT, "uncart", "장바구니에서 ?(?:뺀|뺐|삭제|제거)"),
        *phrases(Part.FACT, "checkout", f"(?:결제|체크아웃)(?:를|을)? ?(?:시작|진행){do}"),
        *phrases(Part.FACT, "sign_up", "(?:회원 ?)?가입|등록"),
        *phrases(Part.FACT, "log_in", "로그인"),
        *phrases(
            Part.FACT, "email_open", "(?:이메일|메일|뉴스레터)(?:을|를)? ?(?:열어 ?[본봤보]|열람|열|연|읽)"
        ),
        *phrases(Part.FACT, "email_click", "(?:이메일|메일|뉴스레터)(?:을|를|의)? ?(?:링크를? ?)?클릭"),
        *phrases(Part.FACT, "search", "검색"),
        *phrases(Part.FACT, "return", "반품|환불"),
        *phrases(Part.FACT, "visit", "방문"),
        *phrases(Part.FACT, "review", "(?:리뷰|후기)(?:를|을)? ?(?:남기|남긴|남겼|작성|쓴|썼)"),
        *phrases(Part.FACT, "booking", "예약|대여"),
        *phrases(Part.FACT, "wishlist", "(?:위시리스트|찜 ?목록)에? ?(?:담|넣|추가)"),
    ]


def _values() -> list[Phrase]:
    return [
        *phrases(Part.TRAIT, "place", "거주|사는|살|산다|거주지|지역"),
        *phrases(Part.TRAIT, "age", "나이|연령"),
        *phrases(Part.TRAIT, "plan", "플랜|요금제|등급|멤버십"),
        *phrases(Part.TRAIT, "city", "도시"),
        *phrases(Part.TRAIT, "country", "국가|나라"),
        *phrases(Part.TRAIT, "phone", "(?:휴대 ?)?전화 ?번호|전화|휴대폰"),
        *phrases(Part.TRAIT, "email", "이메일(?: ?주소)?|메일 ?주소"),
        *phrases(Part.TRAIT, "gender", "성별"),
        *phrases(Part.TRAIT, "language", "언어"),
        *phrases(Part.TRAIT, "order_count", "(?:총 ?)?(?:주문|구매) ?(?:횟수|건수)"),
        *phrases(Part.TRAIT, "order_mean", "평균 ?(?:주문|구매|결제) ?(?:금액|액)"),
        *phrases(
            Part.SPEND,
            "",
            "지출|소비|쓴|썼|쓰|(?:총 ?)?(?:구매|결제|지출|주문) ?(?:금액|액)|매출",
        ),
        *phrases(Part.UNSETTLED, "", "미해결|미처리|미완료|열린|열려 ?있는|해결되지 ?않은|처리되지 ?않은"),
        *phrases(Part.FIRST, "", "처음(?:으로)?|첫|최초"),
        *phrases(Part.LAST, "", "마지막(?:으로)?|최종"),
        *phrases(Part.BOOLEAN, "true", "참"),
        *phrases(Part.BOOLEAN, "false", "거짓"),
        *phrases(Part.CONSENT, "refused", "(?:수신 ?)?(?:동의)?(?:를|을)? ?거부"),
        *phrases(Part.CONSENT, "granted", "(?:수신에? ?)?동의"),
        *phrases(Part.CONSENT, "unknown", "동의 여부를 밝힌 적 ?없"),
        *phrases(Part.AUDIENCE, "", "오디언스"),
        *phrases(Part.LIST, "", "명단|목록"),
        *phrases(Part.COMPARE, "contains", "포함"),
        *phrases(Part.COMPARE, "starts_with", "(?:의 )?앞부분"),
        *phrases(Part.COMPARE, "ends_with", "(?:의 )?끝부분"),
        *phrases(Part.COMPARE, "one_of", "다음 중 하나:?"),
        *phrases(Part.COMPARE, "none_of", "다음 중 어느 것도 아님:?"),
        *phrases(Part.COMPARE, "exists", "값이 있"),
        *phrases(Part.COMPARE, "missing", "값이 없"),
    ]


KOREAN = Lexicon(
    phrases=(
        *phrases(Part.AND, "", "그리고|그러나|하지만|그렇지만|동시에|및|,|\\.(?= |$)"),
        *phrases(Part.OR, "", "또는|혹은|이거나"),
        *(
            Phrase(Part.AND, each, "", (), True)
            for each in ("고|이고|으며|며|이며|지만|이지만|는데|은데|면서",)
        ),
        *(Phrase(Part.OR, each, "", (), True) for each in ("거나|이거나|이나|나",)),
        *phrases(Part.NOT, "", "없|안|아니|아닌|아님|제외", "다음에 해당하지 않음:?"),
        Phrase(Part.NOT, "지 ?(?:는 ?)?(?:않|못)|치 ?않", "", (), True),
        Phrase(Part.NOT, "지 ?않", "", ()),
        *phrases(Part.THEN, "", "후에?|뒤에?|다음에?|이후에?"),
        *phrases(Part.OPEN, "", "\\("),
        *phrases(Part.CLOSE, "", "\\)"),
        Phrase(
            Part.VOID,
            "은|는|이|가|을|를|에|에서|에게|의|와|과|도|만|로|으로|인|한|하|했|할|하는|된|되|던|었|았|였|음|적이|다|함"
            "|였던|었던|았던|은 ?적|지는|어|속한|속하|속함",
            "",
            (),
            True,
        ),
        *phrases(
            Part.VOID,
            "",
            "사람들?|고객들?|프로필|회원|이용자|사용자|분들?|모든|적이|적|있|값이?|상품|제품|물건|조건:?|레코드|이벤트|중"
            "|발생|한 ?번도|한|하|했|할|속하|속한|속함|남기|남긴|남겼|해당|사이트|시각이?|수신|를|을|이|가|에|은|는|의"
            "|에는|에도|된|것|전혀",
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
    scales={"천": 1_000.0, "만": 10_000.0, "억": 100_000_000.0},
    units=_UNITS,
    spaced=False,
)
