"""YAML is read as written, and refused where PyYAML would drop a key."""

import os
import time
from pathlib import Path

import pytest
import yaml

from overparam.errors import UserError
from overparam.plan import strict_yaml


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "file.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return strict_yaml.read(path)

    return read


def multiplied(form: str, levels: int = 12) -> str:
    """Return YAML whose every line names the one before it nine times."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{level}: &a{level} {form.format(', '.join([f'*a{level - 1}'] * 9))}" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 1, c: [2, é]}",
        "a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, x: 4}",
        # `b` lies deeper than `c`, so it is merged into `c` before it is built itself
        "a: &a {x: 1}\np: {q: {b: &b {<<: *a, x: 2}}}\nc: {<<: *b}",
        "? [a, b]\n: 1\n? [a, c]\n: 2",
        "",
    ],
)
def test_what_is_read(read, text):
    try:
        expected = yaml.safe_load(text)
    except yaml.YAMLError:
        with pytest.raises(UserError, match="not YAML"):
            read(text)
    else:
        assert read(text) == expected


def test_merges_of_merges_do_not_multiply(read):
    assert read(multiplied("{{<<: [{}]}}"))["a11"] == {"x": 1}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\na: 2", "key 'a' is given twice in the mapping at line 1"),
        ("a:\n- {b: 1}\n- {b: 1, b: 1}", "key 'b' is given twice in the mapping at line 3"),
        ("a: [", "not YAML: while parsing"),
        (b"a: \xff", "not YAML: not text in UTF-8"),
        ("a: 2020-99-99", "not YAML: a value cannot be read \\(ValueError: month must be in 1..12"),
        ("a: !!bool x", "not YAML: a value cannot be read"),
        ("a: !!python/object/apply:os.getcwd []", "not YAML: could not determine a constructor"),
        ("a: 0x" + "f" * 20000, "a: a whole number of 80000 bits"),
        ('a: {b: "\\0"}', r"a\.b: text with the character U\+0000"),
        ('{"\\e": 1}', r"text with the character U\+001B"),
        ("a: &a [*a]", r"a\[0\].*: nested more than 40 deep"),
        ("[" * 200_000, "line 1: nested more than 40 deep"),  # the loader would crash Python itself
        (multiplied("[{}]"), "more than 500,000 values, aliases counted wherever they stand"),
        ("a" * 5_000_000, "larger than 4,000,000 bytes"),
        ("a:\n- " + "0\n- " * 100_000, "line [0-9]+: more than 100,000 keys and values"),
        ("\n".join(f"k{index}: 1" for index in range(300_000)), "line 50000: more than 100,000 keys and values"),
        ("a: " + "9" * 5000, "line 1: a number of more than 1000 digits"),
        ("a: -" + "9" * 5000, "line 1: a number of more than 1000 digits"),
        ('{"a":\n ' + "9" * 5000 + "}", "line 2: a number of more than 1000 digits"),
        ('{"a": ' + "[" * 2000 + "]" * 2000 + "}", "line 1: nested more than 40 deep"),
        ("a: 1".encode("utf-16"), "not YAML: text in UTF-16; save it as UTF-8"),
        ("a: 1\n# é".encode("latin-1"), "not YAML: not text in UTF-8, from line 2 on; save it as UTF-8"),
        ("a: 1\n---\nb: 2", "not YAML: expected a single document in the stream in line 1, column 1"),
        ("a: !" + "x" * 10_000 + " 1", "not YAML: could not determine a constructor for the tag .{,400}$"),
        ("x" * 900 + ": 1\n" + "x" * 900 + ": 2", "key 'x{30,}\\.\\.\\.x{30,}' is given twice"),
    ],
    ids=range(25),
)
def test_what_is_refused(read, text, sentence):
    started = time.monotonic()
    with pytest.raises(UserError, match=rf"file\.yaml: {sentence}") as caught:
        read(text)
    assert time.monotonic() - started < 20  # 300,000 keys took a minute
    message = str(caught.value).rpartition("file.yaml: ")[2]
    assert message.isprintable() and len(message) < 500


def test_the_limits_leave_room():
    assert strict_yaml.read(Path(__file__).resolve().parents[2] / "config/config.yaml")


def test_a_mark_of_the_byte_order_is_no_text(read):
    assert read("\ufeffa: 1") == {"a": 1}


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "link to nothing", "link to itself"])
def test_what_is_no_file_is_not_waited_for(tmp_path, kind):
    path = tmp_path / "file.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "link to nothing": "absent", "link to itself": path}[kind])
    expected = "cannot be read" if "link" in kind else f"is a {kind}; expected a file"
    with pytest.raises(UserError, match=rf"file\.yaml: {expected}"):
        strict_yaml.read(path)


def test_a_file_that_can_not_be_read():
    with pytest.raises(UserError, match=r"/mem: cannot be read \(Input/output error\)"):
        strict_yaml.read("/proc/self/mem")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"absent\.yaml: cannot be read \(No such file"):
        strict_yaml.read(tmp_path / "absent.yaml")
