"""Files in the layouts of CIFAR-10, with few images: the official archive and parquet."""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from overparam.datasets import arrow, sources
from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.download import digest

REAL = Path(os.environ.get("OVERPARAM_CIFAR10", Path(arrow.__file__).parents[4] / "shared" / "data" / "cifar10-jpeg"))
PER_BATCH = 20
SCRIPTS = Path(arrow.__file__).parents[2]


def random_split(n: int, shape: tuple[int, ...] = (3, 32, 32), classes: int = 10, seed: int = 0) -> Split:
    generator = np.random.default_rng(seed)
    return Split(generator.integers(0, 256, (n, *shape), dtype=np.uint8), generator.integers(0, classes, n))


class Python2Pickler(pickle._Pickler):
    """Writes strings and truth values as Python 2 and the NumPy of its time wrote them in the official archive."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, text):
        content = text.encode("latin1") if isinstance(text, str) else text
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(text)

    def save_truth(self, truth):
        self.write(pickle.BININT1 + bytes([truth]))

    dispatch[bytes] = dispatch[str] = save_string
    dispatch[bool] = save_truth


def pickled(batch) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(batch)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def official_batch(number: int) -> dict:
    split = random_split(PER_BATCH, seed=number)
    return {
        "batch_label": f"training batch {number} of 5",
        "labels": split.labels.tolist(),
        "data": split.images.reshape(PER_BATCH, -1),
        "filenames": [f"leptodactylus_pentadactylus_s_{row:06}.png" for row in range(PER_BATCH)],
    }


def tar_of(members: dict[str, bytes], path: Path) -> str:
    """Write a .tar.gz of ``members`` and return its SHA-256."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return digest(path)


def official_members() -> dict[str, bytes]:
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    members = {f"cifar-10-batches-py/{name}": pickled(official_batch(number)) for number, name in enumerate(names)}
    return {"cifar-10-batches-py/readme.html": b"<html>", **members, "cifar-10-batches-py/batches.meta": b"not read"}


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format=form)
    return file.getvalue()


def put_parquet(path: Path, images: list[bytes | None], labels: list[int], column: str = "img", kind=None) -> Path:
    structs = pa.array(
        [{"bytes": image, "path": None} for image in images], pa.struct({"bytes": pa.binary(), "path": pa.string()})
    )
    pq.write_table(pa.table({column: structs, "label": pa.array(labels, kind or pa.int64())}), path)
    return path


def noise_dataset() -> Dataset:
    names = [f"class {label}" for label in range(10)]
    return Dataset("small", "noise", "ab" * 32, names, random_split(50), random_split(20, seed=1), 255, {"seed": 3})


def read_parquet(train: list[Path], test: list[Path], source: str = "cifar10", **settings) -> Dataset:
    return sources.read({"source": source, **settings}, {"train": train, "test": test})


def prepare(folder: Path, settings: dict, *inputs: str) -> subprocess.CompletedProcess:
    outputs = [("train", "train.arrow"), ("test", "test.arrow"), ("info", "dataset.json")]
    command = [sys.executable, str(SCRIPTS / "prepare.py"), json.dumps(settings), *inputs]
    command += [part for name, file in outputs for part in ("--output", name, str(folder / file))]
    return subprocess.run(command, capture_output=True, text=True)
