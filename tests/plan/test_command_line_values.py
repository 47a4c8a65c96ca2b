"""Numbers inside mappings of ``--config``, which Snakemake hands on as text."""

import pytest
from snakemake.cli import parse_config

from overparam.errors import UserError
from overparam.plan import config as configuration

REGISTRY = [{"id": "C1", "experiment": "three_point_sgd", "title": "floor", "forms": {}, "control": {"where": {}}}]
STUDY = (
    "studies=[{name: a, experiments: [width_sweep], dataset: digits, model: mlp, widths: [2, [3, 4], 5to6], "
    "label_noise: [[0, 0.2]], seeds: [[0, 1]], n_train: 100, n_heldout: 10, epochs: 2, batch_size: 50, "
    "optimizer: {name: adam, learning_rate: 1e-3}, order_seed: null}]"
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)


def resolved(*arguments, file=None):
    given = parse_config(arguments)
    return configuration.resolve({"preset": "test", **(file or {}), **given}, REGISTRY, given)


def test_what_snakemake_makes_of_it():
    """If this changes, the module has lost its reason."""
    assert parse_config(["jobs={minutes: 5}"]) == {"jobs": {"minutes": "5"}}
    assert parse_config(["seed=1"]) == {"seed": 1}


@pytest.mark.parametrize(
    ("argument", "path", "value"),
    [
        ("seed=1", ("seed",), 1),
        ("jobs={minutes: 5}", ("jobs", "minutes"), 5),
        ("jobs={time_factor: 2.5, max_minutes: 60}", ("jobs", "time_factor"), 2.5),
        ("experiments={three_point_sgd: {n_seeds: 25}}", ("experiments", "three_point_sgd", "n_seeds"), 25),
        ("datasets=[{name: digits, source: digits, n_train: 40}]", ("datasets", 0, "n_train"), 40),
        ("datasets=[{name: digits, source: digits, colour: true}]", ("datasets", 0, "colour"), True),
        ("datasets=[{name: '1', source: digits, classes: [0, 1]}]", ("datasets", 0, "classes"), [0, 1]),
        ("datasets=[{name: 12, source: digits, n_train: null}]", ("datasets", 0, "name"), "12"),
        (STUDY, ("studies", 0, "widths"), [2, [3, 4], "5to6"]),
        (STUDY, ("studies", 0, "label_noise"), [[0, 0.2]]),
        (STUDY, ("studies", 0, "optimizer", "learning_rate"), 1e-3),
        (STUDY, ("studies", 0, "order_seed"), None),
    ],
    ids=range(12),
)
def test_numbers_are_numbers(argument, path, value):
    found = resolved(argument)
    for key in path:
        found = found[key]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("jobs={minutes: five}", 'config.jobs.minutes: expected a number, found "five"'),
        ("jobs={minutes: -5}", "config.jobs.minutes: "),
        ("jobs={minuets: 5}", "config.jobs.minuets: unknown key"),
        ("experiments={three_point_sgd: {n_seeds: 0}}", "n_seeds: "),
        ("jobs={minutes: .nan}", "config.jobs.minutes: "),
        ("jobs={minutes: '!!python/name:os.system'}", "config.jobs.minutes: expected a number"),
    ],
    ids=range(6),
)
def test_what_is_wrong_stays_wrong(argument, sentence):
    with pytest.raises(UserError) as caught:
        resolved(argument)
    assert sentence in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_text_in_a_file_is_text():
    with pytest.raises(UserError, match="which YAML reads as text: write 5"):
        resolved("seed=1", file={"jobs": {"minutes": "5"}})
