"""Asking before something is done."""

import sys

from weft.errors import Rejected


def confirmed(question: str) -> bool:
    """Ask on the terminal; only `y` or `yes` is a yes. Raises Rejected where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise Rejected("There is nobody to ask here. Look at the plan, then give the command with `--yes`.")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")
