"""Whatever ends a run after whatever edit: nothing outdated is shown, and the same command makes what was asked for.

Programs that stand in for the pipeline's own make a run a matter of seconds, so that many random rounds of *edit,
fault, same command* can be held against a run from scratch. The last tests do the same with the programs themselves.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys

import pytest
from project_copies import RESULTS, fresh
from stood_in_project import CLAIMS, MODULES, State, contents, stood_in
from waiting import until

ROUNDS = int(os.environ.get("OVERPARAM_ROUNDS", "8"))  # two minutes; 30 reach most pairs of an edit and a fault
PAGE = "report/index.html"
KINDS = ["fail", "kill", "terminate", "fail,half", "kill,half", "run-kill", "run-interrupt", "run-kill,half"]
TARGETS = [[], ["B4"], ["A1"], ["B1"]]


@pytest.fixture(scope="module")
def from_scratch(tmp_path_factory):
    """A function that returns what a run from scratch makes in a state."""
    made = {}

    def results(edit):
        if edit not in made:
            project = stood_in(tmp_path_factory.mktemp("scratch") / "project")
            State(project).become(edit)
            project.snakemake()
            made[edit] = contents(project)
            shutil.rmtree(project.folder)
        return made[edit]

    return results


def nothing_outdated_is_shown(project, asked, from_scratch, edit, run):
    """Assert that all that is there of the claims asked for is as it should be, and that no other verdict is printed.

    A page that is there shows what lies beside it, if not all of the present state: the run was not asked for the rest.
    A run that had nothing to do prints no verdict.
    """
    expected, found = from_scratch(edit), contents(project)
    shown = {path: made for path, made in found.items() if path.startswith("claims/") and not path.endswith("sha256")}
    for path, made in shown.items():
        assert made == expected[path] or path.split("/")[1] not in asked, path
    if PAGE in found:
        of = next(state for state in (edit, *State.EDITS) if from_scratch(state)[PAGE] == found[PAGE])
        assert shown.items() <= from_scratch(of).items(), f"the page is of {of}"
        assert of == edit or asked != CLAIMS
    if "Nothing to be done" in run.stdout:
        return
    files = [RESULTS / f"claims/{claim}/verdict.json" for claim in CLAIMS]
    show = [sys.executable, "scripts/show.py", f"@{RESULTS}/registry.json", "--input", "verdicts", *files]
    printed = subprocess.run(show, cwd=project.folder, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^ ?([A-G]\d+)\b.*supported", printed, flags=re.MULTILINE))
    right = {claim for claim in CLAIMS if found.get(path := f"claims/{claim}/verdict.json") == expected[path]}
    assert listed == right, printed


def test_random_rounds_of_edit_fault_and_the_same_command(tmp_path, from_scratch):
    chance = random.Random(0)
    project = stood_in(tmp_path / "project")
    state = State(project)
    project.snakemake()
    assert contents(project) == from_scratch(None)
    for number in range(ROUNDS):
        edit, kind = chance.choice(State.EDITS), chance.choice(KINDS)
        rule, target = chance.choice(list(MODULES)), chance.choice(TARGETS)
        said = f"round {number}: {edit}, {kind} in {rule}, {target or 'all'}"
        print(said)
        state.become(edit)
        expected = from_scratch(edit)
        fault = {"FAULT": f"{rule}:{kind}"}
        plain = dict(project.environment)
        project.environment = plain | fault
        first = project.snakemake("--rerun-incomplete", *target, check=False)
        nothing = "Nothing to be done" in first.stdout
        again = project.snakemake("--rerun-incomplete", *target, check=False) if chance.random() < 0.3 else None
        if first.returncode and again:  # it does not turn to "nothing to be done" while the fault stands
            assert again.returncode, f"{said}\n{again.stdout}"
        project.environment = plain
        nothing_outdated_is_shown(project, target or CLAIMS, from_scratch, edit, again or first)
        last = project.snakemake("--rerun-incomplete", *target)
        folder = f"claims/{target[0]}/" if target else ""
        wanted = {path: made for path, made in expected.items() if path.startswith(folder)}
        found = contents(project)
        assert {path: found.get(path) for path in wanted} == wanted, f"{said}\n{first.stdout}\n{last.stdout}"
        assert not nothing or "Nothing to be done" in last.stdout, said
        nothing_outdated_is_shown(project, target or CLAIMS, from_scratch, edit, last)
        if chance.random() < 0.2:
            assert project.plan(*target) == {}, said
    state.become(None)
    project.snakemake("--rerun-incomplete")
    assert {p: c for p, c in contents(project).items() if p in from_scratch(None)} == from_scratch(None)


def test_what_was_finished_is_printed_with_what_failed(tmp_path):
    project = stood_in(tmp_path / "project")
    project.environment |= {"FAULT": "measure:fail@random_features"}
    run = project.snakemake("--keep-going", check=False)
    assert run.returncode
    printed = run.stdout.replace("\n", " ")
    assert "B1: not made yet." in printed and "snakemake --cores all" in printed
    assert all(re.search(rf"^ ?{claim}\b.*supported", run.stdout, flags=re.MULTILINE) for claim in ("A1", "A2", "B4"))
    assert "logs/measure/random_features.log" in printed


TINY = {
    "name": "tiny", "experiments": ["width_sweep"], "dataset": "digits", "model": "mlp", "widths": [[2, 4]],
    "label_noise": [[0.0, 0.2]], "noise_definition": "wrong_label", "seeds": [[0, 1]], "n_train": 100,
    "n_heldout": 20, "loss": "cross_entropy", "epochs": 3, "batch_size": 50, "evaluations": 2,
    "precision": "float32", "optimizer": {"name": "sgd", "learning_rate": 0.1},
}  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A run of the programs themselves, for a claim with networks and one without; not to be changed."""
    project = fresh(tmp_path_factory.mktemp("real") / "project")
    project.extra = {"claims": ["A1", "B4"], "studies": [TINY]}
    project.snakemake()
    return project


def results(project):
    """Return the content of all files that hold no seconds."""
    timed = (".json", ".sha256", ".html")
    return {path: made for path, made in contents(project).items() if not path.endswith(timed)}


def test_one_claim_makes_its_page_and_an_index_of_what_is_there(real, tmp_path):
    project = real.copy(tmp_path / "project")
    project.extra = real.extra
    note = project.folder / "scripts/overparam/claims/interpolation/polynomial_regression/polynomial_overfitting.yaml"
    note.write_text(note.read_text().replace("note: >-", "note: >-\n  Another note."))
    (project.folder / RESULTS / "claims/B4/figure.svg").write_text("damaged")
    assert "Nothing to be done" in project.snakemake("A1").stdout
    page, index = (project.folder / RESULTS / "report" / name for name in ("claims/A1.html", "index.html"))
    assert "Another note." in page.read_text() and "claims/B4.html" in index.read_text()
    assert "B4/figure.svg" not in (page.parent / "B4.html").read_text()  # it is not as it was drawn
    assert not project.made("report/index.sha256")  # so that the next run of all claims makes all pages
    assert project.plan() == {"draw": 1, "report": 1}
    project.snakemake()
    whole = project.made("report/**/*.html")
    assert len(project.made("report/index.sha256")) == 1
    assert "Nothing to be done" in project.snakemake("A1").stdout
    assert project.made("report/**/*.html") == whole and project.plan() == {}
    assert "not made yet" not in index.read_text()


def test_the_table_of_verdicts_writes_no_page(real, tmp_path):
    project = real.copy(tmp_path / "project")
    project.extra = real.extra
    shutil.rmtree(project.folder / RESULTS / "report")
    project.snakemake("claims")
    assert not project.made("report/**/*")


@pytest.mark.parametrize("target", [[], ["A1"]])
def test_an_experiment_that_fails_after_an_edit_fails_again(real, tmp_path, target):
    project = real.copy(tmp_path / "project")
    project.extra = real.extra
    path = project.folder / "scripts/overparam/claims/interpolation/polynomial_regression/measure.py"
    whole = path.read_text()
    path.write_text(whole.replace("def measure(", "raise RuntimeError\n\n\ndef measure("))
    for _ in range(2):
        failed = project.snakemake("--rerun-incomplete", *target, check=False)
        assert failed.returncode and "Nothing to be done" not in failed.stdout
        assert not project.made("claims/A1/*") and not project.made("report/claims/A1.html")
        assert not project.made("report/index.sha256")
    printed = project.snakemake("claims").stdout
    assert "A1: not made yet." in printed and re.search(r"^ ?B4 ", printed, flags=re.MULTILINE)
    path.write_text(whole)
    project.snakemake("--rerun-incomplete")
    assert results(project) == results(real)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_training_that_is_killed_after_an_edit_is_trained_again(real, tmp_path, number):
    project = real.copy(tmp_path / "project")
    project.extra = {**real.extra, "studies": [{**TINY, "epochs": 4000}]}
    log = project.folder / RESULTS / "logs/train/tiny/w2-4_n0-0.2_s0-1.log"
    log.unlink()
    with project.start("--rerun-incomplete", "B4") as run:
        job = until(lambda: log.exists() and re.search(r"process (\d+) on", log.read_text()), "the training starts")[1]
        os.kill(int(job), number)
        run.communicate()
    assert run.returncode and not project.made("claims/B4/*") and not project.made("report/claims/B4.html")
    assert project.plan("B4")["train"] == 1
    project.extra = real.extra
    project.snakemake("--rerun-incomplete")
    assert results(project) == results(real)
