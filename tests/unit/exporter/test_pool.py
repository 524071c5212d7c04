"""The pool's promises, with browsers that behave: warm, reused, retired, replaced."""

import asyncio

import pytest

from exporter.errors import BrowserLaunchFailed
from exporter.pool import BrowserPool, Limits


class FakeBrowser:
    """A browser that opens numbered pages, weighs what it is told and dies when it is told."""

    def __init__(self) -> None:
        self.alive = True
        self.stopped = False
        self.weight = 100

    @property
    def usable(self):
        return self.alive and not self.stopped

    async def healthy(self):
        return self.usable

    def memory_bytes(self):
        return self.weight

    async def stop(self):
        self.stopped = True


class Launcher:
    """Starts fake browsers and remembers them; fails as often as `failures` says."""

    def __init__(self) -> None:
        self.browsers: list[FakeBrowser] = []
        self.failures = 0
        self.pages = 0

    async def start(self):
        if self.failures:
            self.failures -= 1
            raise BrowserLaunchFailed("no")
        self.browsers.append(FakeBrowser())
        return self.browsers[-1]

    async def open_page(self, browser):
        self.pages += 1
        return (browser, self.pages)


async def test_a_page_is_lent_again_to_the_next_job(launcher, make_pool):
    pool = make_pool(Limits())

    async with pool.lend() as first:
        pass
    async with pool.lend() as second:
        pass

    assert first is second
    assert pool.state().renders == 2


async def test_the_minimum_is_kept_warm_before_any_job(launcher, make_pool):
    pool = make_pool(Limits(min_instances=2, max_instances=2))

    pool.keep_warm()
    await until(lambda: launcher.pages == 2)

    assert pool.state().browsers == 2


async def test_a_crashed_browser_is_replaced(launcher, make_pool):
    pool = make_pool(Limits())
    pool.keep_warm()
    async with pool.lend() as (browser, _):
        browser.alive = False

    await until(lambda: len(launcher.browsers) == 2)

    async with pool.lend() as (replacement, _):
        assert replacement is launcher.browsers[1]
    assert (browser.stopped, pool.state().crashed) == (True, 1)


async def test_a_browser_that_dies_idle_is_never_lent(launcher, make_pool):
    pool = make_pool(Limits(max_instances=2))
    async with pool.lend() as (first, _):
        pass
    first.alive = False

    async with pool.lend() as (second, _):
        assert second is not first


@pytest.mark.parametrize(
    ("limits", "spend"),
    [
        (Limits(max_renders=1), lambda browser, clock: None),
        (Limits(memory_limit_bytes=500), lambda browser, clock: setattr(browser, "weight", 501)),
        (Limits(max_age_s=60), lambda browser, clock: clock.advance(60)),
    ],
    ids=["renders", "memory", "age"],
)
async def test_a_spent_browser_is_retired(launcher, make_pool, clock, limits, spend):
    pool = make_pool(limits)

    async with pool.lend() as (browser, _):
        spend(browser, clock)

    assert (browser.stopped, pool.state().retired, pool.state().browsers) == (True, 1, 0)
    async with pool.lend() as (fresh, _):
        assert fresh is not browser


async def test_no_more_browsers_than_allowed(launcher, make_pool):
    pool = make_pool(Limits(max_instances=2))
    release = asyncio.Event()

    async def borrow():
        async with pool.lend():
            await release.wait()

    borrowers = [asyncio.ensure_future(borrow()) for _ in range(5)]
    await until(lambda: pool.state().busy == 2)
    release.set()
    await asyncio.gather(*borrowers)

    assert len(launcher.browsers) == 2
    assert pool.state().renders == 5


async def test_one_browser_lends_several_pages(launcher, make_pool):
    pool = make_pool(Limits(max_pages_per_browser=2))

    async with pool.lend() as (one, first), pool.lend() as (other, second):
        assert one is other
        assert first != second


async def test_a_failed_start_is_told_to_the_borrower_and_not_remembered(launcher, make_pool):
    launcher.failures = 1
    pool = make_pool(Limits())

    with pytest.raises(BrowserLaunchFailed):
        async with pool.lend():
            pass
    async with pool.lend():
        pass


async def test_spares_above_the_minimum_are_closed_when_idle(launcher, make_pool, clock):
    pool = make_pool(Limits(min_instances=1, max_instances=2, idle_timeout_s=10, max_age_s=9999))
    async with pool.lend(), pool.lend():
        pass
    assert pool.state().browsers == 2
    clock.advance(11)

    pool.keep_warm()
    await until(lambda: pool.state().browsers == 1)


async def test_closing_stops_every_browser(launcher, make_pool):
    pool = make_pool(Limits(max_instances=2))
    async with pool.lend(), pool.lend():
        pass

    await pool.close()

    assert all(browser.stopped for browser in launcher.browsers)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def launcher():
    return Launcher()


@pytest.fixture
async def make_pool(launcher, clock):
    pools = []

    def make(limits):
        pools.append(BrowserPool(launcher.start, launcher.open_page, limits, monotonic=clock))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()
