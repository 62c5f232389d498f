"""What is recorded: a log that is appended to, with a note of each position once `append` has returned.

Run as `python -m bench.crash_writer FOLDER GROUPS`. Checkpoints come often, so that the recording holds many.
"""

import os
import random
import sys
from pathlib import Path

from weft.model.accepted import Accepted
from weft.storage import sqlite_log

NOTE = "acknowledged"
CHECKPOINT_PAGES = 40
GROUP_EVENTS = 20
BODY_BYTES = 600


def body(position: int) -> bytes:
    """Return the one body that an event at this position has."""
    return random.Random(position).randbytes(BODY_BYTES)


def main(folder: Path, groups: int) -> None:
    """Append so many groups of 1 to 20 events."""
    sqlite_log.CHECKPOINT_PAGES = CHECKPOINT_PAGES
    log = sqlite_log.open_log("sqlite:///log.sqlite", folder)
    note = os.open(folder / NOTE, os.O_CREAT | os.O_WRONLY)
    draw = random.Random(groups)
    last = 0
    for _ in range(groups):
        size = draw.randint(1, GROUP_EVENTS)
        last = log.append([Accepted(1, "shop", body(last + place), 1) for place in range(1, size + 1)])
        os.write(note, b"%d\n" % last)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
