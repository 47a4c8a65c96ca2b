"""The environments agree with the lock."""

import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ENVS = Path(__file__).resolve().parents[2] / "envs"


def load(name):
    spec = importlib.util.spec_from_file_location(name, ENVS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_conda_environment_repeats_the_lock():
    lock = (ENVS / "requirements.txt").read_text()
    assert (ENVS / "overparam.yaml").read_text() == load("conda").environment(lock)
    assert len(load("conda").pins(lock)) > 80


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_lock_has_hashes_and_no_addresses(name):
    lock = (ENVS / name).read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", lock)
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_test_lock_holds_the_pins_of_the_lock():
    conda = load("conda")
    pins, test_pins = (
        set(conda.pins((ENVS / name).read_text())) for name in ("requirements.txt", "requirements-test.txt")
    )
    assert pins <= test_pins


def test_installed_packages_are_the_locked_ones():
    for pin in load("conda").pins((ENVS / "requirements.txt").read_text()):
        requirement = Requirement(pin)
        if requirement.marker is None or requirement.marker.evaluate():
            assert importlib.metadata.version(requirement.name) in requirement.specifier, pin
