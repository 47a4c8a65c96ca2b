"""A configuration is complete and right, or answered before any job starts."""

import copy
import time
from pathlib import Path

import pytest
from cifar10_files import official_members, tar_of

from overparam.errors import UserError
from overparam.plan import config as configuration
from overparam.plan import image_files, registry, strict_yaml

CONFIG_FOLDER = Path(__file__).resolve().parents[2] / "config"
PREDICTS_NOTHING = {"forms": {}, "control": {"where": {}}}
REGISTRY = [
    {"id": "B4", "experiment": "width_sweep", "title": "peak", **PREDICTS_NOTHING},
    {"id": "C1", "experiment": "three_point_sgd", "title": "floor", **PREDICTS_NOTHING},
]
STUDY = {
    "name": "sweep",
    "experiments": ["width_sweep"],
    "dataset": "digits",
    "model": "mlp",
    "widths": [2, 4],
    "label_noise": [[0.0, 0.2]],
    "seeds": [[0, 1]],
    "n_train": 100,
    "epochs": 2,
    "batch_size": 50,
    "optimizer": {"name": "adam", "learning_rate": 0.002},
}
CONFIG = {"preset": "test", "studies": [STUDY]}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)


def resolved(**changes):
    return configuration.resolve({**copy.deepcopy(CONFIG), **changes}, REGISTRY)


def refused(**changes):
    with pytest.raises(UserError) as caught:
        resolved(**changes)
    return str(caught.value)


def study(**changes):
    return {"studies": [{**copy.deepcopy(STUDY), **changes}]}


def test_defaults():
    run = resolved()
    assert run["claims"] == ["B4", "C1"] and run["gpus"] == 0 and run["seed"] == 0
    assert run["studies"][0]["noise_definition"] == "wrong_label"
    assert run["studies"][0]["optimizer"]["schedule"] == "constant"
    assert run["studies"][0]["evaluations"] == 40
    assert run["studies"][0]["order_seed"] is run["studies"][0]["label_seed"] is None
    assert run["experiments"]["three_point_sgd"]["seed"] == 0
    assert run["sources"]["cifar10"]["archive"]["urls"]


def test_epochs_and_shared_seeds_of_a_study():
    given = study(evaluations=[0, 5, 2], order_seed=0, label_seed=3)
    (found,) = resolved(**given)["studies"]
    assert {key: found[key] for key in ("evaluations", "order_seed", "label_seed")} == {
        "evaluations": [0, 5, 2], "order_seed": 0, "label_seed": 3,
    }  # fmt: skip


def test_the_users_configuration_is_not_changed():
    mine = copy.deepcopy(CONFIG)
    configuration.resolve(mine, REGISTRY)
    assert mine == CONFIG


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prest": "x"}, "config.prest: unknown key; did you mean 'preset'?"),
        (study(widths=[0]), "config.studies[0].widths[0]: must be at least 1, found 0"),
        (study(dataset="digit"), "config.studies[0].dataset: 'digit' is not known; did you mean 'digits'?"),
        (study(label_noise=[-0.1]), "config.studies[0].label_noise[0]: must be at least 0, found -0.1"),
        (study(label_noise=[1.5]), "config.studies[0].label_noise[0]: must be at most 1, found 1.5"),
        (study(model="resnet"), "config.studies[0].model: 'resnet' is not known"),
        (study(experiments=["width_swep"]), "'width_swep' is no experiment that reads networks; did you mean"),
        (study(batch_size=101), "config.studies[0].batch_size: must be at most n_train = 100, found 101"),
        (study(widths=[2, [2, 4]]), "2 stands twice among its widths"),
        (study(optimizer={"name": "adam", "learning_rate": "1e-4"}), "which YAML reads as text: write 1.0e-4"),
        (study(evaluations=1), "config.studies[0].evaluations: "),
        (study(evaluations=[]), "config.studies[0].evaluations: "),
        (study(evaluations=[0, 5, 5]), "config.studies[0].evaluations: "),
        (study(evaluations=[0, -5]), "config.studies[0].evaluations[1]: must be at least 0, found -5"),
        (study(label_seed=-1), "config.studies[0].label_seed: must be at least 0, found -1"),
        (study(order_seed=0.5), "config.studies[0].order_seed: "),
        (study(epochs=100.0), "config.studies[0].epochs: expected a whole number, found 100.0"),
        (study(label_noise=[float("nan")]), "config.studies[0].label_noise[0]: expected a number or a list"),
        (study(widths=["0to4"]), 'config.studies[0].widths[0]: "0to4" does not match'),
        ({"jobs": {"minuets": 5}}, "config.jobs.minuets: unknown key; did you mean 'minutes'?"),
        (study(seeds=["4to0"]), "4to0 counts down; write the smaller number first"),
        (
            {**study(n_train=300, n_heldout=101), "datasets": [{"name": "digits", "source": "digits", "n_train": 400}]},
            "n_train and n_heldout need 401 images, but digits keeps 400",
        ),
        ({"claims": ["B44"]}, "config.claims: 'B44' is not known; did you mean 'B4'?"),
        (
            {"datasets": [{"name": "digits", "source": "minst"}]},
            "'minst' is not known; did you mean 'mnist'? allowed: cifar10",
        ),
        ({"experiments": {"nonsense": {}}}, "config.experiments.nonsense: unknown experiment"),
        ({"experiments": {"three_point_sgd": {"n_seed": 3}}}, "did you mean 'n_seeds'?"),
        ({"preset": "../elsewhere"}, "config.preset"),
    ],
)
def test_one_sentence_names_the_key(changes, sentence):
    message = refused(**changes)
    assert sentence in message
    assert len(message.splitlines()) == 1


def test_one_claim_may_be_named_without_a_list():
    assert resolved(claims="B4")["claims"] == ["B4"]
    assert "did you mean 'B4'?" in refused(claims="B44")


def test_paths_of_the_reader_are_not_shown():
    sources = resolved(sources={"cifar10": {"archive": {"path": "/home/someone/c.tar.gz"}}})["sources"]
    assert image_files.without_folders(sources)["cifar10"]["archive"]["path"] == "c.tar.gz"


@pytest.mark.parametrize("name", ["config", "smoke", "cifar10-small", "paper"])
def test_shipped_configurations_can_measure_every_claim_that_they_list(name):
    given = [strict_yaml.read(CONFIG_FOLDER / f"{entry}.yaml") for entry in dict.fromkeys(("config", name))]
    claims = registry.load()
    run = configuration.resolve({**given[0], **given[-1]}, claims)
    chosen = [claim for claim in claims if claim["id"] in run["claims"]]
    assert not [reason for claim in chosen if (reason := configuration.unavailable(claim, run))]
    configuration.resolve({**given[0], **given[-1], "claims": "all"}, claims)


def test_values_of_an_experiment():
    assert resolved(experiments={"three_point_sgd": {"n_seeds": 25}})["experiments"]["three_point_sgd"]["n_seeds"] == 25


def test_a_claim_without_networks_is_unavailable():
    run = resolved(studies=[])
    assert "no study in the preset 'test'" in configuration.unavailable(REGISTRY[0], run)
    assert configuration.unavailable(REGISTRY[1], run) is None
    assert configuration.unavailable(REGISTRY[0], resolved()) is None


def test_a_claim_that_requires_images():
    claim = {**REGISTRY[0], "requires": "images"}
    assert "needs CIFAR-10 images" in configuration.unavailable(claim, resolved())
    datasets = [{"name": "digits", "source": "cifar10"}]
    assert configuration.unavailable(claim, resolved(datasets=datasets)) is None


def test_environment_variable(monkeypatch, tmp_path):
    datasets = [{"name": "digits", "source": "cifar10"}]
    monkeypatch.setenv("OVERPARAM_CIFAR10", str(tmp_path))
    message = refused(datasets=datasets)
    assert "it holds nothing. It may hold" in message and "train.parquet" in message
    for split in ("train", "test"):
        (tmp_path / f"{split}.parquet").write_bytes(b"PAR1")
    parquet = resolved(datasets=datasets)["sources"]["cifar10"]["parquet"]
    assert parquet == {split: [str(tmp_path / f"{split}.parquet")] for split in ("train", "test")}
    monkeypatch.setenv("OVERPARAM_CIFAR10", str(tmp_path / "train.parquet"))
    assert resolved()["sources"]["cifar10"]["archive"]["path"] == str(tmp_path / "train.parquet")


def test_optional_data_sets_are_left_out_where_their_images_are_not(monkeypatch, tmp_path):
    datasets = [{"name": "digits", "source": "digits"}, {"name": "images", "source": "cifar10", "optional": True}]
    studies = [STUDY, {**STUDY, "name": "on-images", "dataset": "images"}]
    run = resolved(datasets=datasets, studies=studies)
    assert [entry["name"] for entry in run["datasets"]] == ["digits"]
    assert [entry["name"] for entry in run["studies"]] == ["sweep"]
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.write_bytes(b"\x1f\x8b")
    monkeypatch.setenv("OVERPARAM_CIFAR10", str(archive))
    run = resolved(datasets=datasets, studies=studies)
    assert [entry["name"] for entry in run["datasets"]] == ["digits", "images"]
    assert [entry["name"] for entry in run["studies"]] == ["sweep", "on-images"]


def checked(folder, text):
    (folder / "own.yaml").write_text(text)
    configuration.check_files([folder / "own.yaml"])


def test_files_are_read_as_strictly_as_the_registry(tmp_path):
    checked(tmp_path, "preset: own\nseed: 1\n")
    checked(tmp_path, '{"preset": "own", "seed": 1}')
    with pytest.raises(UserError, match=r"own\.yaml: key 'seed' is given twice in the mapping at line 1"):
        checked(tmp_path, "seed: 1\nseed: 2\n")
    with pytest.raises(UserError, match=r"own\.yaml: __use_yte__: a configuration must not be a program"):
        checked(tmp_path, "__use_yte__: true\nseed: ?1 + 1\n")
    with pytest.raises(UserError, match=r"own\.yaml: not YAML: could not determine a constructor"):
        checked(tmp_path, "seed: !!python/name:os.system\n")
    for text, found in {"": "nothing", "# nothing": "nothing", "- a": "a list", "a": "a single value"}.items():
        with pytest.raises(UserError, match=rf"own\.yaml: expected keys with values, .*, found {found}"):
            checked(tmp_path, text)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"preset": "test\n"}, 'config.preset: "test\\n" does not match'),
        ({"preset": "x" * 101}, "config.preset: takes at most 100 characters, found 101"),
        ({"seed": 2**63}, "config.seed: a whole number of 64 bits; nothing here takes more than 63"),
        ({"seed": float("nan")}, "config.seed: expected a whole number, found NaN"),
        ({"claims": "\ud800"}, "config.claims: text with the character U+D800, which cannot be shown"),
        ({"jobs": {"time_factor": 1e308}}, "config.jobs.time_factor: must be at most 1000"),
        (study(widths=[2**40]), "config.studies[0].widths[0]: must be at most 1000000"),
        (study(widths=list(range(1, 400)), seeds=list(range(400))), "more than 50,000 jobs"),
        (study(seeds=[f"{start}0000to{start}9999" for start in range(11)]), "110,000 seeds; a study takes at most"),
    ],
    ids=range(9),
)
def test_what_no_job_could_use(changes, sentence):
    assert sentence in refused(**changes)


def test_a_configuration_that_contains_itself():
    sources = {}
    sources["cifar10"] = sources
    assert "nested more than 40 deep" in refused(sources=sources)


def test_paths_that_snakemake_would_take_for_patterns(tmp_path):
    (tmp_path / "{x}.tar.gz").write_bytes(b"\x1f\x8b")
    sources = {"cifar10": {"archive": {"path": str(tmp_path / "{x}.tar.gz")}}}
    datasets = [{"name": "digits", "source": "cifar10"}]
    assert "has braces, which Snakemake reads as a pattern" in refused(sources=sources, datasets=datasets)


IMAGES = {"datasets": [{"name": "digits", "source": "cifar10"}]}


def test_paths_are_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MINE", "~/images")
    (tmp_path / "images").mkdir()
    for name in ("train.parquet", "test.parquet"):
        (tmp_path / "images" / name).write_bytes(b"PAR1")
    checksum = tar_of(official_members(), tmp_path / "images/c.tar.gz")
    archive = {"archive": {"path": "~/images/c.tar.gz", "sha256": checksum}}
    assert resolved(**IMAGES, sources={"cifar10": archive})["sources"]["cifar10"]["archive"]["path"] == (
        f"{tmp_path}/images/c.tar.gz"
    )
    parquet = {"parquet": {"train": "$HOME/images/train.parquet", "test": "${MINE}/test.parquet"}}
    expected = {split: [f"{tmp_path}/images/{split}.parquet"] for split in ("train", "test")}
    assert resolved(**IMAGES, sources={"cifar10": parquet})["sources"]["cifar10"]["parquet"] == expected
    for given in ("~/images", "$MINE", "~/images/"):
        monkeypatch.setenv("OVERPARAM_CIFAR10", given)
        assert resolved(**IMAGES)["sources"]["cifar10"]["parquet"] == expected
    monkeypatch.setenv("OVERPARAM_CIFAR10", "~nobody-of-this-name/x")
    assert "$OVERPARAM_CIFAR10: '~nobody-of-this-name/x' can't be expanded" in refused(**IMAGES)


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x", "$NOT_SET_ANYWHERE/x", "a/~/b", "-x"])
@pytest.mark.parametrize("key", ["archive.path", "parquet.train"])
def test_paths_that_cannot_be_expanded(key, path):
    part, name = key.split(".")
    sources = {"cifar10": {part: {"train": "x", "test": "x", name: path} if part == "parquet" else {name: path}}}
    message = refused(**IMAGES, sources=sources)
    assert message.startswith(f"config.sources.cifar10.{key}: {path!r} ") and len(message.splitlines()) == 1


def test_a_path_that_is_no_file(tmp_path):
    for path, sentence in {"x" * 300: "can't be reached (File name too long)", str(tmp_path): "folder"}.items():
        message = refused(**IMAGES, sources={"cifar10": {"archive": {"path": path}}})
        assert sentence in message and len(message) < 600


def urls(*given):
    return {"sources": {"cifar10": {"archive": {"urls": list(given)}}}}


def test_addresses_are_brought_into_one_form():
    found = resolved(**urls("https://müller.example/ä b"))["sources"]["cifar10"]["archive"]["urls"]
    assert found == ["https://xn--mller-kva.example/%C3%A4%20b"]
    for wrong in ("http://[", "http://host:abc/x", "http://", "file://~/x"):
        message = refused(**urls("https://host/x", wrong))
        assert message.startswith(f"config.sources.cifar10.archive.urls[1]: cannot download {wrong!r}")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"datasets": [{"name": "mine", "source": "digits"}]}, "need the data sets digits as well"),
        ({"jobs": {"minutes": 1e-9}, "datasets": [{"name": "digits", "source": "digits", "n_train": 5}]}, "do not fit"),
    ],
)
def test_studies_of_the_default_are_not_complained_about(changes, sentence):
    given = {**copy.deepcopy(CONFIG), **changes}
    with pytest.raises(UserError) as caught:
        configuration.resolve(given, REGISTRY, own=changes)
    assert str(caught.value) == (
        f"config.studies: your configuration has none, and those of config/config.yaml {sentence}"
        + str(caught.value).partition(sentence)[2]
    )
    assert "or `studies: []` to train no networks" in str(caught.value)
    with pytest.raises(UserError, match=r"config.studies\[0\]"):  # the user's own are
        configuration.resolve(given, REGISTRY, own=[*changes, "studies"])
    configuration.resolve({**given, "studies": []}, REGISTRY, own=[*changes, "studies"])


def test_experiments_that_read_an_absent_data_set_are_one_sentence():
    readers = {"X1": "flat_minima", "X2": "sample_wise"}
    claims = [{"id": claim, "experiment": name, **PREDICTS_NOTHING} for claim, name in readers.items()]
    given = {"preset": "test", "datasets": [{"name": "mine", "source": "digits"}]}
    with pytest.raises(UserError) as caught:
        configuration.resolve(given, claims)
    assert str(caught.value).startswith(
        "config.experiments: flat_minima, sample_wise read the data set 'digits', which is not known; allowed: mine; "
    )
    with pytest.raises(UserError, match=r"^config\.experiments\.flat_minima\.dataset: 'digits' is not known; "):
        configuration.resolve(given, claims[:1])


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        (
            {f"k{index:06}": 1 for index in range(90_000)},
            "config.k000000: unknown key",
            "config: and 89,990 more unknown",
        ),
        (
            study(widths=[0] * 90_000),
            "config.studies[0].widths[0]: must be at least 1",
            "and 980 or more further problems",
        ),
        ({"studies": [{}] * 9_000}, "config.studies[0].name: missing", "or more further problems"),
        (
            {"experiments": {f"k{index}": {} for index in range(9_000)}},
            "config.experiments.k0: unknown",
            "or more further",
        ),
        ({"claims": ["nothing"] * 9_000}, "config.claims: 'nothing' is not known", "or more further problems"),
        ({"claims": "x" * 100_000}, "config.claims: 'xxxx", "allowed: B4, C1"),
        ({"x" * 100_000: 1}, "config.xxxx", "studies"),
        ({"x\x1b[31m": 1}, "config", "which cannot be shown"),
        ({"a\nb": 1}, "config.a\\nb: unknown key", "studies"),
        (study(dataset="x" * 100_000), "config.studies[0].dataset: 'xxx", "allowed: digits"),
        (study(evaluations=[5] * 9_000), "config.studies[0].evaluations: no entry may stand twice", "twice"),
    ],
    ids=range(11),
)
def test_messages_are_bounded(changes, first, last):
    started = time.monotonic()
    message = refused(**changes)
    assert time.monotonic() - started < 60
    assert message.startswith(first) and last in message.splitlines()[-1]
    assert len(message.splitlines()) <= 21 and max(map(len, message.splitlines())) < 1200
