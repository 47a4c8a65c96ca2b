"""Whatever a claim asks of its experiment's table that this does not declare gets one sentence before any job."""

import pytest
from declarations import CLAIM, MEASURES, changed

from overparam.plan import contract, experiment_settings, registry


def test_a_claim_that_fits_is_accepted():
    assert contract.of_claim(CLAIM, MEASURES) == []


PEAK, ORDERING = "forms.printed.predictions.0", "forms.printed.predictions.1"
PLACE, BOUND = "forms.corrected.predictions.0", "forms.corrected.predictions.1"
KEYS = {
    PEAK: "forms.printed.predictions[peak]",
    ORDERING: "forms.printed.predictions[order]",
    PLACE: "forms.corrected.predictions[place]",
    BOUND: "forms.corrected.predictions[bound]",
    "control": "control",
    "published.1": "published[1]",
}
COLUMNS = "depth, level, quantity, rate, rule, seed, split, study, widest, width"
MISTAKES = [
    # a quantity, wherever one is named
    (PEAK, "quantity", "eror", "'eror' is not measured; did you mean 'error'? allowed: error, loss, norm"),
    (PEAK, "quantity", "width", "'width' is not measured; it is a column of the table; the quantities are error, loss"),
    (PEAK, "reference.quantity", "los", "'los' is not measured; did you mean 'loss'?"),
    (ORDERING, "greater.quantity", "Loss", "'Loss' is not measured; did you mean 'loss'?"),
    (BOUND, "limit.quantity", "norms", "'norms' is not measured; did you mean 'norm'?"),
    (ORDERING, "less.where.quantity", "nrm", "'nrm' is no value of the column; did you mean 'norm'?"),
    # a column, wherever one is named
    (
        PEAK,
        "where.splitt",
        "test",
        f"'splitt' is no column of the measurements; did you mean 'split'? allowed: {COLUMNS}",
    ),
    (PEAK, "where.value", 1, f"'value' is no column of the measurements; allowed: {COLUMNS}"),
    (PEAK, "reference.where.widht", 1, "'widht' is no column of the measurements; did you mean 'width'?"),
    (ORDERING, "greater.where.dept", 2, "'dept' is no column of the measurements; did you mean 'depth'?"),
    (BOUND, "limit.where.studdy", "a", "'studdy' is no column of the measurements; did you mean 'study'?"),
    ("control", "where.rle", "best", "'rle' is no column of the measurements; did you mean 'rule'?"),
    (PEAK, "each.1", "deep", "'deep' is no column of the measurements; did you mean 'depth'?"),
    (PEAK, "each.0", "seed", "'seed' is no column of the measurements; allowed: depth, level, quantity, rate, rule,"),
    (
        PEAK,
        "x",
        "wdth",
        "'wdth' is no column of the measurements; did you mean 'width'? allowed: depth, level, rate, width",
    ),
    (PEAK, "x", "split", "the column split holds text, not numbers; allowed: depth, level, rate, width"),
    (PEAK, "x", "widest", "the column widest holds truth, not numbers; did you mean 'width'?"),
    (ORDERING, "greater.along", "split", "the column split holds text, not numbers;"),
    (ORDERING, "greater.along", ["width", "rat"], "'rat' is no column of the measurements; did you mean 'rate'?"),
    (PLACE, "relative_to", "deph", "'deph' is no column of the measurements; did you mean 'depth'?"),
    (PLACE, "relative_to", "study", "the column study holds text, not numbers;"),
    ("published.1", "ours.quantity", "eror", "'eror' is not measured; did you mean 'error'?"),
    ("published.1", "ours.where.splitt", "test", "'splitt' is no column of the measurements; did you mean 'split'?"),
    ("published.1", "ours.at", {"split": "peak"}, "the column split holds text, not numbers; allowed: depth, level,"),
    ("published.1", "ours.quantity", "loss", "only a fraction can be taken from one, not what has the unit nats"),
    # a value, of every type
    (PEAK, "where.split", "tets", "'tets' is no value of the column; did you mean 'test'? allowed: test, train"),
    (PEAK, "where.split", ["train", "tets"], "'tets' is no value of the column; did you mean 'test'?"),
    (PEAK, "where.split", 1, "expected text, found 1; allowed: test, train"),
    (PEAK, "where.split", None, "null selects gaps, and the column has none (gaps: false)"),
    (PEAK, "where.split", {"min": 1}, "the column split holds text, which has no limits; name its values"),
    (PEAK, "where.level", 0.25, "0.25 is no value of the column; did you mean '0.2'? allowed: 0, 0.2"),
    (PEAK, "where.level", {"above": 0.2}, "no value is above 0.2; allowed: 0, 0.2"),
    (PEAK, "where.width", 0, "0 is no value of the column; allowed: a whole number in [1, ∞)"),
    (PEAK, "where.width", 2.5, "expected a whole number, found 2.5; allowed: a whole number in [1, ∞)"),
    (PEAK, "where.width", "8", "expected a whole number, found '8'; allowed: a whole number in [1, ∞)"),
    (PEAK, "where.width", True, "expected a whole number, found true;"),
    (PEAK, "where.width", {"below": 1}, "no value is below 1; allowed: a whole number in [1, ∞)"),
    (PEAK, "where.width", {"min": 9, "max": 8}, "no value is at least 9 and at most 8;"),
    (PEAK, "where.depth", 3, "3 is no value of the column; allowed: 2, 4"),
    (PEAK, "where.rate", {"min": 1.5}, "no value is at least 1.5; allowed: a number in [0, 1]"),
    (PEAK, "where.rate", {"above": 1}, "no value is above 1; allowed: a number in [0, 1]"),
    (PEAK, "where.widest", 1, "expected true or false, found 1; allowed: true, false"),
    (PEAK, "where.widest", {"max": 1}, "the column widest holds truth, which has no limits; name its values"),
    (PEAK, "where.seed", -1, "-1 is no value of the column; allowed: a whole number in [0, ∞)"),
    ("control", "where.rule", "lats", "'lats' is no value of the column; did you mean 'last'?"),
    # a level that the quantity never has
    (PLACE, "level", 1.5, "1.5 is never crossed by error, which lies in [0, 1]"),
    (PEAK, "reference.level", 10, "10 is never crossed by error, which lies in [0, 1]"),
]


@pytest.mark.parametrize(("part", "key", "value", "expected"), MISTAKES)
def test_a_mistake_gives_one_sentence(part, key, value, expected):
    (found,) = contract.of_claim(changed(CLAIM, f"{part}.{key}", value), MEASURES)
    assert found.startswith(KEYS[part])
    assert f": {expected}" in found
    assert len(found) < 300


def test_the_key_of_a_mistake_is_the_whole_path():
    """Where the mistake is in a list, the place in the list is part of it."""
    places = [
        (f"{PEAK}.where.rule.1", "lst", "forms.printed.predictions[peak].where.rule[1]: "),
        (f"{PEAK}.each.0", "x", "forms.printed.predictions[peak].each[0]: "),
        (f"{ORDERING}.less.where.seed", -1, "forms.printed.predictions[order].less.where.seed: "),
        ("control.where.rule", "x", "control.where.rule: "),
    ]
    for path, value, expected in places:
        (found,) = contract.of_claim(changed(CLAIM, path, value), MEASURES)
        assert found.startswith(expected)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("where.width", 8.0),
        ("where.level", 0.2 * (1 + 1e-12)),
        ("where.width", {"above": 1}),
        ("where.rate", {"min": 1}),
        ("where.rate", {"max": 0}),
        ("where.level", {"above": 0}),
        ("where.widest", [True, False]),
        ("where.study", "any text"),
        ("each", ["quantity"]),
        ("reference.level", 1),
    ],
)
def test_what_a_column_can_hold_is_accepted(path, value):
    assert contract.of_claim(changed(CLAIM, f"{PEAK}.{path}", value), MEASURES) == []


def test_a_long_value_is_cut():
    (found,) = contract.of_claim(changed(CLAIM, f"{PEAK}.where.split", "x" * 5000), MEASURES)
    assert len(found) < 250


def test_every_mistake_is_said_at_once_and_names_file_and_claim(monkeypatch):
    wrong = changed(changed(CLAIM, f"{PEAK}.quantity", "eror"), "control.where", {"rle": 1})
    monkeypatch.setattr(experiment_settings, "measures", {"sweep": MEASURES}.get)
    found = contract.problems([wrong, CLAIM])
    assert [sentence.partition(": ")[0] for sentence in found] == [
        "topic/sweep/a_claim.yaml (B4)",
        "topic/sweep/a_claim.yaml (B4)",
    ]


def test_the_claims_of_the_project_fit_what_their_experiments_measure():
    assert contract.problems(registry.load()) == []
