"""`weft replay`: build the warehouse and the profiles again from what was collected."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from weft.cli.client import Folder
from weft.cli.show import show_json, show_line
from weft.errors import Misconfigured

if TYPE_CHECKING:
    from weft.workers.replay import Replayed


def replay(
    workspace: Folder = Path(),
    *,
    events: Annotated[Path | None, Parameter(name="--from")] = None,
    check: bool = False,
    json: bool = False,
) -> int:
    """Build the warehouse and every profile again from the log, and compare with what was there.

    Stop `weft up` first. What is older than the log (engine.replay_days) comes from the present warehouse, or from
    a file that `weft events export` wrote. The present warehouse is kept beside the new one until you delete it.

    For example:

        weft replay shop --check
        weft replay shop
        weft replay shop --from shop-events.parquet

    Parameters
    ----------
    workspace
        The folder of the workspace.
    events
        Exported events (Parquet) for what the log no longer has.
    check
        Only compare: change nothing, and end with 1 if the new state differs.
    json
        Print one JSON object.
    """
    import os

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from weft.offline import replay_workspace
    from weft.workspace import open_workspace

    if events is not None and not events.is_file():
        raise Misconfigured(f"{events} is not there. `weft events export FILE` writes such a file.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        replaying = progress.add_task("replaying", total=None)

        def show(step: str, done: int, total: int | None) -> None:
            progress.update(replaying, description=step, completed=done, total=total)

        result = replay_workspace(open_workspace(workspace, {}, os.environ), events, check=check, show=show)
    if json:
        show_json(result)
    else:
        _show(result, rebuilt=not check)
    return 1 if check and not result.same else 0


def _show(result: "Replayed", *, rebuilt: bool) -> None:
    show_line(f"{result.positions} positions of the log replayed")
    if rebuilt:
        show_line(f"{result.profiles} profiles rebuilt")
    before, after = result.before, result.after
    if before is None:
        show_line("there was no warehouse to compare with")
        return
    for name in ("events", "links", "profiles"):
        was, now = getattr(before, name), getattr(after, name)
        same = "the same" if was == now else f"was {was[0]}" if was[0] != now[0] else "not the same ones"
        show_line(f"{name}: {now[0]} ({same})")
    show_line("the state is the same" if result.same else "the state differs from what was there")
