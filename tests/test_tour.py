"""The notebook runs, shows what it says, and was committed with outputs of its own."""

import json
import re

import documents
import nbformat
import pytest


@pytest.fixture(scope="module")
def executed():
    return nbformat.reads(documents.tour(), as_version=4)


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(documents.TOUR, as_version=4)


def printed(notebook):
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


def test_it_measures_judges_and_draws_one_claim_and_judges_it_again(executed):
    verdicts = re.findall(r"^A1 .* [✓✗○] (\w+)", printed(executed), flags=re.MULTILINE)
    assert verdicts == ["supported", "refuted"]
    assert "['seed', 'n_params', 'value']" in printed(executed)  # which vary in the rows that are averaged
    kinds = [kind for cell in executed.cells for output in cell.get("outputs", []) for kind in output.get("data", {})]
    assert kinds.count("image/png") == 1 and "text/html" in kinds


def test_it_was_committed_as_it_runs(executed, committed):
    assert [cell.source for cell in committed.cells] == [cell.source for cell in executed.cells]
    words = [re.sub(r"[\d.,e−+\-─ ]+", " ", printed(notebook)) for notebook in (committed, executed)]
    assert words[0] == words[1]  # numbers differ between processors where p = n
    assert committed.metadata == executed.metadata


def test_it_holds_no_path_of_a_machine_and_is_small():
    text = documents.TOUR.read_text(encoding="utf-8")
    assert len(text) < 200_000
    for cell in json.loads(text)["cells"]:
        outputs = json.dumps(cell.get("outputs", []))
        assert not re.search(r"(^|[\"' ])(/[a-z]+){2,}", re.sub(r'"image/png": "[^"]*"', "", outputs)), outputs[:300]
