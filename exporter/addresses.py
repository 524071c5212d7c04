"""Which URLs and network addresses an outgoing fetch may go to; the rules under exporter/egress.py.

The table is ours because Python's `ipaddress.is_global` lets multicast, NAT64 and 6to4 forms of
private addresses through, and because URL text proves nothing (`0x7f.1` is 127.0.0.1): a name is
resolved first and every address it has is checked.
"""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from exporter.errors import EgressDenied, InvalidSettings

# 2048: what servers and proxies on the way accept; nothing of a map needs more.
MAX_URL_CHARS = 2048
WEB_PORTS = frozenset({80, 443})
PUBLIC_RULE = (
    "A URL must start with https://, name a public host without user name or password, use port "
    f"443, and be at most {MAX_URL_CHARS} characters without spaces, control characters or "
    "backslashes."
)

DENIED: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's metadata and DNS service on a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # holds :: and ::1, and IPv4 addresses in an obsolete dress
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")


def is_denied(address: str) -> bool:
    """Tell whether *address* (as text, IPv4 or IPv6) is in the deny table; unreadable is denied."""
    try:
        ip = ip_address(address)
    except ValueError:
        return True
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in DENIED if network.version == ip.version)


class UrlDenied(EgressDenied):
    """A URL breaks a rule by itself; *url_code* says which, as the API tells it to callers."""

    def __init__(self, url_code: str, reason: str, where: str) -> None:
        super().__init__(f"URL denied, {reason}: {where!r}", public=PUBLIC_RULE)
        self.url_code = url_code


class AddressRules:
    """The rules with an operator's exceptions: *allow* holds `host:port` pairs free of them."""

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        self._allow = frozenset(_pair(entry) for entry in allow)

    def allows(self, host: str, port: int) -> bool:
        """Tell whether the operator excepted exactly this host and port."""
        return (host.lower(), port) in self._allow

    def url(self, text: str) -> URL:
        """Return *text* as the URL to fetch, IDNA-encoded. Raises EgressDenied for any broken rule.

        A host that is an address is judged here, since no resolver will see it.
        """
        url = _parsed(text)
        host, port = url.raw_host or "", url.port or 0
        if self.allows(host, port) and url.scheme in ("http", "https"):
            return url
        if port not in WEB_PORTS:
            raise UrlDenied("url_port", f"port {port} is not allowed", host)
        if _looks_like_address(host):
            if is_denied(host):
                raise UrlDenied("url_not_allowed", "an address that is not allowed", host)
        elif not _HOST_NAME.fullmatch(host):
            raise UrlDenied("url_invalid", "not a host name", host)
        if url.scheme != "https":
            raise UrlDenied("url_scheme", f"{url.scheme} is not allowed", host)
        return url

    def check_addresses(self, host: str, port: int, addresses: list[str]) -> None:
        """Raise EgressDenied when any of the *addresses* of *host* is denied.

        One bad address condemns the name: which of them is dialled is not ours to choose.
        """
        if self.allows(host, port):
            return
        for address in addresses:
            if is_denied(address):
                raise EgressDenied(f"{host}:{port} is at {address}, which is not allowed")


def _parsed(text: str) -> URL:
    if len(text) > MAX_URL_CHARS:
        raise UrlDenied("url_too_long", "too long", text[:100])
    if _FORBIDDEN.search(text):
        raise UrlDenied("url_invalid", "a space, control character or backslash", text[:100])
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise UrlDenied("url_scheme", "neither https nor http", text[:100])
    try:
        url = URL(text).with_fragment(None)
    except ValueError as err:
        raise UrlDenied("url_invalid", "not a URL", text[:100]) from err
    if not scheme or not url.raw_host:
        raise UrlDenied("url_invalid", "without a scheme or a host", text[:100])
    if url.raw_user is not None or url.raw_password is not None:
        raise UrlDenied("url_userinfo", "with user name or password", url.raw_host)
    return url


def _looks_like_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _pair(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidSettings(f"EXPORT_EGRESS_ALLOW must hold `host:port` pairs, got {entry!r}")
    return host.strip("[]").lower(), int(port)
