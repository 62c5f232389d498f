"""The files of a world's history and what their columns mean, in the order in which they are imported."""

from typing import NamedTuple

from weft.demo.world import COUNTRIES
from weft.sources.files.mapping import Mapping, TimeColumn

_KEYS = {"user_id": "account", "loyalty_id": "loyalty_card", "phone": "phone", "email": "email"}


class HistoryFile(NamedTuple):
    """One file: its path under history/, the source that its rows are said to be from, its mapping."""

    path: str
    source: str
    mapping: Mapping
    encoding: str = "utf-8"


FILES = (
    HistoryFile(
        "crm/contacts.csv",
        "crm",
        Mapping(
            kind="records",
            object="contact",
            identifiers={"crm_id": "contact_id", "email": "email", "phone": "phone"},
            time=TimeColumn("created_at", "%Y-%m-%d %H:%M:%S"),
            record_id="contact_id",
            consent={"marketing": "marketing_consent"},
            types={"branch": "integer"},
            properties={
                "name": "이름/姓名/name",
                "country": "country",
                "city": "city",
                "street": "street",
                "postcode": "postcode",
                "email": "email",
                "phone": "phone",
                "branch": "branch",
                "note": "note",
            },
        ),
    ),
    HistoryFile(
        "loyalty/members-2014.txt",
        "loyalty",
        Mapping(
            kind="records",
            object="member",
            identifiers={"loyalty_id": "CARD_NO", "phone": "HP_NO"},
            time=TimeColumn("REG_DT", "%Y.%m.%d", COUNTRIES[0].zone),
            record_id="CARD_NO",
            types={"POINT": "integer"},
            properties={
                "name": "MEMB_NM",
                "phone": "HP_NO",
                "born": "BIRTH",
                "points": "POINT",
                "grade": "GRADE",
            },
            encoding="cp949",
        ),
        encoding="cp949",
    ),
    HistoryFile(
        "consent/changes.csv",
        "consent",
        Mapping(
            kind="events",
            event="Consent Updated",
            identifiers={"email": "email"},
            time=TimeColumn("at"),
            message_id="message_id",
            consent={"marketing": "marketing", "analytics": "analytics"},
        ),
    ),
    HistoryFile(
        "web/events.parquet",
        "web",
        Mapping(
            kind="events",
            identifiers={
                "user_id": "user_id",
                "email": "email",
                "phone": "phone",
                "anonymous_id": "anonymous_id",
            },
            time=TimeColumn("timestamp"),
            type_column="type",
            event_column="event",
            message_id="message_id",
            spread="properties",
            context="context",
            consent={"marketing": "consent_marketing", "analytics": "consent_analytics"},
        ),
    ),
    HistoryFile(
        "erp/orders.parquet",
        "erp",
        Mapping(
            kind="records",
            object="order",
            identifiers=_KEYS,
            time=TimeColumn("ordered_at"),
            record_id="order_no",
        ),
    ),
    HistoryFile(
        "erp/lines.parquet",
        "erp",
        Mapping(
            kind="records",
            object="order_line",
            identifiers=_KEYS,
            time=TimeColumn("ordered_at"),
            record_id="line_no",
        ),
    ),
    HistoryFile(
        "erp/returns.parquet",
        "erp",
        Mapping(
            kind="records",
            object="return",
            identifiers=_KEYS,
            time=TimeColumn("returned_at"),
            record_id="return_no",
        ),
    ),
    HistoryFile(
        "rental/bookings.csv",
        "rental",
        Mapping(
            kind="records",
            object="booking",
            identifiers={"user_id": "account", "phone": "phone"},
            time=TimeColumn("booked_at"),
            record_id="booking_no",
            types={"price": "number"},
        ),
    ),
    HistoryFile(
        "service/tickets.jsonl",
        "service",
        Mapping(
            kind="records",
            object="ticket",
            identifiers={"email": "requester.email"},
            time=TimeColumn("opened_at"),
            record_id="ticket",
        ),
    ),
    HistoryFile(
        "mail/events.parquet",
        "mail",
        Mapping(
            kind="events",
            identifiers={"email": "email"},
            time=TimeColumn("timestamp"),
            event_column="event",
            message_id="message_id",
            consent={"marketing": "marketing"},
        ),
    ),
    HistoryFile(
        "survey/answers.csv",
        "survey",
        Mapping(
            kind="events",
            event="Survey Answered",
            identifiers={"email": "email"},
            time=TimeColumn("answered_at"),
            message_id="message_id",
            types={"score": "integer"},
        ),
    ),
)
