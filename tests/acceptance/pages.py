"""A page of the documentation as its reader follows it: writes its files, gives its commands, compares what they print.

Only fenced blocks count:

    sh                          commands that run to their end and succeed
    sh title="Receiver"         commands that keep a terminal of this name busy
    any other, with a title     a file of this name
    text                        what the commands before it print
    text title="Receiver"       what the terminal of this name prints by then

In what is printed `…` stands for anything: for any lines where it stands alone. WRITE_KEY and TOKEN take the value
that is printed first and stand for it from there on. Everything else stands as it is; the ports are other ones.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

DOCS = Path(__file__).resolve().parents[2] / "docs"
WAIT_SECONDS = 120.0
LOOKING = ("weft profile show", "weft audience", "weft destination list", "weft destination dead")
KEPT = ("WRITE_KEY", "TOKEN")
PORTS = ("8400", "8401", "9000")
FENCE = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PLACE = re.compile(rf"(…|\b(?:{'|'.join(KEPT)})\b)")


class Block(msgspec.Struct, frozen=True):
    """A fenced block, and where it stands."""

    language: str
    title: str
    text: str
    where: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of docs/`page`, in order."""
    text = (DOCS / page).read_text("utf-8")
    return [
        Block(found[1], found[2] or "", found[3], f"docs/{page}:{text.count(chr(10), 0, found.start()) + 1}")
        for found in FENCE.finditer(text)
    ]


class Terminal:
    """Commands that run on, and everything they have printed."""

    def __init__(self, command: str, folder: Path, environ: dict[str, str], out: Path) -> None:
        self._out = out
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                ["bash", "-euc", command],
                cwd=folder, env=environ, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def printed(self) -> str:
        return self._out.read_text("utf-8", "replace")

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


class Reader:
    """Follows pages in one folder. The commands of .venv come first on the path, as after its `activate`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self.environ = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "WEFT__COLLECT__PORT": self.said["8401"],
            "WEFT__API__PORT": self.said["8400"],
            "WEFT__COLLECT__EDGES": "1",
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "160",
        }
        self._terminals: dict[str, Terminal] = {}
        self._last = ("", "")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        for each in reversed(self._terminals.values()):
            each.close()

    def follow(self, page: str) -> None:
        """Do everything that the page says, to its end."""
        for block in blocks(page):
            self.do(block)

    def start_workspace(self, name: str) -> None:
        """Do what a page asks of its reader beforehand: make a workspace and start it."""
        self._run(f"weft init {name}", name)
        self.do(Block("sh", "Weft", f"weft up {name}\n", name))
        self.do(Block("text", "Weft", "write key: WRITE_KEY\n…\nready after …\n", name))

    def run(self, command: str) -> str:
        """Give a command that the page does not give; return what it prints."""
        return self._run(command, command)

    def do(self, block: Block) -> None:
        """Do what one block says."""
        text = self.filled(block.text)
        match block.language:
            case "sh" if block.title:
                self._open(block.title, text)
            case "sh":
                self._last = (text, self._run(text, block.where))
            case "text":
                self._expect(text, block)
            case _ if block.title:
                path = self.folder / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            case _:
                pass

    def filled(self, text: str) -> str:
        """Return the text with the ports of this run, and with the key and the token once they are known."""
        for name, value in self.said.items():
            text = re.sub(rf"\b{name}\b", value, text)
        return text

    def _open(self, title: str, command: str) -> None:
        if title in self._terminals:
            self._terminals.pop(title).close()
        out = self.folder / f"{title}.terminal"
        self._terminals[title] = Terminal(command, self.folder, self.environ, out)

    def _run(self, command: str, where: str) -> str:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=WAIT_SECONDS, check=False,
        )  # fmt: skip
        assert run.returncode == 0 or _looks(command), f"{where}: {command}{run.stdout}\n{self._everything()}"
        return run.stdout

    def _expect(self, expected: str, block: Block) -> None:
        """Compare with what was printed. What only looks is asked again: the engine needs its moment."""
        pattern = _pattern(expected)
        give_up = time.monotonic() + WAIT_SECONDS
        command, printed = self._last
        while True:
            if block.title:
                printed = self._terminals[block.title].printed()
            if found := pattern.search(
                "\n".join(" ".join(line.split()) for line in printed.splitlines()) + "\n"
            ):
                self.said.update(found.groupdict())
                return
            looks = block.title or _looks(command)
            told = f"{block.where}: expected\n{expected}\nprinted\n{printed}\n{self._everything()}"
            assert looks and time.monotonic() < give_up, told
            time.sleep(0.3)
            if not block.title:
                printed = self._run(command, block.where)

    def _everything(self) -> str:
        return "\n".join(f"--- {name}\n{each.printed()[-3000:]}" for name, each in self._terminals.items())


def _looks(command: str) -> bool:
    """Say whether this only looks, so that it may be given until what it shows is there."""
    return all(line.startswith(LOOKING) for line in command.splitlines())


def _pattern(expected: str) -> re.Pattern[str]:
    parts: list[str] = []
    for line in expected.splitlines():
        words = " ".join(line.split())
        if words == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append("".join(_part(part) for part in PLACE.split(words)) + r"\n")
    return re.compile("^" + "".join(parts), re.MULTILINE)


def _part(text: str) -> str:
    if text == "…":
        return ".*?"
    return rf"(?P<{text}>\S+)" if text in KEPT else re.escape(text)


def _free_ports(count: int) -> list[str]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports
