"""A run among a user's own settings makes the bytes of any other; one whose Python can't start says so."""

from project_copies import RESULTS

from overparam.jobs import job_log

CLAIM = "C1"
LOG = RESULTS / "logs/measure/three_point_sgd.log"
TABLE = RESULTS / "measurements/three_point_sgd.parquet"


def test_a_run_among_settings_of_a_user(disturbed, undisturbed, tmp_path):
    """Those that leave Snakemake itself alive: it starts before anything here does."""
    kinds = ("measurements/*.parquet", "claims/*/figure.*", "claims.parquet")
    plain = [undisturbed.made(kind) for kind in kinds]
    assert len(plain[1]) == 5 and len(plain[0]) == len(plain[2]) == 1
    old = tmp_path / "old"
    old.mkdir()
    for name in ("grimp", "seaborn", "scipy", "sklearn", "torch"):
        (old / f"{name}.py").write_text(f"raise RuntimeError('an old copy of {name}')\n")
    (disturbed.folder / "matplotlibrc").write_text("text.usetex: True\nsavefig.bbox: tight\nfont.size: 30\n")
    disturbed.environment = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONPATH": str(old), "OMP_NUM_THREADS": "2",
        "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "5", "MPLCONFIGDIR": str(old), "TZ": "Pacific/Chatham", "LC_ALL": "C",
        "MKL_CBWR": "AUTO",
    }  # fmt: skip
    disturbed.snakemake("--forceall", CLAIM, "results/smoke/claims.parquet")
    assert [disturbed.made(kind) for kind in kinds] == plain
    assert b'"MKL_CBWR": "AUTO"' in disturbed.made("claims/*/verdict.json")[f"claims/{CLAIM}/verdict.json"]


def test_a_run_whose_jobs_are_each_a_python_of_its_own(disturbed, undisturbed):
    kinds = ("measurements/*.parquet", "claims/*/figure.*", "claims.parquet")
    disturbed.environment = {"OVERPARAM_FORK": "0"}
    disturbed.snakemake("--forceall", CLAIM, "results/smoke/claims.parquet")
    assert [disturbed.made(kind) for kind in kinds] == [undisturbed.made(kind) for kind in kinds]


def failed(project, *arguments):
    run = project.snakemake(str(TABLE), *arguments, check=False)
    assert run.returncode == 1
    return run.stdout


def test_a_job_that_can_not_import_a_library(untouched):
    """As where a library of the system is missing; shadowed here by a module beside the program."""
    library = untouched.folder / "scripts/pyarrow.py"
    library.write_text("raise ImportError('libcudnn.so.9: cannot open shared object file')\n")
    untouched.environment = {"OVERPARAM_FORK": "0"}  # else it is imported before anything of the project
    printed = failed(untouched, "--retries", "3")
    assert "Trying to restart" not in printed and "memory" not in printed.partition(f"{LOG} ends:")[2]
    assert "(Python could not start: ImportError: libcudnn.so.9: cannot open shared object file" in printed
    assert "Traceback (most recent call last)" in (untouched.folder / LOG).read_text()
    library.unlink()
    untouched.snakemake(str(TABLE))
    assert job_log.succeeded(untouched.folder / LOG)


def test_a_program_that_fails_before_its_log_is_open(untouched):
    path = untouched.folder / "scripts/measure.py"
    path.write_text(path.read_text().replace("from overparam", "import absent_library\nfrom overparam", 1))
    printed = failed(untouched, "--retries", "3")
    assert "Trying to restart" not in printed
    assert "(Python could not start: ModuleNotFoundError: No module named 'absent_library'" in printed
    log = (untouched.folder / LOG).read_text()
    assert log.startswith("Traceback") and "measure.py" in log


def test_a_job_that_is_killed_is_sent_again(untouched):
    path = untouched.folder / "scripts/measure.py"
    path.write_text(
        path.read_text().replace("    inputs =", "    import os\n\n    os.kill(os.getpid(), 9)\n    inputs =", 1)
    )
    printed = failed(untouched, "--retries", "1")
    assert printed.count("Trying to restart") == 1 and "most likely for lack of memory" in printed


def test_a_module_with_a_mistake_of_syntax(untouched):
    untouched.append("scripts/overparam/drawing/theme.py", "\ndef (\n")
    printed = failed(untouched)
    assert "nothing was started" in printed and "Traceback" not in printed
    assert "drawing/theme.py, line" in printed and "Python can't read this (invalid syntax: 'def (')" in printed
