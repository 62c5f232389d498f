"""The phrases of the Chinese of Taiwan."""

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
    **{word: float(number) for number, word in enumerate("零一二三四五六七八九十")},
    "兩": 2,
    "半": 0.5,
    "十二": 12,
    "十五": 15,
    "二十": 20,
    "三十": 30,
    "六十": 60,
    "九十": 90,
    "一百": 100,
    "五百": 500,
    "一千": 1_000,
    "一萬": 10_000,
}
_UNITS = {
    "秒": 1,
    "分鐘": 60,
    "小時": 3_600,
    "天": 86_400,
    "日": 86_400,
    "週": 604_800,
    "周": 604_800,
    "個星期": 604_800,
    "星期": 604_800,
    "個月": 2_592_000,
    "月": 2_592_000,
    "季": 7_776_000,
    "年": 31_536_000,
}
_COUNT = " ?(?:次|筆|回|張)"
_MEASURE = "(?: ?(?:元|塊|美元|歲|分|點|件|個))?"
_BEFORE = {
    "at_least": "(?:至少|不少於|不低於|大於或等於|大於等於)",
    "more_than": "(?:超過|多於|大於|高於)",
    "at_most": "(?:最多|至多|不超過|小於或等於|小於等於)",
    "less_than": "(?:少於|小於|低於|不到|未滿)",
}
_TICKET = "客服單|客服案件|工單|客訴單|服務單"
_BEHIND = {"at_least": "(?:以上|或以上|或更多)", "at_most": "(?:以下|或以下|以內)"}


def _amounts() -> list[Phrase]:
    found: list[Phrase] = []
    for words_of, pattern in ((_BEFORE, "{words} ?{n}{count}"), (_BEHIND, "{n}{count} ?{words}")):
        for operator, words in words_of.items():
            for part, count in ((Part.TIMES, _COUNT), (Part.AMOUNT, _MEASURE)):
                found.append(
                    Phrase(part, pattern.replace("{words}", words).replace("{count}", count), operator)
                )
    return [
        *found,
        Phrase(Part.TIMES, f"(?:剛好|正好|恰好|只有|只) ?{{n}}{_COUNT}", "is"),
        *(Phrase(Part.COMPARE, words, operator) for operator, words in _BEFORE.items()),
        Phrase(Part.COMPARE, "剛好|正好|恰好", "is"),
        Phrase(Part.TIMES, f"(?:共 ?)?{{n}}(?:{_COUNT})? ?(?:到|至|~|-) ?{{m}}{_COUNT}", "between"),
        Phrase(
            Part.AMOUNT,
            f"(?:介於)? ?{{n}}{_MEASURE} ?(?:到|至|~|-|與|和) ?{{m}}{_MEASURE} ?(?:之間)?",
            "between",
        ),
        Phrase(Part.TIMES, f"{{n}}{_COUNT}", "some"),
        Phrase(Part.AMOUNT, f"{{n}}{_MEASURE}", ""),
        Phrase(Part.SHARE, "(?:位居)?前 ?{n} ?%", "top_percent"),
        Phrase(Part.SHARE, "(?:位居)?後 ?{n} ?%", "bottom_percent"),
    ]


def _ages() -> list[Phrase]:
    spoken = dict(
        zip(DECADES, ["十", "二十", "三十", "四十", "五十", "六十", "七十", "八十", "九十"], strict=True)
    )
    return [
        *(Phrase(Part.AMOUNT, f"{words} ?{{n}} ?歲", operator, AGE) for operator, words in _BEFORE.items()),
        *(
            Phrase(Part.AMOUNT, f"{{n}} ?歲 ?(?:{words})", operator, AGE)
            for operator, words in _BEHIND.items()
        ),
        Phrase(Part.AMOUNT, "{n} ?歲", "", AGE),
        Phrase(Part.AMOUNT, "(?:介於)? ?{n} ?歲? ?(?:到|至|~|-|與|和) ?{m} ?歲 ?(?:之間)?", "between", AGE),
        *(
            Phrase(Part.AMOUNT, f"(?:{at}|{word}) ?(?:多|幾|來) ?歲", f"between {at} {at + 9}", AGE)
            for at, word in spoken.items()
        ),
    ]


def _weekdays() -> list[Phrase]:
    weeks = {"this_week": "本週|這週|本周|這周|這個?星期", "last_week": "上週|上周|上個?星期"}
    days = [*zip("一二三四五六日", WEEKDAYS, strict=True), ("天", "sunday")]
    found = [Phrase(Part.WEEKDAY, f"(?:每)?(?:星期|週|周|禮拜){day}", name) for day, name in days]
    for window, words in weeks.items():
        found += [
            Phrase(Part.WINDOW, f"(?:{words}){day}", window, ((Part.WEEKDAY, name),)) for day, name in days
        ]
        found.append(Phrase(Part.WINDOW, f"(?:{words})末", window, ((Part.WEEKDAY, WEEKEND),)))
    return [
        *found,
        Phrase(Part.WEEKDAY, "(?:每)?(?:個)?(?:週末|周末)", WEEKEND),
        Phrase(Part.WEEKDAY, "平日", WORKDAYS),
    ]


def _times() -> list[Phrase]:
    named = {
        "today": "今天|今日",
        "yesterday": "昨天|昨日",
        "this_week": "本週|這週|本周|這周|這個星期",
        "last_week": "上週|上周|上個星期",
        "this_month": "本月|這個月",
        "last_month": "上個月|上月",
        "this_quarter": "本季|這一季",
        "last_quarter": "上一季|上季",
        "this_year": "今年",
        "last_year": "去年",
    }
    inside = " ?(?:之內|以內|以來|內|裡|間|中)"
    return [
        Phrase(Part.WINDOW, f"(?:在)?(?:過去|最近|近|這)的? ?{{n}} ?{{unit}}(?:{inside})?", "last"),
        Phrase(Part.WINDOW, f"{{n}} ?{{unit}}{inside}", "last"),
        *(Phrase(Part.WINDOW, f"(?:在)?(?:{words})", name) for name, words in named.items()),
        Phrase(Part.WINDOW, "(?:自|從) ?{date} ?(?:起|以來|開始)?|{date} ?(?:以來|之後|以後|起)", "since"),
        Phrase(Part.WINDOW, "(?:在)? ?{date} ?(?:之前|以前|前)", "until"),
        Phrase(Part.WINDOW, "(?:自|從) ?{date} ?(?:起)?(?:至|到) ?{until} ?(?:之前|為止|止)?", "since"),
        Phrase(Part.AGO, "(?:在|早於)? ?{n} ?{unit} ?(?:之前|以前|前)", "less_than"),
        Phrase(Part.AGO, "晚於 ?{n} ?{unit} ?前", "more_than"),
    ]


def _facts() -> list[Phrase]:
    return [
        *phrases(Part.FACT, "order", "購買|下單|購物|買東西|買|訂購|下過?(?=.{0,40}訂單)|訂單|消費(?= ?{n} ?次)"),
        *phrases(Part.FACT, "view", "瀏覽|查看|看"),
        *phrases(Part.FACT, "cart", "加入(?:到)?購物車|放入購物車|加到購物車|放進購物車"),
        *phrases(Part.FACT, "uncart", "移出購物車|從購物車移除"),
        *phrases(Part.FACT, "checkout", "(?:開始|進入)結帳|結帳"),
        *phrases(Part.FACT, "sign_up", "註冊|加入會員"),
        *phrases(Part.FACT, "log_in", "登入"),
        *phrases(
            Part.FACT, "email_open", "(?:開啟|打開|開|讀|閱讀)(?:過|了)?(?:任何)?(?:電子郵件|郵件|信件|電子報)"
        ),
        *phrases(Part.FACT, "email_click", "點擊(?:過|了)?(?:電子郵件|郵件|電子報)"),
        *phrases(Part.FACT, "search", "搜尋"),
        *phrases(Part.FACT, "return", "退貨|退款"),
        *phrases(Part.FACT, "visit", "造訪|到訪|拜訪|瀏覽網站"),
        *phrases(Part.FACT, "review", "(?:寫|留下?)(?:過|了)?(?:評論|評價)|評論|評價"),
        *phrases(Part.FACT, "ticket", _TICKET),
        Phrase(Part.VOID, f"(?:開立|開|建立|提交|提出)(?:過|了)?(?=.{{0,16}}(?:{_TICKET}))"),
        *phrases(Part.FACT, "booking", "預訂|預約|訂位|租借"),
        *phrases(Part.FACT, "wishlist", "加入(?:願望清單|收藏)"),
    ]  # fmt: skip


def _values() -> list[Phrase]:
    return [
        *phrases(Part.TRAIT, "place", "住在|居住在|居住於|居住|位於|來自|住"),
        *phrases(Part.TRAIT, "age", "年齡|年紀"),
        *phrases(Part.TRAIT, "plan", "方案|等級|會員等級"),
        *phrases(Part.TRAIT, "city", "城市"),
        *phrases(Part.TRAIT, "country", "國家"),
        *phrases(Part.TRAIT, "phone", "(?:行動)?電話(?:號碼)?|手機(?:號碼)?"),
        *phrases(Part.TRAIT, "email", "電子郵件(?:地址)?|電子信箱|信箱|郵件"),
        *phrases(Part.TRAIT, "gender", "性別"),
        *phrases(Part.TRAIT, "language", "語言"),
        *phrases(Part.TRAIT, "order_count", "(?:訂單|購買)(?:數量|次數|數)"),
        *phrases(Part.TRAIT, "order_mean", "平均(?:訂單|購買|消費)?(?:金額|客單價)|客單價"),
        *phrases(Part.SPEND, "", "(?:總)?消費(?:總)?(?:金額|額)?|花費|花了?|支出"),
        *phrases(Part.UNSETTLED, "", "未結案?|未解決|未處理|未關閉|未完成|處理中"),
        *phrases(Part.FIRST, "", "首次|第一次|初次"),
        *phrases(Part.LAST, "", "最近一次|最後一次|上一次|上次"),
        *phrases(Part.BOOLEAN, "true", "真"),
        *phrases(Part.BOOLEAN, "false", "假"),
        *phrases(Part.CONSENT, "granted", "已?同意(?:接收|收取)?"),
        *phrases(Part.CONSENT, "refused", "已?拒絕(?:接收|收取)?"),
        *phrases(Part.CONSENT, "unknown", "未曾表示是否同意"),
        *phrases(Part.AUDIENCE, "", "受眾"),
        *phrases(Part.LIST, "", "名單"),
        *phrases(Part.COMPARE, "contains", "包含|含有"),
        *phrases(Part.COMPARE, "starts_with", "開頭"),
        *phrases(Part.COMPARE, "ends_with", "結尾"),
        *phrases(Part.COMPARE, "one_of", "下列之一:?"),
        *phrases(Part.COMPARE, "none_of", "不屬於下列任一:?"),
        *phrases(Part.COMPARE, "exists", "有值"),
        *phrases(Part.COMPARE, "missing", "沒有值"),
    ]


CHINESE = Lexicon(
    phrases=(
        *phrases(Part.AND, "", "且|並且|而且|並|但是?|不過|以及|同時|,|;|。|卻"),
        *phrases(Part.OR, "", "或者?|或是"),
        *phrases(Part.NOT, "", "沒有|沒|未曾|從未|從不|未再|未|不曾|不是|不為|不|無|非|除了", "不符合"),
        *phrases(Part.THEN, "", "(?:之後|以後|然後|後),?"),
        *phrases(Part.OPEN, "", "\\("),
        *phrases(Part.CLOSE, "", "\\)"),
        *phrases(
            Part.VOID,
            "",
            "的|人|顧客|客戶|會員|使用者|用戶|者|過|了|在|是|為|有|把|將|商品|產品|東西|任何|曾經|曾|所有|屬於|以|中"
            "|條件:?|紀錄|事件|發生|就|又|也|都|再|、",
        ),
        *_amounts(),
        *_ages(),
        *_weekdays(),
        *_times(),
        *_facts(),
        *_values(),
    ),
    numbers=_NUMBERS,
    scales={"千": 1_000.0, "萬": 10_000.0, "億": 100_000_000.0},
    units=_UNITS,
    spaced=False,
)
