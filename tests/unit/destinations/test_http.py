import socket
import time
from collections.abc import Iterator

import pytest
from tests.receiver import OK, Receiver, answer, drip, hang, reply, reset, truncate

from weft.destinations.http import HttpClient, Unreachable, is_public, parse_url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def client(url: str, *, private: bool = True, seconds: float = 2.0, **more: object) -> HttpClient:
    return HttpClient(parse_url(url), timeout_seconds=seconds, private_networks=private, **more)  # pyright: ignore


def fault(client: HttpClient) -> tuple[str, bool]:
    with pytest.raises(Unreachable) as caught:
        client.post((), b"{}")
    return caught.value.word, caught.value.sent


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_no_spelling_of_loopback_gets_out(receiver: Receiver, host: str) -> None:
    assert fault(client(f"http://{host}:{receiver.port}/", private=False)) == ("private_address", False)
    assert receiver.connections == 0


def test_one_private_address_among_public_ones_is_enough(receiver: Receiver) -> None:
    def both(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    url = f"http://hook.example:{receiver.port}/"
    assert fault(client(url, private=False, resolve=both)) == ("private_address", False)
    assert receiver.connections == 0


def test_the_address_that_was_checked_is_the_one_connected_to(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    pinned = client(f"http://hook.example:{receiver.port}/", resolve=lambda _host, _port: next(answers))
    for _ in range(3):
        assert pinned.post((), b"{}").status == 200
    assert next(answers) == ["127.0.0.2"], "the name was looked up once for one connection"
    assert receiver.requests[0].headers["host"] == f"hook.example:{receiver.port}"


def test_the_connection_stays_open_between_requests(receiver: Receiver) -> None:
    kept = client(receiver.url)
    for number in range(5):
        assert kept.post(((b"x-number", b"%d" % number),), b"{}").status == 200
    assert receiver.connections == 1
    assert receiver.requests[0].head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n")


def test_a_connection_that_the_receiver_closed_is_replaced_without_a_loss(receiver: Receiver) -> None:
    def once(_request: object, connection: socket.socket) -> None:
        connection.sendall(OK)
        connection.close()

    receiver.behave = once
    kept = client(receiver.url)
    for _ in range(3):
        assert kept.post((), b"{}").status == 200
        time.sleep(0.02)
    assert len(receiver.requests) == receiver.connections == 3


@pytest.mark.parametrize("behave", [hang, drip])
def test_the_time_limit_covers_the_whole_exchange(receiver: Receiver, behave: object) -> None:
    receiver.behave = behave  # pyright: ignore
    started = time.monotonic()
    assert fault(client(receiver.url, seconds=0.3)) == ("timeout", True)
    assert time.monotonic() - started < 0.6


@pytest.mark.parametrize(
    ("behave", "word"),
    [
        (reset, "reset"),
        (truncate, "truncated"),
        (reply(b"SSH-2.0-OpenSSH\r\n\r\n"), "bad_reply"),
        (reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "bad_reply"),
        (reply(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000), "bad_reply"),
    ],
)
def test_a_broken_answer_is_told_apart(receiver: Receiver, behave: object, word: str) -> None:
    receiver.behave = behave  # pyright: ignore
    assert fault(client(receiver.url)) == (word, True)


def test_a_refused_connection_is_known_not_to_be_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert fault(client(f"http://127.0.0.1:{port}/")) == ("connect", False)
    assert fault(client("http://no-such-host.invalid/")) == ("unknown_host", False)


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.behave = reply(answer("302 Found", f"Location: {receiver.url}"))
    assert client(receiver.url).post((), b"{}").status == 302
    assert len(receiver.requests) == 1


def test_an_endless_reply_counts_by_its_status_and_is_cut(receiver: Receiver) -> None:
    def flood(_request: object, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1_000):
            connection.sendall(b"x" * 100_000)

    receiver.behave = flood
    kept = client(receiver.url)
    assert kept.post((), b"{}").status == 200
    receiver.behave = reply(OK)
    assert kept.post((), b"{}").status == 200
    assert receiver.connections == 2


def test_plain_text_on_a_tls_port_is_a_tls_fault(receiver: Receiver) -> None:
    receiver.behave = reply(OK)
    word, sent = fault(client(receiver.url.replace("http:", "https:"), seconds=0.5))
    assert (word, sent) in {("tls", False), ("timeout", False)}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "https://",
        "/path",
        "https://kim:pw@a/",
        "https://a/\r\nX: y",
        "https://a/ b",
        "https://a:99999/",
    ],
)
def test_a_url_that_cannot_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_url(url)
