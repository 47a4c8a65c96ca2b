"""The table of a cell is complete."""

from tiny_cells import CPU, SHAPES, corruptions, dataset, settings, trained

from overparam import tables
from overparam.training import cell


def test_table_and_cost_are_complete():
    data, given = dataset(SHAPES["mlp"]), settings("mlp", widths=[2, 5])
    table, cost = cell.train_cell(given, data, corruptions(data, [0.0, 0.4], [0, 3]), CPU)
    assert list(table.columns) == list(tables.TRAINING)
    assert len(table) == 2 * 4 * 4 * 3
    assert not table.duplicated(["width", "label_noise", "seed", "epoch", "split"]).any()
    assert sorted(set(table["n_params"])) == [33 * 2 + 3 * 4, 33 * 5 + 6 * 4]
    assert sorted(set(table["step"])) == [0, 3, 6, 9]
    assert cost["device"] == "cpu"
    assert cost["peak_memory_bytes"] > 0
    assert cost["images_models_per_second"] > 0


def test_bfloat16_is_close_but_not_the_same():
    exact, coarse = (trained(settings("cnn", precision=name)) for name in ("float32", "bfloat16"))
    difference = (exact["loss_clean"] - coarse["loss_clean"]).abs().max()
    assert 0 < difference < 0.1
