"""Each mistake in the registry gets one sentence that names claim, key, what was found and what is allowed."""

import copy
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from overparam import registry
from overparam.errors import UserError
from overparam.judge.predictions import KINDS

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
        path.write_text("def draw(): ...\n" if name == "figures/curve.py" else "", encoding="utf-8")

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
RATE = "claims[X1].forms.printed.predictions[rate]"
MISTAKES = [
    ({"tittle": "x"}, "claims[X1].tittle: unknown key; did you mean 'title'? allowed: control, experiment,"),
    ({"title": None}, "claims[X1].title: missing (Short sentence for headings)"),
    ({"title": "x" * 61}, "claims[X1].title: takes at most 60 characters, found 61"),
    ({"id": "x1"}, 'claims[x1].id: "x1" does not match ^[A-Z][0-9]+$'),
    ({"id": None}, "claims[made-up].id: missing (Short code"),
    ({"id": None, "name": None, "title": 3}, "claims[0].id: missing"),
    (
        {"source__document": "S4"},
        'claims[X1].source.document: "S4" is not known; allowed: S1, S2, S3 (S1 the lecture',
    ),
    (
        {"source__papers": [1812.11118]},
        "claims[X1].source.papers[0]: expected text, found 1812.11118 (arXiv number, say",
    ),
    ({"requires": "pictures"}, 'claims[X1].requires: "pictures" is not known; allowed: images'),
    ({"requires": 3}, "claims[X1].requires: 3 is not known; allowed: images"),
    ({"control": None}, "claims[X1].control: missing (A case in which the claim must fail"),
    ({"control__where": {}}, "claims[X1].control.where: needs at least 1 key, found 0 (Merged over the filter of"),
    ({"control__only": ["rat"]}, "claims[X1].control.only: 'rat' is no prediction; did you mean 'rate'? allowed: rate"),
    ({"forms__printed__predictions": []}, "claims[X1].forms.printed.predictions: needs at least 1 entry, found 0"),
    ({"forms__fixed": {"predictions": [SLOPE]}}, "claims[X1].forms.fixed: unknown key; allowed: corrected, printed"),
    ({PREDICTION + "kind": "slop"}, f"{RATE}.kind: \"slop\" is not known; did you mean 'slope'? allowed: bound,"),
    ({PREDICTION + "kind": None}, f"{RATE}.kind: missing (Which judge)"),
    ({PREDICTION + "name": None}, "claims[X1].forms.printed.predictions[0].name: missing (Name of the prediction"),
    ({PREDICTION + "x": None}, f"{RATE}.x: missing (Column along which the curve runs"),
    ({PREDICTION + "semilogy": True}, f"{RATE}.semilogy: unknown key; did you mean 'semilog'? allowed: asymptote,"),
    (
        {PREDICTION + "asymptote": "zero"},
        f'{RATE}.asymptote: "zero" is not known; allowed: large, small (End of x at which the exponent holds',
    ),
    (
        {PREDICTION + "band": ["1e-4", 1]},
        f'{RATE}.band[0]: expected a number or null, found "1e-4", which YAML reads as text: write 1.0e-4 (End of the',
    ),
    ({PREDICTION + "band": [1]}, f"{RATE}.band: needs at least 2 entries, found 1 ([lowest, highest] value predicted"),
    ({PREDICTION + "band": [1, 0]}, f"{RATE}.band: the ends must be [lowest, highest], found [1, 0]"),
    ({PREDICTION + "band": [None, None]}, f"{RATE}.band: one end must be a number, found [null, null]"),
    (
        {PREDICTION + "where": {"learning_rate": "1e4"}},
        f'{RATE}.where.learning_rate: expected a number, found "1e4", which YAML reads as text: write 1.0e+4',
    ),
    (
        {PREDICTION + "where": {"width": {"minimum": 3}}},
        f"{RATE}.where.width.minimum: unknown key; did you mean 'min'? allowed: above, below, max, min",
    ),
    (
        {"experiment": "sweeep"},
        "claims[X1].experiment: there is no experiments/sweeep.py and no experiments/sweeep.yaml; "
        "did you mean 'sweep'? allowed: sweep",
    ),
    (
        {"figure": "curves"},
        "claims[X1].figure: there is no figures/curves.py; did you mean 'curve'? allowed: curve",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), MISTAKES, ids=["-".join(changes) for changes, _ in MISTAKES])
def test_mistake_gives_one_sentence(load, changes, expected):
    first, *others = sentences(load, [changed(**changes)])
    assert first.startswith(expected)
    assert len(others) == len(changes) - 1


def test_repeated_names(load):
    assert sentences(load, [ENTRY, ENTRY]) == [
        "claims: the id 'X1' stands twice",
        "claims: the name 'made-up' stands twice",
    ]
    twice = changed(forms__printed__predictions=[SLOPE, SLOPE])
    assert sentences(load, [twice]) == ["claims[X1].forms.printed.predictions: the name 'rate' stands twice"]


def test_every_problem_is_reported_at_once(load):
    found = sentences(load, [changed(title=None), changed(id="X2", tittle="x")])
    assert [sentence[:10] for sentence in found] == ["claims[X1]", "claims[X2]"]


def test_entries_that_share_an_id_are_told_apart(load):
    assert sentences(load, [ENTRY, changed(title=None, name="other")])[0].startswith("claims[other].title: missing")
    assert sentences(load, [ENTRY, changed(title=None)])[0].startswith("claims[1].title: missing")


ORDERING = {"name": "o", "kind": "ordering", "quantity": "error", "greater": {}, "less": 1}


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ({**ORDERING, "greater": 2}, "o]: greater or less must select measurements, found two numbers"),
        ({**ORDERING, "reduce": "max"}, "o].greater.along: missing, reduce needs it"),
        ({**ORDERING, "along": "step"}, "o].greater.reduce: missing, along needs it"),
        ({key: value for key, value in ORDERING.items() if key != "quantity"}, "o].greater.quantity: missing, as the"),
        (
            {**SLOPE, "kind": "peak", "at": [None, None], "name": "o"} | {"reference": {}},
            "forms.printed.predictions[o].band: unknown key; allowed: at,",
        ),
        (
            {"name": "o", "kind": "peak", "quantity": "error", "x": "width"}
            | {"reference": {"quantity": "error", "level": 0, "direction": "falling"}},
            "forms.printed.predictions[o].at: missing, reference needs it (Where the top lies",
        ),
    ],
)
def test_predictions_that_make_no_sense(load, prediction, expected):
    assert any(
        expected in sentence for sentence in sentences(load, [changed(forms__printed__predictions=[prediction])])
    )


def test_defaults_are_left_to_the_judge(load):
    (entry,) = load([ENTRY])
    assert entry == ENTRY and "semilog" not in entry["forms"]["printed"]["predictions"][0]


def test_files_that_are_no_registry(load, tmp_path):
    with pytest.raises(UserError, match="not YAML"):
        load("- id: [")
    with pytest.raises(UserError, match=r"claims: expected a list, found a mapping"):
        load("id: X1")
    with pytest.raises(UserError, match="key 'id' is given twice in the mapping at line 1"):
        load("- id: X1\n  id: X2\n")
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
    code = "import sys, overparam.registry, overparam.config; print({'torch', 'pandas'} & set(sys.modules))"
    folder = Path(registry.PACKAGE).parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
