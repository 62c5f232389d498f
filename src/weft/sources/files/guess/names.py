"""What columns tend to be called, in English, Korean and Chinese; names are compared without case and punctuation."""

NAMESPACES = {
    "user_id": (
        "userid uid customerid customerno customernumber custid custno clientid memberid memberno membernumber "
        "accountid personid 회원번호 고객번호 회원id 고객id 회원아이디 고객아이디 "
        "會員編號 會員號碼 會員id 客戶編號 客戶id 顧客編號 "
        "用戶id 會員代號 会员编号 客户编号 用户id"
    ),
    "email": (
        "email emailaddress mail mailaddress useremail customeremail contactemail 이메일 이메일주소 메일 전자우편 "
        "電子郵件 電子信箱 電郵 信箱 電子郵件地址 邮箱 电子邮件"
    ),
    "phone": (
        "phone phonenumber phoneno mobile mobilephone mobilenumber cellphone tel telephone msisdn 전화 전화번호 휴대폰 "
        "휴대폰번호 휴대전화 핸드폰 연락처 電話 電話號碼 手機 手機號碼 行動電話 聯絡電話 手机 手机号 电话"
    ),
    "anonymous_id": "anonymousid anonid visitorid cookieid browserid",
    "device_id": "deviceid",
}
OF_ORDERS = ("order", "invoice", "주문", "訂單", "订单")
"""How names of columns begin that say something of an order, and never whose it is."""
EVENT = "event eventname action activity 이벤트 이벤트명 事件 事件名稱 行為"
TYPE = "type eventtype"
MESSAGE_ID = "messageid eventid insertid"
TIME = (
    "timestamp originaltimestamp occurredat eventtime eventdate datetime time date ts createdat created orderdate "
    "ordertime orderedat invoicedate purchasedate purchasedat transactiondate 일시 일자 날짜 "
    "주문일시 주문일자 주문일 주문날짜 "
    "구매일 구매일시 발생일시 등록일시 日期 時間 訂單日期 訂購日期 下單時間 購買日期 交易日期 建立時間"
)
TIME_ENDINGS = ("date", "time", "timestamp", "datetime", "일시", "일자", "日期", "時間")
ROW_KEYS = (
    "id recid recordid rowid uniqueid lineid orderlineid orderid orderno ticketid ticketno contactid "
    "주문번호 訂單編號 訂單號碼"
)
CODE_ENDINGS = (
    "id no number code zip zipcode postcode postalcode phone mobile tel sku isbn ssn key date dob birth birthday "
    "번호 코드 생년월일 編號 號碼 代碼 生日 日期"
)
SPREAD = "properties traits payload attributes"
OBJECTS = {
    "ticket": ("ticket", "case", "문의", "工單"),
    "order": ("order", "invoice", "purchase", "transaction", "주문", "구매", "訂單", "交易"),
    "contact": (
        "firstname",
        "lastname",
        "givenname",
        "surname",
        "fullname",
        "이름",
        "성명",
        "姓名",
        "birth",
        "생년월일",
        "生日",
    ),
}


def plain(name: str) -> str:
    """Return a name without case, spaces and punctuation."""
    return "".join(character for character in name.casefold() if character.isalnum())
