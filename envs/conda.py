"""Print the conda environment that repeats the pins of requirements.txt: python envs/conda.py > envs/overparam.yaml."""

import re
from pathlib import Path

LOCK = Path(__file__).with_name("requirements.txt")
HEAD = """\
# The pins of requirements.txt for `snakemake --sdm conda`; made by envs/conda.py, do not edit.
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python =3.11
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """Return the requirements of a lock with their environment markers, without hashes and comments."""
    return [" ".join(line.rstrip("\\ ").split()) for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)]


def environment(lock: str) -> str:
    """Return the conda environment for a lock."""
    return HEAD + "".join(f'      - "{pin}"\n' for pin in pins(lock))


if __name__ == "__main__":
    print(environment(LOCK.read_text(encoding="utf-8")), end="")
