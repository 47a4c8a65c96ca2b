"""Cells are closed: what is added opens new cells and changes no old one."""

import pytest

from overparam import cells

STUDY = {
    "name": "sweep",
    "experiments": ["width_sweep"],
    "widths": [1, [2, 3]],
    "label_noise": [[0.0, 0.2]],
    "seeds": [[0, 1, 2, 3]],
    "epochs": 10,
}


def planned(**changes):
    study = {**STUDY, **changes}
    return {cell.name: cells.settings(study, cell, seed=7) for cell in cells.cells(study)}


def test_names_and_settings():
    plan = planned()
    assert list(plan) == ["w1_n0-0.2_s0to3", "w2-3_n0-0.2_s0to3"]
    assert plan["w2-3_n0-0.2_s0to3"] == {
        "study": "sweep", "widths": [2, 3], "label_noise": [0.0, 0.2], "seeds": [0, 1, 2, 3], "epochs": 10, "seed": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "added"),
    [
        ({"widths": [1, [2, 3], 5]}, 1),
        ({"widths": [8, 1, [2, 3]]}, 1),
        ({"label_noise": [[0.0, 0.2], 0.4]}, 2),
        ({"seeds": [[0, 1, 2, 3], [4, 5]]}, 2),
        ({"experiments": ["width_sweep", "label_corruption"]}, 0),
    ],
)
def test_additions_change_no_old_cell(change, added):
    old, new = planned(), planned(**change)
    assert len(new) == len(old) + added
    assert {name: new[name] for name in old} == old


def test_a_range_is_the_list_that_it_stands_for():
    assert cells.groups(["3to6", 8, [9, 1]]) == [(3, 4, 5, 6), (8,), (9, 1)]
    assert planned(seeds=["0to3"]) == planned()


@pytest.mark.parametrize(
    "values", [(3,), (20240101,), (1000000, 1000002), (0, 1), (0, 1, 2), (5, 7, 6), (1000, 1001, 1002, 1003)]
)
def test_spelling_can_be_read_back(values):
    assert cells.unspell(cells.spell(values)) == values


@pytest.mark.parametrize("level", [0.0, 0.2, 0.05, 1 / 3, 0.1 + 0.2])
def test_a_noise_level_is_spelled_exactly(level):
    assert float(cells.spell([level])) == level


def test_a_value_in_two_groups_is_refused():
    assert cells.repeated({**STUDY, "widths": [1, [1, 2]]}) == [
        "study 'sweep': 1 stands twice among its widths; list each once"
    ]
    assert cells.repeated(STUDY) == []
