"""Writes console/openapi.json, the document that the console's client is generated from.

`--check` writes nothing and ends with 1 when the file is out of date.
"""

import json
import sys
from pathlib import Path

from weft.web.api.app import openapi_document

FILE = Path(__file__).parent.parent / "console" / "openapi.json"


def document() -> str:
    """Return the document as it stands in the file. Weft's version is left out: it changes without the API."""
    found = openapi_document()
    found["info"]["version"] = "0"
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or say that it is out of date."""
    current = FILE.read_text("utf-8") if FILE.is_file() else ""
    if current == (text := document()):
        return 0
    if "--check" in sys.argv[1:]:
        sys.stderr.write("console/openapi.json is out of date: run scripts/openapi.py\n")
        return 1
    FILE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
