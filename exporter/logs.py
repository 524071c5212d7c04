"""One JSON line per step an operator would ask about, with the job's id and never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from exporter.log_sink import NeverWaiting

# Each alternative keeps its group, which names what was there, and loses the rest.
_SECRET = re.compile(
    r"(ca_live_[0-9a-f]{8})[0-9a-f]+"
    r"|(whsec_)[\w+/=-]+"
    r"|((?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|signature|credential|token|"
    r"access_token|key|apikey|password|secret)=)[^&\s\"']+"
    r"|((?:authorization|x-api-key|apikey|password|secret_access_key)"
    r"\\?[\"']?\s*[:=]\s*\\?[\"']?(?:Bearer\s+|Basic\s+)?)[^\s,;\"'\\}]+"
    r"|(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}"
    r"|(://)[^/@\s\"']+(?=@)",
    re.IGNORECASE,
)

_RENDERER = structlog.processors.JSONRenderer()


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
    handler = NeverWaiting(sys.stderr.fileno())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _rendered,
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
    """Return *text* without what opens a door: the kinds of secrets above, wherever they stand."""
    return _SECRET.sub(lambda m: f"{m[m.lastindex or 0]}[redacted]", text)


def _rendered(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """Write the line, and look at all of it once more: a secret may be inside a list or object."""
    return redacted(str(_RENDERER(logger, method, event)))
