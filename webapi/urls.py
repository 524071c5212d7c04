"""Whether a URL of a request may be fetched later: by its text alone, without asking any name.

A name is resolved and its addresses are checked when the poster is drawn (exporter/egress.py). An
API that did so here would tell its callers which names there are inside.
"""

import re

from exporter.addresses import PUBLIC_RULE, AddressRules, UrlDenied

# Names that never are a public host's: loopback, and what networks give to their own machines.
_INSIDE = re.compile(r"(.*\.)?(localhost|localdomain|local|internal|intranet|lan|home\.arpa)")
# A last label that resolvers read as a number makes the name an address in disguise (0x7f.1). An
# address that is none was judged by the rules before.
_IN_NUMBERS = re.compile(r"(?!(\d{1,3}\.){3}\d{1,3}$)(.*\.)?(\d+|0x[0-9a-f]*)")
_DETAILS = {
    "url_scheme": "must start with https://",
    "url_invalid": "must be a whole URL with a host, without spaces, control characters and "
    "backslashes",
    "url_not_allowed": "must name a public host",
    "url_userinfo": "must not hold a user name or password",
    "url_port": "must use port 443",
    "url_too_long": PUBLIC_RULE,
}


def complaint(url: str, rules: AddressRules) -> tuple[str, str] | None:
    """Return `(code, detail)` of what is wrong with *url*, or None."""
    if url[:9].lower() == "mapbox://":
        detail = (
            "needs a token of Mapbox, which is not taken; use tiles, sprites and glyphs of a host "
            "that serves them by https://"
        )
        return "mapbox_token_missing", detail
    code = _code(url, rules)
    return (code, _DETAILS[code]) if code else None


def _code(url: str, rules: AddressRules) -> str | None:
    try:
        host, port = _host(url, rules)
    except UrlDenied as err:
        inside = err.url_code == "url_scheme" and _is_inside(_bare_host(url))
        return "url_not_allowed" if inside else err.url_code
    if rules.allows(host, port):
        return None
    return "url_not_allowed" if _is_inside(host) else None


def _host(url: str, rules: AddressRules) -> tuple[str, int]:
    parsed = rules.url(url)
    return parsed.raw_host or "", parsed.port or 0


def _bare_host(url: str) -> str:
    """Return the host of an http URL that is well formed but for its scheme, else nothing."""
    found = re.match(r"http://([^/?#:]+)", url, re.IGNORECASE)
    return found[1].lower() if found else ""


def _is_inside(host: str) -> bool:
    name = host.rstrip(".").lower()
    is_one_word = bool(name) and "." not in name and ":" not in name
    return is_one_word or bool(_INSIDE.fullmatch(name) or _IN_NUMBERS.fullmatch(name))
