"""One JSON line per step an operator would ask about, with the job's id and never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(
    r"(ca_live_[0-9a-f]{8})[0-9a-f]+|((?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|"
    r"signature|token|access_token|key)=)[^&\s\"']+|(://)[^/@\s]+@",
    re.IGNORECASE,
)


def configure(level: str = "INFO") -> None:
    """Set up structlog and the standard logging of libraries to write JSON lines to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They narrate every frame and every request at INFO and below.
    for chatty in ("pyppeteer", "websockets", "aiohttp.access", "botocore", "urllib3", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out API keys, signatures, tokens and user-info of URLs in every text of *event*."""
    for name, item in event.items():
        if isinstance(item, str):
            event[name] = redacted(item)
    return event


def redacted(text: str) -> str:
    return _SECRET.sub(lambda m: f"{m[1] or m[2] or m[3]}[redacted]{'@' if m[3] else ''}", text)
