"""A user's own settings of Python and of its libraries: nothing of them reaches what a job makes.

A run clears them for all its jobs, and a program that is started by hand for itself, before it imports any library.
Variables that choose how numbers are computed (``MKL_CBWR``, say) are left as they are: they may be needed, and
provenance names them.
"""

import os
import re
import site
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]

# beginnings of names; what follows changes figures, tables, numbers, or which library is imported
CLEARED = (
    "PYTHON", "MPL", "MATPLOTLIB", "PANDAS_", "SEABORN_", "SKLEARN_", "SCIPY_", "NUMPY_", "NUMEXPR_", "TORCH_",
    "SOURCE_DATE_EPOCH", "MKL_DOMAIN_NUM_THREADS", "MKL_DYNAMIC", "OMP_DYNAMIC",
)  # fmt: skip
# of Python, what changes no result
KEPT = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONIOENCODING")
# one thread, as Snakemake gives to every rule: sums over several are taken in another order
THREADS = (
    "OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip
SET = {
    **dict.fromkeys(THREADS, "1"),
    "PYTHONNOUSERSITE": "1",
    "PYTHONFAULTHANDLER": "1",  # a library that crashes leaves a traceback
    "MPLBACKEND": "Agg",
    "MATPLOTLIBRC": os.devnull,
}
# by which a user chooses how numbers are computed: the same results to rounding, in other bytes
ARITHMETIC = re.compile(
    r"(MKL|OPENBLAS|BLIS|VECLIB|ATEN|ONEDNN|DNNL|NPY|OMP|KMP|GOMP|CUBLAS|CUBLASLT|CUDNN|PYTORCH)_"
    r"|NVIDIA_TF32|ARROW_USER_SIMD|GLIBC_TUNABLES=.*glibc\.cpu"
)
LONGEST = 200  # characters of a value


def cleared(environment: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables without a user's own settings of Python and of the libraries that results need."""
    kept = {name: value for name, value in environment.items() if name in KEPT or not name.startswith(CLEARED)}
    # else the user's styles would be read as well
    cache = Path(environment.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    kept |= SET | ({"MPLCONFIGDIR": str(cache / "overparam/matplotlib")} if cache.is_absolute() else {})
    if own := [folder for folder in _python_path(environment) if folder.resolve() == SCRIPTS]:
        kept["PYTHONPATH"] = str(own[0])
    return kept


def arithmetic(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that choose how libraries compute, except those that every job has alike."""
    given = sorted(environment.items() - SET.items())
    return {name: value[:LONGEST] for name, value in given if ARITHMETIC.match(f"{name}={value}")}


def clear_for_jobs() -> None:
    """Clear the variables of this process, which its jobs inherit, and import no library from ``PYTHONPATH`` any more.

    For a process that can't start anew, and that makes no results itself.
    """
    own = {SCRIPTS, *map(Path, site.getsitepackages()), Path(os.__file__).parent}
    foreign = {folder.absolute() for folder in _python_path(os.environ)} - own
    if not sys.flags.ignore_environment:
        sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).absolute() not in foreign]
    _apply(cleared(os.environ))


def enter() -> None:
    """Clear the variables of this process; where Python itself has obeyed them already, start it anew without them."""
    before, after = dict(os.environ), cleared(os.environ)
    obeyed = any(name.startswith("PYTHON") and after.get(name) != value for name, value in before.items())
    own_libraries = site.ENABLE_USER_SITE and Path(site.getusersitepackages()).is_dir()
    _apply(after)
    if obeyed or (own_libraries and "PYTHONNOUSERSITE" not in before):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _python_path(environment: Mapping[str, str]) -> list[Path]:
    given = environment.get("PYTHONPATH")
    return [Path(entry) for entry in given.split(os.pathsep)] if given else []


def _apply(environment: Mapping[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
