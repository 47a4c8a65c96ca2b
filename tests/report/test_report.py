"""The page and the table: nothing lost, nothing loaded from elsewhere, nothing taken for markup."""

import html.parser
import itertools
import json
import re
import subprocess
import sys
import types
from pathlib import Path

import pandas as pd
import pytest

from overparam.errors import UserError
from overparam.jobs import files
from overparam.report import chance, page, reading, summary, wording

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
VOID = {"meta", "link", "img", "br", "input", "hr", "col"}


class Page(html.parser.HTMLParser):
    """Elements of a page, with a check that every one is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"repeated attribute in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def parsed(finished_run):
    return Page((finished_run / "report" / "index.html").read_text(encoding="utf-8"))


def test_page_is_well_formed(parsed):
    assert parsed.open == []
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert not parsed.all("script", "iframe", "object", "embed")


def test_every_link_is_relative_and_exists(parsed, finished_run):
    folder = finished_run / "report"
    ids = {attributes.get("id") for _, attributes in parsed.elements}
    seen = set()
    for tag, attributes in parsed.elements:
        assert not {"srcset", "poster", "background", "onclick"} & set(attributes)
        for target in filter(None, (attributes.get("href"), attributes.get("src"))):
            if target.startswith("#"):
                assert target[1:] in ids, target
            elif target.startswith("https://arxiv.org/abs/"):
                assert tag == "a"  # a place to go to, never something that the page loads
            elif target != "data:,":
                assert not re.match(r"[a-z]+:|/", target), target
                assert (folder / target).is_file(), target
                seen.add(Path(target).name)
    kinds = {f"figure.{kind}" for kind in ("svg", "png", "pdf")}
    assert seen == kinds | {"verdict.json", "claims.parquet", "least_squares.parquet", "hessian.parquet"}


def test_nothing_is_loaded_from_elsewhere(finished_run):
    text = (finished_run / "report" / "index.html").read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    assert "url(" not in style
    assert "@import" not in style
    assert set(re.findall(r"https?://[^/\"']+", text)) == {"https://arxiv.org"}


def test_registry_text_is_escaped(finished_run, parsed):
    text = (finished_run / "report" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>" not in text
    assert "<script>alert('no')</script>" in parsed.text
    assert "The error peaks <b>& falls</b> again" in parsed.text


def test_figures_have_alt_text_and_size(parsed):
    images = parsed.all("img")
    assert len(images) == 4
    assert {image["alt"] for image in images} == {f'Risk "peaks" at <n> in {id}.' for id in ("A1", "E13", "C1", "D3")}
    assert all(int(image["width"]) > int(image["height"]) > 0 for image in images)


def test_tables_are_accessible(parsed):
    assert len(parsed.all("table")) == len(parsed.all("caption"))
    assert all(cell.get("scope") in ("col", "row", "rowgroup") for cell in parsed.all("th"))
    assert parsed.all("html") == [{"lang": "en"}]
    assert {"class": "skip", "href": "#claims"} in parsed.all("a")


def test_page_says_what_was_found(parsed):
    text = " ".join(parsed.text.split())
    for words in (
        "5 claims, 6 verdicts",
        "✓ supported (vacuous)",
        "Not available in this run: It needs images, and the preset has none.",
        "−0.5012",
        "[−0.52, −0.4812]",
        "supported, which it must not be",
        "Chance could have turned 2 of them",
        "At most about 0 of the 6 verdicts",
        "Of 4 controls, 1 was supported (which makes the verdict inconclusive) and 1 was nearly supported",
        "The resolved config",
        "shared with E13, B4, C1",
        "a" * 40,
        "b" * 40 + " (C1)",
        "snakemake --cores 2",
        "sha256:0123456789abcdef",
    ):
        assert words in text, words


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


def test_theorems_and_what_was_not_reached_are_counted_apart(entries, verdicts, tmp_path):
    verdicts[0]["forms"]["printed"]["basis"] = "theorem"
    verdicts[2]["forms"]["printed"]["not_reached"] = ["fitted"]
    claims = reading.collect(entries, verdicts)
    html = " ".join(page.render(claims, tmp_path / "report/index.html", "test", [], []).split())
    assert "(1 a theorem or an identity, checked, 1 vacuous)" in html
    assert "(1 not reached at this size, 1 not available in this run)" in html
    assert 'supported<span class="aside"> (a theorem, checked)</span>' in html


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


def test_programs_make_table_and_page_without_torch(tmp_path, finished_run, entries, slope_rates):
    table, target = tmp_path / "claims.parquet", finished_run / "report" / "again.html"
    (tmp_path / "config.yaml").write_text("data:\n  name: digits\n", encoding="utf-8")
    verdicts = ["--input", "verdicts", *sorted(finished_run.glob("claims/*/verdict.json"))]
    pictures = ["--input", "figures", *sorted(finished_run.glob("claims/*/figure.svg"))]
    alts = ["--input", "alt", *sorted(finished_run.glob("claims/*/figure.alt.txt"))]
    settings = {"claims": entries}
    _run("summarise.py", settings, *verdicts, "--output", "table", table)
    assert table.read_bytes() == (finished_run / "claims.parquet").read_bytes()
    others = ["--input", "table", finished_run / "claims.parquet", "--input", "config", tmp_path / "config.yaml"]
    files.write_table(tmp_path / "rates.parquet", slope_rates)
    others += ["--input", "error_rates", tmp_path / "rates.parquet"]
    _run("report.py", {**settings, "preset": "test"}, *verdicts, *pictures, *alts, *others, "--output", "page", target)
    assert target.read_bytes() == (finished_run / "report" / "index.html").read_bytes()
    assert "5 claims, 6 verdicts" in _run("show.py", settings, *verdicts)
    alone = {"claims": entries[:1]}
    assert "1 claim, 1 verdict:" in _run(
        "show.py", alone, "--input", "verdicts", finished_run / "claims/A1/verdict.json"
    )


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
