"""Every experiment at its smallest size: table, declaration, claims, controls, figures and alt texts fit each other.

Each experiment runs once, on the settings of the smoke configuration; what its numbers are is for tests of its own.
"""

import ast
import copy
import importlib
from pathlib import Path

import declared_tables
import pytest
from matplotlib.mathtext import MathTextParser

from overparam import places, tables
from overparam.drawing import charts, claim_chart, claim_figure, judged, theme
from overparam.jobs import records
from overparam.judge.predictions import KINDS
from overparam.judge.verdict_file import judge_claim
from overparam.plan import contract, experiment_settings, registry, strict_yaml

CLAIMS = registry.load()
CONFIGURATIONS = Path(__file__).resolve().parents[2] / "config"
PRESETS = {strict_yaml.read(path)["preset"] for path in CONFIGURATIONS.glob("*.yaml")}
RECORD = {"data": None, "cost": {}, "provenance": {}}


@pytest.fixture
def measured(smoke_run):
    """Return a function that gives the measurements of a claim's experiment as its figure gets them."""

    def measured(name):
        return declared_tables.declared(smoke_run(name), name)

    return measured


@pytest.mark.parametrize("name", experiment_settings.names())
def test_the_table_of_an_experiment_is_what_it_declares(measured, name):
    table = measured(name)  # refused if it is not
    own = [column for column in table.columns if column not in tables.MEASUREMENTS]
    assert own == list(experiment_settings.measures(name)["columns"])


@pytest.mark.parametrize("name", experiment_settings.names())
def test_labels_can_be_printed(name):
    measures = experiment_settings.measures(name)
    parser = MathTextParser("path")
    for part in ("quantities", "columns"):
        for one in measures[part].values():
            assert parser.parse(one["label"]).width > 0


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_a_claim_is_judged_and_drawn(measured, claim):
    table = measured(claim["experiment"])
    assert contract.of_claim(claim, experiment_settings.measures(claim["experiment"])) == []
    verdict = judge_claim(claim, table, **RECORD)
    assert records.mismatch(verdict, records.VERDICT) is None
    for name, form in claim["forms"].items():
        found = verdict["forms"][name]
        assert [one["name"] for one in found["predictions"]] == [one["name"] for one in form["predictions"]]
        failed = found["control"] is None or found["control"]["verdict"] != "supported"
        assert failed or found["verdict"] == "inconclusive"
        for prediction in form["predictions"]:
            said = judged.declared(verdict, prediction["name"], name)
            assert {key: said[key] for key in prediction} == prediction
    for one in (without_estimates(verdict), verdict):
        charted(claim, table, one)
    for name in [claim["figure"], *filter(None, [places.details(claim["figure"])])]:
        headlines = []
        for one in (without_estimates(verdict), verdict):
            text, drawn = drawing(name, table, one)
            assert len(text) > 20
            assert any(axis.has_data() for axis in drawn.axes)
            headlines.append(drawn.get_suptitle())
        told_at_a_glance(name, claim, drawn, headlines, verdict)
        drawn.draw_without_rendering()  # which takes as long as all the rest: once will do


def told_at_a_glance(name, claim, drawn, headlines, verdict):
    """Assert that a figure has few panels, and a headline that is another where nothing was decided."""
    assert all(headlines), "the figure has no headline"
    if name != claim["figure"]:
        return
    assert len(theme.panels_of(drawn)) <= theme.MOST_PANELS, "move panels to the details"
    if all(form["verdict"] != "inconclusive" for form in verdict["forms"].values()):
        assert headlines[0] != headlines[1], "the headline does not follow the verdict"


def drawing(name, table, verdict):
    """Return alt text and figure, by the name of its module, drawn on a copy that it may not change."""
    figure, before = claim_figure.module(name), table.copy()
    text, drawn = " ".join(figure.alt_text(table, verdict).split()), figure.draw(table, verdict)
    assert table.equals(before), "the figure changes what it is given"
    return text, drawn


def charted(claim, table, verdict):
    """Make the interactive chart of a claim, if it has one; altair refuses what is no Vega-Lite."""
    if "interactive" not in claim:
        return
    before = table.copy()
    made = importlib.import_module(places.figure_module(claim["interactive"])).chart(table, verdict).to_dict()
    assert table.equals(before), "the chart changes what it is given"
    assert charts.READOUT in {one["name"] for one in made["params"]} and len(made["usermeta"]["message"]) > 20
    text = claim_chart.written(made)
    assert len(text.encode()) < claim_chart.LIMIT and "nan" not in text.lower().split('"message"')[-1]


def without_estimates(verdict):
    """Return a verdict of a run that had no rows for any prediction."""
    empty = copy.deepcopy(verdict)
    for form in empty["forms"].values():
        form |= {"verdict": "inconclusive", "vacuous": False, "reason": "not measured"}
        for one in [*form["predictions"], *(form["control"] or {"predictions": []})["predictions"]]:
            one |= {"verdict": "inconclusive", "vacuous": False, "estimates": [], "n_seeds": 0, "n_instances": 0}
            one["detail"] = {"not_measured": "no row has seed = 99"}
    return empty


def imported(path):
    """Return the modules and names that a file imports, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


TESTED = set().union(*(imported(path) for path in Path(__file__).parent.glob("*/test_*.py")))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_a_claim_is_whole(claim):
    assert claim["source"]["document"] in ("S1", "S2", "S3") and claim["source"]["place"]
    assert claim["control"]["description"] and claim["control"]["where"]
    predictions = {
        prediction["name"]: prediction for form in claim["forms"].values() for prediction in form["predictions"]
    }
    assert predictions and all(prediction["kind"] in KINDS for prediction in predictions.values())
    assert "printed" in claim["forms"]
    if "corrected" in claim["forms"]:
        assert claim.get("note"), "the note says what is wrong in print and where the correction comes from"
    assert places.measure_module(claim["experiment"]) in TESTED, "no unit test imports the experiment"
    figure = importlib.import_module(places.figure_module(claim["figure"]))
    assert callable(figure.draw) and callable(figure.alt_text)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_the_control_differs_from_the_claim(claim):
    predictions = [one for form in claim["forms"].values() for one in form["predictions"]]
    for control in [claim["control"], *claim.get("more_controls", [])]:
        only, without = control.get("only"), control.get("without", {})
        judged = [one for one in predictions if one["name"] not in without and (only is None or one["name"] in only)]
        assert judged, "the control applies to no prediction"
        for name in {one["name"] for one in judged}:  # a form may predict what is the control of another one
            own = [one.get("where", {}) for one in judged if one["name"] == name]
            assert any(where.get(key) != value for where in own for key, value in control["where"].items()), name


@pytest.mark.parametrize("name", experiment_settings.names())
def test_an_experiment_belongs_to_a_claim_and_describes_its_settings(name):
    assert name in {claim["experiment"] for claim in CLAIMS}
    declared = experiment_settings.declaration(name)
    for setting, schema in (declared["settings"] or {}).items():
        assert schema.get("description") and "default" in schema, setting
    for preset, values in (declared["presets"] or {}).items():
        assert preset in PRESETS, f"no configuration is called {preset}"
        _, wrong = experiment_settings.resolve(name, preset, {})
        assert not wrong
        assert set(values) <= set(declared["settings"])


def test_every_figure_belongs_to_a_claim():
    drawing = {
        ".".join(path.relative_to(places.CLAIMS).with_suffix("").parts)
        for path in places.CLAIMS.rglob("[!_]*.py")
        if "def draw(" in path.read_text(encoding="utf-8") and "def alt_text(" in path.read_text(encoding="utf-8")
    }
    figures = {claim["figure"] for claim in CLAIMS}
    assert drawing == figures | {details for details in map(places.details, figures) if details}


def test_every_interactive_chart_belongs_to_a_claim():
    made = {path.relative_to(places.CLAIMS).with_suffix("") for path in places.CLAIMS.rglob("*_interactive.py")}
    assert {".".join(path.parts) for path in made} == {
        claim["interactive"] for claim in CLAIMS if "interactive" in claim
    }


def test_a_topic_reads_like_a_table_of_contents():
    """Every folder of the claims is an experiment or a topic, and every topic says what it is about."""
    folders = {path.parent for path in places.CLAIMS.rglob("__init__.py")} - {places.CLAIMS}
    topics = {folder for folder in folders if folder.parent == places.CLAIMS}
    assert {folder.name for folder in folders - topics} == set(places.experiments())
    for topic in topics:
        assert (topic / "README.md").is_file(), topic.name
