"""How verdicts fare under other root seeds is told of the verdicts that it was measured on, and of no others."""

import copy

import pytest

from overparam.jobs import files, table_checks
from overparam.report import pages, reading, run, stability, summary, terminal


@pytest.fixture
def runs(verdicts):
    """The synthetic verdicts under roots 0 to 3: the first of E13 changes under two of them, that of A1 under one."""
    made = {}
    for root in range(4):
        changed = copy.deepcopy(verdicts)
        for verdict in changed:
            verdict["cost"] = {"settings": {"n_train": 16, "seed": root}}
        forms = {verdict["claim"]: verdict["forms"]["printed"] for verdict in changed}
        if root > 1:
            forms["E13"]["verdict"] = "inconclusive"
        if root == 3:
            forms["A1"]["verdict"] = "refuted"
        made[root] = changed
    return made


@pytest.fixture
def reference(runs):
    return stability.table(row for root, made in runs.items() for one in made for row in stability.rows(one, root))


def test_the_table_keeps_its_columns_and_comes_back_from_parquet(reference, tmp_path):
    assert table_checks.problem(reference, stability.COLUMNS) is None
    assert len(reference) == 4 * 6
    assert list(dict.fromkeys(reference["claim"])) == ["A1", "B4", "C1", "D3", "E13"]
    files.write_table(tmp_path / "t.parquet", reference)
    assert table_checks.problem(files.read_table(tmp_path / "t.parquet"), stability.COLUMNS) is None


@pytest.mark.parametrize(
    ("estimate", "low", "high", "band", "expected"),
    [
        (1.0, 0.02, 1.98, [0, None], 2.0),
        (1.0, 0.02, 1.98, [0, 1.5], 1.0),
        (1.0, 0.02, 1.98, [2, 3], -2.0),
        (1.0, 1.0, 1.0, [0, 2], None),
        (1.0, None, 1.98, [0, None], None),
        (None, None, None, [0, None], None),
        (1.0, 0.02, 1.98, [None, None], None),
    ],
)
def test_margin(estimate, low, high, band, expected):
    found = stability.margin({"estimate": estimate, "low": low, "high": high, "band": band})
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-3))


def test_a_verdict_that_two_roots_do_not_repeat_is_unstable(entries, runs, reference):
    claims = {claim.id: claim for claim in reading.collect(entries, runs[0], reference)}
    fared = stability.fared(claims["E13"], "printed")
    assert fared.verdicts == {0: "supported", 1: "supported", 2: "inconclusive", 3: "inconclusive"}
    assert (fared.own, fared.differing, fared.unstable) == (0, [2, 3], True)
    assert not stability.fared(claims["A1"], "printed").unstable
    assert not stability.fared(claims["E13"], "corrected").differing
    rows = summary.table(list(claims.values())).set_index(["id", "form"])
    assert rows.loc[("E13", "printed"), ["roots", "roots_differing", "unstable"]].tolist() == [4, 2, True]
    assert rows.loc[("A1", "printed"), ["roots", "roots_differing", "unstable"]].tolist() == [4, 1, False]
    text = terminal.text(summary.table(list(claims.values())), 120)
    assert text.replace("\n", " ").count("unstable") == 1


def test_the_page_says_how_a_verdict_fared(entries, runs, reference, tmp_path):
    made = pages.render(run.Run("test", tmp_path, reading.collect(entries, runs[2], reference)))
    said = " ".join(made["claims/E13.html"].split())
    assert "root seed 0 supported" in said and "root seed 2 (this run) inconclusive" in said
    assert "of 6 came out otherwise" in " ".join(made["data.html"].split())
    assert "(unstable)" in said and "vacuous, unstable" not in said


def test_newer_rows_replace_their_own_root_and_another_design_alone(runs, reference):
    newer = stability.table(row for one in runs[3] for row in stability.rows(one, 2) if one["claim"] == "A1")
    found = stability.updated(reference, newer).set_index(["claim", "form", "root"])
    assert len(found) == len(reference) and found.loc[("A1", "printed", 2), "verdict"] == "refuted"
    assert found.loc[("A1", "printed", 1), "verdict"] == "supported"
    redesigned = stability.updated(reference, newer.assign(design="another"))
    assert redesigned.loc[redesigned["claim"] == "A1", "root"].tolist() == [2]
    assert len(redesigned[redesigned["claim"] != "A1"]) == len(reference[reference["claim"] != "A1"])
    renamed = stability.updated(reference, newer.assign(form="corrected"))
    assert renamed.loc[renamed["claim"] == "A1", "form"].unique().tolist() == ["corrected"]


def test_those_near_an_edge_or_changing_are_near(reference):
    margins = reference.assign(margin=9.0).set_index(["claim", "form", "root"])
    margins.loc[("D3", "printed", 2), "margin"] = -1.5
    made = margins.reset_index()
    assert stability.near(made, 2) == {"D3", "E13", "A1"}
    assert stability.near(made, 1) == {"E13", "A1"}


def _other_settings(verdict):
    verdict["cost"]["settings"]["n_train"] = 17


def _no_settings(verdict):
    verdict["cost"] = {}


def _another_root(verdict):
    verdict["cost"]["settings"]["seed"] = 9


def _other_numbers(verdict):
    for form in verdict["forms"].values():
        form["verdict"] = "inconclusive" if form["verdict"] == "refuted" else "refuted"


def _other_predictions(verdict):
    for form in verdict["forms"].values():
        form["predictions"] = [{**one, "declared": {"band": [7, None]}} for one in form["predictions"]]
        form["premises"] = [{**PREMISE, "declared": {"limit": 7}}]


PREMISE = {"name": "fits", "kind": "bound", "verdict": "supported", "vacuous": False, "detail": {}, "estimates": []}
CHANGES = [_other_settings, _no_settings, _another_root, _other_numbers, _other_predictions]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_nothing_is_said_of_a_verdict_that_the_reference_does_not_have(entries, runs, reference, change, tmp_path):
    for verdict in runs[0]:
        change(verdict)
    claims = reading.collect(entries, runs[0], reference)
    assert all(stability.fared(claim, form) is None for claim in claims for form in claim.forms)
    rows = summary.table(claims)
    assert rows["roots"].isna().all() and not rows["unstable"].any()
    made = pages.render(run.Run("test", tmp_path, claims))
    assert all("other random numbers" not in made[page] for page in ("claims/E13.html", "data.html"))


def test_rounding_is_no_other_number(entries, runs, reference):
    (claim,) = [claim for claim in reading.collect(entries, runs[0], reference) if claim.id == "A1"]
    estimates = claim.verdict["forms"]["printed"]["predictions"][0]["estimates"]
    estimates[0]["estimate"] *= 1 + 1e-9
    assert stability.fared(claim, "printed")
    estimates[0]["estimate"] *= 1 + 1e-3
    assert not stability.fared(claim, "printed")


def test_the_text_names_every_root_and_what_changes(reference):
    lines = stability.text(reference).splitlines()
    assert lines[0].split() == ["claim", "form", "root", "0", "root", "1", "root", "2", "root", "3"]
    (changing,) = [line for line in lines if line.startswith("E13") and "printed" in line]
    assert changing.endswith("changes") and changing.count("inc") == 2
    assert "6 forms under 4 root seeds: 2 change, 1 of them between supported and refuted" in lines[-1]
