"""`weft identity learn`: a model from the people of a workspace."""

import os
from pathlib import Path

import msgspec

from weft.cli.client import Folder
from weft.cli.show import AsJson, show_json, show_line
from weft.workspace import open_workspace


def learn(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """Learn from the people of a stopped workspace what agreement on each field is worth, without labels.

    The model is written to `data/identity/model.json`. At the next start everybody is compared again by it; scores
    carry the model that made them.

    For example:

        weft identity learn -w shop
    """
    from weft.offline import learn_workspace

    learnt = learn_workspace(open_workspace(workspace, {}, os.environ))
    if json:
        show_json(msgspec.to_builtins(learnt))
        return
    show_line(f"model {learnt.model}: learnt from {learnt.records:,} people with {', '.join(learnt.fields)}")
    show_line(f"{learnt.waiting:,} people will be compared again at the next start")
