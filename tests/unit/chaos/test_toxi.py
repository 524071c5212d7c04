"""The bad network is as bad as it is told to be, and no worse."""

import errno
import random
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.chaos.toxi import WELL, Evil, Net, toxi


@pytest.fixture
def net() -> Iterator[Net]:
    """A proxy before a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        with toxi(server.getsockname()[1], random.Random(1)) as running:
            yield running
        server.shutdown(socket.SHUT_RDWR)


def serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=send_back, args=(connection,), daemon=True).start()


def send_back(connection: socket.socket) -> None:
    with connection:
        try:
            while block := connection.recv(65_536):
                connection.sendall(block)
        except OSError:
            return


def ask(net: Net, body: bytes = b"hello", timeout_s: float = 5.0) -> bytes:
    with socket.create_connection(("127.0.0.1", net.port), timeout_s) as connection:
        connection.sendall(body)
        end(connection)
        answer = b""
        while block := connection.recv(65_536):
            answer += block
        return answer


def end(connection: socket.socket) -> None:
    """Say that all is sent. Raises ConnectionResetError when the connection was cut by then."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError as err:
        # What the kernel says after a reset that it has told of already.
        if err.errno != errno.ENOTCONN:
            raise
        raise ConnectionResetError("cut before its end was said") from err


def test_well_it_passes_everything_on(net):
    body = random.Random(2).randbytes(3_000_000)

    assert ask(net, body) == body


def test_slow_it_is_late(net):
    net.evil = Evil(latency_s=0.3)
    begun = time.monotonic()

    assert ask(net) == b"hello"
    assert time.monotonic() - begun >= 0.3


def test_down_nobody_is_there(net):
    net.evil = Evil(down=True)

    with pytest.raises(ConnectionError):
        ask(net)


def test_silent_it_says_nothing(net):
    net.evil = Evil(blackhole=1)

    with pytest.raises(TimeoutError):
        ask(net, timeout_s=0.5)
    assert net.blackholes == 1


def test_cut_it_ends_before_the_answer_does(net):
    net.evil = Evil(reset=1)
    body, whole = bytes(2_000_000), 0
    for _ in range(5):
        try:
            whole += ask(net, body) == body
        except ConnectionError:
            continue

    assert whole == 0
    assert net.resets == 5


def test_what_is_told_counts_at_once(net):
    net.evil = Evil(down=True)
    with pytest.raises(ConnectionError):
        ask(net)
    net.evil = WELL

    assert ask(net) == b"hello"


def test_a_small_run_meets_its_share_whatever_the_seed(net):
    net.evil = Evil(reset=0.1)
    cut = 0
    for _ in range(20):
        try:
            assert ask(net, bytes(2_000_000))
        except ConnectionError:
            cut += 1

    assert (cut, net.resets, net.connections) == (2, 2, 20)


def test_a_connection_that_lives_long_meets_its_share_too(net):
    net.evil = Evil(reset=0.2, life=3)
    answers = 0
    with socket.create_connection(("127.0.0.1", net.port), 5) as connection:
        try:
            while answers < 1000:
                connection.sendall(b"hello")
                assert connection.recv(5)
                answers += 1
        except ConnectionError:
            pass

    assert net.resets == 1
    assert answers < 100


def test_a_connection_may_fall_silent_in_the_middle(net):
    net.evil = Evil(blackhole=0.5, life=1)
    with (
        socket.create_connection(("127.0.0.1", net.port), 0.5) as connection,
        pytest.raises(TimeoutError),
    ):
        for _ in range(5):
            connection.sendall(b"hello")
            connection.recv(5)

    assert net.blackholes == 1
