"""One command, end to end, on the smoke configuration."""

import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from project_copies import RESULTS, ROOT, fresh

from overparam.drawing import claim_figure, labels
from overparam.jobs import records
from overparam.judge.verdict_file import judge_claim
from overparam.plan import experiment_settings, lineage, registry

KINDS = ("svg", "png", "pdf", "alt.txt")


def test_every_claim_has_a_verdict_a_figure_and_a_row(finished):
    project, printed = finished
    table = pd.read_parquet(project.folder / RESULTS / "claims.parquet")
    pages = project.folder / RESULTS / "report"
    page = (pages / "index.html").read_text()
    assert len(registry.load()) >= 16
    assert "not measured here" not in (pages / "claims/A6.html").read_text()  # for its table was given to the pages
    for claim in registry.load():
        folder = project.folder / RESULTS / "claims" / claim["id"]
        verdict = json.loads((folder / "verdict.json").read_text())
        for form in claim["forms"]:
            assert verdict["forms"][form]["verdict"] in ("supported", "refuted", "inconclusive")
            control = (verdict["forms"][form]["control"] or {}).get("verdict")
            assert control in ("supported", "refuted", "inconclusive") or not controlled(claim, form)
            assert (verdict["forms"][form]["verdict"], control) != ("supported", "supported")
            assert ((table["id"] == claim["id"]) & (table["form"] == form)).sum() == 1
        assert all((folder / f"figure.{kind}").stat().st_size > 20 for kind in KINDS)
        assert f"claims/{claim['id']}.html" in page
        assert f"../../claims/{claim['id']}/figure.svg" in (pages / f"claims/{claim['id']}.html").read_text()
        assert re.search(rf"^\W*{claim['id']}\b", printed, flags=re.MULTILINE), f"{claim['id']} is not in the table"


def test_the_pages_of_a_run_are_light(finished):
    results = finished[0].folder / RESULTS
    sizes = {path.relative_to(results).as_posix(): path.stat().st_size for path in results.rglob("*.*")}
    assert sizes["report/index.html"] < 200_000
    assert sum(size for path, size in sizes.items() if path.startswith("report/")) < 15_000_000
    heavy = {
        claim["id"]: sizes[f"report/claims/{claim['id']}.html"] + sizes[f"claims/{claim['id']}/figure.svg"]
        for claim in registry.load()
    }
    assert {claim: size for claim, size in heavy.items() if size > 500_000} == {}


def controlled(claim, form):
    """Return whether any prediction of a form has a control, rather than a reason to have none."""
    without = set(claim["control"].get("without", []))
    return any(one["name"] not in without for one in claim["forms"][form]["predictions"])


def test_every_job_left_a_log(finished):
    project, _ = finished
    rules = {
        path.relative_to(project.folder / RESULTS / "logs").parts[0].removesuffix(".log")
        for path in (project.folder / RESULTS / "logs").rglob("*.log")
    }
    assert {"prepare", "corrupt", "train", "measure", "judge", "draw", "interact", "tabulate", "report"} <= rules


def test_nothing_is_left_lying_about(finished):
    project, _ = finished
    hidden = [
        path
        for path in (project.folder / RESULTS).rglob(".*")
        if path.is_file() and path.suffix != ".lock" and path.name != ".records-of"
    ]
    assert not hidden


def test_what_is_judged_and_drawn_again_is_the_same(finished, tmp_path):
    """By another process, one claim after the other, where each had a process of its own."""
    root = finished[0].folder / RESULTS
    for claim in registry.load():
        measurements = records.measurements(root / f"measurements/{claim['experiment']}.parquet")
        verdict = records.verdict(root / f"claims/{claim['id']}/verdict.json")
        again = judge_claim(given(claim), measurements, None, {}, {})
        assert json.loads(json.dumps(again))["forms"] == verdict["forms"], claim["id"]
        labels.attach(measurements, given(experiment_settings.measures(claim["experiment"])))
        paths = [tmp_path / f"figure.{kind}" for kind in KINDS]
        claim_figure.save(claim["figure"], measurements, verdict, *paths)
        for path in paths:
            assert path.read_bytes() == (root / f"claims/{claim['id']}" / path.name).read_bytes(), claim["id"]


def given(settings):
    """Return settings as a job gets them: the order of their keys shows in some reasons."""
    return json.loads(lineage.canonical(settings))


def test_two_runs_from_scratch_give_the_same_bytes(finished, tmp_path):
    """Of data, networks and measurements; the test above has what is made of them."""
    second = fresh(tmp_path / "another/folder")
    second.snakemake("--until", "measure", "measure_networks")
    for pattern in ("training/**/*.parquet", "measurements/*.parquet", "data/**/*.arrow"):
        first, made = finished[0].made(pattern), second.made(pattern)
        assert made and made == first, pattern


def test_one_claim_alone(sources):
    printed = sources.snakemake("C1").stdout
    experiment = next(claim["experiment"] for claim in registry.load() if claim["id"] == "C1")
    for rule, name in (("measure", experiment), ("judge", "C1"), ("draw", "C1")):
        assert f"{rule.capitalize()} {name}" in printed
        assert (sources.folder / RESULTS / f"logs/{rule}/{name}.log").is_file()
        assert (sources.folder / RESULTS / f"benchmarks/{rule}/{name}.tsv").is_file()
    made = {path.split("/")[1] for path in sources.made("claims/*/*")}
    assert made == {"C1"}
    assert not sources.made("training/**/*")
    assert {Path(path).name for path in sources.made("report/claims/*")} == {"C1.html"}
    assert re.search(r"^\W*C1\b", printed, flags=re.MULTILINE) and not re.search(
        r"^\W*C2\b", printed, flags=re.MULTILINE
    )


def test_the_table_is_printed_again_without_work(project):
    assert project.plan("claims") == {"claims": 1}
    output = project.snakemake("claims").stdout
    assert all(re.search(rf"^\W*{claim['id']}\b", output, flags=re.MULTILINE) for claim in registry.load())


def test_a_study_may_share_its_labels_and_list_its_epochs(sources):
    study = sources.configuration()["studies"][0] | {"widths": [2], "seeds": [[0, 1]], "epochs": 5}
    sources.extra = {"studies": [{**study, "label_seed": 7, "evaluations": [0, 2, 3]}], "claims": ["B4"]}
    path = RESULTS / f"training/{study['name']}/w2_n0-0.2_s0-1.parquet"
    sources.snakemake(str(path))
    labels = {file.stem for file in (sources.folder / RESULTS).glob("data/*/labels/*.arrow")}
    assert labels == {"wrong_label_0_s7", "wrong_label_0.2_s7"}
    table = pd.read_parquet(sources.folder / path)
    assert sorted(set(table["epoch"])) == [0, 2, 3, 5]
    noisy = table[(table["label_noise"] == 0.2) & (table["split"] == "train")]
    assert noisy["seed"].nunique() == 2 and noisy["corrupted_fraction"].nunique() == 1


def test_a_claim_outside_the_configuration_says_so(sources):
    sources.extra = {"claims": ["C1"]}
    assert "B4 is not among config.claims: C1" in sources.snakemake("-n", "B4", check=False).stdout


def test_a_claim_that_can_not_be_measured_says_why(sources):
    sources.extra = {"studies": [], "claims": ["B4", "C1"]}
    sources.snakemake()
    forms = json.loads((sources.folder / RESULTS / "claims/B4/verdict.json").read_text())["forms"]
    assert {form["verdict"] for form in forms.values()} == {"inconclusive"}
    assert all("no study" in form["reason"] for form in forms.values())
    assert not sources.made("claims/B4/figure*")
    assert "no study" in (sources.folder / RESULTS / "report/claims/B4.html").read_text()


def test_the_lines_of_the_readme_mix_nothing_and_print_the_right_number(finished, capsys):
    """Of all columns, only repetitions, values and what is grouped by have several values in the rows averaged."""
    table = finished[0].folder / RESULTS / "measurements/label_corruption.parquet"
    (lines,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    assert "results/default/measurements/label_corruption.parquet" in lines and "width == 256" in lines
    found = {}
    exec(lines.replace("results/default/measurements/label_corruption.parquet", str(table)).replace("256", "64"), found)
    rows, printed = found["rows"], capsys.readouterr().out
    assert set(rows.columns[rows.nunique(dropna=False) > 1]) <= {"label_noise", "seed", "value"}
    assert rows.groupby(["label_noise", "seed"]).size().eq(1).all()
    cells = (finished[0].folder / RESULTS / "training/mlp-digits-corruption").glob("*.parquet")
    trained = pd.concat(map(pd.read_parquet, cells))
    last = trained[
        (trained["epoch"] == trained["epoch"].max()) & (trained["split"] == "test") & (trained["width"] == 64)
    ]
    expected = last.groupby("label_noise")["error_clean"].mean()
    said = {float(level): float(error) for level, error in re.findall(r"^([\d.]+) +([\d.]+)$", printed, re.MULTILINE)}
    assert len(said) == 3 and said == pytest.approx(expected.to_dict(), abs=1e-5)


def test_a_run_says_how_far_it_is(finished):
    _, printed = finished
    lines = re.findall(r"^(\d+) of (\d+) jobs done, (?:about|less than) .* left; at work: (.+)$", printed, re.MULTILINE)
    assert printed.rstrip().splitlines()[-1] == f"Index of the pages: {RESULTS}/report/index.html"
    assert re.search(r"^\d+ jobs, (about .*|less than a minute) to go$", printed, re.MULTILINE)
    assert len({int(total) for _, total, _ in lines}) <= 1  # none where something else was said every ten seconds


def test_a_run_is_not_silent_for_long(untouched):
    path = untouched.folder / "workflow/run/run_progress.py"
    path.write_text(path.read_text().replace("INTERVAL = 10.0", "INTERVAL = 0.5"))
    printed = untouched.snakemake().stdout
    lines = re.findall(r"^(\d+) of (\d+) jobs done, (?:about|less than) .* left; at work: (.+)$", printed, re.MULTILINE)
    assert len({int(total) for _, total, _ in lines}) == 1 and all("(for " in work for _, _, work in lines)


def test_snakemakes_own_report_captions_every_claim(finished, tmp_path):
    project, _ = finished
    project.snakemake("--report", str(tmp_path / "report.zip"))
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        page = archive.read("report/report.html").decode()
    assert "system-message" not in page  # what docutils writes where it can't read a caption
    for claim in registry.load():
        assert f"<strong>{claim['id']}: " in page
        assert json.dumps(claim["title"]) in page
