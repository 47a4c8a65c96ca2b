"""Whatever ends a run after whatever edit: nothing outdated is shown, and the same command makes what was asked for.

Programs that stand in for the pipeline's own make a run a matter of seconds, so that many random rounds of *edit,
fault, same command* can be held against a run from scratch. The last tests do the same with the programs themselves.
"""

import os
import random
import re
import shutil
import subprocess
import sys

import pytest
from project_copies import RESULTS
from stood_in_project import CLAIMS, MODULES, State, contents, stood_in

ROUNDS = int(os.environ.get("OVERPARAM_ROUNDS", "30"))
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
