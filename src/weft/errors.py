"""What can go wrong, told by who must act. Expected endings are values (`weft.model`), not exceptions."""


class WeftError(Exception):
    """The root. `code` is stable and machine-readable; the message says what to do next."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class Rejected(WeftError):
    """The caller must change the request."""

    code = "rejected"


class NotFound(Rejected):
    """The caller named a thing that is not there."""

    code = "not_found"


class Unauthenticated(Rejected):
    """The caller showed no credential, or one that is not known."""

    code = "unauthenticated"


class MethodNotAllowed(Rejected):
    """The thing is there, and is not asked for in this way."""

    code = "method_not_allowed"


class TooLarge(Rejected):
    """The request is over a limit."""

    code = "too_large"


class TooMany(Rejected):
    """The caller is over its rate. `retry_after_seconds` says when to come back."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PolicyDenied(WeftError):
    """A policy forbids it: scope, consent, suppression."""

    code = "denied"


class Misconfigured(WeftError):
    """The operator must change the configuration, a definition or the machine."""

    code = "misconfigured"


class Transient(WeftError):
    """Nothing is wrong with the request: try again. `retry_after_seconds` says when."""

    code = "transient"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class MustRestart(Transient):
    """A failed fsync: what the kernel holds is no longer what the disk holds. Answer 503, then end this process.

    A fresh process opens the file anew; retrying on the same descriptor would report a false success.
    """

    code = "must_restart"
