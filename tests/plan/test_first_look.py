"""What is seen of images of one's own before a run: enough to estimate how long trainings take."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cifar10_files import encoded, put_parquet, random_split

from overparam.plan import cells, first_look, image_sizes

NO_COLUMNS = {"image_column": None, "label_column": None}
SEEN = {"channels": 3, "height": 9, "width": 5, "classes": 3, "n_train": 6, "n_test": 3}


def images(n, shape=(3, 9, 5)):
    return [encoded(image.transpose(1, 2, 0)) for image in random_split(n, shape).images]


@pytest.fixture
def parquet(tmp_path):
    shards = [put_parquet(tmp_path / f"train-{n}.parquet", images(3), [0, 1, 2]) for n in range(2)]
    return {
        "train": list(map(str, shards)),
        "test": [str(put_parquet(tmp_path / "test.parquet", images(3), [0, 1, 2]))],
    }


def test_parquet_files(parquet):
    assert first_look.seen(parquet, NO_COLUMNS) == SEEN


def test_columns_that_are_named(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"picture": images(2), "kind": ["a", "b"], "label": [0, 0]}), path)
    seen = first_look.seen({"train": [path], "test": [path]}, {"image_column": "picture", "label_column": "kind"})
    assert seen == SEEN | {"classes": 2, "n_train": 2, "n_test": 2}


def test_folders(tmp_path):
    for split, n in (("train", 2), ("test", 1)):
        for name in ("a", "b", "c"):
            (tmp_path / split / name).mkdir(parents=True)
            for number, content in enumerate(images(n)):
                (tmp_path / split / name / f"{number}.png").write_bytes(content)
    files = {split: [str(tmp_path / split)] for split in ("train", "test")}
    assert first_look.seen(files, NO_COLUMNS) == SEEN


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text"])
def test_what_is_damaged_is_left_to_the_job_that_reads_it(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert first_look.seen({"train": [tmp_path / "x"], "test": [tmp_path / "x"]}, NO_COLUMNS) is None


STUDY = {
    "name": "s", "model": "mlp", "widths": [[4, 8]], "label_noise": [0.0], "seeds": [0], "n_train": 6, "n_heldout": 0,
    "epochs": 1, "batch_size": 2, "evaluations": 2,
}  # fmt: skip


def test_trainings_on_images_of_ones_own_have_an_estimate_if_something_was_seen():
    jobs = {"minutes": 60, "gigaflops": 40}
    (cell,) = cells.cells(STUDY, {"name": "d", "source": "mine", "seen": SEEN}, jobs)
    assert cell.minutes > 0
    (cell,) = cells.cells(STUDY, {"name": "d", "source": "mine"}, jobs)
    assert cell.minutes is None
    seen = image_sizes.images({"source": "mine", "seen": SEEN, "classes": [0, 2]})
    assert seen == image_sizes.Images(pixels=45, channels=3, classes=2, test=2)
