"""A ticket: one order, its progress, its tiles, and one image at most."""

import asyncio

import pytest

from exporter import tickets
from exporter.errors import ImageError
from exporter.tickets import EMPTY, MISSING, NAMED, SERVED, Ticket, Tiles


class TestImage:
    async def test_the_image_is_handed_to_who_waits(self, ticket):
        waiting = asyncio.ensure_future(ticket.image())
        assert ticket.expect_image()

        ticket.take_image(b"png")

        assert await waiting == b"png"

    async def test_there_is_one_image(self, ticket):
        ticket.expect_image()
        ticket.take_image(b"first")

        assert not ticket.expect_image()
        ticket.take_image(b"second")

        assert await ticket.image() == b"first"

    async def test_a_broken_upload_may_be_sent_again(self, ticket):
        ticket.expect_image()
        ticket.take_image(None)

        assert ticket.expect_image()

    async def test_a_page_that_sent_nothing_is_not_waited_for_without_end(
        self, ticket, monkeypatch
    ):
        monkeypatch.setattr(tickets, "IMAGE_WAIT_S", 0.01)

        with pytest.raises(ImageError, match="sent no image"):
            await ticket.image()

    async def test_an_image_after_the_end_is_dropped(self, make):
        with make() as ticket:
            pass

        ticket.take_image(b"late")


class TestProgress:
    async def test_what_the_contract_names_is_passed_on(self, ticket, progress):
        assert ticket.progressed("settling", 3, 9)
        assert ticket.progressed("drawn", 0, 0)

        assert progress == [("settling", 3, 9), ("drawn", 0, 0)]

    @pytest.mark.parametrize(
        "wrong",
        [
            ("sleeping", 0, 0),
            (None, 0, 0),
            (["settling"], 0, 0),
            ("settling", -1, 9),
            ("settling", 1.5, 9),
            ("settling", "3", 9),
            ("settling", True, 9),
            ("settling", 3, 10**7),
        ],
    )
    async def test_anything_else_is_refused(self, ticket, progress, wrong):
        try:
            passed = ticket.progressed(*wrong)
        except TypeError:  # an unhashable stage; the gateway answers it as bad too
            passed = False

        assert (passed, progress) == (False, [])


class TestTiles:
    async def test_the_last_end_of_a_tile_counts(self, ticket):
        ticket.tile_ended("1/0/0", "egress_failed")
        ticket.tile_ended("1/0/0", SERVED)
        ticket.tile_ended("1/0/1", EMPTY)

        assert (ticket.tiles.served, ticket.tiles.empty, ticket.tiles.failed) == (1, 1, {})
        assert ticket.warnings() == []

    async def test_the_first_of_a_kind_is_told_apart(self, ticket):
        assert ticket.tile_ended("1/0/0", "egress_failed")
        assert not ticket.tile_ended("1/0/1", "egress_failed")
        assert ticket.tile_ended("1/1/1", "tiles_corrupt")

    async def test_the_caller_is_told_what_is_not_on_the_map(self, ticket):
        ticket.tile_ended("1/0/0", MISSING)
        ticket.tile_ended("1/0/1", "egress_failed")

        missing, failed = ticket.warnings()

        assert (missing["code"], missing["count"], missing["tiles"]) == (
            "missing_tiles",
            1,
            ["1/0/0"],
        )
        assert (failed["code"], failed["message"]) == (
            "failed_tiles",
            "1 tiles could not be fetched (egress_failed).",
        )

    async def test_of_many_tiles_only_the_first_are_named(self, ticket):
        names = tuple(f"9/{x}/0" for x in range(NAMED + 5))
        for name in names:
            ticket.tile_ended(name, MISSING)

        assert ticket.tiles.missing == Tiles(NAMED + 5, names[:NAMED])


async def test_a_ticket_is_closed_by_its_word(make, closed):
    with make() as ticket:
        assert closed == []

    assert closed == [ticket.word]


async def test_no_two_tickets_share_a_word(make):
    assert len({make().word for _ in range(100)}) == 100


@pytest.fixture
def progress():
    return []


@pytest.fixture
def closed():
    return []


@pytest.fixture
def make(progress, closed):
    return lambda: Ticket({}, lambda *step: progress.append(step), closed.append)


@pytest.fixture
async def ticket(make):
    with make() as ticket:
        yield ticket
