"""The pool's promises, with browsers that behave: warm, reused, retired, replaced."""

import asyncio

import pytest

from exporter.errors import BrowserCrashed, BrowserLaunchFailed
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
        self.page_failures = 0
        self.page_error: Exception = BrowserLaunchFailed("no page")
        self.pages = 0

    async def start(self):
        if self.failures:
            self.failures -= 1
            raise BrowserLaunchFailed("no")
        self.browsers.append(FakeBrowser())
        return self.browsers[-1]

    async def open_page(self, browser):
        if self.page_failures:
            self.page_failures -= 1
            raise self.page_error
        self.pages += 1
        return (browser, self.pages)


async def test_each_browser_says_how_it_is(launcher, make_pool, clock):
    pool = make_pool(Limits(max_instances=2))
    async with pool.lend():
        clock.advance(90)
        async with pool.lend():
            pass
        told = pool.state().each
    launcher.browsers[1].alive = False

    assert [(one.state, one.age_s) for one in told] == [("drawing", 90), ("idle", 0)]
    assert [(one.renders, one.memory_bytes) for one in told] == [(0, 0), (1, 100)]
    assert [one.state for one in pool.state().each] == ["idle", "broken"]


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


async def test_a_cancelled_borrowers_broken_browser_is_never_lent_again(launcher, make_pool):
    """The job's timeout cancels a borrower in the middle of a call, which breaks its browser."""
    pool = make_pool(Limits())
    lent = asyncio.Event()

    async def borrow():
        async with pool.lend() as (browser, _):
            lent.set()
            try:
                await asyncio.Event().wait()
            finally:
                browser.alive = False

    borrower = asyncio.ensure_future(borrow())
    await lent.wait()
    borrower.cancel()
    await asyncio.gather(borrower, return_exceptions=True)

    async with pool.lend() as (browser, _):
        assert browser is launcher.browsers[1]
    assert launcher.browsers[0].stopped


async def test_a_borrower_cancelled_twice_still_gives_back(launcher, make_pool):
    pool = make_pool(Limits())
    lent = asyncio.Event()

    async def borrow():
        async with pool.lend():
            lent.set()
            await asyncio.Event().wait()

    borrower = asyncio.ensure_future(borrow())
    await lent.wait()
    borrower.cancel()
    await asyncio.sleep(0)
    borrower.cancel()
    await asyncio.gather(borrower, return_exceptions=True)

    async with asyncio.timeout(5), pool.lend() as (browser, _):
        assert browser is launcher.browsers[0]


async def test_a_dead_browser_makes_room_for_a_job_at_once(launcher, make_pool):
    """Not only at the next patrol: with one browser at most the job would wait for it."""
    pool = make_pool(Limits(max_instances=1))
    async with pool.lend() as (first, _):
        pass
    first.alive = False

    async with asyncio.timeout(1), pool.lend() as (second, _):
        assert second is not first
    assert first.stopped


async def test_a_browser_in_which_no_page_opens_is_replaced(launcher, make_pool):
    pool = make_pool(Limits())
    launcher.page_failures = 1

    with pytest.raises(BrowserLaunchFailed):
        async with pool.lend():
            pass
    async with pool.lend() as (browser, _):
        assert browser is launcher.browsers[1]
    assert launcher.browsers[0].stopped


class TestAble:
    async def test_a_pool_is_able_once_its_browsers_are_warm(self, launcher, make_pool):
        pool = make_pool(Limits())
        assert not pool.able

        pool.keep_warm()

        assert await pool.until_able(5)
        assert launcher.pages == 1

    async def test_a_pool_whose_browser_does_not_start_is_not(
        self, launcher, make_pool, monkeypatch
    ):
        monkeypatch.setattr("exporter.pool.FIRST_BACKOFF_S", 0.01)
        launcher.failures = 3
        pool = make_pool(Limits())

        pool.keep_warm()

        assert not await pool.until_able(0)
        assert await pool.until_able(5)
        assert launcher.failures == 0

    async def test_a_pool_that_cannot_replace_its_browser_stops_being_able(
        self, launcher, make_pool
    ):
        pool = make_pool(Limits())
        pool.keep_warm()
        await pool.until_able(5)
        launcher.failures = 1000

        async with pool.lend() as (browser, _):
            browser.alive = False

        await until(lambda: not pool.able)

    async def test_whatever_goes_wrong_the_patrol_goes_on(self, launcher, make_pool, monkeypatch):
        monkeypatch.setattr("exporter.pool.FIRST_BACKOFF_S", 0.01)
        launcher.page_failures, launcher.page_error = 1, KeyError("renderer")
        pool = make_pool(Limits())

        pool.keep_warm()

        assert await pool.until_able(5)


async def test_a_closed_pool_lends_nothing(launcher, make_pool):
    pool = make_pool(Limits())
    await pool.close()

    with pytest.raises(BrowserCrashed):
        async with pool.lend():
            pass
    assert launcher.browsers == []


async def test_who_waits_for_a_page_when_the_pool_closes_is_told(launcher, make_pool):
    pool = make_pool(Limits())

    async with pool.lend():
        waiting = asyncio.ensure_future(pool.lend().__aenter__())
        await asyncio.sleep(0)
        await pool.close()

        with pytest.raises(BrowserCrashed):
            await waiting


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
