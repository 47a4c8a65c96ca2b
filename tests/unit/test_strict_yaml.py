"""YAML is read as written, and refused where PyYAML would drop a key."""

import pytest
import yaml

from overparam import strict_yaml
from overparam.program import UserError


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "file.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return strict_yaml.read(path)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 1, c: [2, é]}",
        "a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, x: 4}",
        # `b` lies deeper than `c`, so it is merged into `c` before it is built itself
        "a: &a {x: 1}\np: {q: {b: &b {<<: *a, x: 2}}}\nc: {<<: *b}",
        "? [a, b]\n: 1\n? [a, c]\n: 2",
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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\na: 2", "key 'a' is given twice in the mapping at line 1"),
        ("a:\n- {b: 1}\n- {b: 1, b: 1}", "key 'b' is given twice in the mapping at line 3"),
        ("a: [", "not YAML: while parsing"),
        (b"a: \xff", "not YAML: not text in UTF-8"),
    ],
)
def test_what_is_refused(read, text, sentence):
    with pytest.raises(UserError, match=rf"file\.yaml: {sentence}"):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"absent\.yaml: cannot be read \(No such file"):
        strict_yaml.read(tmp_path / "absent.yaml")
