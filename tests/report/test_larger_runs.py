"""What was found at published sizes stands on a claim's page, while the claim is judged by the same predictions."""

import copy
import json

import pandas as pd
import pytest
from synthetic_run import COST, EXPERIMENTS, MEASURED, MEASURES, pages_of

from overparam import places
from overparam.jobs import files, records
from overparam.judge.verdict_file import judge_claim
from overparam.plan import registry
from overparam.report import larger_runs, pages, published, published_sizes, reading

SVG = '<svg viewBox="0 0 300 150"><text>larger</text></svg>'
KEPT = sorted(places.REFERENCE.glob("*/claims/*/verdict.json"))


@pytest.fixture
def kept(verdicts, tmp_path):
    """The files of a larger run of E13, in which one form came out otherwise and risks are half as large."""
    verdict = copy.deepcopy(next(one for one in verdicts if one["claim"] == "E13"))
    verdict["forms"]["printed"]["verdict"] = "inconclusive"
    verdict["cost"] = {**COST, "seconds": 7200.0, "settings": {"n_train": 10_000}}
    verdict["data"] = {"name": "mnist", "label": "MNIST", "checksum": "abc"}
    folder = tmp_path / "mnist/claims/E13"
    files.write_json(folder / "verdict.json", verdict)
    files.write_text(folder / "figure.svg", SVG)
    files.write_text(folder / "figure.alt.txt", "Larger ones do the same.\n")
    table = MEASURED.assign(value=MEASURED["value"] / 2)
    files.write_table(tmp_path / "mnist/measurements/least_squares.parquet", table)
    return folder / "verdict.json"


def made(entries, verdicts, kept, tmp_path):
    claims = reading.collect(entries, verdicts)
    larger = larger_runs.collect([kept], {claim.id: claim.entry["experiment"] for claim in claims})
    return pages.render(pages_of(tmp_path / "results", claims, larger=larger, experiments=EXPERIMENTS))


def test_the_page_has_its_verdicts_size_cost_figure_and_numbers(entries, verdicts, kept, tmp_path):
    found = made(entries, verdicts, kept, tmp_path)
    said = " ".join(found["claims/E13.html"].split())
    assert "The same at published size: mnist" in said and "10,000 samples" in said and "on MNIST" in said
    assert "2.0 h" in said and "Data: MNIST." in said and 'src="../larger/mnist-E13.svg"' in said
    assert found["larger/mnist-E13.svg"] == SVG
    row = said.partition("87 %")[2].partition("</tr>")[0]
    assert "70 %" in row and "35 %" in row and "mnist: method: ridge" in row
    assert 'src="larger/mnist-E13.svg"' in found["all.html"]
    assert "published size" not in found["claims/A1.html"]


def test_one_that_was_judged_otherwise_is_not_shown(entries, verdicts, kept, tmp_path):
    verdict = json.loads(kept.read_text())
    verdict["forms"]["corrected"]["predictions"][0]["declared"]["band"] = [0, 9]
    kept.write_text(json.dumps(verdict))
    assert "published size" not in made(entries, verdicts, kept, tmp_path)["claims/E13.html"]


def test_a_document_has_what_was_printed_beside_what_was_measured(entries, kept):
    registered = [{**entry, "measures": MEASURES} for entry in entries]
    found = published_sizes.markdown(registered, published_sizes.collect(kept.parents[3], registered))
    head, _, rest = found.partition("\n")
    assert (
        head.startswith("## E13: ") and "10,000 samples" in rest and "`config/mnist.yaml`" in rest and "2.0 h" in rest
    )
    assert "- printed: ○ inconclusive" in rest
    (row,) = [line for line in rest.splitlines() if "| 87 % |" in line]
    assert "| 35 % |" in row and "; " in row.split("|")[-2]
    assert published_sizes.markdown(registered, {}) == ""


def test_without_larger_runs_the_table_has_no_column_for_them(entries, verdicts, tmp_path):
    claims = reading.collect(entries, verdicts)
    assert "published size" not in pages.render(pages_of(tmp_path, claims))["claims/E13.html"]
    (row,) = [row for row in published.rows(claims[1], MEASURES, MEASURED) if row["value"] == "87 %"]
    assert row["larger"] == []


@pytest.mark.skipif(not KEPT, reason="no run at published size is kept in results/reference")
@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parents[2].name}-{path.parent.name}")
def test_what_is_kept_is_what_its_measurements_say_today(path):
    """Fails once a claim is judged otherwise: run the configuration again, and keep it with workflow/reference.py."""
    entry = next(entry for entry in registry.load() if entry["id"] == path.parent.name)
    kept = records.verdict(path)
    table = pd.read_parquet(path.parents[2] / f"measurements/{entry['experiment']}.parquet")
    judged = judge_claim(entry, table, kept["data"], kept["cost"], kept["provenance"])
    assert json.loads(json.dumps(judged["forms"])) == kept["forms"]
