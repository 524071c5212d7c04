"""A ticket: one order, its progress, its tiles, and the pieces of one sheet."""

import pytest

from exporter.errors import ImageError
from exporter.pieces import Pieces
from exporter.tickets import EMPTY, MISSING, NAMED, SERVED, Ticket, Tiles


class TestPieces:
    def test_what_came_is_handed_over_once(self, ticket):
        send(ticket, 0, 0, b"left")
        send(ticket, 9, 0, b"right")

        pieces = ticket.take_pieces()

        assert [(piece.x, piece.path.read_bytes()) for piece in pieces] == [
            (0, b"left"), (9, b"right"),
        ]  # fmt: skip
        with pytest.raises(ImageError):
            ticket.take_pieces()

    def test_they_come_row_by_row(self, ticket):
        for x, y in ((100, 20), (0, 100), (20, 20)):
            send(ticket, x, y, b"png")

        assert [(piece.x, piece.y) for piece in ticket.take_pieces()] == [
            (20, 20), (100, 20), (0, 100),
        ]  # fmt: skip

    def test_a_place_is_taken_once(self, ticket):
        send(ticket, 0, 0, b"first")

        assert ticket.expect_piece(0, 0) is None
        assert ticket.received_bytes == len(b"first")

    def test_a_broken_upload_may_be_sent_again(self, ticket):
        path = ticket.expect_piece(0, 0)
        path.write_bytes(b"half of")
        ticket.piece_ended(path, 0)

        assert ticket.expect_piece(0, 0) == path
        assert not path.exists()

    def test_a_page_that_sent_nothing_drew_nothing(self, ticket):
        ticket.expect_piece(0, 0)

        with pytest.raises(ImageError, match="sent no image"):
            ticket.take_pieces()

    def test_what_nobody_took_is_removed_at_the_end(self, make, tmp_path):
        with make() as ticket:
            send(ticket, 0, 0, b"png")

        assert not list(tmp_path.rglob("*.piece"))

    def test_what_was_taken_stays_until_it_is_removed(self, make, tmp_path):
        with make() as ticket:
            send(ticket, 0, 0, b"png")
            pieces = ticket.take_pieces()

        assert list(tmp_path.rglob("*.piece"))
        with pieces:
            pass
        assert not list(tmp_path.rglob("*.piece"))


def send(ticket, x, y, body):
    path = ticket.expect_piece(x, y)
    path.write_bytes(body)
    ticket.piece_ended(path, len(body))


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
def make(progress, closed, tmp_path):
    return lambda: Ticket(
        {}, lambda *step: progress.append(step), Pieces.new(tmp_path), closed.append
    )


@pytest.fixture
async def ticket(make):
    with make() as ticket:
        yield ticket
