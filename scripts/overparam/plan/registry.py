"""The registry of claims: read the file of every claim and refuse whatever is wrong with any, all at once.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from overparam import places, typesetting
from overparam.errors import UserError
from overparam.plan import bibliography, contract, strict_yaml, topics
from overparam.plan.validation import listed, mistaken_for_text, nearest, place, problems, repeated, spelled

SCHEMA = Path(__file__).resolve().parents[3] / "workflow" / "schemas" / "claims.schema.yaml"
CALLED = ("name",)  # predictions are called by their name in messages
OWN_TITLES = ("printed", "corrected")  # forms that need none of their own
CHART = "_interactive"  # ends the name of the module of an interactive chart, beside that of the figure
PROSE = ("description", "title", "says", "why")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def load(folder: Path = places.CLAIMS, schema: Path = SCHEMA) -> list[dict[str, Any]]:
    """Return all claims in the order of their ids, as they are written: the judge has its own defaults.

    What the place of a file says is added: ``experiment``, the folder that it lies in; ``name``, that of the file, with
    hyphens; ``figure``, the module beside it, named from the topic on; and ``interactive``, the module of its chart, if
    there is one.

    Parameters
    ----------
    folder
        It holds ``<topic>/<experiment>/<claim>.yaml``.
    schema
        JSON schema of a claim, as YAML.

    Raises
    ------
    UserError
        With every problem found, one sentence per line: file, key, what was found and what is allowed.
    """
    found, shape = _misplaced(folder), strict_yaml.read(schema)
    entries: dict[str, dict[str, Any]] = {}  # by the path of their file in the folder
    paths = [path for path in sorted(folder.glob("*/*/*.yaml")) if path.name != places.DECLARATION]
    works: Mapping[str, Any] | None = None
    try:
        works = bibliography.load(folder) if paths else {}
    except UserError as error:
        found.append(str(error))
    for path in paths:
        file = path.relative_to(folder).as_posix()
        try:
            content = strict_yaml.read(path)
        except UserError as error:
            found.append(str(error))
            continue
        wrong = problems(content, shape, called=CALLED) if isinstance(content, dict) else [_no_mapping(content)]
        if not wrong:  # what follows takes the shape for granted
            wrong = [*_inconsistent(content), *([] if works is None else bibliography.unknown(content, works))]
        found += [f"{file}: {sentence}" for sentence in wrong]
        if not wrong:
            entries[file] = {**content, **_said_by_place(path, folder)}
    found += _shared(entries, "id") + _shared(entries, "name")
    if not entries and not found:
        found.append("there is no claim, <topic>/<experiment>/<claim>.yaml")
    if not found and folder == places.CLAIMS:  # whose experiments are those of this package
        found = contract.problems(entries.values())
    if found:
        raise UserError(f"{folder}: {len(found)} problem{'s'[: len(found) != 1]}\n{listed(found)}")
    return sorted(entries.values(), key=lambda entry: (entry["id"][0], len(entry["id"]), entry["id"]))


def _said_by_place(path: Path, folder: Path) -> dict[str, str]:
    """Return what the place of a claim's file, and what lies beside it, says of it."""
    figure = ".".join(path.relative_to(folder).with_suffix("").parts)
    said = {"name": path.stem.replace("_", "-"), "experiment": path.parent.name, "figure": figure}
    return said | ({"interactive": f"{figure}{CHART}"} if path.with_name(f"{path.stem}{CHART}.py").is_file() else {})


def _no_mapping(content: Any) -> str:
    given = "nothing" if content is None else "a list" if isinstance(content, list) else "a single value"
    return f"expected a mapping with the keys of one claim, found {given}"


def _misplaced(folder: Path) -> list[str]:
    """Return a sentence for each file that lies where no claim can lie, or lacks one that it needs beside it."""
    found: list[str] = []
    homes: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        file, parts = path.relative_to(folder).as_posix(), path.relative_to(folder).parts
        if file == bibliography.FILE or (len(parts) == 2 and path.name == topics.FILE):
            continue
        if len(parts) != 3:
            found.append(f"{file}: a claim lies in the folder of its experiment, <topic>/<experiment>/; move it there")
        elif path.name == places.DECLARATION:
            if not path.with_name("measure.py").is_file():
                found.append(f"{file}: there is no measure.py beside it")
            homes.setdefault(path.parent.name, []).append(path.parent.relative_to(folder).as_posix())
        else:
            beside = {path.with_suffix(".py").name: "its figure", places.DECLARATION: "which declares its experiment"}
            found += [
                f"{file}: there is no {name} beside it, {what}"
                for name, what in beside.items()
                if not path.with_name(name).is_file()
            ]
            if not NAME.fullmatch(path.stem):
                found.append(f"{file}: the name of a claim's file must be words in lower case, joined by _")
    return found + [
        f"{' and '.join(folders)}: two experiments of one name; rename one" for folders in homes.values() if folders[1:]
    ]


def _shared(entries: dict[str, dict[str, Any]], key: str) -> list[str]:
    """Return a sentence for each claim whose ``key`` an earlier one has too."""
    first: dict[str, str] = {}
    return [
        f"{file}: the {key} {entry[key]!r} is that of {first[entry[key]]} already"
        for file, entry in entries.items()
        if first.setdefault(entry[key], file) != file
    ]


def _inconsistent(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what the schema cannot say of one entry."""
    yield from repeated([one["name"] for one in entry.get("premises", [])], "premises")
    for form, content in entry["forms"].items():
        for kind in ("premises", "predictions"):
            yield from repeated([one["name"] for one in content.get(kind, [])], f"forms.{form}.{kind}")
        if (form in OWN_TITLES) == ("title" in content):
            told = "unknown key, the form is called so" if form in OWN_TITLES else "missing, say how the form reads"
            yield f"forms.{form}.title: {told}"
    for where, prediction in contract.predictions(entry):
        yield from _nonsense(prediction, where)
    yield from _wrongly_controlled(entry)
    yield from _wrongly_typeset(entry)
    judged = {key: entry[key] for key in ("premises", "forms", "control", "more_controls") if key in entry}
    for path, text in _texts(judged, []):
        number = spelled(text)
        if number and "e" in number:  # text such as "10" may be meant
            yield f"{place(entry, path, called=CALLED)}: expected a number, {mistaken_for_text(text, number)}"


def _wrongly_typeset(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the mathematics of an entry."""
    yield from (f"formula: {sentence}" for sentence in typesetting.wrong_lines(entry["formula"]))
    texts: dict[str, str] = {key: entry[key] for key in ("statement", "reading", "note") if key in entry}
    for index, row in enumerate(entry.get("published", [])):
        texts |= {f"published[{index}].{key}": row[key] for key in ("value", "setting")}
    for key, text in texts.items():
        yield from (f"{key}: {sentence}" for sentence in typesetting.problems(text))


def _wrongly_controlled(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the names that the controls of an entry give, and else which predictions have none."""
    names, wrong = {one["name"] for form in entry["forms"].values() for one in form["predictions"]}, []
    for where, control in contract.controls(entry):
        for key in ("only", "without"):
            for name in control.get(key, []):
                if name not in names:
                    wrong.append(f"{where}.{key}: {name!r} is no prediction; {nearest(name, names)}")
        for name in sorted({*control.get("only", [])} & {*control.get("without", [])}):
            wrong.append(f"{where}.without: {name!r} has a control, as `only` names it")
    yield from wrong or [
        f"{where}: no control applies to it; name it in the `only` of one, or say why in `control.without`"
        for where in uncontrolled(entry)
    ]


def uncontrolled(entry: dict[str, Any]) -> list[str]:
    """Return the predictions of an entry that have neither a control nor a reason to be without, as their places."""
    without: set[str] = set()
    covered: set[str] = set()
    names = {one["name"] for form in entry["forms"].values() for one in form["predictions"]}
    for _, control in contract.controls(entry):
        without |= {*control.get("without", [])}
        covered |= {*control.get("only", names - without)}
    return [
        f"forms.{form}.predictions[{one['name']}]"
        for form, content in entry["forms"].items()
        for one in content["predictions"]
        if one["name"] not in covered | without
    ]


def _nonsense(prediction: Mapping[str, Any], where: str) -> Iterator[str]:
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
    if isinstance(value, str) and path[-1] not in PROSE and path[-2:-1] != ["without"]:
        yield path, value
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield from _texts(item, [*path, key])
