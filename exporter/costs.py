"""What drawing a poster costs, by its pixels: behind limits, waiting times and refusals.

Measured on two cores with llvmpipe (docs/performance.md). Read by the API and by the worker.
"""

# A worker and its browser that have drawn before.
BASE_BYTES = 600 * 2**20
# Of the piece that is drawn: its frame, depth, sheet and PNG, and the one before it.
BYTES_PER_PIECE_PX = 33
# The pieces, the sheet laid out of them, and one file: twice what maps pack to, thrice for noise.
DISK_BYTES_PER_PX = 9

BASE_S = 0.5
# Drawing, packing, laying out and checking a map without a finish, on free cores.
S_PER_MPX = 0.08
# How much slower a machine may be that does other things, or a style that is painted over.
PATIENCE = 12


def memory_bytes(area_px: int, piece_px: int) -> int:
    """Return what a worker and its browser hold at most: beyond one piece, it does not grow."""
    return BASE_BYTES + BYTES_PER_PIECE_PX * min(area_px, piece_px)


def seconds(area_px: int) -> float:
    """Return how long a poster takes a warm worker."""
    return BASE_S + S_PER_MPX * area_px / 1e6


def patience_s(area_px: int) -> float:
    """Return how long to wait for a poster before it counts as stuck."""
    return PATIENCE * seconds(area_px)


def told(area_px: int, piece_px: int) -> str:
    """Return the model as callers are told it."""
    memory = memory_bytes(area_px, piece_px) >> 20
    disk = DISK_BYTES_PER_PX * area_px / 1e9
    return (
        f"drawn in pieces of {piece_px} pixels it would take {memory} MiB of memory, up to "
        f"{disk:.1f} GB of disk and {seconds(area_px):.0f} s or more of two cores"
    )
