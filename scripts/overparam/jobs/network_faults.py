"""What a failed connection means: a proxy that does not answer, intercepted certificates, no network."""

import errno
import http.client
import os
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request

from overparam.quoting import brief, quoted, reason

UNREACHABLE = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.EHOSTUNREACH: "the host can't be reached",
    errno.ENETUNREACH: "the network can't be reached",
    errno.ECONNRESET: "the connection was reset",
}


def explained(url: str, error: Exception) -> str:
    """Return what went wrong when ``url`` was opened, in one bounded line.

    Parameters
    ----------
    url
        What was asked for.
    error
        What opening it raised.
    """
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {brief(error.reason)}{_of_proxy(url) if error.code == 407 else ''}"
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    inner = inner if isinstance(inner, Exception) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {_host(url)} can't be verified ({brief(inner.verify_message)}): the network "
            "intercepts TLS, or this machine knows no authorities or has a wrong clock. Let $SSL_CERT_FILE "
            "name the certificates of your network"
        )
    return f"{_plainly(inner)}{_of_proxy(url) or _unused_proxy()}"


def proxy_of(url: str) -> tuple[str, str] | None:
    """Return the proxy by which ``url`` is asked for, without a password, and the variable that names it."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or (parts.hostname and urllib.request.proxy_bypass(parts.hostname)):
        return None
    name = next((name for name in (f"{parts.scheme}_proxy", f"{parts.scheme}_proxy".upper()) if name in os.environ), "")
    return quoted(_without_password(proxy)), f"${name}" if name else "the settings of this system"


def _of_proxy(url: str) -> str:
    """Return a sentence on the proxy that was asked, empty if there is none."""
    found = proxy_of(url)
    if not found:
        return ""
    proxy, where = found
    return f". It was asked by the proxy {proxy}, from {where}: correct or unset that, or add {_host(url)} to $no_proxy"


def _unused_proxy() -> str:
    """Return a sentence on a variable that other programs use and urllib does not."""
    name = next((name for name in ("all_proxy", "ALL_PROXY") if os.environ.get(name)), None)
    return f". ${name} is not used here: set $https_proxy if this machine needs a proxy" if name else ""


def _plainly(error: Exception) -> str:
    """Return the error itself."""
    if isinstance(error, socket.gaierror):
        return f"the name can't be resolved ({brief(error.strerror or error)}); is there a network?"
    if isinstance(error, TimeoutError):
        return f"no answer in time ({reason(error)})"
    if isinstance(error, OSError) and error.errno in UNREACHABLE:
        return f"{UNREACHABLE[error.errno]} ({brief(error.strerror)})"
    if isinstance(error, http.client.BadStatusLine):
        return f"no answer in HTTP ({reason(error)})"
    return reason(error)


def _host(url: str) -> str:
    return brief(urllib.parse.urlsplit(url).hostname or url, 80)


def _without_password(proxy: str) -> str:
    before, at, host = proxy.rpartition("@")
    scheme, slashes, _ = before.rpartition("//")
    return f"{scheme}{slashes}…@{host}" if at else proxy
