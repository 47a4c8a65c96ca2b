"""Documents of the project: links lead somewhere, and what machines read of them is whole."""

import re
from pathlib import Path

import documents
import pandas as pd
import pytest
import yaml

from overparam import places
from overparam.report import summary, wording

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "config/*.md", "scripts/**/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\[[^\]]*\]\((?!https?://)([^)#]+)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document):
    path = ROOT / document
    assert [link for link in LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_folders_that_are_named_are_there(document):
    named = re.findall(r"`((?:scripts|workflow|tests|config|docs)/[\w./-]+)`", (ROOT / document).read_text("utf-8"))
    gone = {"config/claims.yaml"}  # of which the changelog says so
    assert [name for name in named if name not in gone and not (ROOT / name).exists()] == []


def test_the_readme_leads_to_the_others():
    links = LINK.findall((ROOT / "README.md").read_text("utf-8"))
    assert {"CONTRIBUTING.md", "config/README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff"} <= set(links)
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.*")} - {"docs/libraries.md"}
    assert pages <= set(links)


def test_the_readme_is_short_and_so_is_every_page_that_people_write():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 130
    for path in (ROOT / "docs").glob("*.md"):
        assert len(path.read_text("utf-8").splitlines()) <= 100, path.name


def test_the_citation_has_what_the_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0" and all("name" in author for author in citation["authors"])
    assert citation["license"] in (ROOT / "LICENSE").read_text("utf-8").splitlines()[0]


def test_every_word_of_the_glossary_stands_there_once():
    words = re.findall(r"^- \*\*([^*]+)\*\*", (ROOT / "docs/glossary.md").read_text("utf-8"), flags=re.MULTILINE)
    assert len(words) == len(set(words))
    assert {"claim", "form", "prediction", "control", "study", "cell", "entry", "pack", "part", "group"} <= set(words)


def test_the_project_has_one_name():
    heading = (ROOT / "README.md").read_text("utf-8").splitlines()[0]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert heading == f"# {wording.PROJECT}" and citation["title"] == wording.PROJECT


def test_the_data_dictionary_is_up_to_date():
    stale = [path.name for path, text in documents.dictionary().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `python workflow/documents.py`"
    pages = set((ROOT / "docs/data").iterdir())
    assert pages == set(documents.dictionary()) - {documents.DATA}


def test_the_document_on_published_sizes_shows_the_runs_that_are_kept():
    text = documents.PUBLISHED.read_text("utf-8")
    assert text == documents.published(), "run `python workflow/documents.py`"
    kept = sorted(places.REFERENCE.glob("*/claims/*/verdict.json"))
    assert sorted(re.findall(r"^## (\w+): ", text, flags=re.MULTILINE)) == sorted(path.parent.name for path in kept)


@pytest.fixture(scope="module")
def reference():
    return pd.read_parquet(places.VERDICTS)


def test_the_readme_shows_the_verdicts_of_the_reference(reference):
    text = (ROOT / "README.md").read_text("utf-8")
    assert documents.renewed(text) == text, "run `python workflow/documents.py`"
    rows = re.findall(r"^\| ([A-Z]\d+) \| .*\? \| (.*) \| [✓✗○] (\w+)(?: \(.*\))? \|$", text, flags=re.MULTILINE)
    assert [claim for claim, _, _ in rows] == list(documents.SHOWN) and len(rows) == 10
    found = reference.set_index(["id", "form"])
    for (claim, form), (_, title, verdict) in zip(documents.SHOWN.items(), rows, strict=True):
        assert found.loc[(claim, form), "verdict"] == verdict
        assert title.startswith(found.loc[(claim, form), "title"])


def test_the_readme_counts_what_the_reference_has(reference):
    text, found = " ".join((ROOT / "README.md").read_text("utf-8").split()), summary.counts(reference)
    assert f"{found['claims']} claims, read in {len(reference)} ways, came to {found['supported']} verdicts" in text
    refuted = reference[reference["verdict"] == "refuted"]
    for kind, words in wording.REFUTATIONS.items():
        assert f"{(refuted['refutation'] == kind).sum()} {words}" in text


def test_an_answer_that_rests_on_other_verdicts_says_so(reference):
    turned = reference.assign(verdict=reference["verdict"].where(reference["id"] != "B4", "refuted"))
    sentence = "In between it gets worse"
    assert sentence in documents.told(reference) and sentence not in documents.told(turned)
    assert re.search(r"\w\? That is refuted here \(B1, B4\)\.", documents.told(turned))


def test_pictures_are_small_and_have_a_text():
    for claim in documents.DRAWN:
        picture = documents.PICTURES / f"{claim}.png"
        assert 5_000 < picture.stat().st_size < 150_000
        assert len(picture.with_suffix(".alt.txt").read_text("utf-8")) > 60
