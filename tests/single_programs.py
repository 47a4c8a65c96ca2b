"""Programs of the pipeline run by themselves, without Snakemake, on a small data set."""

import json
import os
import subprocess
import sys

from project_copies import ROOT

CELL = {
    "study": "s", "dataset": "digits", "model": "mlp", "widths": [4, 8], "label_noise": [0.2], "seeds": [0, 1],
    "noise_definition": "wrong_label", "n_train": 100, "n_heldout": 0, "loss": "cross_entropy", "epochs": 20,
    "batch_size": 20, "evaluations": 5, "precision": "float32", "optimizer": {"name": "adam", "learning_rate": 0.01},
    "seed": 0,
}  # fmt: skip
VIEW = {"name": "digits", "source": "digits", "n_train": 200, "n_test": 50, "seed": 0}
NOISE = {"definition": "wrong_label", "label_noise": 0.2, "label_seeds": [0, 1], "seed": 0}


class Program:
    """One program of the pipeline with its inputs; its outputs and its log may be put anywhere."""

    def __init__(self, name, settings, inputs, outputs):
        self.name, self.settings, self.inputs, self.outputs = name, settings, inputs, outputs

    def start(self, folder, log=None, more=(), environment=(), **options):
        """Start it, its outputs in ``folder``; stdout and stderr together in ``stdout``."""
        arguments = [json.dumps(self.settings)]
        for name, path in self.inputs:
            arguments += ["--input", name, path]
        for name, path in self.outputs:
            arguments += ["--output", name, folder / path]
        clean = {name: value for name, value in os.environ.items() if name != "OVERPARAM_RUN_PID"}
        return subprocess.Popen(
            [sys.executable, ROOT / "scripts" / self.name, *arguments, "--log", log or folder / "job.log", *more],
            env={**clean, **dict(environment)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options,
        )  # fmt: skip

    def within(self, folder):
        """Return the same program with its inputs in another folder."""
        return Program(
            self.name, self.settings, [(name, folder / path.name) for name, path in self.inputs], self.outputs
        )

    def changed(self, **settings):
        """Return the same program with other settings."""
        return Program(self.name, {**self.settings, **settings}, self.inputs, self.outputs)

    def run(self, folder, log=None, **options):
        """Run it to its end; return its exit code and what it printed."""
        with self.start(folder, log, **options) as process:
            printed, _ = process.communicate()
        return process.returncode, printed

    def made(self, folder):
        """Return the bytes of its outputs as far as they are there; costs, which hold seconds, are left out."""
        paths = [folder / path for name, path in self.outputs if name != "cost"]
        return {path.name: path.read_bytes() for path in paths if path.exists()}


def every_kind(folder):
    """Return programs that make a data set, its corrupted labels and a trained cell, to be run in this order."""
    split = [(name, f"{name}.arrow") for name in ("train", "test")]
    info, labels = folder / "dataset.json", folder / "labels.arrow"
    trained = [("table", "table.parquet"), ("cost", "cost.json")]
    return {
        "prepare": Program("prepare.py", VIEW, [], [*split, ("info", info.name)]),
        "corrupt": Program("corrupt.py", NOISE, [("info", info)], [("labels", labels.name)]),
        "train": Program("train.py", CELL, [("dataset", info), ("labels", labels)], trained),
    }
