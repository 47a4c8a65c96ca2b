"""The code hash of a program covers what it imports and no more."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from overparam import places
from overparam.plan import closure, registry

SCRIPTS = Path(closure.__file__).resolve().parents[2]


def hashes(scripts, *requests):
    """Compute code hashes in a fresh interpreter on a copy of ``scripts/``."""
    code = (
        "import sys; from overparam.plan.closure import code_hash\n"
        "for request in sys.argv[1:]: print(code_hash(*request.split()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *requests], cwd=scripts, capture_output=True, text=True, check=True
    )
    return run.stdout.split()


@pytest.fixture
def scripts(tmp_path):
    return Path(shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")))


REQUESTS = (
    "measure.py overparam.claims.sgd.three_point_sgd.measure",
    "measure.py overparam.claims.double_descent.width_sweep.measure",
    "train.py overparam.models.mlp",
    "judge.py",
    "draw.py overparam.claims.double_descent.width_sweep.model_wise_double_descent",
)


NAMES = ["three_point_sgd", "width_sweep", "mlp", "judge", "model_wise_double_descent"]
WIDTH_SWEEP = "overparam/claims/double_descent/width_sweep"
ALONE = {f"{WIDTH_SWEEP}/measure.py", f"{WIDTH_SWEEP}/model_wise_double_descent.py", "train.py"}
ALONE |= {"overparam/drawing/theme.py", "overparam/models/mlp.py"}


@pytest.fixture(scope="module")
def before():
    """The hashes of the sources as they are."""
    return hashes(SCRIPTS, *REQUESTS)


def changed(before, scripts, *paths):
    """Return whose hashes an edit to these files changes."""
    for path in paths:
        with (scripts / path).open("a") as file:
            file.write("\n# edited\n")
    return [name for name, a, b in zip(NAMES, before, hashes(scripts, *REQUESTS), strict=True) if a != b]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{WIDTH_SWEEP}/measure.py", ["width_sweep"]),
        (f"{WIDTH_SWEEP}/model_wise_double_descent.py", ["model_wise_double_descent"]),
        ("overparam/judge/intervals.py", ["judge"]),
        ("overparam/models/mlp.py", ["mlp"]),
        ("overparam/seeding.py", ["three_point_sgd", "mlp"]),
        ("overparam/drawing/theme.py", ["model_wise_double_descent"]),
        ("train.py", ["mlp"]),
        ("overparam/jobs/files.py", NAMES),
        ("overparam/__init__.py", NAMES),
    ],
)
def test_an_edit_changes_the_programs_that_import_it(before, scripts, path, expected):
    found = changed(before, scripts, path)
    assert set(expected) <= set(found)
    if path.startswith("overparam/judge"):
        assert not {"three_point_sgd", "width_sweep", "mlp"} & set(found)  # nothing is measured or trained again
    elif path in ALONE:
        assert found == expected


def test_an_edit_to_the_machinery_changes_nothing(before, scripts):
    """Messages, logs, locks, faults, the plan: of all that, `closure.DECIDES` names what decides bytes."""
    around = [path for name in ("jobs", "plan") for path in sorted((scripts / "overparam" / name).glob("[!_]*.py"))]
    around += [scripts / "overparam" / f"{name}.py" for name in ("errors", "places", "progress")]
    decides = {f"{name.replace('.', '/')}.py" for name in closure.DECIDES}
    paths = [path.relative_to(scripts).as_posix() for path in around]
    assert "overparam/jobs/faults.py" in paths and decides < set(paths)
    assert changed(before, scripts, *(path for path in paths if path not in decides)) == []


def test_a_touch_and_another_folder_change_nothing(before, scripts, tmp_path):
    (scripts / "measure.py").touch()
    moved = Path(shutil.copytree(scripts, tmp_path / "elsewhere/scripts"))
    assert hashes(scripts, *REQUESTS) == hashes(moved, *REQUESTS) == before


def test_a_file_that_is_read_counts(scripts):
    template = SCRIPTS / "overparam/claims/double_descent/width_sweep/experiment.yaml"
    assert closure.code_hash("measure.py") != closure.code_hash("measure.py", files=(template,))


def test_unknown_module_is_named():
    with pytest.raises(ValueError, match="no such module"):
        closure.modules("measure.py", "overparam.claims.nonsense")


@pytest.mark.parametrize(
    "program", ["draw.py", "interact.py", "judge.py", "summarise.py", "report.py", "show.py", "corrupt.py"]
)
def test_light_programs_never_import_torch(program):
    code = (
        f"import runpy, sys; sys.path.insert(0, '.'); work = runpy.run_path('{program}')['work']\n"
        "from overparam.errors import UserError; from overparam.jobs.program import Job\n"
        "try:\n    work(Job({}, {}, {}, 0, 0))\nexcept (UserError, KeyError):\n    pass\n"  # it has imported by then
        "print('numpy' in sys.modules, 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True False"


def test_no_figure_can_import_torch():
    claims = registry.load()
    names = [
        places.figure_module(claim[kind]) for claim in claims for kind in ("figure", "interactive") if kind in claim
    ]
    code = f"import importlib, sys; [importlib.import_module(name) for name in {names}]"
    code += "; print('torch' in sys.modules)"  # if so, `python -X importtime` tells whose import it was
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert len(names) > 50 and run.stdout.strip() == "False"


def test_the_library_does_not_know_snakemake():
    for module in sorted((SCRIPTS / "overparam").rglob("*.py")):
        assert "import snakemake" not in module.read_text() and "from snakemake" not in module.read_text(), module


def test_programs_import_no_library_before_their_log_is_open():
    """Then a user's own settings are cleared first, and the log holds what can't be imported."""
    for path in sorted(SCRIPTS.glob("*.py")):
        code = f"import runpy, sys; sys.path.insert(0, '.'); runpy.run_path('{path.name}'); print(*sys.modules)"
        run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
        assert not {"numpy", "pandas", "matplotlib", "torch", "yaml", "pyarrow"} & set(run.stdout.split()), path
    # the code hash sees all the same what they import
    for name, module in (
        ("draw", "drawing.theme"),
        ("corrupt", "datasets.labels"),
        ("train", "training.cell"),
        ("show", "jobs.records"),
    ):
        assert f"overparam.{module}" in closure.modules(f"{name}.py")


@pytest.mark.parametrize("path", ["measure.py", "overparam/drawing/theme.py", "overparam/jobs/program.py"])
@pytest.mark.parametrize("added", [b"def (", b'x = "', b"\xff\xfe", b"\0", b"  x = 1"])
def test_sources_with_a_mistake_of_syntax_are_named(scripts, path, added):
    with (scripts / path).open("ab") as file:
        file.write(b"\n" + added + b"\n")
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "import pathlib, overparam; from overparam.errors import UserError; from overparam.plan import closure\n"
        "overparam.__path__[:] = ['overparam']; closure.SCRIPTS = pathlib.Path.cwd(); sys.path[0] = '.'\n"
        "try:\n    closure.check_sources()\nexcept UserError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True)
    assert path in run.stdout and "Python can't read this" in run.stdout and run.stdout.count("\n") == 1
    assert run.stdout.isprintable() or run.stdout[:-1].isprintable()
