"""A measurement that is interrupted goes on after its finished parts, to the same bytes."""

import json
import subprocess
import sys

from digits_data import digits_dataset
from project_copies import ROOT

from overparam.datasets import arrow
from overparam.plan import experiment_settings

SIZES = {"n_train": 60, "n_test": 50, "n_seeds": 2, "features_per_sample": [0.5, 1, 2], "descent_n_train": 10}
STOPPING = """
import sys
sys.path.insert(0, {scripts!r})
from overparam.jobs import finished_parts
import measure
part = finished_parts._part
def stopped(path, measured):
    if path.stem == "0-fourier-1":
        raise SystemExit(130)
    return part(path, measured)
finished_parts._part = stopped
from overparam.jobs import program
program.run("", measure.work, sys.argv[1:])
"""


def test_an_interrupted_measurement_ends_in_the_same_bytes(tmp_path):
    arrow.write(tmp_path / "data", digits_dataset(100, 60))
    settings, _ = experiment_settings.resolve("random_features", "smoke", SIZES)
    given = json.dumps({"experiment": "random_features", "settings": {**settings, "seed": 0}})

    def measured(name, *program):
        outputs = ["--output", "table", tmp_path / f"{name}.parquet", "--output", "cost", tmp_path / f"{name}.json"]
        state = ["--state", tmp_path / f"state-{name}", "--code", "1"]
        command = [sys.executable, *program, given, "--input", "datasets", tmp_path / "data/dataset.json"]
        return subprocess.run([*command, *outputs, *state], capture_output=True, text=True, check=False)

    whole = ROOT / "scripts/measure.py"
    assert measured("whole", whole).returncode == 0
    assert measured("parts", "-c", STOPPING.format(scripts=str(ROOT / "scripts"))).returncode == 130
    kept = sorted(path.stem for path in (tmp_path / "state-parts").glob("*/*.json"))
    assert len(kept) > 5 and "0-relu-2" in kept and "0-fourier-1" not in kept
    again = measured("parts", whole)
    assert again.returncode == 0 and again.stderr.count("was measured before") == len(kept)
    assert not list((tmp_path / "state-parts").glob("*/*"))
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
