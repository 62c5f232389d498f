"""How a command ends when it cannot do what it was asked: one panel on stderr and an exit code by class."""

import errno
import os
import sys

from weft.errors import Misconfigured, PolicyDenied, Rejected, Transient, WeftError

REJECTED = 1
MISCONFIGURED = 2
INTERNAL = 70
TRANSIENT = 75

_KINDS: tuple[tuple[type[WeftError], str, int], ...] = (
    (Rejected, "This cannot be done as asked", REJECTED),
    (PolicyDenied, "This is not allowed", REJECTED),
    (Misconfigured, "Something has to be set right first", MISCONFIGURED),
    (Transient, "Not now: try again", TRANSIENT),
    (WeftError, "This did not work", INTERNAL),
)


_REMEDIES = {
    errno.EACCES: "Choose another folder, or let this user write there.",
    errno.EPERM: "Choose another folder, or let this user write there.",
    errno.EROFS: "Choose a folder that can be written.",
    errno.ENOTDIR: "Choose a path whose parts are folders.",
    errno.EEXIST: "Choose another path: a file of that name is there.",
    errno.ENOSPC: "Make room, then run the command again.",
}


def exit_code(error: WeftError) -> int:
    """Return the exit code that stands for an error's class."""
    return next(code for kind, _, code in _KINDS if isinstance(error, kind))


def show_failure(error: WeftError) -> int:
    """Print what happened and what to do; return the exit code."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.panel import Panel
    from rich.text import Text

    title = next(title for kind, title, _ in _KINDS if isinstance(error, kind))
    lines = str(error).splitlines()
    body = "\n".join(f"• {line}" for line in lines) if len(lines) > 1 else str(error)
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 100)
    panel = Panel(Padding(Text(body), (0, 1)), title=title, title_align="left", border_style="red")
    console.print(panel)
    return exit_code(error)


def unexpected(error: Exception) -> WeftError:
    """Tell an error that nobody foresaw: what the machine does not let us do, or a fault of ours."""
    if isinstance(error, OSError) and error.filename is not None and error.errno in _REMEDIES:
        return Misconfigured(f"{error.filename}: {error.strerror}. {_REMEDIES[error.errno]}")
    return WeftError(
        f"{type(error).__name__}: {error}\n"
        "This is a fault in Weft. Run the command again with WEFT_DEBUG=1 to see where, and report it."
    )


def wants_traceback() -> bool:
    """Say whether the developer asked for tracebacks (WEFT_DEBUG=1)."""
    return os.environ.get("WEFT_DEBUG", "") not in ("", "0")
