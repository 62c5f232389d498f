"""What DuckDB imports: with every value that it is given it looks whether it is one of pandas."""

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from types import ModuleType

PANDAS = "pandas"


class Absent(MetaPathFinder):
    """Says at once that there is no such module, instead of looking through every folder each time."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> None:
        """Raise ModuleNotFoundError for the module; let the others find the rest."""
        if fullname == self._name:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


@cache
def spare_looking_for_pandas() -> None:
    """Make a statement with parameters cheaper (550 to 240 µs of CPU) where pandas is not installed, as in Weft's own
    environment. Where it is, nothing changes."""
    if PANDAS not in sys.modules and find_spec(PANDAS) is None:
        sys.meta_path.insert(0, Absent(PANDAS))
