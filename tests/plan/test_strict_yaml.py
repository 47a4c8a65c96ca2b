"""YAML is read as written, and refused where PyYAML would drop a key."""

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
    ],
    ids=range(14),
)
def test_what_is_refused(read, text, sentence):
    with pytest.raises(UserError, match=rf"file\.yaml: {sentence}"):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"absent\.yaml: cannot be read \(No such file"):
        strict_yaml.read(tmp_path / "absent.yaml")
