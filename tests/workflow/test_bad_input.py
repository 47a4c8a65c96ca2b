"""Bad input is answered in one sentence before any job starts."""

import claim_files
import pytest

from overparam.plan import experiment_settings


def refused(project, **extra):
    project.extra = extra
    run = project.snakemake(check=False)
    assert run.returncode != 0
    assert "nothing was started" in run.stdout and "Traceback" not in run.stdout
    assert not (project.folder / "results").exists()
    return run.stdout


def study(project, **changes):
    studies = project.configuration()["studies"]
    studies[0].update(changes)
    return {"studies": studies}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"widths": [0]}, "config.studies[0].widths[0]: must be at least 1, found 0"),
        ({"dataset": "digit"}, "config.studies[0].dataset: 'digit' is not known; did you mean 'digits'?"),
        ({"label_noise": [-0.2]}, "config.studies[0].label_noise[0]: must be at least 0, found -0.2"),
        ({"optimizer": {"name": "adam", "learning_rate": "1e-4"}}, "write 1.0e-4"),
        ({"widhts": [1]}, "config.studies[0].widhts: unknown key; did you mean 'widths'?"),
    ],
)
def test_studies(sources, changes, sentence):
    assert sentence in refused(sources, **study(sources, **changes))


def test_a_misspelt_key(sources):
    assert "config.gpu: unknown key; did you mean 'gpus'?" in refused(sources, gpu=1)


def test_a_key_given_twice(sources):
    sources.append("config/smoke.yaml", "seed: 1\n")
    assert "smoke.yaml: key 'seed' is given twice" in refused(sources)


def test_a_claim_without_an_experiment(sources):
    path = claim_files.of(sources.folder, "A1")
    path.with_name("experiment.yaml").unlink()
    output = refused(sources)
    assert f"polynomial_regression/{path.name}: there is no experiment.yaml beside it" in output


def test_a_claim_on_what_is_not_measured(sources):
    if not experiment_settings.measures("width_sweep"):
        pytest.skip("width_sweep does not say yet what it measures")
    path = claim_files.of(sources.folder, "B4")
    text = path.read_text()
    assert text.count("stopping: heldout_error") == 1
    path.write_text(text.replace("stopping: heldout_error", "stopping: heldout_eror"))
    output = refused(sources)
    assert "double_descent/width_sweep/model_wise_double_descent.yaml (B4): control.where.stopping: " in output
    assert "'heldout_eror' is no value of the column; did you mean 'heldout_error'? allowed: final, heldout" in output


def test_a_cell_that_the_study_has_not(sources):
    run = sources.snakemake("results/smoke/training/mlp-digits-width/w3_n0.2_s0.parquet", check=False)
    assert run.returncode
    assert "There is no cell w3_n0.2_s0 of study mlp-digits-width; it has w2_n0-0.2_s0to2" in run.stdout


def test_a_missing_file_of_images(sources):
    output = refused(
        sources,
        datasets=[{"name": "digits", "source": "cifar10"}],
        sources={"cifar10": {"archive": {"path": "nowhere.tar.gz"}}},
    )
    assert "there is no file nowhere.tar.gz" in output
