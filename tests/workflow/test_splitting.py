"""Entries of a study that hold too much work for one job become several cells."""

import pandas as pd

SLOW = {"minutes": 10, "gigaflops": 0.001}  # six networks of width 8 take 4 minutes, of width 32 16


def split(project):
    study = project.configuration()["studies"][0]
    assert (study["widths"], study["label_noise"], study["seeds"]) == ([2, [8, 32]], [[0.0, 0.2]], [[0, 1, 2]])
    project.extra = {"claims": ["B4"], "jobs": SLOW, "studies": [study]}
    return study["name"]


def test_a_target_that_splits_nothing_reruns_nothing(project):
    project.extra = {"jobs": {"minutes": 30, "gigaflops": 50}}
    assert project.plan() == {}


def test_split_cells_hold_the_networks_of_their_entry(project):
    folder = project.folder / "results/smoke/training" / split(project)
    before = pd.read_parquet(folder / "w8-32_n0-0.2_s0to2.parquet")
    assert project.plan("--until", "train") == {"train": 4}  # labels belong to the entry: they are not drawn again
    project.snakemake("--until", "train")
    names = ["w8_n0-0.2_s0to2", "w32_n0-0.2_s0", "w32_n0-0.2_s1", "w32_n0-0.2_s2"]
    after = pd.concat([pd.read_parquet(folder / f"{name}.parquet") for name in names], ignore_index=True)
    pd.testing.assert_frame_equal(after, before, rtol=1e-4, atol=1e-4)  # packed otherwise, so rounded otherwise


def test_the_plan_of_a_split_study_is_that_of_an_unsplit_one_but_for_training(sources):
    split(sources)
    parted = sources.plan()
    sources.extra.pop("jobs")
    whole = sources.plan()
    assert (parted.pop("train"), whole.pop("train")) == (5, 2)
    assert parted == whole
