"""Bad input in one clear sentence each: which key, what was found, what is allowed.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import difflib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema

from overparam.quoting import LONGEST, harmless, quoted

Errors = Iterator[jsonschema.ValidationError]
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "null": "null",
}
LIMITS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
SIZES = {
    f"{limit}{what}": (words, *nouns)
    for limit, words in (("min", "needs at least"), ("max", "takes at most"))
    for what, nouns in (
        ("Items", ("entry", "entries")),
        ("Properties", ("key", "keys")),
        ("Length", ("character", "characters")),
    )
}
NUMBER = re.compile(r"([-+]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([-+]?)([0-9]+))?")
EXAMINED = 1000  # violations of a schema; whoever has more has given the wrong file
SHOWN = 20  # sentences of a message
LONGEST_LIST = 2000  # characters of a list of what is allowed
KEYS_SHOWN = 10  # unknown keys of one mapping


def problems(
    instance: Any, schema: dict[str, Any], name: str = "", *, defaults: bool = False, called: Sequence[str] = ()
) -> list[str]:
    """Return one sentence per violation of the schema, for the first :data:`EXAMINED` of them.

    Parameters
    ----------
    instance
        What the user wrote.
    schema
        JSON schema (draft 2020-12); references must be local, ``#/$defs/...``.
    name
        Where the instance stands, say ``"config"``; heads every key in the sentences.
    defaults
        Whether to add absent keys that have a default to ``instance``, in place.
    called
        Keys by which an item of a list may be called instead of its index; see :func:`place`.
    """
    errors = itertools.islice((_Filling if defaults else _Checking)(schema).iter_errors(instance), EXAMINED)
    leaves = [leaf for error in sorted(errors, key=_order) for leaf in _leaves(error)]
    listed = [leaf.absolute_path for leaf in leaves if leaf.validator == "enum"]
    return list(
        dict.fromkeys(
            sentence
            for leaf in leaves
            if leaf.validator != "type" or leaf.absolute_path not in listed  # what is allowed says the type as well
            for sentence in _sentences(leaf, place(instance, leaf.absolute_path, name, called), schema)
        )
    )


def listed(sentences: Sequence[str]) -> str:
    """Return sentences as lines of one message: the first of them, and how many more there are."""
    more = len(sentences) - SHOWN
    if more <= 0:
        return "\n".join(sentences)
    or_more = " or more" if len(sentences) >= EXAMINED else ""
    return "\n".join([*sentences[:SHOWN], f"and {more:,}{or_more} further problems"])


def place(instance: Any, path: Iterable[str | int], name: str = "", called: Sequence[str] = ()) -> str:
    """Return a path into ``instance`` as a dotted key with indices from 0, say ``config.studies[0].widths``.

    An item of a list that has text under one of the keys ``called``, which no other item of the list has there, is
    called by it: ``claims[B4].title``.
    """
    key = name
    for part in path:
        label = next((known for known in called if _tells_apart(instance, part, known)), None)
        instance = instance[part]
        if isinstance(part, int):
            key += f"[{part if label is None else harmless(instance[label])}]"
        else:
            key += f"{'.' if key else ''}{harmless(str(part))}"
    return key


def nearest(word: Any, allowed: Iterable[Any]) -> str:
    """Return what is allowed in place of ``word``, the most similar word first named."""
    allowed = sorted(str(entry) for entry in allowed)
    guess = difflib.get_close_matches(str(word)[:LONGEST], allowed, n=1)
    meant = f"did you mean {quoted(guess[0])}? " if guess else ""
    return f"{meant}allowed: {harmless(', '.join(allowed), LONGEST_LIST) or 'nothing'}"


def repeated(values: Sequence[str], key: str, noun: str = "name") -> list[str]:
    """Return a sentence for each value that the list at ``key`` has more than once."""
    return [
        f"{key}: the {noun} {quoted(value)} stands {'twice' if count == 2 else f'{count} times'}"
        for value, count in Counter(values).items()
        if count > 1
    ]


def spelled(text: Any, whole: bool = False) -> str | None:
    """Return how YAML 1.1 wants the number that ``text`` looks like: 1e-4 as 1.0e-4; ``None`` if it is no number.

    Parameters
    ----------
    text
        What was found.
    whole
        Whether only a whole number will do: 1e4 as 10000.
    """
    match = NUMBER.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    sign, mantissa, exponent_sign, exponent = match.groups()
    if whole:
        return str(int(float(text))) if len(text) < 16 and abs(float(text)) < 2**53 and float(text) % 1 == 0 else None
    if exponent is None:
        return text
    return f"{sign}{mantissa}{'' if '.' in mantissa else '.0'}e{exponent_sign or '+'}{exponent}"


def mistaken_for_text(text: str, number: str) -> str:
    """Return what was found where ``number`` was meant; `1e-4` is text in YAML 1.1."""
    return f"found {_quoted(text)}, which YAML reads as text: write {number}"


def _describing(validator_class: Any) -> Any:
    """Extend a validator so that the description beside a reference goes before that of its target."""
    check_reference = validator_class.VALIDATORS["$ref"]

    def reference(validator: Any, target: str, instance: Any, schema: dict[str, Any]) -> Errors:
        for error in check_reference(validator, target, instance, schema):
            if not error.path and "description" in schema:
                error.schema = {**error.schema, "description": schema["description"]}
            yield error

    return jsonschema.validators.extend(validator_class, {"$ref": reference})


def _filling(validator_class: Any) -> Any:
    """Extend a validator so that it fills in the defaults of absent properties."""
    check_properties = validator_class.VALIDATORS["properties"]

    def properties(validator: Any, declared: dict[str, Any], instance: Any, schema: dict[str, Any]) -> Errors:
        if isinstance(instance, dict):
            for key, subschema in declared.items():
                if "default" in subschema:
                    instance.setdefault(key, json.loads(json.dumps(subschema["default"])))
        yield from check_properties(validator, declared, instance, schema)

    return jsonschema.validators.extend(validator_class, {"properties": properties})


def _strict(validator_class: Any) -> Any:
    """Extend a validator so that 100.0 is no whole number, NaN and infinity no numbers, and `$` the end of a text.

    No job could use such numbers; Python's `$` also matches before a line break at the end.
    """

    def whole(_: Any, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def finite(_: Any, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    def pattern(_: Any, wanted: str, instance: Any, schema: dict[str, Any]) -> Errors:
        if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", wanted), instance):
            yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")

    checker = validator_class.TYPE_CHECKER.redefine("integer", whole).redefine("number", finite)
    return jsonschema.validators.extend(validator_class, {"pattern": pattern}, type_checker=checker)


_Checking = _strict(_describing(jsonschema.Draft202012Validator))
_Filling = _filling(_Checking)


def _order(error: jsonschema.ValidationError) -> list[str]:
    return [f"{part:09}" if isinstance(part, int) else str(part) for part in error.absolute_path]


def _tells_apart(items: Any, index: str | int, key: str) -> bool:
    if not (isinstance(items, list) and isinstance(index, int) and isinstance(items[index], dict)):
        return False
    values = [item.get(key) for item in items if isinstance(item, dict)]
    return isinstance(items[index].get(key), str) and values.count(items[index][key]) == 1


def _leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Yield the errors of the alternative that fits best, for a value that fits none of several."""
    if error.validator in ("oneOf", "anyOf") and error.context:
        depth: dict[Any, list[jsonschema.ValidationError]] = {}
        for inner in error.context:
            depth.setdefault(inner.schema_path[0], []).append(inner)
        if all(any(inner.validator == "type" and not inner.path for inner in group) for group in depth.values()):
            yield error
            return
        # the alternative of the right type whose errors lie deepest is the one that was meant
        best = max(
            depth.values(),
            key=lambda group: (
                not any(inner.validator == "type" and not inner.path for inner in group),
                max(len(inner.path) for inner in group),
                -len(group),
            ),
        )
        for inner in best:
            yield from _leaves(inner)
    else:
        yield error


def _sentences(error: jsonschema.ValidationError, key: str, root: Mapping[str, Any]) -> Iterator[str]:
    """Yield what one error says; ``key`` is where it lies and ``root`` the whole schema."""
    instance, value, found = error.instance, error.validator_value, _quoted(error.instance)
    about = _hint(error.schema)
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            extras = sorted(set(instance) - set(known), key=str)
            for extra in extras[:KEYS_SHOWN]:
                yield f"{key}{'.' if key else ''}{harmless(str(extra))}: unknown key; {nearest(extra, known)}"
            if more := extras[KEYS_SHOWN:]:
                yield f"{key or 'it'}: and {len(more):,} more unknown keys"
        case "required":
            for missing in (name for name in value if name not in instance):
                yield f"{key}{'.' if key else ''}{missing}: missing{_described(error.schema, missing, root)}"
        case "dependentRequired":
            for given in (name for name in value if name in instance):
                for missing in (name for name in value[given] if name not in instance):
                    hint = _described(error.schema, missing, root)
                    yield f"{key}{'.' if key else ''}{missing}: missing, {given} needs it{hint}"
        case "type" | "oneOf" | "anyOf" if kinds := _kinds(error):
            whole = "integer" in kinds and "number" not in kinds
            number = spelled(instance, whole) if whole or "number" in kinds else None
            found = mistaken_for_text(instance, number) if number else f"found {found}"
            yield f"{key}: expected {' or '.join(TYPES[kind] for kind in kinds)}, {found}{about}"
        case "enum":
            yield f"{key}: {found} is not known; {nearest(instance, value)}{about}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            yield f"{key}: must be {LIMITS[error.validator]} {value}, found {found}{about}"
        case rule if rule in SIZES:
            words, one, several = SIZES[rule]
            yield f"{key}: {words} {value} {one if value == 1 else several}, found {len(instance)}{about}"
        case "uniqueItems":
            yield f"{key}: no entry may stand twice{about}"
        case "pattern":
            yield f"{key}: {found} does not match {value}{about}"
        case _:
            yield f"{key}: {harmless(error.message, 300)}{about}"


def _kinds(error: jsonschema.ValidationError) -> list[str]:
    """Return the types that are allowed, whether by one rule or by several alternatives."""
    alternatives = [inner for inner in error.context or () if inner.validator == "type" and not inner.path]
    rules = [inner.validator_value for inner in ([error] if error.validator == "type" else alternatives)]
    return list(dict.fromkeys(kind for rule in rules for kind in ([rule] if isinstance(rule, str) else rule)))


def _quoted(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return harmless(text, LONGEST + 1)


def _hint(schema: Mapping[str, Any]) -> str:
    hint = schema.get("description", "").removesuffix(".")
    return f" ({hint})" if hint else ""


def _described(schema: Mapping[str, Any], key: str, root: Mapping[str, Any]) -> str:
    """Return the description of a property, its own or that of what it refers to."""
    declared = schema.get("properties", {}).get(key, {})
    if "$ref" in declared and "description" not in declared:
        target: Any = root
        for part in declared["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _hint(target)
    return _hint(declared)
