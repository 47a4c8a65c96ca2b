"""The tangent kernel's peak memory, measured in processes of their own, follows its limit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from project_copies import ROOT

N_INPUTS = 240
pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux alone can reset a peak")


def measured(limit_mb: float) -> dict:
    command = [sys.executable, ROOT / "tests/kernel_memory.py", ROOT / "scripts", limit_mb, N_INPUTS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def runs() -> dict[int, dict]:
    return {limit: measured(limit) for limit in (60, 120)}


def test_the_peak_stays_below_the_limit_where_the_jacobian_does_not(runs):
    for limit, run in runs.items():
        assert run["jacobian_mb"] > 2 * limit
        assert run["peak_mb"] - run["kernel_mb"] < limit


def test_the_peak_follows_the_limit(runs):
    small, large = (runs[limit]["peak_mb"] for limit in (60, 120))
    assert large > small + 20  # and so the limit is used, too
    assert runs[60]["passes"] > runs[120]["passes"] > 1


def test_the_limit_changes_the_kernel_by_rounding_only(runs):
    small, large = (np.array(runs[limit]["sums"]) for limit in (60, 120))
    np.testing.assert_allclose(small, large, rtol=1e-4, atol=1e-4 * np.abs(large).max())
