"""Bad input in one clear sentence each: which key, what was found, what is allowed."""

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema

TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "null": "null",
}


def _filled(validator_class: type) -> type:
    """Extend a validator so that it fills in the defaults of absent properties."""
    check_properties = validator_class.VALIDATORS["properties"]

    def properties(validator, declared, instance, schema):
        if isinstance(instance, dict):
            for key, subschema in declared.items():
                if "default" in subschema:
                    instance.setdefault(key, json.loads(json.dumps(subschema["default"])))
        yield from check_properties(validator, declared, instance, schema)

    return jsonschema.validators.extend(validator_class, {"properties": properties})


_Filling = _filled(jsonschema.Draft202012Validator)


def problems(instance: Any, schema: dict[str, Any], name: str = "") -> list[str]:
    """Fill in defaults and return one sentence per violation of the schema.

    Parameters
    ----------
    instance
        What the user wrote; absent keys with a default are added in place.
    schema
        JSON schema (draft 2020-12).
    name
        Where the instance stands, say ``"config"``; heads every key in the sentences.
    """
    errors = sorted(
        _Filling(schema).iter_errors(instance), key=lambda error: [str(part) for part in error.absolute_path]
    )
    return list(dict.fromkeys(sentence for error in errors for sentence in _sentences(error, name)))


def _key(name: str, path: Iterable[str | int]) -> str:
    key = name
    for part in path:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return what is allowed in place of ``word``, the most similar word first named."""
    allowed = sorted(str(entry) for entry in allowed)
    guess = difflib.get_close_matches(str(word), allowed, n=1)
    meant = f"did you mean {guess[0]!r}? " if guess else ""
    return f"{meant}allowed: {', '.join(allowed)}"


def _leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Yield the errors of the alternative that fits best, for a value that fits none of several."""
    if error.validator in ("oneOf", "anyOf") and error.context:
        depth = {}
        for inner in error.context:
            depth.setdefault(inner.schema_path[0], []).append(inner)
        if all(any(inner.validator == "type" and not inner.path for inner in group) for group in depth.values()):
            yield error
            return
        # the alternative whose errors lie deepest is the one that was meant
        best = max(depth.values(), key=lambda group: (max(len(inner.path) for inner in group), -len(group)))
        for inner in best:
            yield from _leaves(inner)
    else:
        yield error


def _sentences(error: jsonschema.ValidationError, name: str) -> Iterator[str]:
    for leaf in _leaves(error):
        key = _key(name, leaf.absolute_path)
        found = json.dumps(leaf.instance) if not isinstance(leaf.instance, dict | list) else None
        rule, value = leaf.validator, leaf.validator_value
        hint = leaf.schema.get("description", "")
        about = f" ({hint})" if hint else ""
        if rule == "additionalProperties":
            known = leaf.schema.get("properties", {})
            for extra in sorted(set(leaf.instance) - set(known), key=str):
                yield f"{_key(key, [extra])}: unknown key; {nearest(extra, known)}"
        elif rule == "required":
            for missing in sorted(set(value) - set(leaf.instance)):
                yield f"{_key(key, [missing])}: missing{_described(leaf.schema, missing)}"
        elif rule == "type" or (rule in ("oneOf", "anyOf") and found is not None):
            yield f"{key}: expected {_types(leaf)}, found {found or _noun(leaf.instance)}{_scientific(leaf)}{about}"
        elif rule == "enum":
            yield f"{key}: {found} is not known; {nearest(leaf.instance, value)}{about}"
        elif rule in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
            word = {"minimum": "at least", "exclusiveMinimum": "above"}.get(rule, "at most")
            word = "below" if rule == "exclusiveMaximum" else word
            yield f"{key}: must be {word} {value}, found {found}{about}"
        elif rule in ("minItems", "minLength", "minProperties"):
            yield f"{key}: needs at least {value} {'entry' if value == 1 else 'entries'}{about}"
        elif rule == "pattern":
            yield f"{key}: {found} does not match {value}{about}"
        else:
            yield f"{key}: {leaf.message}{about}"


def _types(error: jsonschema.ValidationError) -> str:
    kinds = error.validator_value if error.validator == "type" else [
        inner.validator_value for inner in error.context if inner.validator == "type"
    ]  # fmt: skip
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(TYPES.get(kind, str(kind)) for kind in kinds) or "something else"


def _noun(instance: Any) -> str:
    return "a mapping" if isinstance(instance, dict) else "a list"


def _described(schema: dict[str, Any], key: str) -> str:
    hint = schema.get("properties", {}).get(key, {}).get("description", "")
    return f" ({hint})" if hint else ""


def _scientific(error: jsonschema.ValidationError) -> str:
    """Say how to write a number that YAML 1.1 takes for text, such as ``1e-4``."""
    if not isinstance(error.instance, str):
        return ""
    try:
        float(error.instance)
    except ValueError:
        return ""
    mantissa, e, exponent = error.instance.lower().partition("e")
    spelled = (
        f"{mantissa if '.' in mantissa else mantissa + '.0'}{e}{exponent if exponent[:1] in '+-' else '+' + exponent}"
    )
    return f", which YAML reads as text: write {spelled if e else mantissa}"
