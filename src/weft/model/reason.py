"""The closed list of reasons why an event was refused."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why an event (or a whole request) went no further. Quarantined events carry one; so do the counters."""

    NOT_JSON = "not_json"
    BAD_ENCODING = "bad_encoding"
    BAD_UNICODE = "bad_unicode"
    NOT_AN_OBJECT = "not_an_object"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    BAD_NUMBER = "bad_number"
    BAD_COMPRESSION = "bad_compression"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_TYPE = "unknown_type"
    BAD_FIELD = "bad_field"
    NO_IDENTIFIER = "no_identifier"
    NO_EVENT_NAME = "no_event_name"
    BOT = "bot"
    UNPLANNED_EVENT = "unplanned_event"
    AGAINST_PLAN = "against_plan"


class Dropped(msgspec.Struct, frozen=True):
    """An expected ending of a pipeline step: the reason and what exactly was wrong, in words for a developer."""

    reason: Reason
    detail: str = ""
