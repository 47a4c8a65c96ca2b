"""A copy of the project with stand-ins for its programs: whole runs, in seconds, on images that are a few bytes."""

import json
import re
from pathlib import Path

from project_copies import RESULTS, ROOT, Project, fresh

STUDY = {
    "name": "some-networks", "experiments": ["width_sweep"], "dataset": "images", "model": "mlp", "widths": [2, 4],
    "label_noise": [[0.0, 0.2]], "noise_definition": "wrong_label", "seeds": [[0, 1]], "n_train": 100,
    "n_heldout": 20, "loss": "cross_entropy", "epochs": 3, "batch_size": 50, "evaluations": 2,
    "precision": "float32", "optimizer": {"name": "sgd", "learning_rate": 0.1},
}  # fmt: skip
CLAIMS = ["A1", "A2", "B1", "B4"]  # two of one synthetic experiment, of images, of networks
CONFIG = {
    "claims": CLAIMS,
    "datasets": [{"name": "images", "source": "cifar10", "n_train": 200, "n_test": 100}],
    "studies": [STUDY],
    "experiments": {"random_features": {"dataset": "images"}},
}
MODULES = {
    "prepare": "datasets/views.py", "corrupt": "datasets/labels.py", "train": "packs/losses.py",
    "measure": "claims/interpolation/polynomial_regression/measure.py", "judge": "judge/intervals.py",
    "draw": "claims/interpolation/polynomial_regression/polynomial_risk.py", "summarise": "report/summary.py",
    "interact": "drawing/charts.py", "report": "report/pages.py",
}  # fmt: skip
SETTINGS = {
    "epochs": {"studies": [{**STUDY, "epochs": 4}]},
    "widths": {"studies": [{**STUDY, "widths": [2, 4, 8]}]},
    "noise": {"studies": [{**STUDY, "label_noise": [[0.0, 0.4]]}]},
    "experiment": {"experiments": {**CONFIG["experiments"], "polynomial_regression": {"n_seeds": 20}}},
    "root": {"seed": 7},
}
MADE = ("claims", "data", "measurements", "report", "training")


def stood_in(folder: Path) -> Project:
    """Return a project whose programs are stand-ins, with images that are a few bytes."""
    project = fresh(folder)
    stand_in = (ROOT / "tests/stand_in.py").read_text()
    for name in ("prepare", "corrupt", "train", "measure", "judge", "draw", "interact", "summarise", "report"):
        path = project.folder / f"scripts/{name}.py"
        lines = re.findall(r"^ *(from overparam.*)$", path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub("# IMPORTS.*", "\n    ".join(["if False:", *lines]), stand_in))
    images = project.folder / "images"
    images.mkdir()
    for split in ("train", "test"):
        (images / f"{split}.parquet").write_text(f"PAR1{split}PAR1")
    project.extra = json.loads(json.dumps(CONFIG))
    project.environment = {"OVERPARAM_CIFAR10": "images"}  # in the working directory, so that copies have their own
    return project


class State:
    """A project in one of the states between which the rounds move: as it is, or with one edit."""

    EDITS = (None, *SETTINGS, *MODULES, "data")

    def __init__(self, project: Project):
        self.project = project
        self.texts = {name: (project.folder / "scripts/overparam" / path).read_text() for name, path in MODULES.items()}

    def become(self, edit):
        """Undo what was edited before, and edit this."""
        self.project.extra = {**json.loads(json.dumps(CONFIG)), **SETTINGS.get(edit, {})}
        for name, path in MODULES.items():
            text = self.texts[name] + ("\n# edited\n" if name == edit else "")
            (self.project.folder / "scripts/overparam" / path).write_text(text)
        images = "others" if edit == "data" else "train"
        (self.project.folder / "images/train.parquet").write_text(f"PAR1{images}PAR1")


def contents(project):
    """Return the content of every file that a run made, except logs and records."""
    root = project.folder / RESULTS
    found = [path for name in MADE for path in sorted(root.glob(f"{name}/**/*")) if path.is_file()]
    found += sorted(root.glob("claims.*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
