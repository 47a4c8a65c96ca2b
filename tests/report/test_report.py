"""The table of verdicts, and the programs that make it and the pages."""

import itertools
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pandas as pd
import pytest
from synthetic_run import EXPERIMENTS, TOPICS, WORKS

from overparam.errors import UserError
from overparam.jobs import files
from overparam.plan import checksums
from overparam.report import chance, reading, summary, wording

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_chance_counts_verdicts_and_near_controls(entries, verdicts, slope_rates):
    found = chance.chance(reading.collect(entries, verdicts), slope_rates)
    assert found["verdicts"] == 2  # a supported slope and a refuted one; bound and equality leave nothing to chance
    assert found["wrong"] == pytest.approx(0.02 + 0.01)
    assert found["at_worst"] == pytest.approx(0.12 + 0.01)
    assert (found["controls"], found["supported"], found["nearly"]) == (4, 1, 1)


def test_decisive_estimate_is_the_first_with_the_verdict(verdicts):
    form = verdicts[0]["forms"]["printed"]
    worse = {**form["predictions"][0], "name": "tail", "verdict": "refuted"}
    worse["estimates"] = [{**worse["estimates"][0], "verdict": "refuted", "estimate": -0.1}]
    assert reading.decisive({**form, "verdict": "refuted", "predictions": [*form["predictions"], worse]})[0] is worse
    assert reading.decisive({**form, "verdict": "inconclusive"})[0]["name"] == "slope"
    assert reading.decisive({**form, "predictions": []}) is None


def test_claims_and_verdicts_must_match(entries, verdicts):
    with pytest.raises(UserError, match="no verdict for D3"):
        reading.collect(entries, verdicts[:-1])
    with pytest.raises(UserError, match="without an entry in the registry: D3"):
        reading.collect(entries[:-1], verdicts)
    entries[0]["forms"]["corrected"] = {"predictions": []}
    with pytest.raises(UserError, match="verdict of A1 lacks the form corrected"):
        reading.collect(entries, verdicts)


def test_only_a_refuted_form_has_its_refutation(entries, verdicts):
    for entry in entries:
        for form in entry["forms"].values():
            form["refutation"] = {"kind": "slip", "says": "like 1/k", "why": "It is like 1/√k."}
    for claim in reading.collect(entries, verdicts):
        for form in claim.forms.values():
            assert ("refutation" in form) == (form["verdict"] == "refuted")


def test_table_is_deterministic_and_complete(tmp_path, entries, verdicts):
    rows = summary.table(reading.collect(entries, verdicts))
    again = [{**verdict, "cost": {"seconds": 99}, "provenance": {"commit": "other"}} for verdict in reversed(verdicts)]
    files.write_table(tmp_path / "one.parquet", rows)
    files.write_table(tmp_path / "two.parquet", summary.table(reading.collect(entries, again)))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    rows = files.read_table(tmp_path / "one.parquet").set_index(["id", "form"])
    assert list(rows.index) == [
        ("A1", "printed"),
        ("E13", "printed"),
        ("E13", "corrected"),
        ("B4", "printed"),
        ("C1", "printed"),
        ("D3", "printed"),
    ]
    assert rows.loc[("A1", "printed"), ["estimate", "low", "high", "band_low", "band_high"]].tolist() == [
        -0.5012, -0.52, -0.4812, -0.55, -0.45,
    ]  # fmt: skip
    assert rows["vacuous"].tolist() == [False, True, False, False, False, False]
    absent = rows.loc[("B4", "printed")]
    assert (absent["verdict"], bool(absent["available"])) == ("inconclusive", False)
    assert pd.isna(absent["estimate"])
    assert "images" in absent["reason"]


def test_schema_does_not_depend_on_the_content(entries, verdicts):
    full = summary.table(reading.collect(entries, verdicts))
    bare = summary.table(reading.collect(entries[2:3], verdicts[3:4]))
    assert full.dtypes.tolist() == bare.dtypes.tolist()


def test_theorems_and_what_was_not_reached_are_counted_apart(entries, verdicts):
    verdicts[0]["forms"]["printed"]["basis"] = "theorem"
    verdicts[2]["forms"]["printed"]["not_reached"] = ["fitted"]
    claims = reading.collect(entries, verdicts)
    found = summary.counts(summary.table(claims))
    assert (found["proved"], found["vacuous"], found["not_reached"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (0, "0"),
        (-0.50123, "−0.5012"),
        (145578, "145,578"),
        (1e-12, "1e−12"),
        (2401440.0, "2.4e6"),
        (999.9999, "1000"),
    ],
)
def test_numbers(value, words):
    assert wording.number(value) == words


def test_bands():
    assert wording.band(None, 1) == "≤ 1"
    assert wording.band(0, None) == "≥ 0"
    assert wording.band(-1, -0.95) == "[−1, −0.95]"
    assert wording.band(2, 2) == "= 2"
    assert wording.interval(None, 0.5) == "≤ 0.5"


def _run(program, settings, *arguments):
    """Run one of the programs and return its output and whether it imported torch."""
    code = (
        "import runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "sys.path.insert(0, sys.argv[0].rsplit('/', 1)[0])\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally:\n    print('torch imported:', 'torch' in sys.modules, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, str(SCRIPTS / program), json.dumps(settings), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "torch imported: False" in done.stderr
    return done.stdout


def test_programs_make_table_and_pages_without_torch(tmp_path, finished_run, entries, slope_rates):
    results = shutil.copytree(finished_run, tmp_path / "test")
    table, report = tmp_path / "claims.parquet", results / "report"
    before = {path.relative_to(report): path.read_bytes() for path in report.rglob("*.*")}
    (tmp_path / "config.yaml").write_text("data:\n  name: digits\n", encoding="utf-8")
    verdicts = ["--input", "verdicts", *sorted(results.glob("claims/*/verdict.json"))]
    settings = {"claims": entries}
    _run("summarise.py", settings, *verdicts, "--output", "table", table)
    assert table.read_bytes() == (results / "claims.parquet").read_bytes()
    files.write_table(tmp_path / "rates.parquet", slope_rates)
    given = {"figures": "figure.svg", "details": "details.svg", "alt": "*.alt.txt", "charts": "interactive.json"}
    inputs = [["--input", name, *sorted(results.glob(f"claims/*/{pattern}"))] for name, pattern in given.items()]
    inputs += [["--input", "table", table], ["--input", "config", tmp_path / "config.yaml"]]
    inputs += [["--input", "error_rates", tmp_path / "rates.parquet"]]
    inputs += [["--input", "measurements", results / "measurements/least_squares.parquet"]]
    told = {**settings, "preset": "test", "topics": TOPICS, "works": WORKS, "experiments": EXPERIMENTS}
    (report / "claims/X9.html").write_text("a claim that is no longer asked for")
    outputs = ["--output", "index", report / "index.html", "--output", "checksums", report / "index.sha256"]
    outputs += ["--output", "others", *(report / name for name in before if name.as_posix() != "index.html")]
    _run("report.py", told, *verdicts, *itertools.chain(*inputs), "--lineage", "of this run", *outputs)
    assert {path.relative_to(report): path.read_bytes() for path in report.rglob("*.*")} == before | {
        Path("index.sha256"): (report / "index.sha256").read_bytes()
    }
    assert checksums.lineage(report / "index.sha256") == "of this run"
    assert checksums.damaged(report / "index.sha256") == []
    assert "5 claims, 6 verdicts" in _run("show.py", settings, *verdicts)
    alone = {"claims": entries[:1]}
    assert "1 claim, 1 verdict:" in _run("show.py", alone, "--input", "verdicts", results / "claims/A1/verdict.json")


def test_pages_of_what_is_there_show_nothing_outdated(tmp_path, finished_run, entries):
    results = shutil.copytree(finished_run, tmp_path / "test")
    shutil.rmtree(results / "report")
    lineages, drawn = {}, {}
    for entry in entries:
        folder, name = results / "claims" / entry["id"], entry["id"]
        lineages[name], drawn[name] = f"verdict of {name}", {"figure": f"figure of {name}"}
        verdict = files.read_json(folder / "verdict.json")
        files.write_json(folder / "verdict.json", {**verdict, "lineage": lineages[name]})
        (folder / "verdict.sha256").write_text(checksums.listing([folder / "verdict.json"]))
        listed = sorted(path for path in folder.glob("*.*") if path.name.startswith(("figure.", "details.")))
        if listed:
            (folder / "figure.sha256").write_text(checksums.listing(listed, lineage=drawn[name]["figure"]))
    lineages["C1"] = "other settings"
    drawn["D3"]["figure"] = "other code of the figure"
    (results / "claims/E13/figure.png").write_bytes(b"damaged")
    told = {"claims": entries, "preset": "test", "topics": TOPICS, "works": WORKS, "experiments": EXPERIMENTS}
    told |= {"lineages": lineages, "drawn": drawn}
    given = {"verdicts": "verdict.json", "figures": "figure.svg", "details": "details.svg", "alt": "*.alt.txt"}
    given |= {"charts": "interactive.json"}
    inputs = [["--input", name, *sorted(results.glob(f"claims/*/{pattern}"))] for name, pattern in given.items()]
    _run("report.py", told, *itertools.chain(*inputs), "--output", "index", results / "report/index.html")
    assert sorted(path.stem for path in (results / "report/claims").iterdir()) == ["A1", "B4", "D3", "E13"]
    assert not (results / "report/index.sha256").exists()
    index = (results / "report/index.html").read_text()
    assert "4 of 5 claims" in index and "not made yet" in index and "claims/A1/figure.svg" in index
    pages = {name: (results / f"report/claims/{name}.html").read_text() for name in ("A1", "D3", "E13")}
    assert "figure.svg" in pages["A1"] and "application/json" not in pages["A1"]  # its chart has no list
    assert "figure.svg" not in pages["D3"] and "figure.svg" not in pages["E13"] and "details.svg" not in pages["E13"]


def test_captions_for_snakemake_render():
    from docutils.core import publish_parts
    from jinja2 import Environment
    from snakemake.iocontainers import Wildcards

    texts = ("title", "statement", "formula", "control", "note", "source")
    given = types.SimpleNamespace(
        wildcards=Wildcards(fromdict={"claim": "B4"}),
        config={"captions": {"B4": {text: f"the {text}" for text in texts}}},
    )
    for name in ("workflow", "claim"):
        source = (SCRIPTS.parent / "workflow" / "report" / f"{name}.rst").read_text(encoding="utf-8")
        rst = Environment().from_string(source).render(snakemake=given)
        body = publish_parts(rst, writer="html", settings_overrides={"halt_level": 2})["body"]
        assert "index.html" in body
        if name == "claim":
            assert "<strong>B4: the title</strong>" in body
            assert all(f"the {text}" in body for text in texts)
