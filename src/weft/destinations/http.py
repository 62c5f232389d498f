"""HTTP to addresses that somebody else chose: public ones only, pinned, no redirects, bounded in all ways."""

import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import h11
from msgspec import Struct

REPLY_BYTES = 64 * 1024
HEADER_BYTES = 16 * 1024
READ_BYTES = 16 * 1024
IDLE_SECONDS = 20.0
URL_CHARS = 2_048

NAT64 = ipaddress.ip_network("64:ff9b::/96")

Headers = Sequence[tuple[bytes, bytes]]
Resolve = Callable[[str, int], Sequence[str]]


_ANY_POST = (
    h11.Request(method="POST", target="/", headers=[("host", "any"), ("content-length", "0")]),
    h11.EndOfMessage(),
)
"""Tells h11 that a POST went out, so that it reads the answer. Writing the bytes ourselves halves the time."""


class Unreachable(Exception):  # noqa: N818 - an ending, named as one
    """No complete answer. word: why, from a list. sent: something may have reached the receiver."""

    def __init__(self, word: str, *, sent: bool) -> None:
        super().__init__(word)
        self.word = word
        self.sent = sent


class Endpoint(Struct, frozen=True):
    """A URL, taken apart."""

    host: str
    port: int
    target: str
    secure: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


class Answer(Struct, frozen=True):
    """What the receiver said, without the body."""

    status: int
    retry_after: str = ""


def parse_url(url: str) -> Endpoint:
    """Take a URL apart. Raises ValueError, in words, for one that Weft does not send to."""
    if len(url) > URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"must be at most {URL_CHARS} printable ASCII characters without spaces")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must look like https://host/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or a password: sign with a secret instead")
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.hostname, parts.port or (443 if secure else 80), target, secure)


def is_public(address: str) -> bool:
    """Say whether an address is one of the open internet, also where IPv6 wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolve(host: str, port: int) -> Sequence[str]:
    """Return all addresses of a host, the preferred one first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class HttpClient:
    """One kept-open connection to one endpoint, for one thread."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout_seconds: float,
        private_networks: bool,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds
        self._private_networks = private_networks
        self._resolve = resolve
        self._tls = tls or (ssl.create_default_context() if endpoint.secure else None)
        self._socket: socket.socket | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BYTES)
        self._head = f"POST {endpoint.target} HTTP/1.1\r\nhost: {endpoint.authority}".encode("ascii")
        self._used_at = 0.0

    def post(self, headers: Headers, body: bytes) -> Answer:
        """Send a POST; all of it, from the name lookup to the last byte, has `timeout_seconds`.

        headers: names and values of our own making; they are written as they are.
        Raises Unreachable. A reply longer than REPLY_BYTES counts by its status and costs the connection.
        """
        deadline = time.monotonic() + self._timeout_seconds
        try:
            connection = self._connection(deadline)
            answer, reusable = self._exchange(connection, headers, body, deadline)
        except BaseException:
            self.close()
            raise
        if reusable:
            self._http.start_next_cycle()
            self._used_at = time.monotonic()
        else:
            self.close()
        return answer

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def _connection(self, deadline: float) -> socket.socket:
        if self._socket is not None and self._alive(self._socket):
            return self._socket
        self.close()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BYTES)
        self._socket = self._connect(self._addresses(), deadline)
        return self._socket

    def _alive(self, connection: socket.socket) -> bool:
        """Say whether an idle connection can be used: the receiver neither closed it nor spoke out of turn."""
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            return False
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return not poll.poll(0)

    def _addresses(self) -> Sequence[str]:
        try:
            addresses = self._resolve(self._endpoint.host, self._endpoint.port)
        except (OSError, UnicodeError) as error:
            raise Unreachable("unknown_host", sent=False) from error
        if not self._private_networks and not all(map(is_public, addresses)):
            raise Unreachable("private_address", sent=False)
        return addresses

    def _connect(self, addresses: Sequence[str], deadline: float) -> socket.socket:
        word = "unknown_host"
        for address in addresses:
            try:
                opened = socket.create_connection((address, self._endpoint.port), _left(deadline, sent=False))
            except TimeoutError:
                word = "timeout"
                continue
            except OSError:
                word = "connect"
                continue
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._secured(opened, deadline)
        raise Unreachable(word, sent=False)

    def _secured(self, opened: socket.socket, deadline: float) -> socket.socket:
        if self._tls is None:
            return opened
        try:
            opened.settimeout(_left(deadline, sent=False))
            return self._tls.wrap_socket(opened, server_hostname=self._endpoint.host)
        except (OSError, ValueError) as error:
            opened.close()
            word = "timeout" if isinstance(error, TimeoutError) else "tls"
            raise Unreachable(word, sent=False) from error

    def _exchange(
        self, connection: socket.socket, headers: Headers, body: bytes, deadline: float
    ) -> tuple[Answer, bool]:
        lines = (self._head, b"content-length: %d" % len(body), *(b": ".join(each) for each in headers))
        request = b"\r\n".join(lines) + b"\r\n\r\n" + body
        for event in _ANY_POST:
            self._http.send(event)
        try:
            connection.settimeout(_left(deadline, sent=False))
            connection.sendall(request)
            return self._read(connection, deadline)
        except TimeoutError as error:
            raise Unreachable("timeout", sent=True) from error
        except h11.RemoteProtocolError as error:
            closed = self._http.their_state is h11.ERROR and "closed" in str(error)
            raise Unreachable("truncated" if closed else "bad_reply", sent=True) from error
        except OSError as error:
            raise Unreachable("reset", sent=True) from error

    def _read(self, connection: socket.socket, deadline: float) -> tuple[Answer, bool]:
        answer: Answer | None = None
        received = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if received > REPLY_BYTES + HEADER_BYTES:
                    return _or_bad(answer), False
                connection.settimeout(_left(deadline, sent=True))
                data = connection.recv(READ_BYTES)
                received += len(data)
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                asked = next((value for name, value in event.headers if name == b"retry-after"), b"")
                answer = Answer(event.status_code, asked.decode("latin-1"))
            elif isinstance(event, h11.EndOfMessage):
                return _or_bad(
                    answer
                ), self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
            elif isinstance(event, h11.ConnectionClosed):
                raise Unreachable("truncated", sent=True)


def _left(deadline: float, *, sent: bool) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unreachable("timeout", sent=sent)
    return left


def _or_bad(answer: Answer | None) -> Answer:
    if answer is None:
        raise Unreachable("bad_reply", sent=True)
    return answer
