"""The `weft` command. Each command is loaded when it is used."""

import sys
from collections.abc import Sequence
from importlib import import_module

from cyclopts import App

import weft
from weft.cli.failure import show_failure, unexpected, wants_traceback
from weft.errors import WeftError

INTERRUPTED = 130
HELP_FLAGS = ("--help", "-h")

HELP = """An open customer data platform: collect, resolve, decide, deliver, measure.

Begin with `weft init shop` and `weft up shop`.
"""

COMMANDS = (
    ("init", "weft.cli.workspaces:init"),
    ("up", "weft.cli.up:up"),
    ("demo", "weft.cli.demo:demo"),
    ("import", "weft.cli.import_:import_"),
    ("resolve", "weft.cli.resolve:resolve"),
    ("events", "weft.cli.people:events"),
    ("profile", "weft.cli.people:profile"),
    ("audience", "weft.cli.people:audience"),
    ("list", "weft.cli.lists:lists"),
    ("identity", "weft.cli.identity:identity"),
    ("plan", "weft.cli.definitions:plan"),
    ("apply", "weft.cli.definitions:apply"),
    ("export", "weft.cli.definitions:export"),
    ("versions", "weft.cli.versions:versions"),
    ("rollback", "weft.cli.versions:rollback"),
    ("source", "weft.cli.operate:source"),
    ("quarantine", "weft.cli.operate:quarantine"),
    ("destination", "weft.cli.operate:destination"),
    ("token", "weft.cli.operate:token"),
    ("replay", "weft.cli.replay:replay"),
    ("mcp", "weft.cli.mcp:mcp"),
    ("config", "weft.cli.workspaces:config"),
    ("doctor", "weft.cli.doctor:doctor"),
)
HIDDEN = (("edge", "weft.cli.up:edge"), ("engine", "weft.cli.up:engine"))


def build(*, loaded: bool) -> App:
    """Return the application with all commands. loaded: now, which help over all of them needs."""
    app = App(name="weft", help=HELP, version=weft.__version__, help_format="markdown")
    for name, where in COMMANDS:
        if loaded:
            module, _, attribute = where.partition(":")
            app.command(getattr(import_module(module), attribute), name=name)
        else:
            app.command(where, name=name)
    for name, where in HIDDEN:
        app.command(where, name=name, show=False)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    try:
        app = build(loaded=not arguments or arguments[0] in HELP_FLAGS)
        code = app(arguments, result_action="return_value")
    except WeftError as error:
        if wants_traceback():
            raise
        return show_failure(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if wants_traceback():
            raise
        return show_failure(unexpected(error))
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command that the process was started with."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
