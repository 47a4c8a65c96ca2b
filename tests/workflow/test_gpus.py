"""Jobs of one machine share its GPUs: as many at once as there are devices, or as `--resources gpu=` allows."""

import pytest
from project_copies import RESULTS

CELLS = [RESULTS / f"training/mlp-digits-width/w{width}_n0-0.2_s0to2.parquet" for width in ("2", "8-32")]

# stands in for train.py: writes which device it took, and from when to when it had it
WITNESS = """
import sys, time
from pathlib import Path
from overparam.jobs import devices
device, start = devices.take(), time.time()
time.sleep(4)
for name in ("table", "cost"):
    Path(sys.argv[sys.argv.index(name) + 1]).write_text(f"{device} {start} {time.time()}")
"""


@pytest.mark.parametrize(("limit", "at_once"), [((), True), (("--resources", "gpu=1"), False)], ids=["free", "gpu=1"])
def test_as_many_jobs_as_devices_or_fewer(sources, tmp_path, limit, at_once):
    (sources.folder / "scripts/train.py").write_text(WITNESS)
    sources.extra = {"gpus": 1}
    sources.environment |= {"CUDA_VISIBLE_DEVICES": "0,1", "TMPDIR": str(tmp_path)}
    sources.snakemake(*map(str, CELLS), *limit)
    (one, start, end), (other, later, _) = sorted(
        ((sources.folder / cell).read_text().split() for cell in CELLS), key=lambda written: float(written[1])
    )
    assert (float(later) < float(end)) == at_once
    assert (one != other) == at_once and {one, other} <= {"0", "1"} and float(start) < float(end)
