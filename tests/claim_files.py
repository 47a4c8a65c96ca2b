"""Files of claims: those of the project, and others written for a test."""

from pathlib import Path
from typing import Any

import yaml

from overparam.plan import registry

WORK = {"authors": ["A Lecturer"], "title": "On errors", "year": 2026, "where": "a lecture"}
SAID_BY_PLACE = ("name", "experiment", "figure", "interactive")


class Dumper(yaml.Dumper):
    """Writes whatever Python has, and large numbers in hexadecimal: Python refuses to spell thousands of digits."""


Dumper.add_representer(int, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:int", hex(value)))


def content(entry: Any) -> Any:
    """Return what the file of a claim says, of an entry of the registry."""
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in entry.items() if key not in SAID_BY_PLACE}


def experiment(folder: Path) -> Path:
    """Make the folder of an experiment, with no claim in it, and a bibliography for its claims."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parents[1] / "bibliography.yaml").write_text(yaml.safe_dump(dict.fromkeys(("S1", "1812.11118"), WORK)))
    for name in ("experiment.yaml", "measure.py"):
        (folder / name).write_text("")
    return folder


def write(path: Path, claim: Any) -> None:
    """Write the file of a claim, given as text, as bytes or as what it says, and a figure beside it."""
    if isinstance(claim, bytes):
        path.write_bytes(claim)
    else:
        text = claim if isinstance(claim, str) else yaml.dump(claim, Dumper=Dumper, allow_unicode=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
    path.with_suffix(".py").write_text("def draw(): ...\n")


def of(root: Path, name: str) -> Path:
    """Return the file of the claim with this id in a copy of the project."""
    claim = next(claim for claim in registry.load() if claim["id"] == name)
    return root / "scripts/overparam/claims" / f"{claim['figure'].replace('.', '/')}.yaml"
