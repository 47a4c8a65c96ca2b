"""The registry of claims: read ``config/claims.yaml`` and refuse whatever is wrong with it, all at once.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from overparam import strict_yaml
from overparam.errors import UserError
from overparam.validation import mistaken_for_text, nearest, place, problems, repeated, spelled

PACKAGE = Path(__file__).resolve().parent
SCHEMA = PACKAGE.parents[1] / "workflow" / "schemas" / "claims.schema.yaml"
CALLED = ("id", "name")  # claims are called by their id in messages, predictions by their name


def load(path: str | Path, package: Path = PACKAGE, schema: Path = SCHEMA) -> list[dict[str, Any]]:
    """Return the entries of the registry in their order, as they are written: the judge has its own defaults.

    Parameters
    ----------
    path
        The registry, say ``config/claims.yaml``.
    package
        Folder that holds ``experiments/`` and ``figures/``.
    schema
        JSON schema of the registry, as YAML.

    Raises
    ------
    UserError
        With every problem found, one sentence per line: claim, key, what was found and what is allowed.
    """
    entries = strict_yaml.read(path)
    found = problems(entries, strict_yaml.read(schema), "claims", called=CALLED)
    if not found:  # what follows takes the shape for granted
        found += repeated([entry["id"] for entry in entries], "claims", "id")
        found += repeated([entry["name"] for entry in entries], "claims")
        found += [sentence for entry in entries for sentence in _inconsistent(entry, package)]
    if found:
        raise UserError("\n".join([f"{path}: {len(found)} problem{'s'[: len(found) != 1]}", *found]))
    return entries


def _inconsistent(entry: dict[str, Any], package: Path) -> Iterator[str]:
    """Yield what the schema cannot say of one entry."""
    claim = f"claims[{entry['id']}]"
    for key, modules, suffixes in (
        ("experiment", package / "experiments", (".py", ".yaml")),
        ("figure", package / "figures", (".py",)),
    ):
        missing = [suffix for suffix in suffixes if not (modules / (entry[key] + suffix)).is_file()]
        if missing:
            files = " and no ".join(f"{modules.name}/{entry[key]}{suffix}" for suffix in missing)
            yield f"{claim}.{key}: there is no {files}; {nearest(entry[key], _known(modules, suffixes))}"
    names = set()
    for form, content in entry["forms"].items():
        own = [prediction["name"] for prediction in content["predictions"]]
        names.update(own)
        yield from repeated(own, f"{claim}.forms.{form}.predictions")
        for prediction in content["predictions"]:
            yield from _nonsense(prediction, f"{claim}.forms.{form}.predictions[{prediction['name']}]")
    for name in entry["control"].get("only", []):
        if name not in names:
            yield f"{claim}.control.only: {name!r} is no prediction; {nearest(name, names)}"
    for path, text in _texts({"forms": entry["forms"], "control": entry["control"]}, []):
        number = spelled(text)
        if number and "e" in number:  # text such as "10" may be meant
            yield f"{place(entry, path, claim, CALLED)}: expected a number, {mistaken_for_text(text, number)}"


def _known(modules: Path, suffixes: Iterable[str]) -> list[str]:
    """Return the modules that a claim can name: those with all files, and of the figures those that draw."""
    return [
        path.stem
        for path in modules.glob("[!_]*.py")
        if all(path.with_suffix(suffix).is_file() for suffix in suffixes)
        and (modules.name != "figures" or re.search(r"^def draw\b", path.read_text(encoding="utf-8"), re.MULTILINE))
    ]


def _nonsense(prediction: dict[str, Any], where: str) -> Iterator[str]:
    """Yield what a prediction, which stands at ``where``, says that makes no sense."""
    for key in ("band", "at"):
        low, high = prediction.get(key) or (None, None)
        if low is not None and high is not None and low > high:
            yield f"{where}.{key}: the ends must be [lowest, highest], found [{low}, {high}]"
        if key in prediction and low is None and high is None:
            yield f"{where}.{key}: one end must be a number, found [null, null], which everything satisfies"
    if prediction["kind"] != "ordering":
        return
    sides = {key: prediction[key] for key in ("greater", "less")}
    if not any(isinstance(side, dict) for side in sides.values()):
        yield f"{where}: greater or less must select measurements, found two numbers"
    for key, side in sides.items():
        if isinstance(side, dict):
            settings = {**prediction, **side}
            if "quantity" not in settings:
                yield f"{where}.{key}.quantity: missing, as the prediction has none either"
            if ("reduce" in settings) != ("along" in settings):
                lacking, given = ("along", "reduce") if "reduce" in settings else ("reduce", "along")
                yield f"{where}.{key}.{lacking}: missing, {given} needs it"


def _texts(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    if isinstance(value, str) and path[-1] != "description":
        yield path, value
    items: Iterable = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _texts(item, [*path, key])
