"""Whatever settings of Python and its libraries a user has, every figure and every table has the same bytes."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
import single_programs
from fontTools.ttLib import TTFont
from project_copies import ROOT

from overparam.jobs import surroundings
from overparam.plan import experiment_settings, registry

SETTINGS = {
    "averaging": 25, "burn_in": 10, "max_learning_rate": 0.01, "min_learning_rate": 0.001, "n_chains": 20,
    "n_learning_rates": 4, "n_records": 40, "n_seeds": 4, "n_steps": 20000, "schedule_offset": 20,
    "schedule_scale": 1.0, "seed": 0, "slow_schedule_scale": 0.05,
}  # fmt: skip
KINDS = ("svg", "png", "pdf")
UGLY = """
text.usetex: True
savefig.bbox: tight
savefig.dpi: 7
font.family: monospace
font.size: 30
lines.linewidth: 9
axes.formatter.use_locale: True
axes.prop_cycle: cycler(color=["red"])
svg.fonttype: none
path.simplify: False
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Programs of every kind, each with what it makes where the user has set nothing."""
    folder = tmp_path_factory.mktemp("plain")
    claim = next(claim for claim in registry.load() if claim["id"] == "C1")
    judged = {"claim": {key: claim[key] for key in ("id", "name", "forms", "control")}, "unavailable": None}
    measures = experiment_settings.measures(claim["experiment"])
    drawn = {"claim": {key: claim[key] for key in ("id", "figure")}, "measures": measures}
    table, verdict = folder / "table.parquet", folder / "verdict.json"
    figure = [*((kind, f"figure.{kind}") for kind in KINDS), ("alt", "figure.alt.txt")]
    made = {
        **single_programs.every_kind(folder / "data"),
        "measure": single_programs.Program(
            "measure.py",
            {"experiment": "three_point_sgd", "settings": SETTINGS},
            [],
            [("table", table.name), ("cost", "cost.json")],
        ),
        "judge": single_programs.Program("judge.py", judged, [("measurements", table)], [("verdict", verdict.name)]),
        "draw": single_programs.Program("draw.py", drawn, [("measurements", table), ("verdict", verdict)], figure),
    }
    (folder / "data").mkdir()
    for name, program in made.items():
        where = folder / "data" if name in ("prepare", "corrupt", "train") else folder
        assert program.run(where) == (0, ""), name
        made[name] = (program, program.made(where))
    return made


def same(programs, name, folder, **options):
    """Assert that a program makes the same bytes, whether it is started by hand or by a run."""
    program, expected = programs[name]
    code, printed = program.run(folder, **options)
    log = (folder / "job.log").read_text()
    assert code == 0 and printed == "", printed + log
    assert "WARNING" not in log
    assert program.made(folder) == expected


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "backend", ["module://matplotlib_inline.backend_inline", "nonsense", "TkAgg", "module://ipympl.backend_nbagg", ""]
)
def test_a_backend_of_matplotlib(programs, tmp_path, backend):
    same(programs, "draw", tmp_path, environment={"MPLBACKEND": backend})


@pytest.mark.parametrize(
    ("place", "text"),
    [
        *itertools.product(("working directory", "home", "configuration"), (UGLY, b"\xff\xfe\x00font")),
        *itertools.product(("variable", "folder of the variable"), (UGLY,)),
        *itertools.product(("working directory",), ("backend: nonsense\n", "no key at all\nfont.size: big\n")),
    ],
)
def test_a_settings_file_of_matplotlib(programs, tmp_path, place, text):
    folder = tmp_path / "user"
    path = {
        "home": folder / ".config/matplotlib/matplotlibrc",
        "configuration": folder / "config/matplotlibrc",
    }.get(place, folder / "matplotlibrc")
    write(path, text)
    write(path.parent / "stylelib/classic.mplstyle", text)
    variables = {
        "variable": {"MATPLOTLIBRC": str(path)},
        "folder of the variable": {"MATPLOTLIBRC": str(folder)},
        "home": {"HOME": str(folder), "XDG_CACHE_HOME": str(Path("~/.cache").expanduser())},
        "configuration": {"MPLCONFIGDIR": str(path.parent)},
    }.get(place, {})
    same(programs, "draw", tmp_path, environment=variables, cwd=folder)


def test_fonts_of_a_user(programs, tmp_path):
    """Another Arial, which seaborn prefers, and another DejaVu Sans."""
    serif = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSerif.ttf"
    for family in ("Arial", "DejaVu Sans"):
        font = TTFont(serif)
        for number, name in ((1, family), (4, family), (6, family.replace(" ", ""))):
            for platform in ((3, 1, 0x409), (1, 0, 0)):
                font["name"].setName(name, number, *platform)
        (tmp_path / ".fonts").mkdir(exist_ok=True)
        font.save(tmp_path / ".fonts" / f"0{family}.ttf")
    same(programs, "draw", tmp_path, environment={"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert "0Arial.ttf" in next((tmp_path / "cache").rglob("fontlist*.json")).read_text()  # it was seen


def old_copies(folder):
    """Make modules that no program may import, and one that Python imports at its start."""
    for name in ("numpy", "pandas", "matplotlib", "seaborn", "torch", "yaml", "overparam", "jsonschema", "pyarrow"):
        write(folder / f"{name}.py", f"raise RuntimeError('an old copy of {name}')\n")
    write(folder / "sitecustomize.py", "import warnings; warnings.simplefilter('error')\nprint('sitecustomize')\n")
    return {"PYTHONPATH": str(folder)}


SURROUNDINGS = {
    "old copies": lambda folder: old_copies(folder / "old"),
    "variables": lambda folder: {
        "PYTHONSTARTUP": str(write(folder / "start.py", "raise SystemExit")), "PYTHONHASHSEED": "7",
        "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "0",
        "PYTHONDEVMODE": "1", "PYTHONINTMAXSTRDIGITS": "640", "PYTHONBREAKPOINT": "nothing",
        **dict.fromkeys(surroundings.THREADS, "4"), "NUMEXPR_MAX_THREADS": "4", "MKL_DOMAIN_NUM_THREADS": "4",
        "OMP_DYNAMIC": "true", "PANDAS_FUTURE_INFER_STRING": "0", "SCIPY_ARRAY_API": "1", "SKLEARN_ASSUME_FINITE": "1",
        "SEABORN_DATA": "/none", "TORCH_LOGS": "+all", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1",
        "SOURCE_DATE_EPOCH": "1", "LC_ALL": "de_DE", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "COLUMNS": "20",
        "LINES": "3", "TERM": "dumb",
    },
    "plain C": lambda folder: {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}  # fmt: skip


@pytest.mark.parametrize("kind", SURROUNDINGS)
@pytest.mark.parametrize("name", ["prepare", "corrupt", "train", "measure", "draw"])
def test_surroundings(programs, tmp_path, name, kind):
    program, expected = programs[name]
    results = tmp_path / "results"
    code, printed = program.run(
        results, log=tmp_path / "job.log", environment=SURROUNDINGS[kind](tmp_path), preexec_fn=lambda: os.umask(0o077)
    )
    # what Python itself imports at its start has spoken before the program could do anything
    assert (code, printed.replace("sitecustomize\n", "")) == (0, ""), (tmp_path / "job.log").read_text()
    assert program.made(results) == expected


def test_what_is_cleared_and_what_is_not():
    given = {
        "PATH": "/bin", "MKL_CBWR": "COMPATIBLE", "CUDA_VISIBLE_DEVICES": "0", "PYTHONUNBUFFERED": "1",
        "HTTPS_PROXY": "x", "PYTHONPATH": os.pathsep.join(["/old", str(ROOT / "scripts")]), "PYTHONHOME": "/old",
        "OVERPARAM_CIFAR10": "y", "MPLCONFIGDIR": "z", "OMP_NUM_THREADS": "8", "XDG_CACHE_HOME": "/cache",
    }  # fmt: skip
    left = surroundings.cleared(given)
    kept = ("PATH", "MKL_CBWR", "CUDA_VISIBLE_DEVICES", "PYTHONUNBUFFERED", "HTTPS_PROXY", "OVERPARAM_CIFAR10")
    assert {name: left[name] for name in kept} == {name: given[name] for name in kept}
    assert left["PYTHONPATH"] == str(ROOT / "scripts") and "PYTHONHOME" not in left  # the package itself may be named
    assert left["MPLCONFIGDIR"] == "/cache/overparam/matplotlib" and left["OMP_NUM_THREADS"] == "1"
    assert surroundings.cleared(left) == left
    assert "PYTHONPATH" not in surroundings.cleared({"PYTHONPATH": "/old"})


def test_a_process_is_started_anew_once_at_most(tmp_path):
    """With its arguments, and its options of Python; by one that obeys no variables, too."""
    code = (
        "import sys; from overparam.jobs import surroundings\n"
        "surroundings.enter(); print(sys.flags.optimize, sys.argv[1:])"
    )
    scripts = str(ROOT / "scripts")
    for options, expected in (([], "0"), (["-O"], "1"), (["-E", "-s"], "0")):
        prefix = f"import sys; sys.path.insert(0, {scripts!r}); " if options == ["-E", "-s"] else ""
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"/old{os.pathsep}{scripts}", "PYTHONOPTIMIZE": "0"}
        command = [sys.executable, *options, "-c", prefix + code, "a b", "--flag"]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
        assert run.stdout == f"{expected} ['a b', '--flag']\n"


def test_planning_imports_nothing_from_the_path_of_a_user(tmp_path):
    old_copies(tmp_path)
    (tmp_path / "sitecustomize.py").unlink()
    scripts = str(ROOT / "scripts")
    code = (
        f"import sys; sys.path.insert(0, {scripts!r})\n"
        "from overparam.jobs import surroundings; surroundings.clear_for_jobs()\n"
        "import os, yaml; print(yaml.__file__, os.environ.get('PYTHONPATH'), os.environ['MPLBACKEND'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert str(tmp_path) not in run.stdout and run.stdout.endswith("None Agg\n")
