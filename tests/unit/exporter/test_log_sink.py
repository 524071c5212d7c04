"""A reader of the log that has stopped stops nobody who writes to it."""

import json
import logging
import os
import socket
import time

import pytest

from exporter import log_sink
from exporter.log_sink import NeverWaiting

LINES = 20_000


@pytest.fixture(params=["pipe", "socket"])
def ends(request):
    """The reading and the writing end of what stderr may be."""
    if request.param == "pipe":
        read, write = os.pipe()
    else:
        read, write = (one.detach() for one in socket.socketpair())
    yield read, write
    os.close(read)
    os.close(write)


def test_without_a_reader_no_line_waits_and_the_last_are_kept(ends, a_log):
    read, write = ends
    log = a_log(write)
    begun = time.monotonic()

    for number in range(LINES):
        log.info("line %d %s", number, "x" * 100)

    assert time.monotonic() - begun < 10
    lines = drained(read, log)
    numbers = [int(line.split()[1]) for line in lines if line.startswith("line")]
    # In order, whole, the first and the last ones; the gap is told.
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-2:]) == (0, [LINES - 1, LINES])
    assert {line.split()[2] for line in lines if line.startswith("line")} == {"x" * 100}
    [told] = [json.loads(line) for line in lines if line.startswith("{")]
    assert told["event"] == "log lines lost"
    assert told["count"] + len(numbers) == LINES + 1
    assert len(numbers) * 100 > log_sink.KEPT_BYTES * 0.8


def test_with_a_reader_every_line_is_there(ends, a_log):
    read, write = ends
    log = a_log(write)

    log.info("line 0 x")
    log.info("line 1 x")

    assert os.read(read, 1000) == b"line 0 x\nline 1 x\n"


def test_a_file_takes_all(tmp_path, a_log):
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = a_log(file.fileno())
        for number in range(100):
            log.info("line %d", number)

    assert len(path.read_text().splitlines()) == 100


def test_a_reader_that_is_gone_is_outlived(a_log):
    read, write = os.pipe()
    log = a_log(write)
    os.close(read)

    log.info("line 0")

    os.close(write)


def test_it_does_not_change_the_descriptor_that_others_share(ends, a_log):
    a_log(ends[1])

    assert os.get_blocking(ends[1])


def drained(read, log):
    """Read all that comes once the reader is back; one more line lets what was kept follow."""
    os.set_blocking(read, False)
    told = os.read(read, 10_000_000)
    log.info("line %d %s", LINES, "x" * 100)
    while True:
        try:
            told += os.read(read, 10_000_000)
        except BlockingIOError:
            if told.endswith(b"}\n"):
                return told.decode().splitlines()
            log.info("more")


@pytest.fixture
def a_log():
    """Make logs that write to a descriptor as ours do."""
    handlers = []

    def make(fd):
        log = logging.Logger("test")
        handlers.append(NeverWaiting(fd))
        log.addHandler(handlers[-1])
        return log

    yield make
    for handler in handlers:
        handler.close()
