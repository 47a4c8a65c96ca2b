"""A connection that fails: the message says whether it was a proxy, a certificate, a name or the server."""

import hashlib
import http.server
import re
import socket
import ssl
import threading
import urllib.error

import pytest

from overparam.datasets import download
from overparam.errors import UserError
from overparam.jobs import network_faults

URL = "https://example.org/cifar-10-python.tar.gz"
CLOSED = "127.0.0.1:9"  # nobody listens there
VARIABLES = [f"{name}_proxy" for name in ("http", "https", "all", "no", "ftp")]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in VARIABLES:
        for spelled in (name, name.upper()):
            monkeypatch.delenv(spelled, raising=False)


def failed(url, tmp_path, **options):
    with pytest.raises(UserError) as caught:
        download.fetch([url], tmp_path / "file", "0" * 64, attempts=1, sleep=lambda _: None, **options)
    message = str(caught.value)
    assert all(line.isprintable() for line in message.splitlines()) and len(message) < 2500
    return message


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("capital", [False, True])
def test_a_dead_proxy_is_named_with_its_variable(tmp_path, monkeypatch, scheme, capital):
    name = f"{scheme}_proxy".upper() if capital else f"{scheme}_proxy"
    monkeypatch.setenv(name, f"http://me:secret@{CLOSED}")
    message = failed(f"{scheme}://example.org/file", tmp_path)
    assert f"the connection was refused (Connection refused). It was asked by the proxy 'http://…@{CLOSED}'" in message
    assert f"from ${name}: correct or unset that, or add example.org to $no_proxy" in message
    assert "secret" not in message


def test_no_proxy_is_heeded(tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://{CLOSED}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "proxy" not in failed(f"http://{CLOSED}/file", tmp_path).replace("$no_proxy", "")


def test_a_variable_that_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("all_proxy", f"socks5://{CLOSED}")
    message = failed(f"http://{CLOSED}/file", tmp_path)
    assert "$all_proxy is not used here: set $https_proxy" in message


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), "the connection was refused"),
        (
            urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
            "can't be resolved",
        ),
        (urllib.error.URLError(TimeoutError("timed out")), "no answer in time"),
        (urllib.error.URLError(OSError(113, "No route to host")), "the host can't be reached"),
        (urllib.error.URLError("unknown \x1b[31m"), r"unknown \\x1b\[31m"),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), "407 Proxy Authentication Required"),
        (
            urllib.error.HTTPError(URL, 407, "Authentication \x1b[31mRequired", {}, None),
            r"HTTP 407 Auth.*\\x1b",
        ),
        (urllib.error.HTTPError(URL, 503, "x" * 10**6, {}, None), "HTTP 503 x+…"),
        (TimeoutError(), "no answer in time"),
        (ValueError(), "ValueError"),
    ],
    ids=range(10),
)
def test_sentences(error, message, monkeypatch):
    said = network_faults.explained(URL, error)
    assert re.search(message, said) and said.isprintable() and len(said) < 700
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:8080")
    if not isinstance(error, urllib.error.HTTPError) or error.code == 407:
        assert "the proxy 'http://proxy.example.org:8080', from $https_proxy" in network_faults.explained(URL, error)


def test_an_intercepted_certificate():
    error = ssl.SSLCertVerificationError(1, "self-signed certificate in certificate chain")
    error.verify_message = "self-signed certificate in certificate chain"
    said = network_faults.explained(URL, urllib.error.URLError(error))
    assert "the certificate of example.org can't be verified (self-signed certificate in certificate chain)" in said
    assert "intercepts TLS" in said and "$SSL_CERT_FILE" in said


class Portal(http.server.BaseHTTPRequestHandler):
    """Answers everything with its login page."""

    content = b"<!DOCTYPE html>\n<html><title>Welcome \x1b[31m</title></html>"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)


@pytest.fixture
def portal():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_login_page_of_the_network(tmp_path, portal):
    message = failed(f"http://{portal}/file", tmp_path)
    assert "it is an HTML page" in message and "it may come from the network, which may want a login first" in message
    assert hashlib.sha256(Portal.content).hexdigest() in message
    assert "fetch the official file (https://www.cs.toronto.edu" in message


def test_a_page_of_a_proxy(tmp_path, portal, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://{portal}")
    assert f"it may come from the proxy 'http://{portal}'" in failed("http://example.org/file", tmp_path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://[::1/file", "Invalid IPv6 URL; expected an address"),
        ("http://host:port/file", "expected an address"),
        ("http://host:99999/file", "expected an address"),
        ("http:///file", "it names no host"),
        ("https://", "it names no host"),
        ("https://example.org/\x1b[31m", "a line break, a tab or another control character"),
        ("gopher://example.org/", "only http://, https:// and file:// URLs are understood"),
        ("ftp://" + "x" * 10**6, "only http://"),
    ],
    ids=range(8),
)
def test_addresses_that_are_none(tmp_path, url, message):
    assert message in failed(url, tmp_path)
