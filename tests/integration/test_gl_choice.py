"""A worker's GL backend in real Chromium: tried with a map, and refused when it is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from exporter.browser import Browser
from exporter.egress import Egress
from exporter.errors import BrowserLaunchFailed, RenderError
from exporter.gateway import Gateway
from exporter.page import RendererPage
from tests.rendering import offline


@pytest.mark.parametrize("backend", ["llvmpipe", "swiftshader"])
async def test_a_backend_that_draws_right_tells_how_fast(backend, tmp_path):
    async with opened(backend, tmp_path) as (page, _):
        assert 1 < await page.trial() < 10_000


async def test_one_that_draws_wrong_fails_its_trial(tmp_path):
    """As a driver would that takes every call and fills no triangle."""
    async with opened("llvmpipe", tmp_path) as (page, tab):
        await tab.evaluate("() => { WebGL2RenderingContext.prototype.drawElements = () => {}; }")

        with pytest.raises(RenderError, match=r"#000000 at 250, 750, where #336699 belongs"):
            await page.trial()


async def test_a_trial_leaves_the_page_fit_for_more(tmp_path):
    async with opened("llvmpipe", tmp_path) as (page, tab):
        await page.trial()
        await page.trial()

        assert await tab.evaluate("() => document.querySelectorAll('.map').length") == 1


async def test_software_is_not_taken_for_a_gpu(tmp_path):
    """Where there is none, Mesa draws in software and says so."""
    with pytest.raises(BrowserLaunchFailed, match="not gpu: set EXPORT_GL_BACKEND"):
        async with opened("gpu", tmp_path):
            pass


@asynccontextmanager
async def opened(backend, folder) -> AsyncIterator[tuple[RendererPage, object]]:
    config = offline(folder)
    gateway = Gateway(config, Egress(config))
    await gateway.start()
    browser = None
    try:
        browser = await Browser.start(config, proxy_port=gateway.port, backend=backend)
        page = await RendererPage.open(browser, config)
        yield page, page._page
    finally:
        if browser:
            await browser.stop()
        await gateway.stop()
