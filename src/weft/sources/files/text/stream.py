"""A text file as UTF-8 bytes, whatever it is written in, from any place in it."""

import codecs
from pathlib import Path
from types import TracebackType
from typing import Self

from weft.errors import Rejected

READ_BYTES = 1 << 20
REPLACEMENT = "�".encode()
"""What stands where bytes mean nothing in the encoding."""


def codec_name(encoding: str) -> str:
    """Return Python's own name of an encoding; `utf-8` also reads a byte order mark.

    Raises Rejected for one that Python does not know.
    """
    try:
        name = codecs.lookup(encoding or "utf-8").name
    except LookupError as error:
        raise Rejected(
            f"The encoding `{encoding}` is not known. Try utf-8, cp949 (Korean), big5 (Traditional Chinese), "
            "shift_jis, cp1252 or utf-16.",
            code="bad_encoding",
        ) from error
    return "utf-8" if name == "utf-8-sig" else name


class TextStream:
    """Reads a file as UTF-8. Offsets count bytes of that UTF-8, without a byte order mark.

    In UTF-8 files bad bytes are passed on; in others they become U+FFFD.
    """

    def __init__(self, path: Path, encoding: str, offset: int = 0) -> None:
        self._file = path.open("rb")
        self._buffer = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        name = codec_name(encoding)
        if name == "utf-8":
            mark = len(codecs.BOM_UTF8) if self._file.read(3) == codecs.BOM_UTF8 else 0
            self._file.seek(mark + offset)
            return
        self._decoder = codecs.getincrementaldecoder(name)("replace")
        while offset > 0 and (passed := self.read(min(offset, READ_BYTES))):
            offset -= len(passed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def raw_bytes(self) -> int:
        """How many bytes of the file itself have been read."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes, or fewer at the end of the file."""
        if self._decoder is None:
            return self._file.read(size)
        parts = [self._buffer]
        length = len(self._buffer)
        while length < size:
            raw = self._file.read(READ_BYTES)
            text = self._decoder.decode(raw, final=not raw).encode("utf-8", "replace")
            parts.append(text)
            length += len(text)
            if not raw:
                break
        whole = b"".join(parts)
        self._buffer = whole[size:]
        return whole[:size]

    def skip_line(self) -> int:
        """Pass over the rest of a line that is too long to hold; return how many bytes that was."""
        passed = 0
        while block := self.read(READ_BYTES):
            end = block.find(b"\n")
            if end >= 0:
                self._give_back(block[end + 1 :])
                return passed + end + 1
            passed += len(block)
        return passed

    def _give_back(self, block: bytes) -> None:
        if self._decoder is None:
            self._file.seek(-len(block), 1)
        else:
            self._buffer = block + self._buffer
