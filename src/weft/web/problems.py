"""The one table that turns errors into HTTP: class → status, told as RFC 9457 problem+json."""

import msgspec

from weft.errors import (
    MethodNotAllowed,
    Misconfigured,
    NotFound,
    PolicyDenied,
    Rejected,
    TooLarge,
    TooMany,
    Transient,
    Unauthenticated,
    WeftError,
)

CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[WeftError], int] = {
    NotFound: 404,
    Unauthenticated: 401,
    MethodNotAllowed: 405,
    TooLarge: 413,
    TooMany: 429,
    Rejected: 400,
    PolicyDenied: 403,
    Misconfigured: 500,
    Transient: 503,
    WeftError: 500,
}
"""Every error of `weft.errors`; the nearest class in an error's ancestry counts."""

TITLES: dict[int, str] = {
    400: "The request cannot be taken as it is",
    401: "No valid token",
    403: "Not allowed",
    404: "Not there",
    405: "Not this method",
    413: "Too large",
    429: "Too many requests",
    500: "Weft cannot do this at the moment",
    503: "Try again",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A failed request: `code` is stable for programs, `detail` says what to do next."""

    title: str
    status: int
    code: str
    detail: str
    type: str = "about:blank"
    request_id: str = ""
    errors: list[str] = []


def status_of(error: WeftError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[each] for each in type(error).__mro__ if each in STATUS)


def problem_of(error: WeftError, request_id: str = "") -> Problem:
    """Tell an error; several faults (one a line) come as a list too."""
    status = status_of(error)
    detail = str(error)
    lines = detail.splitlines()
    return Problem(
        TITLES[status],
        status,
        error.code,
        detail,
        request_id=request_id,
        errors=lines if len(lines) > 1 else [],
    )


def headers_of(error: WeftError) -> dict[str, str]:
    """Return the headers that belong to an error."""
    match error:
        case TooMany() | Transient():
            return {"Retry-After": str(error.retry_after_seconds)}
        case Unauthenticated():
            # Basic is taken too, but asking for it makes a browser hold the answer back and ask for a password.
            return {"WWW-Authenticate": 'Bearer realm="weft"'}
        case _:
            return {}
