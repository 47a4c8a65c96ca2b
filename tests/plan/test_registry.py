"""Each mistake in the registry gets one sentence that names claim, key, what was found and what is allowed."""

import copy
import subprocess
import sys

import claim_files
import jsonschema
import pytest
import yaml

from overparam import places
from overparam.errors import UserError
from overparam.judge import defaults
from overparam.judge.predictions import KINDS
from overparam.plan import registry

FILE, OTHER = "topic/sweep/made_up.yaml", "topic/sweep/another.yaml"
SLOPE = {"name": "rate", "kind": "slope", "quantity": "error", "x": "width", "band": [-0.6, -0.4]}
ENTRY = {
    "id": "X1",
    "title": "A made-up claim",
    "question": "Do errors fall with width?",
    "statement": "Errors fall with width, like $m^{-1/2}$.",
    "reading": "The axis is $m$. Errors fall along it.",
    "source": {"document": "S1", "place": "slide 3", "papers": ["1812.11118"]},
    "formula": r"e \propto m^{-1/2}",
    "forms": {"printed": {"predictions": [SLOPE]}},
    "control": {"description": "Ridge is flat.", "where": {"method": "ridge"}},
}


@pytest.fixture
def load(tmp_path):
    home = claim_files.experiment(tmp_path / "claims/topic/sweep")

    def load(entries):
        """Read these claims, each from a file of its own: made_up.yaml, another.yaml."""
        for name, entry in zip(("made_up", "another"), entries, strict=False):
            claim_files.write(home / f"{name}.yaml", entry)
        return registry.load(tmp_path / "claims")

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
    second = changed(id="X10")
    placed = [
        {"name": name, "experiment": "sweep", "figure": f"topic.sweep.{name.replace('-', '_')}"}
        for name in ("made-up", "another")
    ]
    found = load([changed(id="X2"), second])
    assert found == [changed(id="X2") | placed[0], second | placed[1]]
    assert [entry["id"] for entry in load([second, changed(id="X2")])] == ["X2", "X10"]


PREDICTION = "forms__printed__predictions__0__"
RATE = "forms.printed.predictions[rate]"
MISTAKES = [
    ({"tittle": "x"}, "tittle: unknown key; did you mean 'title'? allowed: control, forms, formula,"),
    ({"title": None}, "title: missing (Short sentence for headings)"),
    ({"title": "x" * 61}, "title: takes at most 60 characters, found 61"),
    ({"id": "x1"}, 'id: "x1" does not match ^[A-Z][0-9]+$'),
    ({"id": None}, "id: missing (Short code"),
    ({"id": None, "title": 3}, "id: missing"),
    (
        {"source__document": "S4"},
        "source.document: 'S4' is no entry of bibliography.yaml; allowed: 1812.11118, S1",
    ),
    (
        {"source__papers": [1812.11118]},
        "source.papers[0]: expected text, found 1812.11118 (Key of a work, say",
    ),
    ({"source__papers": ["1812.1111"]}, "source.papers[0]: '1812.1111' is no entry of bibliography.yaml; did you mean"),
    ({"formula": r"\foo x"}, r"formula: “\foo x” has the command \foox, which is not known"),
    ({"formula": r"\frac{a"}, r"formula: “\frac{a” has braces that do not match"),
    ({"statement": "so $p = n"}, "statement: has an odd number of $"),
    ({"reading": None}, "reading: missing (How to read the figure"),
    ({"question": None}, "question: missing (What a reader asks"),
    ({"requires": "pictures"}, 'requires: "pictures" is not known; allowed: images'),
    ({"requires": 3}, "requires: 3 is not known; allowed: images"),
    ({"control": None}, "control: missing (A case in which the claim must fail"),
    ({"control__where": {}}, "control.where: needs at least 1 key, found 0 (Merged over the filter of"),
    ({"control__only": ["rat"]}, "control.only: 'rat' is no prediction; did you mean 'rate'? allowed: rate"),
    ({"forms__printed__predictions": []}, "forms.printed.predictions: needs at least 1 entry, found 0"),
    ({"forms__fixed": {"predictions": [SLOPE]}}, "forms.fixed.title: missing, say how the form reads"),
    ({"forms__printed__title": "x"}, "forms.printed.title: unknown key, the form is called so"),
    ({"forms__Fixed": {"predictions": [SLOPE], "title": "x"}}, 'forms: "Fixed" does not match '),
    ({"forms__printed__basis": "proof"}, "forms.printed.basis: "),
    (
        {"forms__printed__refutation": {"kind": "slip", "says": "x"}},
        "forms.printed.refutation.why: missing",
    ),
    ({"forms__printed__refutation": {"kind": "typo", "says": "x", "why": "y"}}, "forms.printed.refutation.kind: "),
    ({"premises": []}, "premises: "),
    ({"premises": [SLOPE, SLOPE]}, "premises: the name 'rate' stands twice"),
    ({"premises": [{**SLOPE, "band": [1, 0]}]}, "premises[rate].band: the ends must be [lowest, highest]"),
    ({"forms__printed__premises": [{**SLOPE, "kind": "slop"}]}, "forms.printed.premises[rate].kind: "),
    ({"control__without": {"rat": "No."}}, "control.without: 'rat' is no prediction; did you mean 'rate'?"),
    (
        {"control": {**ENTRY["control"], "only": ["rate"], "without": {"rate": "No."}}},
        "control.without: 'rate' has a control, as `only` names it",
    ),
    (
        {"forms__printed__predictions": [SLOPE, {**SLOPE, "name": "other"}], "control__only": ["rate"]},
        "forms.printed.predictions[other]: no control applies to it; name it in the `only` of one, or say why in",
    ),
    (
        {"more_controls": [{"description": "x", "where": {"a": 1}, "only": ["rats"]}]},
        "more_controls[0].only: 'rats' is no prediction; did you mean 'rate'?",
    ),
    ({PREDICTION + "kind": "slop"}, f"{RATE}.kind: \"slop\" is not known; did you mean 'slope'? allowed: bound,"),
    ({PREDICTION + "kind": None}, f"{RATE}.kind: missing (Which judge)"),
    ({PREDICTION + "name": None}, "forms.printed.predictions[0].name: missing (Name of the prediction"),
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
    ({"name": "made-up"}, "name: unknown key; allowed: control, forms, formula, id,"),
    ({"experiment": "sweep"}, "experiment: unknown key; allowed: control, forms, formula, id,"),
]


@pytest.mark.parametrize(("changes", "expected"), MISTAKES, ids=["-".join(changes) for changes, _ in MISTAKES])
def test_mistake_gives_one_sentence(load, changes, expected):
    first, *others = sentences(load, [changed(**changes)])
    assert first.startswith(f"{FILE}: {expected}")
    assert len(others) == (0 if "no control applies" in first else len(changes) - 1)


def test_an_id_or_a_name_of_two_claims(load, tmp_path):
    assert sentences(load, [ENTRY, ENTRY]) == [f"{FILE}: the id 'X1' is that of {OTHER} already"]
    home = claim_files.experiment(tmp_path / "claims/topic/elsewhere")
    claim_files.write(home / "made_up.yaml", changed(id="X3"))
    (found,) = sentences(load, [ENTRY, changed(id="X2")])
    assert found == f"{FILE}: the name 'made-up' is that of topic/elsewhere/made_up.yaml already"


def test_a_prediction_that_stands_twice(load):
    twice = changed(forms__printed__predictions=[SLOPE, SLOPE])
    assert sentences(load, [twice]) == [f"{FILE}: forms.printed.predictions: the name 'rate' stands twice"]


def test_every_problem_is_reported_at_once(load):
    found = sentences(load, [changed(title=None), changed(id="X2", tittle="x")])
    assert [sentence.partition(": ")[0] for sentence in found] == [OTHER, FILE]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("made_up.yaml", "a claim lies in the folder of its experiment, <topic>/<experiment>/; move it there"),
        ("topic/made_up.yaml", "a claim lies in the folder of its experiment, <topic>/<experiment>/; move it there"),
        ("topic/other/made_up.yaml", "there is no experiment.yaml beside it, which declares its experiment"),
        ("topic/sweep/Made-up.yaml", "the name of a claim's file must be words in lower case, joined by _"),
    ],
)
def test_a_claim_in_the_wrong_place(load, tmp_path, place, expected):
    path = tmp_path / "claims" / place
    path.parent.mkdir(exist_ok=True)
    claim_files.write(path, ENTRY)
    assert sentences(load, [changed(id="X2")])[0] == f"{place}: {expected}"


def test_topics_and_the_bibliography_are_no_claims(load, tmp_path):
    load([ENTRY])
    (tmp_path / "claims/topic/topic.yaml").write_text("title: no claim")
    assert len(load([ENTRY])) == 1
    (tmp_path / "claims/topic/sweep/topic.yaml").write_text("title: no claim")
    assert sentences(load, [ENTRY])[0].startswith("topic/sweep/topic.yaml: there is no topic.py beside it")


def test_what_a_claim_lacks_beside_it(load, tmp_path):
    load([ENTRY])
    (tmp_path / "claims/topic/sweep/made_up.py").unlink()
    (tmp_path / "claims/topic/sweep/measure.py").unlink()
    with pytest.raises(UserError) as caught:
        registry.load(tmp_path / "claims")
    assert str(caught.value).splitlines()[1:] == [
        "topic/sweep/experiment.yaml: there is no measure.py beside it",
        f"{FILE}: there is no made_up.py beside it, its figure",
    ]


def test_a_claim_with_a_chart_beside_it_names_it(load, tmp_path):
    load([ENTRY])
    (tmp_path / "claims/topic/sweep/made_up_interactive.py").write_text("")
    (claim,) = registry.load(tmp_path / "claims")
    assert claim["interactive"] == "topic.sweep.made_up_interactive"


def test_two_experiments_of_one_name(load, tmp_path):
    claim_files.experiment(tmp_path / "claims/subject/sweep")
    assert sentences(load, [ENTRY]) == ["subject/sweep and topic/sweep: two experiments of one name; rename one"]


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
    assert claim_files.content(entry) == ENTRY and "semilog" not in entry["forms"]["printed"]["predictions"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- id: [", "not YAML"),
        ("- id: X1", "expected a mapping with the keys of one claim, found a list"),
        ("", "expected a mapping with the keys of one claim, found nothing"),
        ("id: X1\nid: X2\n", "key 'id' is given twice in the mapping at line 1"),
    ],
)
def test_a_file_that_is_no_claim(load, text, expected):
    (found,) = sentences(load, [text])
    assert FILE in found and expected in found


def test_a_registry_without_claims(tmp_path):
    with pytest.raises(UserError, match="there is no claim"):
        registry.load(tmp_path)


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(registry.SCHEMA.read_text(encoding="utf-8"))


def test_schema_is_valid_and_describes_every_key(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    mappings = {name: part for name, part in schema["$defs"].items() if "properties" in part and name != "prediction"}
    for name, part in mappings.items():
        assert part["additionalProperties"] is False or name == "forms", name
        for key, value in part["properties"].items():
            target = schema["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert "description" in value or "description" in target, f"{name}.{key}"


def test_schema_and_judge_know_the_same_kinds(schema):
    kinds = schema["$defs"]["prediction"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(KINDS)
    conditions = [rule["if"]["properties"]["kind"]["const"] for rule in schema["$defs"]["prediction"]["allOf"]]
    assert conditions == kinds


def test_defaults_of_the_schema_are_those_of_the_judge(schema):
    for kind in KINDS:
        keys = schema["$defs"][kind]["properties"].items()
        whole = {key: schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for key, one in keys}
        declared = {key: one["default"] for key, one in whole.items() if "default" in one}
        assert declared == defaults.DEFAULTS[kind], kind


def test_every_prediction_has_a_control_or_a_reason():
    others = [{**SLOPE, "name": name} for name in ("second", "third")]
    entry = changed(forms__corrected={"predictions": [SLOPE, *others]})
    assert registry.uncontrolled(entry) == []
    entry["control"]["only"] = ["rate"]
    missing = ["forms.corrected.predictions[second]", "forms.corrected.predictions[third]"]
    assert registry.uncontrolled(entry) == missing
    entry["more_controls"] = [{"description": "x", "where": {"a": 1}, "only": ["second"]}]
    assert registry.uncontrolled(entry) == missing[1:]
    entry["control"]["without"] = {"third": "It is an identity."}
    assert registry.uncontrolled(entry) == []
    assert registry.uncontrolled(changed(control__without={"rate": "It is an identity."})) == []


def test_loading_imports_neither_torch_nor_pandas():
    code = "import sys, overparam.plan.registry, overparam.plan.config; print({'torch', 'pandas'} & set(sys.modules))"
    folder = places.PACKAGE.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
