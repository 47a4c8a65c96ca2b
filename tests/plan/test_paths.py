"""Paths are expanded as a shell would, or refused; never is a folder called ~ meant."""

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overparam.errors import UserError
from overparam.plan import paths


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("DATA", "/data")
    monkeypatch.setenv("NESTED", "~/nested")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("ABSENT", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("~", "/home/me"),
        ("~/x", "/home/me/x"),
        ("~root/x", f"{os.path.expanduser('~root')}/x"),  # noqa: PTH111
        ("$HOME/x", "/home/me/x"),
        ("${HOME}/x", "/home/me/x"),
        ("$DATA/$DATA", "/data//data"),
        ("$NESTED/x", "/home/me/nested/x"),
        ("cost$$5", "cost$5"),
        ("relative/x y", "relative/x y"),
        ("./x~", "./x~"),
        ("a/~b", "a/~b"),
        ("ü", "ü"),
    ],
)
def test_expanded(given, expected):
    assert paths.expanded(given, "key") == expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("~nobody-of-this-name/x", "there is no user 'nobody-of-this-name'"),
        ("~~", "there is no user '~'"),
        ("$ABSENT/x", "names the variable 'ABSENT', which is not set"),
        ("${ABSENT}/x", "names the variable 'ABSENT', which is not set"),
        ("$EMPTY/x", "names the variable 'EMPTY', which is not set"),
        ("${HOME/x", "a dollar sign that begins no variable"),
        ("x$", "a dollar sign that begins no variable"),
        ("$5", "a dollar sign that begins no variable"),
        ("./~", "has a ~ that is not at its beginning"),
        ("/data/~/x", "has a ~ that is not at its beginning"),
        ("-x", "begins with a hyphen"),
        ("./--log", "begins with a hyphen"),
        ("x\udc80", "a character that is no text in UTF-8"),
        ("x\x1b[31m", "a character that is no text in UTF-8"),
        ("$" + "A" * 10_000, "which is not set"),
    ],
)
def test_refused(given, sentence):
    with pytest.raises(UserError) as caught:
        paths.expanded(given, "config.key")
    message = str(caught.value)
    assert message.startswith("config.key: ") and sentence in message
    assert message.isprintable() and len(message) < 400


@pytest.mark.parametrize("value", ["", "relative", "~"])
def test_a_home_that_is_none(home, value):
    home.setenv("HOME", value)
    with pytest.raises(UserError, match="can't be expanded: \\$HOME is no full path"):
        paths.expanded("~/x", "key")


def test_an_account_without_a_home(home):
    home.delenv("HOME")
    home.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError("no such account")))
    with pytest.raises(UserError, match="can't be expanded"):
        paths.expanded("~/x", "key")


@given(st.text(alphabet="~$/{}.-" + string.ascii_letters[:4] + "HOME", max_size=12))
def test_what_is_expanded_holds_no_home_that_a_folder_could_be_called(path):
    try:
        found = paths.expanded(path, "key")
    except UserError:
        return
    assert "~" not in found.split("/") and not found.startswith(("~", "-"))
