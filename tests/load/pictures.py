"""Are the posters drawn under load those drawn idle? Compared by their files, then by pixels."""

import io
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageChops

from tests.load.export import Export
from tests.load.measured import Difference, Idle

# From a job's id to its file.
Fetch = Callable[[str], bytes]


def differences(
    exports: Sequence[Export], idle: Mapping[str, Idle], idle_jobs: Mapping[str, str], fetch: Fetch
) -> list[Difference]:
    """Return the completed *exports* whose pixels are not those of their order drawn idle.

    *idle_jobs*: the job that drew each order then. The same bytes are the same pixels; only what
    has other bytes is fetched and decoded.
    """
    found = []
    for export in exports:
        if not export.is_completed or export.sha256 == idle[export.order].sha256:
            continue
        pixels = pixels_apart(fetch(idle_jobs[export.order]), fetch(export.job_id))
        if pixels:
            found.append(Difference(export.order, export.job_id, pixels))
    return found


def pixels_apart(one: bytes, other: bytes) -> int:
    """Return in how many pixels two pictures differ, however little; -1 if not in size alike."""
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        if first.size != second.size:
            return -1
        apart = ImageChops.difference(first.convert("RGBA"), second.convert("RGBA"))
    # A pixel counts once, however many of its channels differ.
    most = apart.getchannel(0)
    for channel in range(1, 4):
        most = ImageChops.lighter(most, apart.getchannel(channel))
    return most.width * most.height - most.histogram()[0]
