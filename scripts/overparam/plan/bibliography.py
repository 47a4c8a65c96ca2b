"""The works that claims are taken from: one file, from which every claim may cite any entry.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import strict_yaml
from overparam.plan.validation import listed, nearest, problems

FILE = "bibliography.yaml"
_KEPT: dict[str, dict[str, Any]] = {}
SCHEMA = Path(__file__).resolve().parents[3] / "workflow" / "schemas" / "bibliography.schema.yaml"


def load(folder: Path = places.CLAIMS) -> dict[str, dict[str, Any]]:
    """Return every work by its key.

    Raises
    ------
    UserError
        With every problem found, one sentence per line.
    """
    path = folder / FILE
    works = strict_yaml.read(path)
    found = problems(works, strict_yaml.read(SCHEMA)) if isinstance(works, dict) else ["expected works by their key"]
    if found:
        raise UserError(f"{path}:\n{listed(found)}")
    return works


def recall(found: dict[str, dict[str, Any]]) -> None:
    """Take works for read that an earlier start has found right."""
    _KEPT.clear()
    _KEPT.update(found)


def known() -> dict[str, dict[str, Any]]:
    """Return the works as they were read."""
    return dict(_KEPT)


def cited(claim: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the place in a claim's file and the key of every work that it cites."""
    source = claim["source"]
    yield "source.document", source["document"]
    for index, key in enumerate(source.get("papers", [])):
        yield f"source.papers[{index}]", key


def unknown(claim: Mapping[str, Any], works: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for every work that a claim cites and that is not among ``works``."""
    known = list(works)
    for place, key in cited(claim):
        if key not in known:
            yield f"{place}: {key!r} is no entry of {FILE}; {nearest(key, known)}"
