"""What must hold before the workflow reads anything: the right Snakemake, its libraries, the workflow run by itself.

Imports nothing but Python's own library, and keeps to its older forms: it runs in whatever Snakemake was called.
"""

import getpass
import importlib.util
import os
import sys
from pathlib import Path

OLDEST = (9, 27)  # of Snakemake; envs/requirements.txt pins the version that is tested
# what the pipeline imports beside Snakemake, to plan and to work; jobs in conda environments have the latter there
PLANNING = ("yaml", "jsonschema", "grimp", "filelock", "markupsafe", "latex2mathml", "psutil")
WORKING = (
    *("torch", "torchvision", "numpy", "scipy", "sklearn", "pandas", "pyarrow", "mpmath", "jaxtyping"),
    *("seaborn", "matplotlib", "PIL", "jinja2", "altair", "vl_convert", "pylatexenc"),
)
FOLDERS = ("benchmarks", "claims", "data", "logs", "measurements", "report", "state", "training")  # of a run's results


def unmet(folder, workflow, version):
    """Return the first premise that does not hold, as a message, or None.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of this workflow.
    workflow : snakemake.workflow.Workflow
        The run, of whatever version of Snakemake.
    version : str
        Version of Snakemake, say "9.27.1".
    """
    own = folder / ".venv/bin/snakemake"
    remedy = f"Call {own}." if own.exists() else f"Run `make run` in {folder}; it makes {own}, which can be called too."
    if number(version) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return f"This is Snakemake {version} of {sys.executable}, and the workflow needs {needed} or newer. {remedy}"
    if Path(workflow.main_snakefile).resolve() != (folder / "Snakefile").resolve():
        return (
            "Another Snakefile uses this workflow as a module or includes it, which can't be: it would look for its "
            "configuration, programs and results beside that Snakefile. Run it by itself, say by\n\n"
            f"    snakemake --cores all -s {folder / 'Snakefile'}\n\n"
            "in the folder that is to hold `results`, and read its results from there."
        )
    deployment = workflow.deployment_settings
    elsewhere = deployment and deployment.deployment_method
    absent = [name for name in PLANNING + (() if elsewhere else WORKING) if importlib.util.find_spec(name) is None]
    if absent:
        return f"The Python that runs Snakemake, {sys.executable}, lacks {', '.join(absent)}. {remedy}"
    return None


def no_home():
    """Return why Snakemake would end at once in this account, or None: those in containers may have no name or home."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        return "This account has no name. Set one: `export USER=me`."
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        place = Path(cache).expanduser()
        while not place.exists() and place != place.parent:
            place = place.parent
        usable = place.is_absolute() and place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    except (RuntimeError, OSError):  # there is no home, or one may not look
        usable = False
    if usable:
        return None
    return (
        f"Snakemake keeps a cache in {cache}, where this account can't write. Set HOME or XDG_CACHE_HOME to the full "
        "path of a folder in which it can, and export it."
    )


def no_folder(results):
    """Return why a run can't keep its results in a folder, as a message, or None; ``results`` may not be there yet."""
    root = Path(results)
    for path in [*reversed(root.parents[:-1]), root, *(root / name for name in FOLDERS)]:
        try:
            if path.is_dir():
                continue
            if path.is_symlink() and not path.exists():
                aim = repr(str(path.readlink()))[:300]
                return f"{path} links to {aim}, which is not there. Make it, mount its disk, or remove the link."
            if path.exists():
                return f"{path} is no folder, and one of that name is to hold results. Move it away."
        except OSError as error:
            return f"{path} can't be looked at ({error.strerror}). Make its folder readable."
    return None


def number(version):
    """Return the first two numbers of a version; what is no number counts as 0."""
    parts = [int(part) if part.isdigit() else 0 for part in version.split(".")[:2]]
    return tuple(parts + [0] * (2 - len(parts)))
