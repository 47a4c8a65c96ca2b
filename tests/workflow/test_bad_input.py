"""Bad input is answered in one sentence before any job starts."""

import os
import subprocess
import sys

import claim_files
import pytest


def refused(project, *arguments, **extra):
    project.extra = extra
    run = project.snakemake(*arguments, check=False)
    assert not (project.folder / "results/smoke").is_dir()
    return one_answer(run)


def one_answer(run):
    """Return what a run printed that started nothing and said why in a few lines."""
    assert run.returncode == 1
    assert "othing was started" in run.stdout and "Traceback" not in run.stdout
    assert len(run.stdout) < 5000
    return run.stdout


def study(project, **changes):
    studies = project.configuration()["studies"]
    studies[0].update(changes)
    return {"studies": studies}


def test_all_keys_that_are_wrong(sources):
    wrong = {"widths": [0], "label_noise": [-0.2], "optimizer": {"name": "adam", "learning_rate": "1e-4"}, "widhts": 1}
    output = refused(sources, gpu=1, **study(sources, **wrong))
    for sentence in (
        "config.gpu: unknown key; did you mean 'gpus'?",
        "config.studies[0].widhts: unknown key; did you mean 'widths'?",
        "config.studies[0].widths[0]: must be at least 1, found 0",
        "config.studies[0].label_noise[0]: must be at least 0, found -0.2",
        "write 1.0e-4",
    ):
        assert sentence in output


def test_all_that_is_named_and_is_not_there(sources):
    absent = {"datasets": [{"name": "digits", "source": "cifar10"}]}
    absent["sources"] = {"cifar10": {"archive": {"path": "nowhere.tar.gz"}}}
    output = refused(sources, **absent, **study(sources, dataset="digit"))
    assert "config.studies[0].dataset: 'digit' is not known; did you mean 'digits'?" in output
    assert "there is no file nowhere.tar.gz" in output


def test_a_key_given_twice(sources):
    sources.append("config/smoke.yaml", "seed: 1\n")
    assert "smoke.yaml: key 'seed' is given twice" in refused(sources)


def test_a_claim_on_what_is_not_measured(sources):
    path = claim_files.of(sources.folder, "B4")
    text = path.read_text()
    assert text.count("stopping: heldout_error") == 1
    path.write_text(text.replace("stopping: heldout_error", "stopping: heldout_eror"))
    output = refused(sources)
    assert "double_descent/width_sweep/model_wise_double_descent.yaml (B4): control.where.stopping: " in output
    assert "'heldout_eror' is no value of the column; did you mean 'heldout_error'? allowed: final, heldout" in output


def test_a_path_that_cannot_be_expanded(sources):
    sources.environment = {"SNAKEMAKE_OUTPUT_CACHE": "./~/x"}
    assert "$SNAKEMAKE_OUTPUT_CACHE: './~/x' " in refused(sources, "-n")
    assert not (sources.folder / "~").exists()


def test_no_folder_is_called_like_a_home(sources, tmp_path):
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    sources.environment = {**home, "SNAKEMAKE_OUTPUT_CACHE": "~/kept", "OVERPARAM_CIFAR10": "~/images"}
    sources.plan("A1")
    assert (tmp_path / "home/kept").is_dir() and not list(sources.folder.rglob("*~*"))


def test_a_file_of_its_own_without_studies(sources):
    (sources.folder / "config/smoke.yaml").write_text("preset: smoke\ndatasets: [{name: mine, source: digits}]\n")
    output = refused(sources)
    assert "config.studies: your configuration has none" in output and "config.studies[" not in output


@pytest.mark.parametrize("kind", ["pipe", "deep", "absent"])
def test_a_default_configuration_that_snakemake_cannot_read(sources, kind):
    """It would wait for ever, crash, or end in a traceback; ``tests/plan/test_strict_yaml.py`` has all other kinds."""
    path = sources.folder / "config/config.yaml"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "deep":
        path.write_bytes(b"preset: " + b"[" * 2000)
    assert "config/config.yaml: " in refused(sources)


def test_results_that_can_not_be_kept(sources):
    """``tests/run/test_premises.py`` has what else may stand in the way."""
    (sources.folder / "results").mkdir()
    (sources.folder / "results/smoke").symlink_to("/nowhere/at all")
    for arguments in ((), ("-n",)):
        assert "results" in refused(sources, *arguments).partition("othing was started: ")[2]


def test_targets_that_nothing_makes(sources):
    targets = {
        "b4": "'b4': there is no claim or other target of this name; did you mean B4?",
        "": "an empty target",
        "config/smoke.yaml": "is it meant for --configfile?",
        "results/smoke/data/mnist/train.arrow": "there is no data set 'mnist'",
        "results/smoke/training/mlp/w2_n0_s0.parquet": "there is no study 'mlp'",
        "results/smoke/training/mlp-digits-width/w3_n0.2_s0.parquet": (
            "There is no cell w3_n0.2_s0 of study mlp-digits-width; it has w2_n0-0.2_s0to2"
        ),
        "measure": "makes many files",
    }
    output = refused(sources, *targets, "-n")
    for sentence in targets.values():
        assert sentence in output


@pytest.mark.parametrize("way", ["module", "include"])
def test_another_snakefile_around_this_one(sources, tmp_path, way):
    given = f'include: "{sources.folder}/Snakefile"\n'
    if way == "module":
        given = f'module claims:\n    snakefile: "{sources.folder}/Snakefile"\nuse rule * from claims as claims_*\n'
    (tmp_path / "Snakefile").write_text(given)
    output = one_answer(called(tmp_path, "from snakemake.cli import main"))
    assert "Another Snakefile uses this workflow as a module or includes it" in output
    assert f"-s {sources.folder}/Snakefile" in output


def called(folder, code, *arguments):
    """Run Snakemake, in a Python in which ``code`` has gone before."""
    command = [
        sys.executable,
        "-c",
        f"{code}; from snakemake.cli import main; main()",
        "-n",
        "--cores",
        "1",
        *arguments,
    ]
    return subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_snakemake_other_than_that_of_the_environment(sources):
    output = one_answer(called(sources.folder, "import snakemake; snakemake.__version__ = '7.32.4'"))
    assert f"This is Snakemake 7.32.4 of {sys.executable}" in output and "Run `make run`" in output
    hidden = (
        "import importlib.util as u; f = u.find_spec; u.find_spec = lambda n, *p: n != 'grimp' and f(n, *p) or None"
    )
    assert f"{sys.executable}, lacks grimp. " in one_answer(called(sources.folder, hidden))


def test_the_snakefile_from_another_folder(sources, tmp_path):
    """``test_folders.py`` has the other spellings."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").symlink_to(sources.folder)
    run = called(tmp_path / "elsewhere", "import sys", "-s", str(tmp_path / "linked/Snakefile"), "A1")
    assert run.returncode == 0 and "measure" in run.stdout, run.stdout


def test_numbers_inside_a_mapping_on_the_command_line(sources):
    run = sources.snakemake("-n", "--config", "jobs={minutes: 5}", "seed=1", check=False)
    assert run.returncode == 0, run.stdout
    run = sources.snakemake("-n", "--config", "jobs={minutes: many}", check=False)
    assert run.returncode and 'config.jobs.minutes: expected a number, found "many"' in run.stdout
