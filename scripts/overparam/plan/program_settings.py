"""The settings that each program takes: the schemas of the configuration and of the registry, cut to one job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from overparam.errors import UserError
from overparam.plan import experiment_settings, strict_yaml
from overparam.plan.plain_values import plain
from overparam.plan.validation import listed, nearest, problems

SCHEMAS = Path(__file__).resolve().parents[3] / "workflow/schemas"
NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
OF_A_SOURCE = ("label", "image_column", "label_column")  # what is said of a source that decides bytes
KNOWN = ("works", "experiments")  # by their names
NUMBER_ABOVE_0 = {"type": "number", "exclusiveMinimum": 0}


def check(program: str, settings: Any) -> None:
    """Refuse settings that a program can't use.

    Parameters
    ----------
    program
        Name of its file in ``scripts/``, without suffix.
    settings
        As decoded from JSON.

    Raises
    ------
    UserError
        One line for each thing that is wrong.
    """
    given = plain(settings, "settings")
    found = [] if isinstance(given, dict) else ["settings: expected a mapping, as one JSON object"]
    if not found and program in PROGRAMS:
        found = problems(given, PROGRAMS[program](given), "settings")
    if found:
        raise UserError(listed(found))


def _mapping(properties: dict[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required, **more}


def _config() -> dict[str, Any]:
    return strict_yaml.read(SCHEMAS / "config.schema.yaml")["properties"]


def _source() -> dict[str, Any]:
    return strict_yaml.read(SCHEMAS / "config.schema.yaml")["$defs"]["source"]["properties"]


def _download(settings: dict[str, Any]) -> dict[str, Any]:
    archive = _source()["archive"]["properties"]
    options = {"attempts": {"type": "integer", "minimum": 1}, "timeout": NUMBER_ABOVE_0, "backoff": NUMBER_ABOVE_0}
    needed = {"urls": {**archive["urls"], "type": "array"}, "sha256": {**archive["sha256"], "type": "string"}}
    return _mapping(needed | options | {"source": {"type": "string"}}, list(needed))


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    config = _config()
    views = {key: value for key, value in config["datasets"]["items"]["properties"].items() if key != "optional"}
    source = _source()
    more = {"sha256": source["archive"]["properties"]["sha256"], "seed": config["seed"]}
    more |= {key: source[key] for key in OF_A_SOURCE}
    return _mapping(views | more, ["name", "source", "seed"])


def _corrupt(settings: dict[str, Any]) -> dict[str, Any]:
    config = _config()
    study = config["studies"]["items"]["properties"]
    properties = {
        "definition": study["noise_definition"],
        "label_noise": _single(study["label_noise"]),
        "label_seeds": _flat(study["seeds"]),
        "seed": config["seed"],
    }
    return _mapping(properties, list(properties))


def _train(settings: dict[str, Any]) -> dict[str, Any]:
    config = _config()
    study = config["studies"]["items"]
    elsewhere = ("name", "experiments")
    properties = {key: value for key, value in study["properties"].items() if key not in elsewhere}
    properties |= {key: _flat(properties[key]) for key in ("widths", "label_noise", "seeds")}
    properties |= {"study": study["properties"]["name"], "seed": config["seed"]}
    required = [key for key in study["required"] if key not in elsewhere]
    return _mapping(properties, [*required, "study", "seed"])


def _measure(settings: dict[str, Any]) -> dict[str, Any]:
    known = experiment_settings.names()
    if settings.get("experiment") not in known:
        given = settings.get("experiment")
        raise UserError(f"settings.experiment: {given!r} is not known; {nearest(given, known)}")
    declared = {**experiment_settings.schema(settings["experiment"])["properties"], "seed": _config()["seed"]}
    properties = {"experiment": {"type": "string"}, "settings": _mapping(declared, list(declared))}
    return _mapping(properties, list(properties))


def _single(grid: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a single value of a list of widths, noise levels or seeds."""
    return grid["items"]["oneOf"][0]


def _flat(grid: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of such a list without lists in it."""
    return {**grid, "items": _single(grid)}


def _claim(*keys: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of a claim that has at least these keys, and what it refers to."""
    definitions = strict_yaml.read(SCHEMAS / "claims.schema.yaml")["$defs"]
    claim, placed = definitions["claim"], definitions["said_by_place"]
    properties = {**claim["properties"], **placed["properties"]}
    return {**claim, "properties": properties, "required": list(keys)}, definitions


def _one_claim(*keys: str) -> Any:
    def schema(settings: dict[str, Any]) -> dict[str, Any]:
        claim, definitions = _claim(*keys)
        properties = {"claim": claim, "unavailable": {"type": ["string", "null"]}}
        return _mapping(properties, ["claim"], **{"$defs": definitions})

    return schema


def _judge(settings: dict[str, Any]) -> dict[str, Any]:
    schema = _one_claim("id", "name", "forms", "control")(settings)
    definitions = schema["$defs"]
    return {**schema, "$defs": definitions | {"control": {**definitions["control"], "required": ["where"]}}}


def _drawn(*keys: str) -> Any:
    def schema(settings: dict[str, Any]) -> dict[str, Any]:
        one, measures = _one_claim(*keys)(settings), strict_yaml.read(experiment_settings.MEASURES)["$defs"]
        properties = one["properties"] | {"measures": {"anyOf": [measures["measures"], {"type": "null"}]}}
        return {**one, "properties": properties, "$defs": one["$defs"] | measures}

    return schema


def _claims(*keys: str, needed: Sequence[str] = ("claims",)) -> Any:
    def schema(settings: dict[str, Any]) -> dict[str, Any]:
        claim, definitions = _claim(*keys)
        form = {"type": "object", "properties": {"predictions": {"type": "array", "items": NAMED}}}
        form["required"] = list(form["properties"])
        forms = {"type": "object", "minProperties": 1, "additionalProperties": form}  # no more is shown of them
        entry = {**claim, "properties": claim["properties"] | {"forms": forms}}
        properties = {"preset": _config()["preset"], "claims": {"type": "array", "items": entry}}
        properties["lineages"] = {"type": "object", "additionalProperties": {"type": "string"}}
        properties["drawn"] = {"type": "object", "additionalProperties": properties["lineages"]}
        properties["topics"] = {"type": "array", "items": {"type": "object"}}
        properties |= {name: {"type": "object", "additionalProperties": {"type": "object"}} for name in KNOWN}
        return _mapping(properties, list(needed), **{"$defs": definitions})

    return schema


TOLD = ("id", "name", "title", "question", "forms", "statement", "source", "formula", "reading", "control")
PROGRAMS = {
    "download": _download,
    "prepare": _prepare,
    "corrupt": _corrupt,
    "train": _train,
    "measure": _measure,
    "judge": _judge,
    "draw": _drawn("id", "figure"),
    "interact": _drawn("id", "interactive"),
    "summarise": _claims("id", "name", "title", "forms"),
    "show": _claims("id", "name", "title", "forms"),
    "report": _claims(*TOLD, needed=["preset", "claims", "topics", *KNOWN]),
}
