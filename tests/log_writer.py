"""A process that logs as those of the service do: `python -m tests.log_writer numbers 0 500`."""

import sys
from collections.abc import Callable

import structlog

from exporter import logs

JOB = "5f0d8a52-6a1c-4a57-9d43-0a3d2f3d7b11"
KEY = "ca_live_" + "0123456789abcdef" * 4
log = structlog.get_logger()


def numbers(first: str, last: str) -> None:
    for number in range(int(first), int(last)):
        log.info("numbered", number=number, job_id=JOB)


def story() -> None:
    """Log every kind of line that there is."""
    with structlog.contextvars.bound_contextvars(job_id=JOB):
        log.info("claimed", token=1, queue="high")
        log.info("completed", key="api-posters/a b/ü.png", bytes=12_345_678_901, ratio=0.125)
        log.warning("tile_failed", tile="14/1/2", cause='said "no"\nand \\ went \u2028 away')
        log.warning("file parked", files=[{"name": "a", "dpi": 300}, None, True])
        log.error("storage is away", error=f"https://user:hunter2@bucket.example said {KEY}")
        try:
            raise RuntimeError("one,\ntwo")
        except RuntimeError:
            log.exception("unforeseen error")


def faults() -> None:
    """Log one of each line that an alert asks for, and two browsers lost."""
    for _ in range(2):
        log.warning("browser lost", renders=3)
    log.warning("page crashed", pid=1, error="gone")
    log.warning("egress_denied", cause="http://10.0.0.1/ is not public")
    log.warning("gateway_denied", method="CONNECT", target="10.0.0.1:443")
    log.critical("Redis lost its data: accepted jobs are gone", data_set="b", before="a")
    log.error("metric lost", error="redis://:secret@redis:6379/0 is away")
    try:
        raise RuntimeError("unforeseen")
    except RuntimeError:
        log.exception("unforeseen error")
    # What a caller sends cannot look like a field.
    log.info("request answered", path='/"event":"browser lost","exception":"')


def plain() -> None:
    """Write what is no line of ours, and a key that nobody blanked out."""
    print("Fatal Python error: Segmentation fault")
    print(f'{{"event": "careless", "header": "{KEY}"}}', flush=True)


COMMANDS: dict[str, Callable[..., None]] = {
    "numbers": numbers,
    "story": story,
    "faults": faults,
    "plain": plain,
}


if __name__ == "__main__":
    logs.configure()
    COMMANDS[sys.argv[1]](*sys.argv[2:])
