"""Only what an edit touches runs again."""

import time

import claim_files
import pytest
import yaml


def test_a_second_run_does_nothing(project):
    assert project.plan() == {}
    assert "Nothing to be done" in project.snakemake().stdout


def test_the_same_content_checked_out_again_reruns_nothing(project):
    time.sleep(0.05)
    sources = [project.folder / "Snakefile"]
    for part in ("scripts", "workflow", "config", "envs"):
        sources += [path for path in (project.folder / part).rglob("*") if path.is_file()]
    for path in sources:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    assert project.plan() == {}


def test_an_edited_figure_is_redrawn_alone(project):
    project.append("scripts/overparam/claims/double_descent/width_sweep/model_wise_double_descent.py")
    assert project.plan() == {"draw": 1, "report": 1}
    before = project.made("claims/*/figure.png")
    project.snakemake()
    assert project.plan() == {}
    assert project.made("claims/*/figure.png") == before


def test_an_edited_chart_is_made_anew_alone(project):
    project.append("scripts/overparam/claims/double_descent/width_sweep/model_wise_double_descent_interactive.py")
    assert project.plan() == {"interact": 1, "report": 1}


def test_an_edited_judge_retrains_nothing(project):
    project.append("scripts/overparam/judge/intervals.py")
    assert set(project.plan()) == {"judge", "draw", "interact", "tabulate", "report"}


def test_an_edited_message_runs_nothing_again(project):
    for module in ("plan/validation", "plan/config", "plan/registry", "plan/cells", "plan/closure"):
        project.append(f"scripts/overparam/{module}.py")
    for module in ("jobs/faults", "jobs/job_log", "jobs/locks", "jobs/program", "progress", "errors"):
        project.append(f"scripts/overparam/{module}.py")
    path = project.folder / "scripts/overparam/jobs/faults.py"
    before = path.read_text()
    path.write_text(before.replace("the disk is full", "no room is left on the disk"))
    assert path.read_text() != before
    assert project.plan() == {}


def test_an_edited_experiment_measures_alone(project):
    project.append("scripts/overparam/claims/sgd/three_point_sgd/measure.py")
    plan = project.plan()
    assert set(plan) == {"measure", "judge", "draw", "tabulate", "report"}
    assert (plan["measure"], plan["judge"], plan["draw"]) == (1, 2, 2)  # C1 and C2


def test_edited_pages_are_written_alone(project):
    project.append("scripts/overparam/report/assets/style.css", "\n/* edited */\n")
    project.append("scripts/overparam/report/templates/base.html.j2", "\n")
    project.append("scripts/overparam/report/answer.yaml", "\n# edited\n")
    assert project.plan() == {"report": 1}


def edit_claim(project, name, **changes):
    path = claim_files.of(project.folder, name)
    claim = yaml.safe_load(path.read_text()) | changes
    path.write_text(yaml.safe_dump(claim, allow_unicode=True, sort_keys=False))


def test_an_edited_note_writes_the_pages_alone_and_is_told_briefly(project):
    edit_claim(project, "C1", note="another note")
    assert project.plan() == {"report": 1}
    assert max(map(len, project.snakemake("-n").stdout.splitlines())) < 10_000


def test_an_edited_prediction_judges_that_claim_alone(project):
    claim = yaml.safe_load(claim_files.of(project.folder, "C1").read_text())
    form = next(iter(claim["forms"].values()))
    form["predictions"][0]["name"] = "renamed"
    claim["control"].pop("only", None)
    edit_claim(project, "C1", forms=claim["forms"], control=claim["control"])
    assert project.plan() == {"judge": 1, "draw": 1, "tabulate": 1, "report": 1}


def changed_study(project, experiment, **changes):
    studies = project.configuration()["studies"]
    study = next(study for study in studies if experiment in study["experiments"])
    for key, added in changes.items():
        study[key] = [*study[key], added]
    return {"studies": studies}, study


@pytest.mark.parametrize(("key", "added"), [("widths", 5), ("seeds", [90, 91]), ("label_noise", 0.35)])
def test_what_is_added_to_a_study_is_trained_alone(project, key, added):
    before = project.made("training/**/*.parquet")
    times = {path: (project.folder / "results/smoke" / path).stat().st_mtime_ns for path in before}
    project.extra, study = changed_study(project, "width_sweep", **{key: added})
    cells = {"widths": 1, "seeds": len(study["widths"]), "label_noise": len(study["widths"])}[key]
    plan = project.plan()
    assert plan["train"] == cells
    assert plan["measure_networks"] == len(study["experiments"])
    assert "measure" not in plan and "prepare" not in plan
    if key == "widths":
        assert "corrupt" not in plan
    project.snakemake("--until", "train")
    after = project.made("training/**/*.parquet")
    assert len(after) == len(before) + cells
    assert {path: after[path] for path in before} == before
    assert all((project.folder / "results/smoke" / path).stat().st_mtime_ns == times[path] for path in before)


def test_a_changed_setting_of_an_experiment_measures_that_alone(project):
    project.extra = {"experiments": {"three_point_sgd": {"n_seeds": 21}}}
    assert project.plan()["measure"] == 1
