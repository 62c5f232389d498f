"""`weft identity learn`: a model from the people of a workspace, shown before it is used."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from weft.cli.client import Folder
from weft.cli.show import AsJson, show_json, show_line
from weft.workspace import Workspace, open_workspace


def learn(
    workspace: Folder = Path(),
    *,
    use: Annotated[bool, Parameter(help="Put the proposed model in force.", negative=())] = False,
    json: AsJson = False,
) -> None:
    """Learn from the people of a stopped workspace what agreement on each field is worth, without labels.

    The model is proposed, as `data/identity/model.proposed.json`, and what it would change is shown: how many pairs
    would join and come apart, and the greatest changes. Nothing changes until you say `--use`; then everybody is
    compared again at the next start.

    For example:

        weft identity learn -w shop
        weft identity learn -w shop --use
    """
    opened = open_workspace(workspace, {}, os.environ)
    if use:
        _use(opened, json=json)
    else:
        _propose(opened, json=json)


def _use(workspace: Workspace, *, json: bool) -> None:
    from weft.offline import use_learnt

    used = use_learnt(workspace)
    if json:
        show_json(msgspec.to_builtins(used))
        return
    show_line(
        f"model {used.model} is in force: {used.waiting:,} people will be compared again at the next start"
    )


def _propose(workspace: Workspace, *, json: bool) -> None:
    from weft.offline import learn_workspace

    learnt, names = learn_workspace(workspace)
    effect = learnt.effect
    examples = [
        {
            "left": names.get(each.left, each.left.hex()),
            "right": names.get(each.right, each.right.hex()),
            "before": each.before,
            "after": each.after,
        }
        for each in effect.examples
    ]
    if json:
        told = msgspec.to_builtins(learnt)
        show_json(told | {"effect": told["effect"] | {"examples": examples}})
        return
    show_line(f"model {learnt.model}: learnt from {learnt.records:,} people with {', '.join(learnt.fields)}")
    show_line(f"pairs that merge: {effect.merged_before:,} now, {effect.merged_after:,} with it")
    show_line(f"pairs to ask about: {effect.asked_before:,} now, {effect.asked_after:,} with it")
    show_line(f"{effect.joins:,} pairs would join, {effect.parts:,} would come apart")
    for each in examples:
        show_line(f"  {each['left']}  {each['right']}: {each['before']} -> {each['after']}")
    show_line("Nothing has changed. `weft identity learn --use` puts it in force.")
