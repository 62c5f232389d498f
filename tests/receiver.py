"""A receiver of webhooks on a loopback port that can be told to misbehave in every way a real one does."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: str, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", "Content-Length: 0", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    head: bytes
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]


Behave = Callable[["Request", socket.socket], None]


def reply(data: bytes) -> Behave:
    return lambda _request, connection: connection.sendall(data)


def hang(_request: Request, connection: socket.socket) -> None:
    connection.settimeout(30)
    connection.recv(1)


def drip(_request: Request, connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def reset(_request: Request, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def truncate(_request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
    connection.close()


@dataclass
class Receiver:
    behave: Behave = field(default_factory=lambda: reply(OK))
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    def ids(self) -> list[str]:
        return [request.message_id for request in self.requests]

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        left = b""
        try:
            while True:
                while b"\r\n\r\n" not in left:
                    if not (data := connection.recv(65_536)):
                        return
                    left += data
                head, _, left = left.partition(b"\r\n\r\n")
                lines = head.decode().split("\r\n")[1:]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                length = int(headers.get("content-length", "0"))
                while len(left) < length:
                    left += connection.recv(65_536)
                request = Request(head, headers, left[:length], time.time())
                left = left[length:]
                self.requests.append(request)
                self.behave(request, connection)
        except OSError:
            return
        finally:
            connection.close()
