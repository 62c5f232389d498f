"""The names that definitions may have."""

import re
from typing import Annotated

from msgspec import Meta

from weft.language.strict import Reader

NAME_CHARACTERS = 64
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Name = Annotated[
    str,
    Meta(
        description="Lower-case letters, digits and `_`, a letter first.",
        extra_json_schema={"pattern": f"^{_NAME.pattern}$", "maxLength": NAME_CHARACTERS},
    ),
]


def check_name(reader: Reader, name: str) -> None:
    """Note a fault if the name is none."""
    if len(name) > NAME_CHARACTERS or not _NAME.fullmatch(name):
        reader.fault(
            "name",
            f"`{name}` is no name: lower-case letters, digits and `_`, a letter first, {NAME_CHARACTERS} at most",
        )
