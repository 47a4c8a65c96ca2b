"""The registry of claims: read ``config/claims.yaml`` and refuse whatever is wrong with it, all at once.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from overparam.program import UserError

PACKAGE = Path(__file__).resolve().parent
SCHEMA = PACKAGE.parents[1] / "workflow" / "schemas" / "claims.schema.yaml"
EXPONENT = re.compile(r"^([-+]?)([0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)$")  # a number that YAML 1.1 reads as text
TYPES = {
    "string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false", "null": "null",
    "array": "a list", "object": "a mapping",
}  # fmt: skip


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, except that a key given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Build a mapping, refusing double keys (a merge key `<<` may be overridden)."""
        keys = Counter(key.value for key, _ in node.value)
        double = [key for key, count in keys.items() if count > 1]
        if double:
            raise UserError(f"key `{double[0]}` is given twice in the mapping at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def load(path: str | Path, package: Path = PACKAGE, schema: Path = SCHEMA) -> list[dict[str, Any]]:
    """Return the entries of the registry in their order.

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
    entries = _read(Path(path))
    problems = list(schema_problems(entries, _read(schema)))
    if not problems:  # what follows takes the shape for granted
        problems = [*_repeated(entries), *(line for entry in entries for line in _inconsistent(entry, package))]
    if problems:
        raise UserError("\n".join([f"{path}: {len(problems)} problem{'s'[: len(problems) != 1]}", *problems]))
    return entries


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def schema_problems(entries: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Yield one sentence for every violation of the schema."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(entries)
    for error in sorted(errors, key=lambda error: [str(part).zfill(4) for part in error.absolute_path]):
        place, key = _place(entries, list(error.absolute_path))
        for sentence in _sentences(error, key):
            yield f"{place}: {sentence}"


def _place(entries: Any, path: list[str | int]) -> tuple[str, str]:
    """Return the claim in words, and the key within it."""
    if not path:
        return "the registry", "the registry"
    entry, rest = entries[path[0]], path[1:]
    known = isinstance(entry, dict) and isinstance(entry.get("id"), str)
    return (entry["id"] if known else f"entry {path[0] + 1}"), _dotted(entry, rest)


def _dotted(entry: Any, path: list[str | int]) -> str:
    """Return a path as text; an item that has a name is called by it."""
    text, value = "", entry
    for part in path:
        value = value[part]
        if isinstance(part, int):
            named = isinstance(value, dict) and isinstance(value.get("name"), str)
            text += f"[{value['name'] if named else part + 1}]"
        else:
            text += f".{part}" if text else part
    return text or "the entry"


def _sentences(error: jsonschema.ValidationError, key: str) -> Iterator[str]:
    found, allowed = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema.get("properties", {}))
            for name in sorted(set(map(str, found)) - set(known)):
                yield f"unknown key `{name}` in {key}{_close(name, known)} (allowed: {', '.join(known)})"
        case "required":
            for name in (name for name in allowed if name not in found and f"'{name}'" in error.message):
                yield f"{key} lacks `{name}`"
        case "dependentRequired":
            yield f"{key}: {error.message.replace(chr(39), '`')}"
        case "enum":
            yield f"`{key}` is {_shown(found)}{_close(found, allowed)} (allowed: {', '.join(map(str, allowed))})"
        case "type":
            wanted = " or ".join(TYPES[name] for name in ([allowed] if isinstance(allowed, str) else allowed))
            hint = (
                f": write {_number(found)}" if isinstance(found, str) and _number(found) and "number" in wanted else ""
            )
            yield f"`{key}` is {_shown(found)}, not {wanted}{hint}"
        case "pattern":
            yield f"`{key}` is {_shown(found)}, which does not match {allowed}"
        case "maxLength":
            yield f"`{key}` has {len(found)} characters (allowed: at most {allowed})"
        case "minLength" | "minItems" | "minProperties" | "maxItems" if not found:
            yield f"`{key}` is empty"
        case "minItems" | "maxItems":
            words = {"minItems": "at least", "maxItems": "at most"}
            yield f"`{key}` has {len(found)} items (allowed: {words[error.validator]} {allowed})"
        case "minimum" | "exclusiveMinimum" | "maximum":
            words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
            yield f"`{key}` is {found} (allowed: {words[error.validator]} {allowed})"
        case _:
            yield f"`{key}`: {error.message}"


def _repeated(entries: list[dict[str, Any]]) -> Iterator[str]:
    for key in ("id", "name"):
        for value, count in Counter(entry[key] for entry in entries).items():
            if count > 1:
                yield f"{value}: {count} entries have this `{key}`"


def _inconsistent(entry: dict[str, Any], package: Path) -> Iterator[str]:
    """Yield what the schema cannot say of one entry."""
    claim = entry["id"]
    for key, folder, suffixes in (("experiment", "experiments", (".py", ".yaml")), ("figure", "figures", (".py",))):
        missing = [suffix for suffix in suffixes if not (package / folder / (entry[key] + suffix)).is_file()]
        if missing:
            known = sorted({path.stem for path in (package / folder).glob("*.py")} - {"__init__", "theme"})
            files = " and ".join(f"{folder}/{entry[key]}{suffix}" for suffix in missing)
            yield f"{claim}: `{key}` is {entry[key]}{_close(entry[key], known)}, but there is no {files}"
    names = set()
    for form, content in entry["forms"].items():
        own = [prediction["name"] for prediction in content["predictions"]]
        names.update(own)
        for name, count in Counter(own).items():
            if count > 1:
                yield f"{claim}: {count} predictions of forms.{form} are called `{name}`"
        for prediction in content["predictions"]:
            yield from (f"{claim}: forms.{form}[{prediction['name']}] {text}" for text in _nonsense(prediction))
    for name in entry["control"].get("only", []):
        if name not in names:
            yield f"{claim}: control.only names `{name}`{_close(name, names)} (predictions: {', '.join(sorted(names))})"
    for path, text in _texts({"forms": entry["forms"], "control": entry["control"]}, []):
        if _number(text):
            yield f"{claim}: `{_dotted(entry, path)}` is the text {text!r}, not a number: write {_number(text)}"


def _nonsense(prediction: dict[str, Any]) -> Iterator[str]:
    for key in ("band", "at"):
        low, high = prediction.get(key) or (None, None)
        if low is not None and high is not None and low > high:
            yield f"has `{key}` [{low}, {high}], whose ends are exchanged"
        if key in prediction and low is None and high is None:
            yield f"has `{key}` [null, null], which everything satisfies"
    if prediction["kind"] != "ordering":
        return
    sides = {key: prediction[key] for key in ("greater", "less")}
    if not any(isinstance(side, dict) for side in sides.values()):
        yield "compares two numbers: `greater` or `less` must select measurements"
    for key, side in sides.items():
        if isinstance(side, dict):
            settings = {**prediction, **side}
            if "quantity" not in settings:
                yield f"has no `quantity` for `{key}`"
            if ("reduce" in settings) != ("along" in settings):
                yield f"needs `reduce` and `along` together for `{key}`"


def _texts(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    if isinstance(value, str) and path[-1] != "description":
        yield path, value
    items: Iterable = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _texts(item, [*path, key])


def _number(text: str) -> str | None:
    """Return how YAML 1.1 wants the number that ``text`` looks like: 1e-4 as 1.0e-4; None if it is no number."""
    match = EXPONENT.match(text)
    if not match:
        return None
    sign, whole, fraction, exponent_sign, exponent = match.groups()
    return f"{sign}{whole}{fraction if fraction and fraction != '.' else '.0'}e{exponent_sign or '+'}{exponent}"


def _close(name: Any, known: Iterable[Any]) -> str:
    close = difflib.get_close_matches(str(name), [str(candidate) for candidate in known], n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value!r}"
    return "empty" if value is None else str(value)
