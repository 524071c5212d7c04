"""Real Chromium: it starts sandboxed, dies with its owner, and its death is noticed."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from exporter.browser import GL_BACKENDS, Browser, sweep_profiles
from exporter.errors import BrowserCrashed, BrowserError, BrowserLaunchFailed
from exporter.settings import Settings

# Nothing listens there: these tests open no page that needs the network.
NO_PROXY_PORT = 9


@pytest.mark.parametrize("backend", ["llvmpipe", "swiftshader"])
async def test_each_gl_backend_draws_with_what_it_says(backend):
    browser = await Browser.start(Settings(gl_backends=(backend,)), proxy_port=NO_PROXY_PORT)
    try:
        page = await browser.new_page()
        renderer = await browser.call(page.evaluate(RENDERER_STRING), timeout_s=20)
    finally:
        await browser.stop()

    assert GL_BACKENDS[backend].is_shown_by(renderer)
    assert not GL_BACKENDS["gpu"].is_shown_by(renderer)


async def test_the_renderer_is_sandboxed_and_not_root(browser):
    page = await browser.new_page()
    await browser.call(page.evaluate("1"), timeout_s=10)

    renderers = [pid for pid in session_of(browser.pid) if b"--type=renderer" in cmdline(pid)]

    assert renderers
    for pid in renderers:
        status = Path(f"/proc/{pid}/status").read_text()
        assert "Seccomp:\t2" in status
        assert "Uid:\t0" not in status
    assert b"--no-sandbox" not in cmdline(browser.pid)


async def test_all_of_it_steps_back_from_the_cpu(browser):
    """Else it would keep the API and Redis of its host waiting."""
    await browser.new_page()

    nice = Settings().browser_nice
    assert nice > 0
    # From where we are ourselves, and 19 is the end.
    wanted = min(os.getpriority(os.PRIO_PROCESS, 0) + nice, 19)
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in session_of(browser.pid)} == {wanted}
    session = Path(f"/proc/{browser.pid}/autogroup")
    # Of its session, where the kernel schedules by sessions.
    assert not session.exists() or session.read_text().split()[-1] == str(nice)


async def test_a_killed_browser_is_noticed_while_it_is_asked(browser):
    page = await browser.new_page()
    asked = asyncio.ensure_future(
        browser.call(page.evaluate("() => new Promise(() => {})"), timeout_s=30)
    )
    await asyncio.sleep(0)
    started = time.monotonic()

    os.killpg(browser.pid, signal.SIGKILL)

    with pytest.raises(BrowserError):
        await asked
    assert time.monotonic() - started < 5
    assert not browser.usable


async def test_a_killed_renderer_is_noticed_while_it_is_asked(browser):
    page = await browser.new_page()
    await browser.call(page.evaluate("1"), timeout_s=10)
    asked = asyncio.ensure_future(
        browser.call(page.evaluate("() => new Promise(() => {})"), timeout_s=30)
    )
    await asyncio.sleep(0)

    for pid in session_of(browser.pid):
        if b"--type=renderer" in cmdline(pid):
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(BrowserCrashed):
        await asked


async def test_a_call_that_takes_too_long_retires_the_browser(browser):
    page = await browser.new_page()

    with pytest.raises(TimeoutError):
        await browser.call(page.evaluate("() => new Promise(() => {})"), timeout_s=0.2)

    assert not browser.usable


async def test_a_cancelled_call_retires_the_browser(browser):
    """The page goes on working for a job that is over: it must never be lent to the next."""
    page = await browser.new_page()
    asked = asyncio.ensure_future(
        browser.call(page.evaluate("() => new Promise(() => {})"), timeout_s=30)
    )
    await asyncio.sleep(0)

    asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not browser.usable


async def test_a_browser_that_hangs_is_noticed_by_its_ping(browser, monkeypatch):
    monkeypatch.setattr("exporter.browser.PING_TIMEOUT_S", 0.3)
    os.kill(browser.pid, signal.SIGSTOP)

    assert not await browser.healthy()
    with pytest.raises(BrowserError, match="no new context"):
        monkeypatch.setattr("exporter.browser.START_TIMEOUT_S", 0.3)
        await browser.new_page()


async def test_it_knows_its_memory(browser):
    await browser.new_page()

    assert 50 << 20 < browser.memory_bytes() < 2 << 30


async def test_stopping_leaves_no_process_and_no_profile(browser):
    pids, profile = session_of(browser.pid), browser._profile
    assert profile.exists()

    await browser.stop()

    await gone(pids)
    assert not profile.exists()


async def test_a_browser_that_cannot_start_says_why():
    with pytest.raises(BrowserLaunchFailed, match="exited with"):
        await Browser.start(Settings(chromium_path=Path("/bin/false")), proxy_port=NO_PROXY_PORT)


async def test_chromium_dies_with_a_killed_owner_and_its_profile_is_swept():
    """Without the parent-death signal Chromium lives on after kill -9 of its worker."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    pid, profile = owner.stdout.readline().decode().split()
    pids = session_of(int(pid))
    assert len(pids) > 3

    owner.kill()
    owner.wait()
    owner.stdout.close()

    await gone(pids, within_s=15)
    assert Path(profile).exists()
    sweep_profiles()
    assert not Path(profile).exists()


RENDERER_STRING = """() => {
  const gl = document.createElement('canvas').getContext('webgl2');
  return gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info').UNMASKED_RENDERER_WEBGL);
}"""

OWNER = textwrap.dedent(f"""
    import asyncio
    from exporter.browser import Browser
    from exporter.settings import Settings

    async def main():
        browser = await Browser.start(Settings(), proxy_port={NO_PROXY_PORT})
        print(browser.pid, browser._profile, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")


def session_of(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[3]) == leader:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


async def gone(pids: list[int], within_s: float = 5) -> None:
    """Wait until none of *pids* is alive (a zombie awaiting its parent counts as gone)."""
    async with asyncio.timeout(within_s):
        while [pid for pid in pids if cmdline(pid)]:
            await asyncio.sleep(0.05)


@pytest.fixture
async def browser():
    browser = await Browser.start(Settings(), proxy_port=NO_PROXY_PORT)
    yield browser
    await browser.stop()
