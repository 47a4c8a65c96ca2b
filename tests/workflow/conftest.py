"""A finished run for one claim that tests share, and copies of it."""

import pytest
from project_copies import ONE_CLAIM, Project, fresh


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Project:
    """The project after a run for one claim; not to be changed."""
    project = fresh(tmp_path_factory.mktemp("one_claim") / "project")
    project.extra = {"claims": [ONE_CLAIM]}
    project.snakemake()
    return project


@pytest.fixture
def disturbed(undisturbed, tmp_path) -> Project:
    """A copy of the project after its run."""
    project = undisturbed.copy(tmp_path / "project")
    project.extra = undisturbed.extra
    return project


@pytest.fixture
def untouched(sources) -> Project:
    """The project before a run for one claim."""
    sources.extra = {"claims": [ONE_CLAIM]}
    return sources
