"""Documents of the project: links lead somewhere, and what machines read of them is whole."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "config/*.md", "scripts/**/*.md")
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
    assert {"CONTRIBUTING.md", "docs/glossary.md", "config/README.md", "CHANGELOG.md", "LICENSE"} <= set(links)


def test_the_citation_has_what_the_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0" and all("name" in author for author in citation["authors"])
    assert citation["license"] in (ROOT / "LICENSE").read_text("utf-8").splitlines()[0]


def test_every_word_of_the_glossary_stands_there_once():
    words = re.findall(r"^- \*\*([^*]+)\*\*", (ROOT / "docs/glossary.md").read_text("utf-8"), flags=re.MULTILINE)
    assert len(words) == len(set(words))
    assert {"claim", "form", "prediction", "control", "study", "cell", "entry", "pack", "part", "group"} <= set(words)
