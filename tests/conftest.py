"""Finished runs that tests share: one made of synthetic verdicts, for the page, and one of the smoke configuration."""

import shape_checks  # noqa: F401 # before any module of the package

# isort: split
import copy
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from fuzzing import pytest_terminal_summary  # noqa: F401
from project_copies import Project, fresh
from synthetic_run import CHART, ENTRIES, MEASURED, all_verdicts, error_rates_of_slopes, figure, pages_of

from overparam.drawing import theme
from overparam.jobs import files
from overparam.report import pages, reading, summary


@pytest.fixture(autouse=True)
def _close_figures():
    """Close what a test has drawn: matplotlib keeps every figure, and warns from the 21st on."""
    yield
    plt.close("all")


@pytest.fixture
def entries():
    """Registry entries of the synthetic run."""
    return copy.deepcopy(ENTRIES)


@pytest.fixture
def verdicts():
    """Verdict files of the synthetic run; B4 could not be measured in it."""
    return all_verdicts()


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """The folder ``results/<preset>`` of a finished run, with its pages; E13 has a second figure, and A1 a chart."""
    root = tmp_path_factory.mktemp("results") / "test"
    for experiment, table in (("least_squares", MEASURED), ("hessian", pd.DataFrame({"value": [1.0]}))):
        files.write_table(root / "measurements" / f"{experiment}.parquet", table)
    for verdict in all_verdicts():
        folder = root / "claims" / verdict["claim"]
        files.write_json(folder / "verdict.json", verdict)
        if verdict["claim"] == "B4":
            continue
        paths = [folder / f"figure.{kind}" for kind in ("svg", "png", "pdf")]
        said = f'Risk "peaks" at <n> in {verdict["claim"]}.'
        theme.save(figure(), said, *paths, folder / "figure.alt.txt")
        if verdict["claim"] == "E13":
            more = [folder / f"details.{kind}" for kind in ("svg", "png", "pdf", "alt.txt")]
            theme.save(figure(), "More of it.", *more)
        if verdict["claim"] == "A1":
            files.write_text(folder / "interactive.json", CHART)
    verdicts = [files.read_json(path) for path in sorted(root.glob("claims/*/verdict.json"))]
    claims = reading.collect(ENTRIES, verdicts)
    files.write_table(root / "claims.parquet", summary.table(claims))
    for name, text in pages.render(pages_of(root, claims)).items():
        files.write_text(root / "report" / name, text)
    return root


@pytest.fixture
def slope_rates() -> pd.DataFrame:
    """How often the judge errs on slopes."""
    return error_rates_of_slopes()


@pytest.fixture
def sources(tmp_path) -> Project:
    """The project before any run."""
    return fresh(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Project, str]:
    """The project after a smoke run, and what that run printed; not to be changed."""
    project = fresh(tmp_path_factory.mktemp("finished") / "a project")
    return project, project.snakemake().stdout


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the project after a smoke run, to be changed at will."""
    return finished[0].copy(tmp_path / "project")
