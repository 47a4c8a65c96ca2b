"""Label corruption: shares, nesting, both definitions, and the table."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from overparam import seeding
from overparam.datasets import arrow, labels
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError

N = 20_000
C = 10
CLEAN = np.arange(N) % C
SCRIPTS = Path(labels.__file__).parents[2]


def plausible(count: int, trials: int, probability: float) -> bool:
    """Whether a count lies in the central 1 − 1e-6 of its binomial distribution."""
    low, high = stats.binom.interval(1 - 1e-6, trials, probability)
    return low <= count <= high


@pytest.mark.parametrize("label_noise", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize(("definition", "factor"), [("wrong_label", 1), ("random_label", (C - 1) / C)])
def test_share_of_false_labels(label_noise, definition, factor):
    corruption = labels.draw(CLEAN, C, label_noise, definition, seed=1)
    assert plausible(corruption.drawn.sum(), N, label_noise)
    assert plausible(corruption.corrupted.sum(), N, label_noise * factor)
    assert plausible(corruption.corrupted.sum(), corruption.drawn.sum(), factor)


def test_definitions_draw_the_same_samples():
    wrong, random = (labels.draw(CLEAN, C, 0.4, definition, seed=2) for definition in labels.DEFINITIONS)
    np.testing.assert_array_equal(wrong.drawn, random.drawn)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_no_wrong_label_equals_the_clean_one(classes):
    clean = np.arange(N) % classes
    corruption = labels.draw(clean, classes, 0.5, "wrong_label", seed=3)
    np.testing.assert_array_equal(corruption.corrupted, corruption.drawn)
    assert corruption.corrupted.any()


@pytest.mark.parametrize(("definition", "choices"), [("wrong_label", C - 1), ("random_label", C)])
def test_replacements_are_uniform(definition, choices):
    corruption = labels.draw(CLEAN, C, 0.9, definition, seed=4)
    steps = (corruption.given - corruption.clean)[corruption.drawn] % C
    counts = np.bincount(steps, minlength=C)[C - choices :]
    assert counts.sum() == corruption.drawn.sum()
    assert stats.chisquare(counts).pvalue > 1e-6


@pytest.mark.parametrize("definition", labels.DEFINITIONS)
def test_noise_levels_are_nested(definition):
    low, high = (labels.draw(CLEAN, C, noise, definition, seed=5) for noise in (0.1, 0.6))
    assert not np.any(low.drawn & ~high.drawn)
    np.testing.assert_array_equal(low.given[low.drawn], high.given[low.drawn])


def test_draw_of_a_sample_does_not_depend_on_the_number_of_samples():
    few, many = labels.draw(CLEAN[:100], C, 0.3, "wrong_label", 6), labels.draw(CLEAN, C, 0.3, "wrong_label", 6)
    np.testing.assert_array_equal(few.given, many.given[:100])


def test_seeds_differ_and_repeat():
    first, again, other = (labels.draw(CLEAN, C, 0.5, "wrong_label", seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.given, again.given)
    assert plausible((first.drawn & other.drawn).sum(), N, 0.25)


def test_corrupt_is_draw_with_the_generator_given():
    given = labels.corrupt(CLEAN, C, 0.3, "random_label", seeding.generator(2, "corruption", 9))
    np.testing.assert_array_equal(given, labels.draw(CLEAN, C, 0.3, "random_label", seed=9, root=2).given)
    assert not np.array_equal(given, labels.draw(CLEAN, C, 0.3, "random_label", seed=9, root=3).given)


@pytest.mark.parametrize("definition", labels.DEFINITIONS)
def test_no_noise_changes_nothing_and_the_argument_is_left_alone(definition):
    clean = CLEAN.copy()
    given = labels.corrupt(clean, C, 0, definition, np.random.default_rng(0))
    np.testing.assert_array_equal(given, clean)
    labels.corrupt(clean, C, 0.9, definition, np.random.default_rng(0))
    np.testing.assert_array_equal(clean, CLEAN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label_noise": 1.01}, r"\[0, 1\]"),
        ({"label_noise": -0.1}, r"\[0, 1\]"),
        ({"label_noise": float("nan")}, r"\[0, 1\]"),
        ({"definition": "symmetric"}, "wrong_label, random_label"),
        ({"n_classes": 1}, "at least 2"),
        ({"n_classes": 9}, "0..8"),
        ({"labels": CLEAN - 1}, r"-1\.\.8"),
        ({"labels": CLEAN.astype(float)}, "integers"),
        ({"labels": CLEAN[:0]}, "integers"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    arguments = {"labels": CLEAN, "n_classes": C, "label_noise": 0.2, "definition": "wrong_label", "seed": 0}
    with pytest.raises(UserError, match=message):
        labels.draw(**arguments | change)


@pytest.mark.parametrize("definition", labels.DEFINITIONS)
def test_table_is_read_as_it_was_written(tmp_path, definition):
    block = [labels.draw(CLEAN[:500], C, 0.3, definition, seed) for seed in (10, 4)]
    labels.write(tmp_path / "a.arrow", block)
    labels.write(tmp_path / "b.arrow", block)
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()
    read = labels.read(tmp_path / "a.arrow")
    assert [found.seed for found in read] == [10, 4]
    for found, written in zip(read, block, strict=True):
        for name in ("clean", "given", "drawn", "corrupted"):
            np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
        assert (found.label_noise, found.definition, found.n_classes) == (0.3, definition, C)
    table = pa.ipc.open_file(tmp_path / "a.arrow").read_all()
    assert table.column_names == ["seed", "index", "clean_label", "given_label", "corrupted", "drawn"]
    assert json.loads(table.schema.metadata[b"drawn_fraction"]) == pytest.approx(np.mean([one.drawn for one in block]))
    assert json.loads(table.schema.metadata[b"corrupted_fraction"]) == pytest.approx(
        np.mean([one.corrupted for one in block])
    )


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("given_label", [0, 1, 2, 10], r"0\.\.9"),
        ("clean_label", [0, 1, 2, 2], "does not agree"),
        ("corrupted", [True, False, False, False], "does not agree"),
        ("index", [0, 1, 3, 2], "count the samples"),
        ("given_label", [0.0, 1.0, 2.0, 3.0], "has the columns"),
    ],
)
def test_table_that_contradicts_itself_is_refused(tmp_path, column, values, message):
    path = tmp_path / "labels.arrow"
    labels.write(path, [labels.draw(np.arange(4), C, 0, "wrong_label", 0)])
    table = pa.ipc.open_file(path).read_all()
    table = table.set_column(table.column_names.index(column), column, pa.array(values))
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(UserError, match=message):
        labels.read(path)


def test_a_label_that_was_changed_consistently_is_refused(tmp_path):
    path = tmp_path / "labels.arrow"
    labels.write(path, [labels.draw(np.arange(4), C, 1, "wrong_label", 0)])
    table = pa.ipc.open_file(path).read_all()
    given = table["given_label"].to_numpy().copy()
    given[0] = 1 + given[0] % (C - 1)  # another wrong one: the right one is 0
    changed = table.set_column(3, table.schema.field(3), pa.array(given))
    with pa.ipc.new_file(str(path), changed.schema) as writer:
        writer.write_table(changed)
    with pytest.raises(UserError, match="was changed after it was made"):
        labels.read(path)


def test_table_that_is_missing_or_cut_off_is_refused(tmp_path):
    path = tmp_path / "labels.arrow"
    with pytest.raises(UserError, match=r"labels\.arrow"):
        labels.read(path)
    labels.write(path, [labels.draw(CLEAN, C, 0, "wrong_label", 0)])
    for size in (0, 100, path.stat().st_size // 2, path.stat().st_size - 1):
        (tmp_path / "cut.arrow").write_bytes(path.read_bytes()[:size])
        with pytest.raises(UserError, match="no whole table"):
            labels.read(tmp_path / "cut.arrow")


def test_program_corrupts_and_imports_nothing_heavy(tmp_path):
    images = np.zeros((30, 1, 2, 2), np.uint8)
    split = Split(images, np.arange(30) % 3)
    arrow.write(tmp_path, Dataset("tiny", "tiny", "0" * 64, ["a", "b", "c"], split, split))
    settings = json.dumps({"label_noise": 0.5, "definition": "wrong_label", "label_seeds": [3], "seed": 0})
    output = tmp_path / "labels" / "wrong_label_0.5_s3.arrow"
    arguments = [settings, "--input", "info", str(tmp_path / "dataset.json"), "--output", "labels", str(output)]
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__');"
        "print(sorted({'torch', 'sklearn', 'scipy', 'PIL'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, str(SCRIPTS / "corrupt.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    np.testing.assert_array_equal(
        labels.read(output)[0].given, labels.draw(split.labels, 3, 0.5, "wrong_label", 3).given
    )
