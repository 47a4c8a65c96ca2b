"""A finished run is kept as a reference: verdicts, figures, measurements and times, and only what was measured."""

import json

import pytest
import reference
from synthetic_run import MEASURED

from overparam.errors import UserError
from overparam.jobs import files
from overparam.plan import registry


@pytest.fixture
def results(verdicts, tmp_path):
    """A run that has judged A1 on measurements, and could not measure B4."""
    folder = tmp_path / "results/larger"
    for verdict in verdicts:
        if verdict["claim"] in ("A1", "B4"):
            home = folder / "claims" / verdict["claim"]
            files.write_json(home / "verdict.json", verdict)
            files.write_text(home / "figure.svg", "<svg/>")
            files.write_text(home / "figure.alt.txt", "what it shows")
    experiment = next(entry["experiment"] for entry in registry.load() if entry["id"] == "A1")
    files.write_table(folder / f"measurements/{experiment}.parquet", MEASURED)
    files.write_text(folder / f"benchmarks/measure/{experiment}.tsv", "s\tcpu_time\n70.0\t60.0\n")
    return folder


def test_what_was_measured_is_kept(results, tmp_path):
    made = reference.keep(results, [], tmp_path / "kept")
    found = {path.relative_to(tmp_path / "kept/larger").as_posix() for path in made}
    names = ("verdict.json", "figure.svg", "figure.alt.txt")
    assert found == {
        "measurements/polynomial_regression.parquet",
        "seconds.json",
        *(f"claims/A1/{one}" for one in names),
    }
    assert json.loads((tmp_path / "kept/larger/seconds.json").read_text()) == {"measure/polynomial_regression": 60.0}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (["B4"], "larger has no verdict and figure of B4; make them, or leave B4 out"),
        (["A9"], "there is no claim 'A9'; the claims are"),
    ],
)
def test_what_can_not_be_kept_is_refused(results, tmp_path, claims, message):
    with pytest.raises(UserError, match=message):
        reference.keep(results, claims, tmp_path / "kept")


def test_a_folder_without_measurements_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no claim that was measured"):
        reference.keep(tmp_path, [], tmp_path / "kept")
