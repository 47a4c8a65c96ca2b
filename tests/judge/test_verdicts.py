"""Verdicts on claims: forms, controls that must fail, vacuous bounds, claims that could not be measured."""

import copy
import json
import os
import subprocess

import numpy as np
import pandas as pd
import pytest

from overparam.errors import UserError
from overparam.jobs import files, provenance, surroundings
from overparam.jobs.program import run
from overparam.judge.intervals import Interval
from overparam.judge.verdict_file import judge_claim
from overparam.judge.verdicts import Estimate, combine

SLOPE = {"name": "rate", "kind": "slope", "quantity": "error", "where": {"method": "sgd"}, "x": "width"}
ENTRY = {
    "id": "X1",
    "name": "made-up",
    "forms": {
        "printed": {"predictions": [{**SLOPE, "band": [-1.1, -0.9]}]},
        "corrected": {"predictions": [{**SLOPE, "band": [-0.6, -0.4]}]},
    },
    "control": {"description": "Ridge is flat.", "where": {"method": "ridge"}},
}


def measurements(control=0.0, scale=0.02):
    rng = np.random.default_rng(0)
    rows = [
        ("error", method, seed, width, width**exponent * np.exp(scale * rng.normal()))
        for method, exponent in (("sgd", -0.5), ("ridge", control))
        for seed in range(5)
        for width in (2, 4, 8, 16, 32, 64)
    ]
    return pd.DataFrame(rows, columns=["quantity", "method", "seed", "width", "value"])


def judge(entry=ENTRY, table=None, **options):
    table = measurements() if table is None else table
    return judge_claim(entry, table, None, {"seconds": 1.0}, {"commit": None}, **options)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 0.9, "supported"),
        (0, 1, "supported"),
        (-0.1, 0.5, "inconclusive"),
        (-2, 2, "inconclusive"),
        (1.1, 2, "refuted"),
        (-np.inf, -1, "refuted"),
        (1, 2, "inconclusive"),
        (-np.inf, np.inf, "inconclusive"),
    ],
)
def test_estimate(low, high, expected):
    assert Estimate("e", Interval(0.5, low, high), (0, 1)).verdict == expected


def test_unknown_interval_supports_not_even_an_unbounded_band():
    assert Estimate("e", Interval(np.nan, -np.inf, np.inf), (-np.inf, np.inf)).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["supported"] * 2, "supported"),
        (["supported", "inconclusive"], "inconclusive"),
        (["refuted", "inconclusive"], "refuted"),
        ([], "inconclusive"),
    ],
)
def test_combination(verdicts, expected):
    assert combine(verdicts) == expected


def test_printed_and_corrected_forms_get_their_own_verdicts():
    forms = judge()["forms"]
    assert {name: form["verdict"] for name, form in forms.items()} == {"printed": "refuted", "corrected": "supported"}
    assert forms["corrected"]["control"]["verdict"] == "refuted"
    assert "rate" in forms["printed"]["reason"]
    assert forms["corrected"]["predictions"][0]["n_seeds"] == 5


def test_control_that_does_not_fail_makes_the_form_inconclusive():
    form = judge(table=measurements(control=-0.5))["forms"]["corrected"]
    assert form["verdict"] == "inconclusive"
    assert form["reason"].startswith("the control did not fail")
    assert form["predictions"][0]["verdict"] == "supported"


def test_control_applies_to_the_predictions_that_it_names():
    entry = copy.deepcopy(ENTRY)
    free = {"name": "small", "kind": "bound", "quantity": "error", "limit": 2}
    entry["forms"]["corrected"]["predictions"].append(free)
    entry["control"]["only"] = ["rate"]
    control = judge(entry)["forms"]["corrected"]["control"]
    assert [one["name"] for one in control["predictions"]] == ["rate"]
    entry["control"]["only"] = ["small"]
    forms = judge(entry)["forms"]
    assert forms["printed"]["control"] is None
    assert forms["corrected"]["verdict"] == "inconclusive"  # the bound holds for ridge as well


LASSO = "no row has method = lasso (found: sgd, ridge)"


def test_control_that_was_not_measured_leaves_nothing_to_be_supported():
    entry = copy.deepcopy(ENTRY)
    entry["control"]["where"] = {"method": "lasso"}
    forms = judge(entry)["forms"]
    assert (forms["corrected"]["verdict"], forms["corrected"]["predictions"][0]["verdict"]) == (
        "inconclusive",
        "supported",
    )
    assert forms["corrected"]["reason"] == f"the control was not measured: rate ({LASSO})"
    (judged,) = forms["corrected"]["control"]["predictions"]
    assert (judged["verdict"], judged["estimates"], judged["n_seeds"]) == ("inconclusive", [], 0)
    assert judged["detail"] == {"not_measured": LASSO}
    assert forms["printed"]["verdict"] == "inconclusive"  # without its control the refutation is worth nothing either
    assert "; refuted: rate (slope" in forms["printed"]["reason"]


def test_control_of_which_a_measured_part_failed_has_failed():
    entry = copy.deepcopy(ENTRY)
    table = measurements()
    table = pd.concat([table, table[table["method"] == "sgd"].assign(quantity="loss")])  # no loss of ridge
    entry["forms"]["corrected"]["predictions"].append({**SLOPE, "name": "loss", "quantity": "loss", "band": [-1, 0]})
    form = judge(entry, table)["forms"]["corrected"]
    assert [one["verdict"] for one in form["control"]["predictions"]] == ["refuted", "inconclusive"]
    assert form["verdict"] == "supported"
    entry["control"]["only"] = ["loss"]
    form = judge(entry, table)["forms"]["corrected"]
    assert form["reason"].startswith("the control was not measured: loss (no row has method = ridge")


def test_prediction_on_a_level_that_was_not_measured_is_inconclusive():
    entry = copy.deepcopy(ENTRY)
    wide = {"name": "wide", "kind": "ordering", "quantity": "error", "where": {"method": "sgd"}, "less": 1}
    entry["forms"]["corrected"]["predictions"].append({**wide, "greater": {"where": {"width": 128}}})
    form = judge(entry)["forms"]["corrected"]
    assert (form["verdict"], [one["verdict"] for one in form["predictions"]]) == (
        "inconclusive",
        ["supported", "inconclusive"],
    )
    assert form["reason"] == "inconclusive: wide (no row has width = 128 (found: 2, 4, 8, 16, 32, 64))"


@pytest.mark.parametrize(
    ("where", "message"), [({"methd": "ridge"}, "unknown column `methd`"), ({"quantity": "los"}, "quantity = los")]
)
def test_misspelt_control_names_claim_prediction_and_column(where, message):
    entry = copy.deepcopy(ENTRY)
    entry["control"]["where"] = where
    with pytest.raises(UserError, match=f"X1, printed form, control, prediction `rate`: .*{message}"):
        judge(entry)


def test_parts_that_hold_under_a_failed_control_are_named():
    entry = copy.deepcopy(ENTRY)
    parts = [measurements().assign(activation=name) for name in ("relu", "tanh")]
    under = (parts[1]["method"] == "ridge").to_numpy()
    parts[1].loc[under, "value"] = parts[1].loc[~under, "value"].to_numpy()  # with tanh ridge does what SGD does
    entry["forms"]["corrected"]["predictions"] = [
        {**SLOPE, "band": [-0.6, -0.4], "each": ["activation"]},
        {"name": "small", "kind": "bound", "quantity": "error", "limit": 2, "where": {"activation": "relu"}},
    ]
    del entry["forms"]["printed"]
    form = judge(entry, pd.concat(parts))["forms"]["corrected"]
    assert (form["verdict"], form["control"]["verdict"]) == ("inconclusive", "supported")
    assert form["control"]["supported_parts"] == ["rate (activation = tanh)", "small"]
    assert form["reason"].endswith("supported where they must not be are rate (activation = tanh), small")


def test_a_part_that_a_control_leaves_out_can_not_make_it_hold():
    entry = copy.deepcopy(ENTRY)
    small = {"name": "small", "kind": "bound", "quantity": "error", "limit": 2}
    entry["forms"]["corrected"]["predictions"].append(small)
    entry["control"]["without"] = {"small": "Every method keeps it."}
    form = judge(entry)["forms"]["corrected"]
    assert form["verdict"] == "supported" and [one["name"] for one in form["control"]["predictions"]] == ["rate"]


def test_a_further_control_has_to_fail_as_well():
    entry = copy.deepcopy(ENTRY)
    small = {"name": "small", "kind": "bound", "quantity": "error", "where": {"method": "sgd"}, "limit": 2}
    entry["forms"]["corrected"]["predictions"].append(small)
    entry["control"]["only"] = ["rate"]
    table = measurements()
    large = pd.concat([table, table[table["method"] == "sgd"].assign(method="lasso", value=9.0)])
    for where, verdict in (("lasso", "supported"), ("ridge", "inconclusive")):
        entry["more_controls"] = [{"description": "It is large.", "where": {"method": where}, "only": ["small"]}]
        assert judge(entry, large)["forms"]["corrected"]["verdict"] == verdict


FITTED = {"name": "fitted", "kind": "bound", "quantity": "error", "where": {"method": "sgd", "width": 64}}


@pytest.mark.parametrize("place", ["claim", "form"])
@pytest.mark.parametrize(("limit", "verdicts"), [(0.2, ("refuted", "supported")), (0.01, ("inconclusive",) * 2)])
def test_a_premise_that_does_not_hold_leaves_nothing_decided(place, limit, verdicts):
    entry = copy.deepcopy(ENTRY)
    premise = {**FITTED, "limit": limit}
    if place == "claim":
        entry["premises"] = [premise]
    else:
        for form in entry["forms"].values():
            form["premises"] = [premise]
    forms = judge(entry)["forms"]
    assert tuple(form["verdict"] for form in forms.values()) == verdicts
    for form in forms.values():
        assert [one["name"] for one in form["premises"]] == ["fitted"]
        assert form["not_reached"] == (["fitted"] if limit == 0.01 else [])
        assert form["reason"].startswith("not reached at this size: fitted (tightest ratio ") == (limit == 0.01)
        assert "needed at most 1" in form["reason"] or limit != 0.01


def test_a_premise_on_rows_that_were_not_measured_does_not_hold():
    entry = {**ENTRY, "premises": [{**FITTED, "where": {"method": "lasso"}, "limit": 1}]}
    form = judge(entry)["forms"]["corrected"]
    assert form["verdict"] == "inconclusive" and LASSO in form["reason"]


def test_the_basis_of_a_form_is_written_with_its_verdict():
    entry = copy.deepcopy(ENTRY)
    for form in entry["forms"].values():
        form["basis"] = "theorem"
    forms = judge(entry)["forms"]
    assert {form["basis"] for form in forms.values()} == {"theorem"}
    assert judge()["forms"]["printed"]["basis"] == "measurement"


def early_stopped(removes):
    """Return test errors with a peak where train errors cross a level; early stopping ``removes`` the peak or not."""
    rng = np.random.default_rng(1)
    rows = []
    for seed in range(6):
        for k, width in enumerate((2, 4, 8, 16, 32, 64, 128)):
            peak, fit = 0.2 * np.exp(-((k - 3) ** 2)), 1 / (1 + np.exp(2.0 * (k - 3)))
            for stopping in ("final", "heldout_error"):
                early = stopping == "heldout_error"
                errors = {"test": 0.3 if early and removes else 0.3 + peak, "train": 0.4 if early else fit}
                noisy = [(split, stopping, seed, width, e + 0.005 * rng.normal()) for split, e in errors.items()]
                rows += [("error", *row) for row in noisy]
    return pd.DataFrame(rows, columns=["quantity", "split", "stopping", "seed", "width", "value"])


@pytest.mark.parametrize(("removes", "control", "expected"), [(True, "fails", "supported"), (False, "holds", "open")])
def test_control_keeps_the_reference_so_that_a_peak_it_leaves_shows(removes, control, expected):
    reference = {"quantity": "error", "where": {"split": "train", "stopping": "final"}, "level": 0.5}
    prediction = {
        "name": "peak",
        "kind": "peak",
        "quantity": "error",
        "where": {"split": "test", "stopping": "final"},
        "x": "width",
        "prominence": 0.02,
        "at": [0.5, 2],
        "reference": {**reference, "direction": "falling"},
    }
    entry = {**ENTRY, "forms": {"printed": {"predictions": [prediction]}}}
    entry["control"] = {"description": "Stopped early.", "where": {"stopping": "heldout_error"}}
    form = judge(entry, early_stopped(removes))["forms"]["printed"]
    assert form["predictions"][0]["verdict"] == "supported"
    assert (form["control"]["verdict"] == "supported") == (control == "holds")
    assert form["verdict"] == {"supported": "supported", "open": "inconclusive"}[expected]


def test_vacuous_bound_is_supported_and_flagged():
    entry = copy.deepcopy(ENTRY)
    entry["forms"] = {"printed": {"predictions": [{**SLOPE, "kind": "bound", "limit": 1e6}]}}
    entry["control"]["where"] = {"quantity": "nothing"}
    table = pd.concat([measurements(), measurements().assign(quantity="nothing", value=1e9)])
    form = judge(entry, table)["forms"]["printed"]
    assert (form["verdict"], form["vacuous"]) == ("supported", True)
    assert "far from tight: rate" in form["reason"]


def test_diverged_run_counts():
    table = measurements()
    table.loc[(table["seed"] == 3) & (table["method"] == "sgd") & (table["width"] == 64), "value"] = np.inf
    form = judge(table=table)["forms"]["corrected"]
    assert form["verdict"] == "inconclusive"
    assert form["predictions"][0]["n_seeds"] == 5
    assert form["predictions"][0]["estimates"][0]["estimate"] is None
    assert "1 of 5 seeds give no number" in json.dumps(form["predictions"][0]["detail"])


def test_unavailable_claim_carries_the_reason_and_no_number():
    verdict = judge_claim(ENTRY, None, None, {}, {}, unavailable="needs images")
    for form in verdict["forms"].values():
        assert (form["verdict"], form["reason"], form["predictions"]) == ("inconclusive", "needs images", [])
    with pytest.raises(UserError, match="X1"):
        judge_claim(ENTRY, None, None, {}, {})


def test_program_writes_the_verdict(tmp_path):
    import judge as program

    files.write_table(tmp_path / "m.parquet", measurements())
    data = {"name": "digits", "label": "digits", "checksum": "0"}
    files.write_json(tmp_path / "c.json", {"seconds": 2.0, "device": "cpu", "dataset": data})
    files.write_json(tmp_path / "run.json", {"preset": "smoke"})
    output = tmp_path / "claims" / "X1" / "verdict.json"
    paths = [
        "--input", "measurements", str(tmp_path / "m.parquet"), "--input", "cost", str(tmp_path / "c.json"),
        "--output", "verdict", str(output),
    ]  # fmt: skip
    run("judge", program.work, [json.dumps({"claim": ENTRY, "unavailable": None}), *paths])
    verdict = files.read_json(output)
    assert verdict["claim"] == "X1"
    assert verdict["data"] == data
    assert verdict["cost"] == {"seconds": 2.0, "device": "cpu"}
    assert verdict["provenance"]["run"] == {"preset": "smoke"}
    assert set(verdict) == {"claim", "name", "forms", "data", "cost", "provenance", "lineage"}


def test_provenance_without_git_or_record(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    record = provenance.collect(tmp_path / "absent.json", root=tmp_path)
    assert (record["commit"], record["modified"], record["run"]) == (None, None, None)
    assert record["packages"]["numpy"] == np.__version__


def test_variables_that_choose_how_libraries_compute_are_recorded(monkeypatch):
    for name in list(os.environ):
        if surroundings.ARITHMETIC.match(f"{name}={os.environ[name]}"):
            monkeypatch.delenv(name)
    assert provenance.collect()["variables"] is None
    given = {
        "MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "avx2", "OPENBLAS_CORETYPE": "Haswell",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2",
        "NPY_DISABLE_CPU_FEATURES": "AVX512F", "NVIDIA_TF32_OVERRIDE": "1", "KMP_AFFINITY": "x" * 500,
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.cpu.hwcaps=-AVX2", "OMP_NUM_THREADS": "3",
    }  # fmt: skip
    others = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "0", "HOME": "/x", "AWS_SECRET": "y"}
    for name, value in {**others, **given}.items():
        monkeypatch.setenv(name, value)
    assert provenance.collect()["variables"] == {**given, "KMP_AFFINITY": "x" * 200}
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")  # memory alone, as trainings have it
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as every job has it
    assert not {"GLIBC_TUNABLES", "OMP_NUM_THREADS"} & provenance.collect()["variables"].keys()


def test_provenance_names_the_commit_of_this_folder(tmp_path, monkeypatch):
    """Also where git itself has started the run, for another repository."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x", "-C", str(tmp_path)]
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "first"]):
        if subprocess.run([*git, *command], check=False).returncode:
            pytest.skip("git is missing")
    commit = provenance.collect(root=tmp_path)["commit"]
    monkeypatch.setenv("GIT_DIR", "/somewhere/else")
    assert commit and provenance.collect(root=tmp_path)["commit"] == commit


def test_provenance_outside_a_checkout(tmp_path):
    assert provenance.collect(root=tmp_path)["commit"] is None
