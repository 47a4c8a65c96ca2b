"""Cells are closed: what is added opens new cells and changes no old one; what is too large is split."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overparam.plan import cells, config, image_sizes, strict_yaml, training_cost

CONFIG_FOLDER = Path(__file__).resolve().parents[2] / "config"
DATASET = {"name": "digits", "source": "digits"}
JOBS = {"minutes": 60, "gigaflops": 40}
STUDY = {
    "name": "sweep",
    "experiments": ["width_sweep"],
    "dataset": "digits",
    "model": "mlp",
    "widths": [1, [2, 3]],
    "label_noise": [[0.0, 0.2]],
    "seeds": [[0, 1, 2, 3]],
    "n_train": 100,
    "n_heldout": 0,
    "epochs": 10,
    "batch_size": 50,
    "evaluations": 2,
}
LONG = {"epochs": 30_000, "model": "cnn"}  # a network of width 8 takes about a quarter of an hour


def planned(minutes=60, **changes):
    study = {**STUDY, **changes}
    return {cell.name: cell for cell in cells.cells(study, DATASET, {**JOBS, "minutes": minutes})}


def trained(minutes=60, **changes):
    study = {**STUDY, **changes}
    return {name: cells.settings(study, cell, seed=7) for name, cell in planned(minutes, **changes).items()}


def minutes_of_one(width):
    return training_cost.cost({**STUDY, **LONG}, width, image_sizes.images(DATASET), 40)


def test_names_and_settings():
    plan = trained()
    assert list(plan) == ["w1_n0-0.2_s0to3", "w2-3_n0-0.2_s0to3"]
    shared = {key: value for key, value in STUDY.items() if key not in ("name", "experiments")}
    assert plan["w2-3_n0-0.2_s0to3"] == {
        **shared, "study": "sweep", "widths": [2, 3], "label_noise": [0.0, 0.2], "seeds": [0, 1, 2, 3], "seed": 7,
    }  # fmt: skip


@pytest.mark.parametrize("study", [{}, LONG], ids=["small", "split"])
@pytest.mark.parametrize(
    "change",
    [
        {"widths": [1, [2, 3], 5]},
        {"widths": [8, 1, [2, 3]]},
        {"widths": ["11to30", 1, [2, 3]]},
        {"label_noise": [[0.0, 0.2], 0.4]},
        {"seeds": [[0, 1, 2, 3], [4, 5]]},
        {"seeds": ["9to99", [0, 1, 2, 3]]},
        {"experiments": ["width_sweep", "label_corruption"]},
    ],
)
def test_additions_change_no_old_cell(study, change):
    old, new = trained(5, **study), trained(5, **study, **change)
    assert {name: new[name] for name in old} == old
    assert (len(new) > len(old)) == ("experiments" not in change)


def test_cells_depend_on_no_other_study_or_data_set():
    other = {**STUDY, "name": "other", "widths": ["1to9"], "dataset": "more"}
    more = {"name": "more", "source": "cifar10"}
    alone = cells.plan([STUDY], [DATASET], JOBS)
    for studies in ([STUDY, other], [other, STUDY]):
        together = cells.plan(studies, [more, DATASET], JOBS)
        assert {key: cell for key, cell in together.items() if key[0] == "sweep"} == alone


def test_a_range_is_the_list_that_it_stands_for():
    assert cells.groups(["3to6", 8, [9, 1]]) == [(3, 4, 5, 6), (8,), (9, 1)]
    assert trained(seeds=["0to3"]) == trained()
    assert list(planned(widths=["1to4"])) == list(planned(widths=[[1, 2, 3, 4]])) == ["w1to4_n0-0.2_s0to3"]


def test_small_widths_share_a_job_and_a_large_one_has_its_own():
    plan = planned(60, **LONG, widths=[[1, 2, 3, 64]], seeds=["0to1"])
    first, *others = plan
    assert first == "w1to3_n0-0.2_s0-1"
    assert others == [f"w64_n{noise}_s{seed}" for seed in (0, 1) for noise in ("0", "0.2")]


def test_similar_jobs_come_out_even():
    work = minutes_of_one(8).work
    for n_seeds, at_most, expected in ((5, 4, [3, 2]), (10, 4, [4, 3, 3]), (8, 2.5, [2, 2, 2, 2]), (3, 0.5, [1, 1, 1])):
        plan = planned(at_most * work, **LONG, widths=[8], label_noise=[0.0], seeds=[f"0to{n_seeds - 1}"])
        assert [len(cell.seeds) for cell in plan.values()] == expected


def test_noise_levels_of_a_seed_stay_together_as_long_as_they_fit():
    noise, work = [[0.0, 0.1, 0.2, 0.3]], minutes_of_one(8).work
    sizes = {
        at_most: [(len(cell.label_noise), len(cell.seeds)) for cell in
                  planned(at_most * work, **LONG, widths=[8], label_noise=noise, seeds=["0to1"]).values()]
        for at_most in (9, 7, 4.5, 3.5, 1)
    }  # fmt: skip
    assert sizes == {9: [(4, 2)], 7: [(4, 1)] * 2, 4.5: [(4, 1)] * 2, 3.5: [(2, 1)] * 4, 1: [(1, 1)] * 8}


def test_labels_belong_to_the_whole_entry_however_it_is_split():
    plan = planned(1, **LONG, widths=[64], seeds=["0to4", 9])
    assert {cell.entry_seeds for cell in plan.values()} == {(0, 1, 2, 3, 4), (9,)}
    assert all(set(cell.seeds) <= set(cell.entry_seeds) for cell in plan.values())


def test_a_model_that_declares_no_cost_is_never_split():
    plan = planned(0.001, model="of_ones_own", epochs=10**6, widths=[1, "4to9", [2, 3]])
    assert [cell.minutes for cell in plan.values()] == [None] * 3


def test_an_estimate_grows_with_all_that_takes_time():
    (least,) = planned(1e9, **LONG, widths=[8]).values()
    for change in ({"seeds": ["0to9"]}, {"label_noise": [[0, 0.1, 0.2]]}, {"widths": [9]}, {"n_train": 200},
                   {"epochs": 60_000}, {"batch_size": 10}, {"evaluations": 9000}, {"n_heldout": 50}):  # fmt: skip
        (more,) = planned(1e9, **{**LONG, "widths": [8], **change}).values()
        assert more.minutes > least.minutes, change


def unique(elements, at_most):
    return st.lists(elements, min_size=1, max_size=at_most, unique=True)


@st.composite
def entries(draw, elements, at_most):
    """Draw a list of different values, cut into entries."""
    values = draw(unique(elements, at_most))
    cuts = sorted(draw(st.sets(st.integers(1, len(values)))) | {0, len(values)})
    return [values[start:stop] for start, stop in itertools.pairwise(cuts)]


STUDIES = st.fixed_dictionaries(
    {
        "widths": entries(st.integers(1, 64), 12),
        "label_noise": entries(st.floats(0, 1, allow_subnormal=False), 4),
        "seeds": entries(st.integers(0, 40), 8),
        "model": st.sampled_from(["mlp", "cnn", "preact_resnet18"]),
        "epochs": st.integers(1, 20_000),
        "batch_size": st.integers(1, 100),
    }
)
MINUTES = st.floats(0.01, 300)


@settings(max_examples=200, deadline=None)
@given(changes=STUDIES, minutes=MINUTES)
def test_every_combination_is_in_one_cell_of_at_most_the_target(changes, minutes):
    study, plan = {**STUDY, **changes}, planned(minutes, **changes)
    found = [
        combination
        for cell in plan.values()
        for combination in itertools.product(cell.widths, cell.label_noise, cell.seeds)
    ]
    lists = [list(itertools.chain(*study[key])) for key in cells.GRID]
    assert sorted(found) == sorted(itertools.product(*lists))
    images = image_sizes.images(DATASET)
    for cell in plan.values():
        n_models = len(cell.label_noise) * len(cell.seeds)
        costs = [training_cost.cost(study, width, images, 40) for width in cell.widths]
        assert cell.minutes == pytest.approx(sum(cost.minutes(n_models) for cost in costs))
        if len(costs) > 1:
            assert cell.minutes <= minutes * (1 + 1e-9)
        elif n_models > 1:  # waiting is the same however many networks there are
            assert n_models * costs[0].work <= minutes * (1 + 1e-9)


@settings(max_examples=200, deadline=None)
@given(changes=STUDIES, minutes=MINUTES, key=st.sampled_from(list(cells.GRID)), data=st.data())
def test_a_cell_changes_with_its_own_entries_alone(changes, minutes, key, data):
    whole = planned(minutes, **changes)
    kept = data.draw(unique(st.sampled_from(changes[key]).map(tuple), len(changes[key])))
    fewer = planned(minutes, **{**changes, key: [list(entry) for entry in kept]})
    assert {name: whole[name] for name in fewer} == fewer


@settings(max_examples=100, deadline=None)
@given(changes=STUDIES, minutes=MINUTES)
def test_a_cell_holds_neighbours_of_its_entries_in_their_order(changes, minutes):
    study = {**STUDY, **changes}
    for cell in planned(minutes, **changes).values():
        for key in cells.GRID:
            part = list(getattr(cell, key))
            assert any(entry[start : start + len(part)] == part for entry in study[key] for start in range(len(entry)))


@pytest.mark.parametrize("preset", ["config", "smoke", "cifar10-small"])
def test_configurations_that_have_been_run_keep_their_cells(preset, tmp_path, monkeypatch):
    """Each entry is one cell under the name that it always had: another one would train anew what exists."""
    for split in ("train", "test"):
        (tmp_path / f"{split}.parquet").write_bytes(b"PAR1")  # planning looks no further
    monkeypatch.setenv("OVERPARAM_CIFAR10", str(tmp_path))
    given = strict_yaml.read(CONFIG_FOLDER / "config.yaml") | strict_yaml.read(CONFIG_FOLDER / f"{preset}.yaml")
    run = config.resolve({**given, "claims": "all"}, [])
    found = list(cells.plan(run["studies"], run["datasets"], run["jobs"]))

    def spelled(values):
        whole = all(isinstance(value, int) for value in values) and len(values) > 2
        if whole and list(values) == list(range(values[0], values[-1] + 1)):
            return f"{values[0]}to{values[-1]}"
        return "-".join(f"{value:g}" for value in values)

    expected = [
        (study["name"], "_".join(letter + spelled(values) for letter, values in zip("wns", entry, strict=True)))
        for study in run["studies"]
        for entry in itertools.product(*(cells.groups(study[key]) for key in cells.GRID))
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((3,), "3"),
        ((0, 1), "0-1"),
        ((0, 1, 2), "0to2"),
        ((5, 7, 6), "5-7-6"),
        ((1, 2, 3, 4, 6, 8, 9, 10), "1to4-6-8to10"),
        ((64, 8, 9, 10, 7), "64-8to10-7"),
        ((0.0, 0.2), "0-0.2"),
        ((1000000, 1000002), "1000000-1000002"),
    ],
)
def test_spelling(values, text):
    assert cells.spell(values) == text


@given(unique(st.integers(0, 10**9), 8) | unique(st.integers(0, 9), 10))
def test_spelling_can_be_read_back(values):
    assert cells.unspell(cells.spell(values)) == tuple(values)


@pytest.mark.parametrize("level", [0.0, 0.2, 0.05, 1 / 3, 0.1 + 0.2])
def test_a_noise_level_is_spelled_exactly(level):
    assert float(cells.spell([level])) == level


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"widths": [1, [1, 2]]}, "1 stands twice among its widths; list each once"),
        ({"seeds": ["0to4", 3000000, [2, 3000000]]}, "2, 3000000 stands twice among its seeds; list each once"),
        ({"widths": ["9to1"]}, "9to1 counts down; write the smaller number first"),
        ({"seeds": ["0to999999999"]}, "0to999999999 are 1,000,000,000 seeds; an entry takes at most 10,000"),
    ],
)
def test_a_list_that_no_plan_can_follow_is_refused(change, sentence):
    assert cells.problems({**STUDY, **change}, DATASET, JOBS) == [f"study 'sweep': {sentence}"]
    assert cells.problems(STUDY, DATASET, JOBS) == []


def test_more_jobs_than_can_be_planned_are_refused():
    study = {**STUDY, **LONG, "widths": ["1to1000"], "seeds": ["0to9999"]}
    (sentence,) = cells.problems(study, DATASET, {**JOBS, "minutes": 1e-3})
    assert sentence.startswith(f"study 'sweep': more than {cells.MOST_CELLS:,} jobs; list several")


def test_a_cell_whose_name_no_file_can_have_is_refused():
    study = {**STUDY, "widths": [list(range(1, 200, 2))]}
    (sentence,) = cells.problems(study, DATASET, JOBS)
    assert sentence.startswith("study 'sweep': the name of the cell w1-3-5-7")
    assert sentence.endswith("characters, files take 150; list fewer values in one entry")
    assert cells.problems({**study, "widths": list(range(1, 200, 2))}, DATASET, JOBS) == []
