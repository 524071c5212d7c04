import pytest

from exporter.errors import BrowserLaunchFailed, RenderError
from exporter.gl_choice import fastest

FRAMES_MS = {"slow": 90.0, "quick": 30.0}


async def test_the_quickest_is_chosen():
    assert await fastest(("slow", "quick"), trial) == "quick"


async def test_one_that_draws_wrong_is_left_out():
    """However quick it is."""
    assert await fastest(("wrong", "slow"), trial) == "slow"


async def test_a_single_one_is_not_tried():
    """It is refused by its name when its page opens, and each start of a worker is 2 s shorter."""
    assert await fastest(("wrong",), trial) == "wrong"


async def test_when_none_works_each_is_named_with_its_reason():
    with pytest.raises(BrowserLaunchFailed, match=r"wrong: black where.*gone: no EGL") as caught:
        await fastest(("wrong", "gone"), trial)

    assert "EXPORT_GL_BACKEND" in str(caught.value)


async def trial(backend: str) -> float:
    if backend == "wrong":
        raise RenderError("black where water belongs")
    if backend == "gone":
        raise BrowserLaunchFailed("no EGL")
    return FRAMES_MS[backend]
