"""The files of a new claim: which are made, whether they are in order, and what is answered to a wrong request."""

import re
import subprocess
import sys

import claim_files
import new_claim
import pytest
import yaml

from overparam import places
from overparam.errors import UserError
from overparam.plan import contract, experiment_settings, registry

CLAIMS = registry.load()
LETTERS = {
    "interpolation": "A", "double_descent": "B", "sgd": "C", "linearity": "D", "shallow_networks": "E",
    "label_noise": "F", "implicit_regularization": "G",
}  # fmt: skip
LONG = "a_" * (new_claim.LONGEST // 2 - 1) + "ab"
DECLARING = [name for name in places.experiments() if experiment_settings.measures(name)]


def claim(made):
    """Return what the one file of a claim says."""
    (text,) = (text for path, text in made.items() if path.suffix == ".yaml" and path.name != places.DECLARATION)
    return yaml.safe_load(text)


def test_nothing_is_left_to_write():
    assert new_claim.unwritten() == []


@pytest.mark.parametrize("topic", LETTERS)
def test_the_next_free_id_of_a_topic(topic):
    made = new_claim.files("new_one", topic)
    id = claim(made)["id"]
    assert id[0] == LETTERS[topic] and id not in {one["id"] for one in CLAIMS}
    assert int(id[1:]) == 1 + max(int(one["id"][1:]) for one in CLAIMS if one["id"][0] == id[0])
    home = f"scripts/overparam/claims/{topic}/new_one"
    assert {path.as_posix() for path in made} == {
        f"{home}/__init__.py", f"{home}/experiment.yaml", f"{home}/measure.py",
        f"{home}/new_one.yaml", f"{home}/new_one.py", f"tests/claims/{topic}/test_new_one.py",
    }  # fmt: skip


def test_every_topic_has_its_letter():
    assert new_claim.topics() == sorted(LETTERS)


@pytest.mark.parametrize("experiment", DECLARING)
def test_a_claim_of_an_experiment_that_exists_fits_it(tmp_path, experiment):
    made = new_claim.files("new_one", experiment=experiment)
    home = places.experiments()[experiment].relative_to(new_claim.BASE)
    assert set(made) == {home / "new_one.yaml", home / "new_one.py"}
    folder = tmp_path / "claims/topic" / experiment
    claim_files.experiment(folder)
    for path, text in made.items():
        (folder / path.name).write_text(text, encoding="utf-8")
    (found,) = registry.load(tmp_path / "claims")
    assert contract.of_claim(found, experiment_settings.measures(experiment)) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"name": ""}, "NAME: missing; say how the claim is called"),
        (
            {"name": "My_claim"},
            "NAME: expected words in lower case joined by _, such as larger_steps_higher_floor, found",
        ),
        ({"name": "my-claim"}, "found 'my-claim'"),
        ({"name": "my claim"}, "found 'my claim'"),
        ({"name": "2_claims"}, "found '2_claims'"),
        ({"name": "my__claim"}, "found 'my__claim'"),
        ({"name": "claim_"}, "found 'claim_'"),
        ({"name": "../claim"}, "found '../claim'"),
        ({"name": "größer"}, "found 'größer'"),
        ({"name": "lambda"}, "found a word that Python keeps to itself"),
        ({"name": f"{LONG}c"}, "NAME: expected 50 characters at most, found 51: 'a_a_"),
        ({"name": "x" * 10_000}, "NAME: expected 50 characters at most, found 10000: 'xxx"),
        ({"name": "measure"}, "NAME: 'measure' is taken by a file that every experiment has; choose another name"),
        ({"name": "experiment"}, "NAME: 'experiment' is taken"),
        (
            {"name": "constant_step_has_a_floor"},
            "NAME: 'constant_step_has_a_floor' is the claim C1 already, sgd/three_point_sgd/constant_step_has_a_floor.",
        ),
        (
            {"name": "network_solutions", "experiment": "interpolating_solutions", "topic": ""},
            "is there already; choose",
        ),
        ({"topic": ""}, "TOPIC: missing; one of double_descent, implicit_regularization, interpolation"),
        ({"topic": "sdg"}, "TOPIC: 'sdg' is not known; did you mean 'sgd'? allowed: double_descent,"),
        ({"topic": "../sgd"}, "TOPIC: '../sgd' is not known"),
        (
            {"topic": "sgd", "experiment": "width_sweep"},
            "TOPIC: experiment 'width_sweep' lies in double_descent, not in sgd; leave TOPIC out",
        ),
        ({"experiment": "New"}, "EXPERIMENT: expected words in lower case joined by _"),
        ({"experiment": "exact_moments"}, "EXPERIMENT: 'exact_moments' is a module that experiments of sgd share"),
        ({"name": "exact_moments"}, "EXPERIMENT: 'exact_moments' is a module that experiments of sgd share"),
        (
            {"name": "three_point_sgd"},
            "EXPERIMENT: missing, as there is an experiment 'three_point_sgd' already; say EXPERIMENT=three_point_sgd",
        ),
        ({"id": "C1"}, "ID: 'C1' is constant-step-has-a-floor already; the next free one is C"),
        ({"id": "D70"}, "ID: claims of sgd begin with C, found 'D70'"),
        ({"id": "c7"}, "ID: expected a capital letter and a number of up to three digits, such as C7, found 'c7'"),
        ({"id": "C07"}, "found 'C07'"),
        ({"id": "C7 "}, "found 'C7 '"),
        ({"id": "C1234"}, "found 'C1234'"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_request_is_answered_in_one_sentence(asked, expected):
    with pytest.raises(UserError) as caught:
        new_claim.files(**{"name": "new_one", "topic": "sgd"} | asked)
    (sentence,) = str(caught.value).splitlines()
    assert expected in sentence and len(sentence) < 300


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(UserError) as caught:
        new_claim.files("No", "sdg", "No", "no")
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["NAME", "TOPIC", "EXPERIMENT", "ID"]


@pytest.mark.parametrize(("name", "topic"), [("a", "sgd"), (LONG, max(LETTERS, key=len))])
def test_what_is_made_has_the_style_of_the_house(tmp_path, name, topic):
    for path, text in new_claim.files(name, topic).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    known = new_claim.BASE / "pyproject.toml"
    for task in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *task, "--no-cache", "--config", known, tmp_path],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
    assert not [path for path in tmp_path.rglob("*.*") if re.search("__[A-Z]+__", path.read_text("utf-8"))]


def test_everything_to_write_is_found(tmp_path):
    made = new_claim.files("new_one", "sgd")
    for path, text in made.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    files = {line.partition(":")[0] for line in new_claim.unwritten(tmp_path)}
    assert files == {path.as_posix() for path in made if path.name != "__init__.py"}


@pytest.mark.parametrize("obstacle", ["scripts", "tests"])
def test_all_files_are_made_or_none(tmp_path, monkeypatch, capsys, obstacle):
    made = new_claim.files("new_one", "sgd")
    (tmp_path / obstacle).write_text("a file where a folder should be")
    monkeypatch.setattr(new_claim, "BASE", tmp_path)
    monkeypatch.setattr(new_claim, "files", lambda **given: made)
    with pytest.raises(SystemExit) as caught:
        new_claim.main(["--name=new_one", "--topic=sgd"])
    assert str(caught.value).startswith("Nothing was made:\n") and "can't be written" in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / obstacle]
