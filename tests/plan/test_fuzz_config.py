"""Configurations and registries with mistakes: one sentence, or a plan that holds."""

import copy
import json
import math
import re
import shutil
from pathlib import Path

import claim_files
import pytest
import yaml
from fuzzing import bounded, damaged, holds_plain_values, mutated, read
from hypothesis import given

from overparam.judge.predictions import KINDS
from overparam.plan import cells, config, registry, strict_yaml

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = registry.load()
CONFIGS = [strict_yaml.read(path) for path in sorted((ROOT / "config").glob("*.yaml"))]
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
CELL = re.compile("w[0-9to-]+_n[0-9.e-]+_s[0-9to-]+")


@pytest.fixture(autouse=True, scope="module")
def _no_images():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OVERPARAM_CIFAR10", raising=False)
        yield


@bounded(250)
@given(mutated(CONFIGS))
def test_a_configuration(wrong):
    before = copy.deepcopy(wrong)
    found = read("configuration", lambda: config.resolve(wrong, REGISTRY))
    if found is None:
        return
    assert repr(wrong) == repr(before), "the configuration itself was changed"
    assert NAME.fullmatch(found["preset"]) and len(found["preset"]) <= 100
    json.dumps(found, allow_nan=False).encode()
    assert set(found["claims"]) <= {claim["id"] for claim in REGISTRY}
    assert set(found["experiments"]) == {claim["experiment"] for claim in REGISTRY}
    datasets = {dataset["name"] for dataset in found["datasets"]}
    assert len(datasets) == len(found["datasets"])
    for claim in REGISTRY:
        reason = config.unavailable(claim, found)
        assert reason is None or isinstance(reason, str)
    for study in found["studies"]:
        assert NAME.fullmatch(study["name"]) and study["dataset"] in datasets
        assert (ROOT / f"scripts/overparam/models/{study['model']}.py").is_file()
        assert 1 <= study["batch_size"] <= study["n_train"]
        assert math.isfinite(study["optimizer"]["learning_rate"]) and study["optimizer"]["learning_rate"] > 0
    plan = cells.plan(found["studies"], found["datasets"], found["jobs"])
    assert len({study["name"] for study in found["studies"]}) == len({study for study, _ in plan})
    for cell in plan.values():
        assert CELL.fullmatch(cell.name) and len(cell.name) <= 200
        assert min(cell.widths) >= 1 and min(cell.seeds) >= 0
        assert all(0 <= noise <= 1 for noise in cell.label_noise)


@bounded(200)
@given(damaged((ROOT / "config/smoke.yaml").read_bytes()))
def test_the_bytes_of_a_configuration(tmp_path_factory, wrong):
    path = tmp_path_factory.getbasetemp() / "config.yaml"
    path.write_bytes(wrong)
    found = read("YAML file", lambda: strict_yaml.read(path))
    assert holds_plain_values(found)
    read("configuration", lambda: config.resolve(found, REGISTRY))


CLAIMS = [claim_files.content(entry) for entry in REGISTRY]
PAIRS = [CLAIMS[start : start + 2] for start in range(0, len(CLAIMS), 2)]


@bounded(250)
@given(mutated(PAIRS))
def test_a_registry(tmp_path_factory, wrong):
    """Two claims each, which between them have every kind of prediction."""
    check_registry(*registry_of(tmp_path_factory, wrong if isinstance(wrong, list) else [wrong]))


@bounded(200)
@given(damaged(yaml.safe_dump(CLAIMS[0], allow_unicode=True).encode()))
def test_the_bytes_of_a_claim(tmp_path_factory, wrong):
    check_registry(*registry_of(tmp_path_factory, [wrong]))


def registry_of(tmp_path_factory, claims):
    """Write these claims, read them as a registry, and return its folder and what was read."""
    folder = tmp_path_factory.getbasetemp() / "claims"
    shutil.rmtree(folder, ignore_errors=True)
    home = claim_files.experiment(folder / "topic/sweep")
    for number, claim in enumerate(claims):
        claim_files.write(home / f"claim_{number}.yaml", claim)
    return folder, read("registry", lambda: registry.load(folder))


def check_registry(folder, found):
    """Assert what everything that reads the registry takes for granted."""
    if found is None:
        return
    json.dumps(found, allow_nan=False).encode()
    assert len({entry["id"] for entry in found}) == len(found) == len({entry["name"] for entry in found})
    for entry in found:
        assert re.fullmatch("[A-Z][0-9]+", entry["id"])
        assert (folder / "topic" / entry["experiment"] / "measure.py").is_file()
        assert (folder / f"{entry['figure'].replace('.', '/')}.py").is_file()
        for form in entry["forms"].values():
            assert form["predictions"]
            assert all(prediction["kind"] in KINDS for prediction in form["predictions"])
