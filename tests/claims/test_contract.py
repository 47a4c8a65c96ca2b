"""Every experiment at its smallest size: table, declaration, claims, controls, figures and alt texts fit each other."""

import copy

import pytest
from matplotlib.mathtext import MathTextParser

from overparam import tables
from overparam.drawing import claim_figure, judged
from overparam.jobs import records
from overparam.judge.verdict_file import judge_claim
from overparam.plan import experiment_settings, registry

CLAIMS = registry.load()
RECORD = {"data": None, "cost": {}, "provenance": {}}


def declared(name):
    """Return what an experiment measures; skip the test where it does not say so yet."""
    return experiment_settings.measures(name) or pytest.skip(f"{name} does not say yet what it measures")


@pytest.fixture
def measured(smoke_run):
    """Return a function that gives the measurements of a claim's experiment as its figure gets them."""

    def measured(name):
        measures = declared(name)
        table = smoke_run(name).copy()
        table.attrs["measures"] = measures
        return table

    return measured


@pytest.mark.parametrize("name", experiment_settings.names())
def test_the_table_of_an_experiment_is_what_it_declares(measured, name):
    table = measured(name)  # refused if it is not
    own = [column for column in table.columns if column not in tables.MEASUREMENTS]
    assert own == list(declared(name)["columns"])


@pytest.mark.parametrize("name", experiment_settings.names())
def test_labels_can_be_printed(name):
    measures = declared(name)
    parser = MathTextParser("path")
    for part in ("quantities", "columns"):
        for one in measures[part].values():
            assert parser.parse(one["label"]).width > 0


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_a_claim_is_judged_and_drawn(measured, claim):
    table = measured(claim["experiment"])
    assert contract.of_claim(claim, declared(claim["experiment"])) == []
    verdict = judge_claim(claim, table, **RECORD)
    assert records.mismatch(verdict, records.VERDICT) is None
    for name, form in claim["forms"].items():
        found = verdict["forms"][name]
        assert [one["name"] for one in found["predictions"]] == [one["name"] for one in form["predictions"]]
        assert found["control"]["verdict"] != "supported" or found["verdict"] == "inconclusive"
        for prediction in form["predictions"]:
            said = judged.declared(verdict, prediction["name"], name)
            assert {key: said[key] for key in prediction} == prediction
    for one in (verdict, without_estimates(verdict)):
        text, drawn = drawing(claim, table, one)
        assert len(text) > 20 and text == text.strip()
        drawn.draw_without_rendering()
        assert any(axis.has_data() for axis in drawn.axes)


def drawing(claim, table, verdict):
    """Return alt text and figure of a claim, drawn on a copy that it may not change."""
    figure, before = claim_figure.module(claim["figure"]), table.copy()
    text, drawn = " ".join(figure.alt_text(table, verdict).split()), figure.draw(table, verdict)
    assert table.equals(before), "the figure changes what it is given"
    return text, drawn


def without_estimates(verdict):
    """Return a verdict of a run that had no rows for any prediction."""
    empty = copy.deepcopy(verdict)
    for form in empty["forms"].values():
        form |= {"verdict": "inconclusive", "vacuous": False, "reason": "not measured"}
        for one in [*form["predictions"], *form["control"]["predictions"]]:
            one |= {"verdict": "inconclusive", "vacuous": False, "estimates": [], "n_seeds": 0, "n_instances": 0}
            one["detail"] = {"not_measured": "no row has seed = 99"}
    return empty
