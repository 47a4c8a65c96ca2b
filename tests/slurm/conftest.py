"""A SLURM for all tests of this folder, and the project sent to it."""

import pytest
import virtual_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> virtual_cluster.Cluster:
    """A real SLURM of this host alone; it ends with the tests."""
    missing = virtual_cluster.missing()
    if missing:
        pytest.skip(f"there is no SLURM here: {', '.join(missing)} missing (in Debian's slurm-wlm and munge)")
    with virtual_cluster.running(tmp_path_factory.mktemp("slurm")) as started:
        yield started


@pytest.fixture
def submitted(sources, cluster):
    """The project before any run, its jobs sent to SLURM."""
    return virtual_cluster.use(cluster, sources)
