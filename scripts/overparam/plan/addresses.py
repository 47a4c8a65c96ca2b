"""Addresses of mirrors as people write them, brought into the form that goes over the network, or refused."""

import re
import urllib.parse

from overparam.errors import UserError
from overparam.quoting import harmless, quoted

SCHEMES = ("http", "https", "file")
# a name, or the numbers of IPv6
HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(%[\w.]+)?", re.ASCII)
CONTROL = re.compile("[\x00-\x1f\x7f]")
ORDINARY = re.compile("[!-~]+")  # letters, digits and signs of ASCII
STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
KEPT = "!#$%&'()*+,/:;=?@[]~"  # by the encoding, beside letters, digits and _.-


def normal(url: str, key: str = "") -> str:
    """Return an address in ASCII: its host in Punycode, spaces and accents in the rest of it percent-encoded.

    Parameters
    ----------
    url
        As given; an ordinary one comes back unchanged.
    key
        Where it was given; heads the message.

    Raises
    ------
    UserError
        If it is no address of ``http``, ``https`` or a local file.
    """
    url = url.strip(" ")
    try:
        return _normal(url)
    except ValueError as error:
        where = f"{key}: " if key else ""
        wanted = "an address such as https://HOST/PATH or file:///FOLDER/FILE"
        raise UserError(
            f"{where}cannot download {quoted(url)}: {harmless(str(error), 300)}; expected {wanted}"
        ) from None


def _normal(url: str) -> str:
    """Return an address in ASCII, or raise a ValueError that says what is wrong with it."""
    if CONTROL.search(url):
        raise ValueError("it has a line break, a tab or another control character")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("only http://, https:// and file:// URLs are understood")
    host, _ = parts.hostname or "", parts.port
    if parts.scheme == "file":
        _check_file(parts)
    elif not host:
        raise ValueError("it names no host")
    ascii_host = host.encode("idna").decode() if not host.isascii() else host
    if host and not HOST.fullmatch(ascii_host):
        raise ValueError(f"{quoted(host)} is no name of a host")
    if ORDINARY.fullmatch(url) and not STRAY_PERCENT.search(url):
        return url
    user, at, _ = parts.netloc.rpartition("@")
    port = "" if parts.port is None else f":{parts.port}"
    netloc = f"{_encoded(user)}{at}{f'[{ascii_host}]' if ':' in ascii_host else ascii_host}{port}"
    return urllib.parse.urlunsplit((parts.scheme, netloc, *map(_encoded, parts[2:])))


def _check_file(parts: urllib.parse.SplitResult) -> None:
    """Raise a ValueError if an address of a local file has no full path."""
    if parts.netloc not in ("", "localhost") or not re.match("/[^~]", parts.path) or "$" in parts.path:
        raise ValueError(
            "file:// takes a full path, without ~ and variables (those are expanded in "
            "config.sources.cifar10.archive.path, which names a local file as well)"
        )


def _encoded(text: str) -> str:
    return urllib.parse.quote(STRAY_PERCENT.sub("%25", text), safe=KEPT)
