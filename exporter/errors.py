"""The whole error tree: what can go wrong, whose fault it is, and whether to try again.

Every error carries two texts. ``str(error)`` is for the log and may name hosts, paths and causes;
``error.public`` is for the caller and names the thing, the value, the allowed range and the way
out, never anything of ours. ``code`` is stable: a released code never changes its meaning.
"""

import re
from typing import ClassVar, Final


class ExportError(Exception):
    """Base of every error this service raises on purpose."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    user_fault: ClassVar[bool] = False
    summary: ClassVar[str] = "The export failed for a reason on our side."

    def __init__(self, message: str, *, public: str | None = None) -> None:
        super().__init__(message)
        self.public = public or self.summary


class InvalidSettings(ExportError):
    """The environment holds a value the service cannot run with; names the variable to set."""

    code = "settings_invalid"


class InvalidJob(ExportError):
    """The request cannot become a poster. *pointer* is the JSON pointer of the field at fault."""

    code = "invalid_job"
    user_fault = True

    def __init__(self, code: str, public: str, *, pointer: str | None = None) -> None:
        super().__init__(f"{code} at {pointer or '/'}: {public}", public=public)
        self.field_code = code
        self.pointer = pointer


class JobNotFound(ExportError):
    code = "job_not_found"
    user_fault = True
    summary = "There is no job with this id, or it belongs to another key."


class JobTerminal(ExportError):
    """The job has already ended, and an ending never changes."""

    code = "job_terminal"
    user_fault = True
    summary = "The job has already ended."


class JobNotFailed(ExportError):
    code = "job_not_failed"
    user_fault = True
    summary = "Only a failed job can be begun anew."


class JobNotEnded(ExportError):
    code = "job_not_ended"
    user_fault = True
    summary = "Only an ended job can be removed."


class JobCancelled(ExportError):
    """The caller cancelled the job while it was being drawn: stop, drop what was made."""

    code = "job_cancelled"
    user_fault = True
    summary = "The job was cancelled."


class NoticeNotFound(ExportError):
    code = "webhook_not_sent"
    user_fault = True
    summary = "There is nothing to send again: no webhook was told of this job."


class IdempotencyKeyReused(ExportError):
    code = "idempotency_key_reused"
    user_fault = True
    summary = (
        "This Idempotency-Key was sent with another body within the last 24 hours. Use a new key "
        "for a new poster."
    )


class QueueFull(ExportError):
    """So many posters wait already that this one would have to be drawn far too late."""

    code = "queue_full"
    summary = "So many posters wait to be drawn that no more are taken now. Ask again later."

    def __init__(self, message: str, *, surplus: int = 0) -> None:
        super().__init__(message)
        # How many jobs wait beyond as many as may.
        self.surplus = surplus


class LeaseLost(ExportError):
    """Another worker holds the job now: stop, drop what was made, touch nothing."""

    code = "lease_lost"


class WorkerLeaves(ExportError):
    """This worker was told to leave and the job would take too long: another one is to draw it."""

    code = "worker_leaves"
    retryable = True


class RecordTooNew(ExportError):
    """A newer version of the service wrote this record: its own workers can draw it."""

    code = "record_too_new"
    retryable = True


class QueueTimedOut(ExportError):
    code = "queue_timeout"
    summary = "No worker was free within the waiting limit."


class DeadlineExceeded(ExportError):
    code = "deadline_exceeded"
    summary = "The poster was not finished within its timeout. Ask for a longer `timeout`."


class WorkerCrashed(ExportError):
    code = "worker_crashed"
    summary = "The worker drawing this poster died each time it was tried."


class QueueUnavailable(ExportError):
    """Redis does not answer, so nothing can be accepted or read."""

    code = "broker_unavailable"
    retryable = True
    summary = "The queue is not reachable at the moment. Try again shortly."


class BrowserError(ExportError):
    code = "browser_error"
    retryable = True


class BrowserLaunchFailed(BrowserError):
    code = "browser_start_failed"
    summary = "The drawing browser could not be started."


class BrowserCrashed(BrowserError):
    code = "browser_crashed"
    summary = "The drawing browser died while the poster was being made."


class RenderError(ExportError):
    code = "render_error"
    retryable = True


class RenderTimedOut(RenderError):
    code = "render_timeout"
    summary = "The map did not finish drawing in time."


class ContextLost(RenderError):
    """The browser's GPU process died under the drawing."""

    code = "context_lost"
    summary = "The drawing browser lost its graphics while the poster was being made."


class StyleFailed(RenderError):
    code = "style_error"
    retryable = False
    user_fault = True
    summary = "The map style cannot be drawn."


class FontsFailed(RenderError):
    code = "font_unavailable"
    summary = "A font of this poster could not be loaded."


class MapBlank(RenderError):
    """Every tile answered and still nothing was drawn: there is no map data at this place."""

    code = "map_blank"
    retryable = False
    user_fault = True
    summary = "There is no map data at this location and zoom."


class TilesUnavailable(RenderError):
    code = "tiles_unavailable"
    summary = "The map tiles could not be fetched."


class ResourcesMissing(RenderError):
    """Something is missing from the drawing, and the caller wanted none such (`on_missing`)."""

    code = "resources_missing"
    retryable = False
    summary = "Tiles, glyphs or fonts are missing, and `on_missing` is `fail`."


class TilesCorrupt(RenderError):
    code = "tiles_corrupt"
    retryable = False
    summary = "The tile source answered with data that is not a map tile."


class CanvasClamped(RenderError):
    """The GL stack gave a smaller canvas than asked; a scaled-up poster is never delivered."""

    code = "canvas_clamped"
    retryable = False
    summary = "The requested size is larger than this service can draw."


class EgressDenied(ExportError):
    code = "egress_denied"
    user_fault = True
    summary = "A resource of this poster is at an address that is not allowed."


class EgressFailed(ExportError):
    """The other side did not answer properly: refused, reset, slow, TLS, or a 5xx."""

    code = "egress_failed"
    retryable = True
    summary = "A resource of this poster could not be fetched."


class ResponseTooLarge(ExportError):
    code = "response_too_large"
    summary = "A resource of this poster is larger than allowed."


class ImageError(ExportError):
    code = "image_invalid"
    retryable = True
    summary = "The drawn image failed its checks."


class StorageError(ExportError):
    code = "storage_error"


class StorageUnavailable(StorageError):
    code = "storage_unavailable"
    retryable = True
    summary = "The poster was drawn but the storage did not accept it in time."


class StorageRejected(StorageError):
    """The bucket refuses for a reason that trying again will not change."""

    code = "storage_rejected"
    summary = "The storage refused the poster."


class StorageDenied(StorageRejected):
    """The storage does not let us in, whatever we bring: credentials or policy must be mended."""

    code = "storage_denied"
    summary = "The storage does not let this service in."


class DiskFull(ExportError):
    """No room for temporary files on this worker; another one may have some."""

    code = "storage_local"
    retryable = True
    summary = "The worker drawing this poster had no disk space left."


class InternalError(ExportError):
    """An exception nobody foresaw; the log has its traceback."""

    code = "internal_error"
    retryable = True


def of_page(code: str, message: str) -> ExportError:
    """Return what the page failed with: *code* is its, *message* what it says for the log.

    What it says of a caller's own style is the caller's, too: without it nobody could mend one.
    """
    kind = by_code(code)
    public = f"{kind.summary} {harmless(message)}" if kind is StyleFailed else None
    return kind(f"page: {code}: {message}", public=public)


# URLs may hold keys, those of the gateway hold a ticket; paths are nobody's business.
_URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]+:[\\/]{2}\S*|\bdata:\S*", re.IGNORECASE)
_PATH: Final = re.compile(r"(?:[\\/]+[\w.%~+@-]+){2,}")
LONGEST_MESSAGE: Final = 300


def harmless(message: str) -> str:
    """Return *message* on one line, without URLs and paths, at most `LONGEST_MESSAGE` long."""
    # Cut before, too: nobody should wait for a search in a text of megabytes.
    text = _PATH.sub("[path]", _URL.sub("[URL]", message[: 10 * LONGEST_MESSAGE]))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"


def _subclasses(cls: type[ExportError]) -> list[type[ExportError]]:
    return [cls, *(leaf for child in cls.__subclasses__() for leaf in _subclasses(child))]


def by_code(code: str) -> type[ExportError]:
    """Return the error class a *code* of the page stands for, `RenderError` for an unknown one."""
    return next((cls for cls in _subclasses(RenderError) if cls.code == code), RenderError)
