"""`webhook` as a request says it: where to tell how the job ended, of which endings, signed how."""

import binascii
import re
from base64 import b64decode
from typing import Any

from marshmallow import fields
from yarl import URL

from exporter.addresses import MAX_URL_CHARS, AddressRules
from exporter.events import Event, Webhook
from exporter.settings import Settings
from webapi import urls
from webapi.config_schemas import schema_of
from webapi.fields import Strict, Word, described, refuse
from webapi.strict import StrictSchema

SECRET_BYTES = (24, 64)
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{32,88}={0,2})")


def webhook_schema(settings: Settings) -> type[StrictSchema]:
    """Return the schema of a `webhook`; it loads a Webhook."""
    made = {
        "url": described(Receiver(settings, required=True), description="where to POST to"),
        "secret": described(
            Secret(), description="signs what is sent; by default the API key's own webhook secret"
        ),
        "events": described(Events(Word(tuple(Event))), default=list(Event)),
    }
    return schema_of("Webhook", made, Webhook)


class Receiver(Strict, fields.String):
    """The URL of a receiver: public, by https, and not this API itself."""

    wants = "a URL that starts with https://"

    def __init__(self, settings: Settings, **kwargs: Any) -> None:
        super().__init__(metadata={"maxLength": MAX_URL_CHARS, "format": "uri"}, **kwargs)
        self._rules = AddressRules(settings.egress_allow)
        self._own = _origin(settings.base_url)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            self.mismatch(value)
        if _origin(value) == self._own:
            raise refuse("webhook_self", "must not be an address of this API")
        if complaint := urls.complaint(value, self._rules):
            code, detail = complaint
            if value[:7].lower() == "http://" and code == "url_scheme":
                code = "webhook_https_required"
            raise refuse(code, detail)
        return value


class Secret(Strict, fields.String):
    wants = "a text"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": f"^{_SECRET.pattern}$"}, **kwargs)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            self.mismatch(value)
        least, most = SECRET_BYTES
        if not least <= len(_decoded(value)) <= most:
            # What was sent is a secret, so it is not shown.
            raise refuse(
                "webhook_secret_length", f"must be whsec_ and base64 of {least}-{most} bytes"
            )
        return value


class Events(Strict, fields.List[Any]):
    wants = "an array of events"

    def __init__(self, event: Word, **kwargs: Any) -> None:
        bounds = {"minItems": 1, "maxItems": len(Event)}
        super().__init__(event, metadata=bounds, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            self.mismatch(value)
        if not 1 <= len(value) <= len(Event):
            raise refuse("array_length", f"must have 1 to {len(Event)} events, got {len(value)}")
        read: Any = fields.List._deserialize(self, value, *args, **kwargs)
        return tuple(dict.fromkeys(map(Event, read)))


def _decoded(secret: str) -> bytes:
    found = _SECRET.fullmatch(secret)
    try:
        return b64decode(found[1] + "==") if found else b""
    except binascii.Error:
        return b""


def _origin(text: str) -> tuple[str, int]:
    try:
        url = URL(text)
        return (url.raw_host or "").rstrip("."), url.port or 0
    except ValueError:
        return "", 0
