"""Logs: one JSON object a line on stderr. No event bodies, no identifier values, no tokens, ever."""

import functools
import logging
import os
import sys

import structlog

from weft.config import LogSettings


def configure_logs(settings: LogSettings, process: str) -> None:
    """Set up logging for this process. `process` (edge, engine, command) stands on every line.

    Exceptions are logged with their type and the places they came through, but without messages and values,
    which could quote what a person sent.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    renderer = (
        structlog.dev.ConsoleRenderer() if settings.format == "text" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            functools.partial(_add_process, process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _places_only,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)


def places(error: BaseException) -> list[str]:
    """Return where an exception came through, innermost last, as `file:line function`."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{'/'.join(code.co_filename.rsplit('/', 3)[1:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-12:]


def _add_process(
    process: str, _logger: structlog.typing.WrappedLogger, _method: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    fields["process"] = process
    fields["pid"] = os.getpid()
    return fields


def _places_only(
    _logger: structlog.typing.WrappedLogger, _method: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    given = fields.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        fields["error"] = type(error).__name__
        fields["places"] = places(error)
    return fields


class _Bridge(logging.Handler):
    """Hands over what libraries log: who and where, not the text, which may quote input."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno,
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            exc_info=error,
        )
