"""Addresses of mirrors go over the network in ASCII, or are refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overparam.errors import UserError
from overparam.plan import addresses
from overparam.plan.known_sources import SOURCES


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://müller.example/ä b.tar.gz?q=é", "https://xn--mller-kva.example/%C3%A4%20b.tar.gz?q=%C3%A9"),
        ("http://u:p@ü.de:8080/x", "http://u:p@xn--tda.de:8080/x"),
        ("http://[::1]:80/x y", "http://[::1]:80/x%20y"),
        ("http://host/100% of it", "http://host/100%25%20of%20it"),
        ("file:///tmp/ü x", "file:///tmp/%C3%BC%20x"),
        (" http://host/x ", "http://host/x"),
    ],
)
def test_brought_into_ascii(given, expected):
    assert addresses.normal(given) == expected == addresses.normal(expected)


@pytest.mark.parametrize(
    "url",
    [
        "http://host/~me/a%20b#c",
        "https://host:8443/x?y=$z&w=[1]",
        "file:///tmp/x",
        "file://localhost/x",
        "http://a_b.c",
    ],
)
def test_ordinary_ones_stay_as_they_are(url):
    assert addresses.normal(url) == url


def test_the_official_ones_stay_as_they_are():
    files = [file for known in SOURCES.values() for several in known.downloads.values() for file in several]
    urls = [url for file in files for url in file.urls]
    assert len(urls) > 15 and [addresses.normal(url) for url in urls] == urls


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://[", "Invalid IPv6 URL"),
        ("http://host:abc/x", "Port could not be cast"),
        ("http://host:99999/x", "Port out of range"),
        ("http://a b/x", "'a b' is no name of a host"),
        ("http://a..b/x", "'a..b' is no name of a host"),
        ("http://" + "a" * 64 + ".de/x", "is no name of a host"),
        ("http://ü..de/x", "'http://ü..de/x'"),
        ("http:///x", "it names no host"),
        ("http://", "it names no host"),
        ("ftp://host/x", "only http://"),
        ("", "only http://"),
        ("x" * 10_000, "only http://"),
        ("http://host/a\nb", "a line break, a tab or another control character"),
        ("http://host/\x1b[31m", "a line break, a tab or another control character"),
        ("http://host/\ud800", "surrogates not allowed"),
        ("http://\u202ehost/", "'http://\\u202ehost/'"),
        ("file://~/x", "file:// takes a full path"),
        ("file:///~/x", "file:// takes a full path"),
        ("file:///$HOME/x", "file:// takes a full path"),
        ("file://elsewhere/x", "file:// takes a full path"),
    ],
)
def test_refused(url, sentence):
    with pytest.raises(UserError) as caught:
        addresses.normal(url, "config.urls[0]")
    message = str(caught.value)
    assert message.startswith("config.urls[0]: cannot download") and sentence in message
    assert "https://HOST/PATH" in message and message.isprintable() and len(message) < 600


@given(st.builds("{}{}{}".format, st.sampled_from(["http://", "https://", "file://", ""]), st.text(), st.text()))
def test_whatever_is_given(url):
    try:
        found = addresses.normal(url)
    except UserError:
        return
    assert found.isascii() and found.isprintable() and " " not in found
