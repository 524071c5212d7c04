"""One Chromium process: start it, speak to it with limits, know when it is gone, stop it for good.

pyppeteer only connects; the process is ours. Its own launcher would replace Celery's signal
handlers, block the loop and leave Chromium behind when the worker is killed.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import pyppeteer
import pyppeteer.errors
import structlog
from pyppeteer.page import Page

from exporter import scratch
from exporter.errors import BrowserCrashed, BrowserError, BrowserLaunchFailed
from exporter.settings import Settings

T = TypeVar("T")
log = structlog.get_logger()

# Chromium is up in 0.3-0.8 s; on two cores with every core busy 5 s were seen.
START_TIMEOUT_S = 20.0
# One answer to `Browser.getVersion`, of a browser that may be drawing on busy cores; one that needs
# longer is as good as hung.
PING_TIMEOUT_S = 10.0
# From the closing of Chromium's socket to its end.
DEATH_SEEN_S = 1.0
_POLL_S = 0.02
_PROFILE_PREFIX = "profile-"


@dataclass(frozen=True)
class GlBackend:
    """A GL stack: its flags, and the word its WebGL renderer string must contain.

    None is for any that is not software.
    """

    flags: tuple[str, ...]
    renderer: str | None

    def is_shown_by(self, renderer: str) -> bool:
        """Tell whether *renderer*, as WebGL names it, is this one."""
        if self.renderer is not None:
            return self.renderer in renderer
        return not any(b.renderer in renderer for b in GL_BACKENDS.values() if b.renderer)


# By the system's EGL, which is Mesa's.
_BY_EGL = ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist")
GL_BACKENDS = {
    "llvmpipe": GlBackend(_BY_EGL, "llvmpipe"),
    # Software WebGL is opt-in since Chromium 139.
    "swiftshader": GlBackend(
        ("--use-angle=swiftshader", "--enable-unsafe-swiftshader"), "SwiftShader"
    ),
    "gpu": GlBackend(_BY_EGL, None),
}

_FLAGS = (
    "--headless",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--hide-scrollbars",
    "--mute-audio",
    "--force-color-profile=srgb",
    "--password-store=basic",
    # Nothing may leave past the gateway. Loopback bypasses a proxy unless told otherwise, and
    # WebRTC and QUIC do not use one at all.
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Chromium's own errands (clock, updates, sign-in); the gateway would refuse them, again and
    # again. Port 1 is one that its network stack never opens.
    "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,OptimizationGuideModelDownloading",
    "--component-updater=url-source=about:blank",
    "--gaia-url=https://127.0.0.1:1",
)


class Browser:
    """A running Chromium. `usable` turns False for good at the first sign of trouble."""

    def __init__(self, process: asyncio.subprocess.Process, profile: Path, backend: str) -> None:
        self.backend = backend
        self._process = process
        self._profile = profile
        self._connection: Any = None
        self._exited = asyncio.ensure_future(process.wait())
        self._crashed = asyncio.Event()
        self._broken = False
        self.pid = process.pid
        self.version = ""

    @classmethod
    async def start(cls, settings: Settings, *, proxy_port: int, backend: str = "") -> Self:
        """Start Chromium behind the gateway on *proxy_port*. Raises BrowserLaunchFailed.

        *backend* is what WebGL is to draw with, the first of the settings by default.
        Call it on the worker's loop thread: the parent-death signal is tied to the thread that
        forks, and that thread lives as long as the worker.
        """
        account = _account(settings)
        backend = backend or settings.gl_backends[0]
        profile = _make_profile(account)
        guard = _guard(account, settings.browser_nice)
        command = [*guard, *_command(settings, backend, profile, proxy_port)]
        try:
            with (profile / "chromium.log").open("wb") as stderr:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    env=_environment(profile, backend),
                    start_new_session=True,
                )
        except OSError as err:
            shutil.rmtree(profile, ignore_errors=True)
            raise BrowserLaunchFailed(f"{command[0]}: {err}") from err
        _step_back(process.pid, settings.browser_nice)
        browser = cls(process, profile, backend)
        try:
            await browser._connect()
        except BaseException:
            await browser.stop()
            raise
        return browser

    @property
    def usable(self) -> bool:
        return not self._broken and not self._exited.done()

    def retire(self) -> None:
        """Let nothing more be drawn here, although the process is alive."""
        self._broken = True

    async def new_page(self) -> Page:
        """Open a page; a crash of it makes the whole browser unusable. Raises BrowserError.

        It has a context, and with it a window of its own: of two tabs in one window the one behind
        is hidden, gets no frames, and no map in it ever settles.
        """
        return await self._tab(await self._context())

    @contextlib.asynccontextmanager
    async def apart(self) -> AsyncIterator[Page]:
        """Open a tab in a context of its own (cache, cookies, processes), gone with the block.

        Raises BrowserError.
        """
        context = await self._context()
        try:
            yield await self._tab(context)
        finally:
            # Of an unusable browser nothing stays anyway.
            if self.usable:
                with contextlib.suppress(TimeoutError, BrowserError):
                    await self.call(context.close(), timeout_s=PING_TIMEOUT_S)

    async def _context(self) -> Any:
        making = self._connection.createIncognitoBrowserContext()
        try:
            return await self.call(making, timeout_s=START_TIMEOUT_S)
        except TimeoutError as err:
            raise BrowserError(f"no new context: {err}") from err

    async def _tab(self, context: Any) -> Page:
        try:
            page = await self.call(context.newPage(), timeout_s=START_TIMEOUT_S)
        except TimeoutError as err:
            raise BrowserError(f"no new tab: {err}") from err
        # Without a listener the event raises inside pyppeteer's receive loop, and every later call
        # on this connection hangs.
        page.on("error", self._page_crashed)
        return page

    async def call(self, work: Awaitable[T], *, timeout_s: float) -> T:
        """Await *work*, a pyppeteer call, for at most *timeout_s*.

        Raises TimeoutError, BrowserCrashed when the process or the tab died meanwhile,
        BrowserError for any other trouble. After any of these, or a cancellation, the browser is
        unusable: pyppeteer loses its receive loop when a late answer meets a cancelled call.
        """
        task = asyncio.ensure_future(work)
        crash = asyncio.ensure_future(self._crashed.wait())
        try:
            await asyncio.wait(
                {task, crash, self._exited},
                timeout=timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            crash.cancel()
            if not task.done():
                self._broken = True
                task.add_done_callback(_forget)
        if task.done():
            try:
                return _result(task)
            except BrowserError as err:
                self._broken = True
                if not isinstance(err.__cause__, pyppeteer.errors.ElementHandleError):
                    await self._blame_its_death(err)
                raise
            except BaseException:
                self._broken = True
                raise
        if self._exited.done() or self._crashed.is_set():
            raise BrowserCrashed(f"Chromium {self.pid} died (exit {self._process.returncode})")
        raise TimeoutError(f"no answer from Chromium {self.pid} within {timeout_s:g} s")

    async def _blame_its_death(self, err: BrowserError) -> None:
        """Raise BrowserCrashed when Chromium is dying: its socket closes before it ends."""
        await asyncio.wait({self._exited}, timeout=DEATH_SEEN_S)
        if self._exited.done() or self._crashed.is_set():
            raise BrowserCrashed(f"Chromium {self.pid} died: {err}") from err

    async def healthy(self) -> bool:
        """Ask the browser for its version; a slow or failed answer makes it unusable."""
        if not self.usable:
            return False
        try:
            await self.call(self._connection.version(), timeout_s=PING_TIMEOUT_S)
        except (BrowserError, TimeoutError) as err:
            log.warning("browser ping failed", pid=self.pid, error=str(err))
            self._broken = True
        return self.usable

    def memory_bytes(self) -> int:
        """Return the memory of all processes of this browser (PSS where readable, else RSS)."""
        return sum(_memory(pid) for pid in _session_pids(self.pid))

    async def stop(self) -> None:
        """Kill the process group and remove the profile; never fails, never asks politely.

        The profile is thrown away, so nothing is gained by a slower, orderly exit.
        """
        self._broken = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._exited
        if self._connection is not None:
            await _disconnect(self._connection)
        await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)

    async def _connect(self) -> None:
        endpoint = await self._endpoint(time.monotonic() + START_TIMEOUT_S)
        connecting = asyncio.ensure_future(
            pyppeteer.connect(browserWSEndpoint=endpoint, defaultViewport=None)
        )
        connecting.add_done_callback(_forget)
        try:
            # Shielded: pyppeteer does not bear being cancelled; the kill of Chromium ends it.
            self._connection = await asyncio.wait_for(asyncio.shield(connecting), START_TIMEOUT_S)
            asked = self.call(self._connection.version(), timeout_s=START_TIMEOUT_S)
            self.version = str(await asked)
        except Exception as err:  # pyppeteer's, websockets' and the system's have no common base
            raise BrowserLaunchFailed(f"no CDP connection: {type(err).__name__}: {err}") from err

    async def _endpoint(self, deadline: float) -> str:
        port_file = self._profile / "DevToolsActivePort"
        while time.monotonic() < deadline:
            if self._exited.done():
                raise BrowserLaunchFailed(
                    f"Chromium exited with {self._process.returncode}: {self._last_words()}"
                )
            lines = port_file.read_text().split() if port_file.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(_POLL_S)
        raise BrowserLaunchFailed(
            f"Chromium did not open its port within {START_TIMEOUT_S:g} s: {self._last_words()}"
        )

    def _last_words(self) -> str:
        text = (self._profile / "chromium.log").read_text(errors="replace")
        return " | ".join(text.strip().splitlines()[-3:])

    def _page_crashed(self, error: object) -> None:
        self._broken = True
        self._crashed.set()
        log.warning("page crashed", pid=self.pid, error=str(error))


def sweep_profiles() -> int:
    """Kill the browsers and remove the profiles of dead workers; return how many there were."""
    swept = 0
    for profile in scratch.folder().glob(f"{_PROFILE_PREFIX}*"):
        owner = profile.name.removeprefix(_PROFILE_PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            _kill_users_of(profile)
            shutil.rmtree(profile, ignore_errors=True)
            swept += 1
    return swept


def _make_profile(account: pwd.struct_passwd | None) -> Path:
    prefix = f"{_PROFILE_PREFIX}{os.getpid()}-"
    profile = Path(tempfile.mkdtemp(prefix=prefix, dir=scratch.folder()))
    if account:
        os.chown(profile, account.pw_uid, account.pw_gid)
    return profile


def _account(settings: Settings) -> pwd.struct_passwd | None:
    """Return the account to run as when we are root; as root Chromium has no sandbox."""
    if os.getuid() != 0 or settings.allow_no_sandbox:
        return None
    try:
        return pwd.getpwnam(settings.browser_user)
    except KeyError as err:
        raise BrowserLaunchFailed(
            f"EXPORT_BROWSER_USER names {settings.browser_user!r}, which is no user of this system"
        ) from err


def _guard(account: pwd.struct_passwd | None, nice: int) -> list[str]:
    """Return the prefix that drops root and ties Chromium's life to ours, also under kill -9.

    With it all of Chromium is *nice* to the other processes of its host.
    """
    drop = (
        [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        if account
        else []
    )
    return ["nice", "-n", str(nice), "setpriv", *drop, "--pdeathsig", "KILL", "--"]


def _step_back(pid: int, nice: int) -> None:
    """Make the session *pid* leads nice as a whole, where the kernel schedules by sessions.

    There (`sched_autogroup_enabled`, the default of most distributions) a nice value counts within
    a session only, and each session gets as much as any other (sched(7)).
    """
    try:
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))
    except OSError as err:
        # No such kernel, or a container that owns its scheduling: Chromium runs all the same.
        log.debug("session not niced", pid=pid, error=str(err))


def _command(settings: Settings, backend: str, profile: Path, proxy_port: int) -> list[str]:
    sandbox = []
    if settings.allow_no_sandbox:
        log.error(
            "Chromium runs WITHOUT its sandbox: a hostile tile or font could take over this worker",
            setting="EXPORT_ALLOW_NO_SANDBOX",
        )
        sandbox = ["--no-sandbox"]
    return [
        str(settings.chromium_path),
        *_FLAGS,
        *GL_BACKENDS[backend].flags,
        *sandbox,
        f"--proxy-server=http://127.0.0.1:{proxy_port}",
        f"--user-data-dir={profile}",
        "about:blank",
    ]


def _environment(profile: Path, backend: str) -> dict[str, str]:
    home = str(profile)
    software = {"LIBGL_ALWAYS_SOFTWARE": "1"} if GL_BACKENDS[backend].renderer else {}
    return {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "LANG": "C.UTF-8",
        **software,
    }


def _result(task: "asyncio.Future[T]") -> T:
    try:
        return task.result()
    except pyppeteer.errors.TimeoutError as err:
        raise TimeoutError(str(err)) from err
    except (pyppeteer.errors.PyppeteerError, ConnectionError, TypeError, AttributeError) as err:
        # A call on a closed socket resolves to None inside pyppeteer, which then trips over it.
        raise BrowserError(f"{type(err).__name__}: {err}") from err


def _forget(task: "asyncio.Future[Any]") -> None:
    """Fetch the outcome of an abandoned call, so that asyncio does not complain about it."""
    if not task.cancelled():
        task.exception()


async def _disconnect(connection: Any) -> None:
    try:
        await asyncio.wait_for(connection.disconnect(), PING_TIMEOUT_S)
    except (
        TimeoutError,
        pyppeteer.errors.PyppeteerError,
        OSError,
        asyncio.InvalidStateError,
    ) as err:
        log.debug("CDP connection did not close in order", error=str(err))


def _session_pids(leader: int) -> list[int]:
    """Return the processes of the session *leader* leads (Chromium and its children)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader:
            found.append(int(stat.parent.name))
    return found


def _memory(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(rollup.split("\nPss:")[1].split()[0])
    except (OSError, IndexError):  # not ours to read, or gone
        return _resident(pid)


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _kill_users_of(profile: Path) -> None:
    needle = f"--user-data-dir={profile}".encode()
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if needle in cmdline.read_bytes().split(b"\0"):
                os.kill(int(cmdline.parent.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
