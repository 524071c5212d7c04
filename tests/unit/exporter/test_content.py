"""Gzip undone under a cap."""

import gzip
import zlib

import pytest

from exporter.content import gunzip
from exporter.errors import ResponseTooLarge


def test_a_body_as_long_as_the_cap_is_decoded():
    assert gunzip(gzip.compress(b"tile" * 10), 40) == b"tile" * 10


def test_members_are_joined():
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two"), 7) == b"one two"


def test_a_bomb_is_stopped_at_the_cap():
    with pytest.raises(ResponseTooLarge):
        gunzip(gzip.compress(bytes(10_000_000)), 9_999_999)


def test_a_bomb_in_a_second_member_is_stopped_too():
    with pytest.raises(ResponseTooLarge):
        gunzip(gzip.compress(b"ok") + gzip.compress(bytes(1000)), 1001)


@pytest.mark.parametrize("cut", [1, 9, 12, -1])
def test_gzip_that_ends_early_is_an_error(cut):
    with pytest.raises(zlib.error):
        gunzip(gzip.compress(b"a whole tile")[:cut], 1000)


def test_garbage_is_an_error():
    with pytest.raises(zlib.error):
        gunzip(b"\x1f\x8bgarbage", 1000)
