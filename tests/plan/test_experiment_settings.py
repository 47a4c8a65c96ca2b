"""What an experiment says it measures is refused where it makes no sense: one sentence for each mistake."""

import pytest
import yaml
from declarations import MEASURES, changed

from overparam import places
from overparam.errors import UserError
from overparam.plan import experiment_settings


@pytest.fixture
def declaration(tmp_path, monkeypatch):
    """Return a function that reads the declaration of an experiment which measures this."""
    monkeypatch.setattr(places, "experiments", lambda: {"sweep": tmp_path})

    def read(measures):
        whole = {"description": "A sweep.", "reads": "nothing", "settings": {}, "presets": {}, "measures": measures}
        (tmp_path / places.DECLARATION).write_text(yaml.safe_dump(whole))
        experiment_settings.declaration.cache_clear()
        return experiment_settings.measures("sweep")

    yield read
    experiment_settings.declaration.cache_clear()


def test_what_is_measured_is_returned_as_it_is_written(declaration):
    assert declaration(MEASURES) == MEASURES


MISTAKES = [
    ("quantities.error.meening", "x", "measures.quantities.error.meening: unknown key; did you mean 'meaning'?"),
    ("quantities.error.unit", ..., "measures.quantities.error.unit: missing (Unit in words"),
    ("quantities.error.label", ..., "measures.quantities.error.label: missing (How an axis"),
    ("quantities.error.range", [1, 0], "measures.quantities.error.range: the ends must be [lowest, highest], found"),
    ("quantities.error.range", [0], "measures.quantities.error.range: needs at least 2 entries, found 1"),
    ("quantities.error.range", ["0", 1], 'measures.quantities.error.range[0]: expected a number or null, found "0"'),
    ("quantities", {}, "measures.quantities: needs at least 1 key, found 0"),
    ("quantities", ..., "measures.quantities: missing"),
    ("columns", ..., "measures.columns: missing"),
    ("colums", {}, "measures.colums: unknown key; did you mean 'columns'?"),
    ("columns.width.type", "integer", 'measures.columns.width.type: "integer" is not known; allowed: number, text,'),
    ("columns.width.type", ..., "measures.columns.width.type: missing (What the column holds)"),
    ("columns.width.label", "", "measures.columns.width.label: needs at least 1 character, found 0"),
    ("columns.split.values", [], "measures.columns.split.values: needs at least 1 entry, found 0"),
    ("columns.split.values", ["a", "a"], "measures.columns.split.values: "),
    ("columns.split.values", ["train", 1], "measures.columns.split.values[1]: 1 is not text, which the column holds"),
    ("columns.depth.values", [2, 2.5], "measures.columns.depth.values[1]: 2.5 is not whole, which the column holds"),
    ("columns.depth.range", [0, 9], "measures.columns.depth: has values and a range, of which one is enough"),
    ("columns.study.range", [0, 9], "measures.columns.study.range: text has none; leave it out"),
    ("columns.widest.values", ["yes"], "measures.columns.widest.values: truth has true and false; leave them out"),
    ("columns.width.gaps", "yes", "measures.columns.width.gaps: expected true or false"),
    ("columns.seed", {"meaning": "s", "type": "whole", "label": "s"}, "measures.columns.seed: is in every table;"),
    ("columns.value", {"meaning": "s", "type": "number", "label": "s"}, "measures.columns.value: is in every table;"),
]


@pytest.mark.parametrize(("path", "value", "expected"), MISTAKES)
def test_a_mistake_gives_one_sentence(declaration, path, value, expected):
    with pytest.raises(UserError) as caught:
        declaration(changed(MEASURES, path, value))
    (found,) = str(caught.value).splitlines()
    assert found.startswith(f"sweep/experiment.yaml: {expected}")


@pytest.mark.parametrize("measures", ["text", [], None, 3])
def test_what_is_no_mapping_is_refused(declaration, measures):
    with pytest.raises(UserError, match=r"sweep/experiment.yaml: measures: expected a mapping"):
        declaration(measures)
