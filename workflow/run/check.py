"""Check configuration files before Snakemake reads them: it ends in a traceback, or waits for ever, where one can't be.

    python workflow/run/check.py FILE ...

takes the files that `--configfile` would take, reads them as a run does, on top of config/config.yaml, and says what is
wrong with each, or what a run would do. It starts nothing.
"""

import sys
from pathlib import Path

import premises

BASE = Path(__file__).resolve().parents[2]
DEFAULT = BASE / "config/config.yaml"
sys.path.insert(0, str(BASE / "scripts"))

from overparam.errors import UserError  # noqa: E402
from overparam.plan import config, kept_registry, strict_yaml  # noqa: E402


def check(files: list[str]) -> str:
    """Return what a run with these files would do.

    Raises
    ------
    UserError
        If a file can't be read as a configuration, or if all together are none.
    """
    from snakemake.utils import update_config  # it takes a second, and a wrong file is answered at once

    config.check_files([DEFAULT, *files])
    merged: dict = {}
    own = [key for file in files for key in strict_yaml.read(file)]
    for file in (DEFAULT, *files):
        update_config(merged, strict_yaml.read(file))
    run = config.resolve(merged, kept_registry.load(), own=own or merged)
    claims, studies = len(run["claims"]), len(run["studies"])
    return f"The configuration is right: preset {run['preset']!r}, {claims} claims, {studies} studies."


if __name__ == "__main__":
    if lacking := premises.no_home():
        sys.exit(f"Nothing was started: {lacking}")
    try:
        print(check(sys.argv[1:]))
    except UserError as error:
        sys.exit(f"The configuration is wrong, nothing was started:\n{error}")
