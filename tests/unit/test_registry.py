"""Each mistake in the registry gets one sentence that names claim, key, what was found and what is allowed."""

import copy
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from overparam import registry
from overparam.judge.predictions import KINDS
from overparam.program import UserError

SLOPE = {"name": "rate", "kind": "slope", "quantity": "error", "x": "width", "band": [-0.6, -0.4]}
ENTRY = {
    "id": "X1",
    "name": "made-up",
    "title": "A made-up claim",
    "statement": "Errors fall with width.",
    "source": {"document": "S1", "place": "slide 3", "papers": ["1812.11118"]},
    "formula": "e ∝ m^(−1/2)",
    "experiment": "sweep",
    "figure": "curve",
    "forms": {"printed": {"predictions": [SLOPE]}},
    "control": {"description": "Ridge is flat.", "where": {"method": "ridge"}},
}


@pytest.fixture
def load(tmp_path):
    for name in ("experiments/sweep.py", "experiments/sweep.yaml", "figures/curve.py", "figures/theme.py"):
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def load(entries):
        path = tmp_path / "claims.yaml"
        text = entries if isinstance(entries, str) else yaml.safe_dump(entries, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        return registry.load(path, package=tmp_path / "package")

    return load


def changed(**changes):
    """Return the entry with keys set by dotted path; `None` deletes."""
    entry = copy.deepcopy(ENTRY)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = entry
        for part in parents:
            place = place[int(part) if part.isdigit() else part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return entry


def sentences(load, entries):
    with pytest.raises(UserError) as caught:
        load(entries)
    return str(caught.value).splitlines()[1:]


def test_valid_registry_is_returned_in_order(load):
    second = changed(id="X2", name="another")
    assert load([ENTRY, second]) == [ENTRY, second]


PREDICTION = "forms__printed__predictions__0__"
MISTAKES = [
    ({"tittle": "x"}, "X1: unknown key `tittle` in the entry, did you mean `title`? (allowed: control, experiment,"),
    ({"title": None}, "X1: the entry lacks `title`"),
    ({"title": "x" * 61}, "X1: `title` has 61 characters (allowed: at most 60)"),
    ({"id": "x1"}, "x1: `id` is the text 'x1', which does not match ^[A-Z][0-9]+$"),
    ({"source__document": "S4"}, "X1: `source.document` is the text 'S4' (allowed: S1, S2, S3)"),
    ({"source__papers": [1812.11118]}, "X1: `source.papers[1]` is 1812.11118, not text"),
    ({"requires": "pictures"}, "X1: `requires` is the text 'pictures' (allowed: images)"),
    ({"control": None}, "X1: the entry lacks `control`"),
    ({"control__where": {}}, "X1: `control.where` is empty"),
    ({"control__only": ["rat"]}, "X1: control.only names `rat`, did you mean `rate`? (predictions: rate)"),
    ({"forms__printed__predictions": []}, "X1: `forms.printed.predictions` is empty"),
    ({"forms__fixed": {"predictions": [SLOPE]}}, "X1: unknown key `fixed` in forms (allowed: corrected, printed)"),
    (
        {PREDICTION + "kind": "slop"},
        "X1: `forms.printed.predictions[rate].kind` is the text 'slop', did you mean `slope`? (allowed: slope,",
    ),
    ({PREDICTION + "kind": None}, "X1: forms.printed.predictions[rate] lacks `kind`"),
    ({PREDICTION + "x": None}, "X1: forms.printed.predictions[rate] lacks `x`"),
    (
        {PREDICTION + "semilogy": True},
        "X1: unknown key `semilogy` in forms.printed.predictions[rate], did you mean `semilog`? (allowed: average,",
    ),
    (
        {PREDICTION + "band": ["1e-4", 1]},
        "X1: `forms.printed.predictions[rate].band[1]` is the text '1e-4', not a number or null: write 1.0e-4",
    ),
    ({PREDICTION + "band": [1]}, "X1: `forms.printed.predictions[rate].band` has 1 items (allowed: at least 2)"),
    ({PREDICTION + "band": [1, 0]}, "X1: forms.printed[rate] has `band` [1, 0], whose ends are exchanged"),
    (
        {PREDICTION + "where": {"learning_rate": "1e4"}},
        "X1: `forms.printed.predictions[rate].where.learning_rate` is the text '1e4', not a number: write 1.0e+4",
    ),
    (
        {PREDICTION + "where": {"width": {"minimum": 3}}},
        "X1: unknown key `minimum` in forms.printed.predictions[rate].where.width, did you mean `min`?",
    ),
    (
        {"experiment": "sweeep"},
        "X1: `experiment` is sweeep, did you mean `sweep`?, but there is no experiments/sweeep.py",
    ),
    ({"figure": "curves"}, "X1: `figure` is curves, did you mean `curve`?, but there is no figures/curves.py"),
]


@pytest.mark.parametrize(("changes", "expected"), MISTAKES, ids=[next(iter(changes)) for changes, _ in MISTAKES])
def test_mistake_gives_one_sentence(load, changes, expected):
    (sentence,) = sentences(load, [changed(**changes)])
    assert sentence.startswith(expected)


def test_repeated_names(load):
    assert sentences(load, [ENTRY, ENTRY]) == [
        "X1: 2 entries have this `id`",
        "made-up: 2 entries have this `name`",
    ]
    twice = changed(forms__printed__predictions=[SLOPE, SLOPE])
    assert sentences(load, [twice]) == ["X1: 2 predictions of forms.printed are called `rate`"]


def test_every_problem_is_reported_at_once(load):
    found = sentences(load, [changed(title=None), changed(id="X2", tittle="x")])
    assert [sentence[:3] for sentence in found] == ["X1:", "X2:"]


ORDERING = {"name": "o", "kind": "ordering", "quantity": "error", "greater": {}, "less": 1}


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ({**ORDERING, "greater": 2}, "compares two numbers"),
        ({**ORDERING, "reduce": "max"}, "needs `reduce` and `along` together for `greater`"),
        ({key: value for key, value in ORDERING.items() if key != "quantity"}, "has no `quantity` for `greater`"),
        (
            {**SLOPE, "kind": "peak", "at": [None, None], "name": "o"} | {"reference": {}},
            "unknown key `band` in forms.printed.predictions[o]",
        ),
    ],
)
def test_predictions_that_make_no_sense(load, prediction, expected):
    assert any(
        expected in sentence for sentence in sentences(load, [changed(forms__printed__predictions=[prediction])])
    )


def test_key_given_twice(load):
    with pytest.raises(UserError, match="key `id` is given twice in the mapping at line 1"):
        load("- id: X1\n  id: X2\n")


def test_files_that_are_no_registry(load, tmp_path):
    with pytest.raises(UserError, match="not YAML"):
        load("- id: [")
    with pytest.raises(UserError, match=r"the registry: `the registry` is .*, not a list"):
        load("id: X1")
    with pytest.raises(UserError, match="cannot be read"):
        registry.load(tmp_path / "absent.yaml")


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(registry.SCHEMA.read_text(encoding="utf-8"))


def test_schema_is_valid_and_describes_every_key(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    mappings = {name: part for name, part in schema["$defs"].items() if "properties" in part and name != "prediction"}
    for name, part in mappings.items():
        assert part["additionalProperties"] is False, name
        for key, value in part["properties"].items():
            target = schema["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert "description" in value or "description" in target, f"{name}.{key}"


def test_schema_and_judge_know_the_same_kinds(schema):
    kinds = schema["$defs"]["prediction"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(KINDS)
    conditions = [rule["if"]["properties"]["kind"]["const"] for rule in schema["$defs"]["prediction"]["allOf"]]
    assert conditions == kinds


def test_defaults_of_the_schema_are_those_of_the_judge(schema):
    from overparam.judge import inequalities

    defaults = {kind: schema["$defs"][kind]["properties"] for kind in ("bound", "equality")}
    assert {kind: keys["tolerance"]["default"] for kind, keys in defaults.items()} == inequalities.TOLERANCE
    assert defaults["bound"]["vacuous"]["default"] == inequalities.VACUOUS


def test_loading_imports_neither_torch_nor_pandas():
    code = "import sys, overparam.registry; print({'torch', 'pandas'} & set(sys.modules))"
    folder = Path(registry.PACKAGE).parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
