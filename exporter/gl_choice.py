"""Which of several GL backends a worker draws with: the fastest one that draws right here."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from exporter.errors import BrowserLaunchFailed, ExportError

log = structlog.get_logger()

# Draws the page's trial with a backend and returns the milliseconds of a frame.
Trial = Callable[[str], Awaitable[float]]


async def fastest(backends: Sequence[str], trial: Trial) -> str:
    """Return the one of *backends* with the shortest *trial*; a single one needs none.

    One that is not there, or draws wrong, is left out, with a word in the log. Raises
    BrowserLaunchFailed when none is left.
    """
    if len(backends) == 1:
        return backends[0]
    frames_ms: dict[str, float] = {}
    failures: list[str] = []
    for backend in backends:
        try:
            frames_ms[backend] = await trial(backend)
        except ExportError as err:
            failures.append(f"{backend}: {err}")
            log.warning("gl backend left out", backend=backend, error=str(err))
    if not frames_ms:
        raise BrowserLaunchFailed(f"EXPORT_GL_BACKEND names none that works: {'; '.join(failures)}")
    chosen = min(frames_ms, key=lambda backend: frames_ms[backend])
    log.info("gl backend chosen", backend=chosen, frames_ms=frames_ms)
    return chosen
