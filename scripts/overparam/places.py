"""Where things lie: claims in the folder of their experiment, experiments in the folder of their topic, networks.

``claims/<topic>/<experiment>/`` holds ``experiment.yaml`` and ``measure.py``, and for every claim ``<claim>.yaml`` and
its figure ``<claim>.py``, perhaps with a second one, ``<claim>_details.py``. Names of experiments are unique
over topics.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CLAIMS = PACKAGE / "claims"
DECLARATION = "experiment.yaml"
DETAILS = "_details"  # at the end of the name of a claim's second figure
REFERENCE = PACKAGE.parents[1] / "results/reference"  # results that belong to the project
VERDICTS = REFERENCE / "default/claims.parquet"  # those of a finished run of the default configuration
DURATIONS = REFERENCE / "default/seconds.json"  # how long its jobs took
STABILITY = REFERENCE / "stability/verdicts.parquet"  # how verdicts fared under other root seeds
ERROR_RATES = REFERENCE / "judge/error_rates.parquet"  # how often the judge errs


def durations(preset: str) -> Path:
    """Return the file with how long the jobs of a preset took in its own reference run, or in that of the default."""
    own = REFERENCE / preset / DURATIONS.name
    return own if own.is_file() else DURATIONS


def larger_figure(figure: Path) -> str:
    """Return where a figure in ``<preset>/claims/<id>/`` of a larger run lies below the folder of the pages."""
    return f"larger/{figure.parents[2].name}-{figure.parent.name}.svg"


def experiments() -> dict[str, Path]:
    """Return the folder of every experiment by its name, in the order of the names."""
    folders = (path.parent for path in CLAIMS.glob(f"*/*/{DECLARATION}"))
    return {folder.name: folder for folder in sorted(folders, key=lambda folder: folder.name)}


def measure_module(experiment: str) -> str:
    """Return the dotted name of the module that measures an experiment; a KeyError if there is none."""
    homes = [topic / experiment for topic in CLAIMS.iterdir() if (topic / experiment / DECLARATION).is_file()]
    if not homes:
        raise KeyError(experiment)
    return address(homes[0] / "measure.py")


def figure_module(figure: str) -> str:
    """Return the dotted name of the module of a figure, which is named from its topic on."""
    return f"{PACKAGE.name}.{CLAIMS.name}.{figure}"


def details(figure: str) -> str | None:
    """Return the name of the second figure of a claim, the module beside the first; None if there is none."""
    path = CLAIMS.joinpath(*figure.split(".")).with_suffix(".py")
    return f"{figure}{DETAILS}" if path.with_name(f"{path.stem}{DETAILS}.py").is_file() else None


def address(path: Path) -> str:
    """Return the dotted name of the module in a file of the package."""
    return ".".join(path.with_suffix("").relative_to(PACKAGE.parent).parts)


def models() -> dict[str, Path]:
    """Return the file of every network by its name, in the order of the names."""
    return {path.stem: path for path in sorted((PACKAGE / "models").glob("[!_]*.py"))}
