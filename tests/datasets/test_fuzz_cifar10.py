"""Damaged archives and parquet files of CIFAR-10: refused in a sentence, or images and labels that are such."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torchvision.io  # noqa: F401  decodes JPEGs; to load it takes more address space than a reader may have
from cifar10_files import REAL, encoded, official_members, put_parquet, random_split, read_parquet, tar_of
from fuzzing import bounded, damaged, read
from hypothesis import assume, given
from hypothesis import strategies as st

from overparam.datasets import cifar

SOME = {name: content for name, content in official_members().items() if not name.endswith(("readme.html", "meta"))}


def check(found):
    """Assert what everything that reads images takes for granted."""
    if found is None:
        return
    for split in (found.train, found.test):
        assert split.images.dtype == np.uint8 and split.images.shape == (len(split.labels), 3, 32, 32)
        assert split.labels.dtype == np.int64 and len(split.labels) > 0
        assert split.labels.min() >= 0 and split.labels.max() <= 9
    assert found.label in ("CIFAR-10", "CIFAR-10 (JPEG)") and len(found.checksum) == 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cifar10")


@pytest.fixture(scope="module")
def archive(folder):
    """The bytes of an archive in the official layout, and their SHA-256."""
    sha256 = tar_of(SOME, folder / "right.tar.gz")
    return (folder / "right.tar.gz").read_bytes(), sha256


@bounded(150)
@given(st.data())
def test_a_damaged_archive_has_another_checksum(archive, folder, data):
    content, sha256 = archive
    wrong = data.draw(damaged(content))
    (folder / "wrong.tar.gz").write_bytes(wrong)
    found = read(
        "archive, checksum of the right one", lambda: cifar.read_archive("cifar10", folder / "wrong.tar.gz", sha256)
    )
    assert (found is not None) == (wrong == content)


def read_as_configured(content, folder, target):
    """Read an archive whose checksum is configured, whatever it holds."""
    path = folder / "own.tar.gz"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    check(read(target, lambda: cifar.read_archive("cifar10", path, sha256)))
    assert sorted(entry.name for entry in folder.iterdir()) == ["own.tar.gz", "right.tar.gz", "wrong.tar.gz"]


@bounded(100)
@given(st.data())
def test_the_bytes_of_an_archive(archive, folder, data):
    read_as_configured(data.draw(damaged(archive[0])), folder, "archive, its own checksum: bytes")


@bounded(200)
@given(st.data())
def test_the_headers_of_an_archive(archive, folder, data):
    content = bytearray(gzip.decompress(archive[0]))
    with tarfile.open(fileobj=io.BytesIO(content)) as members:
        start = data.draw(st.sampled_from([member.offset for member in members]))
    content[start : start + 512] = data.draw(damaged(bytes(content[start : start + 512])))
    if data.draw(st.booleans()):  # as a forger would
        content[start + 148 : start + 156] = b" " * 8
        content[start + 148 : start + 156] = b"%06o\0 " % sum(content[start : start + 512])
    read_as_configured(gzip.compress(bytes(content), 1), folder, "archive, its own checksum: headers")


@bounded(300)
@given(st.data())
def test_the_pickles_of_an_archive(archive, folder, data):
    name = data.draw(st.sampled_from(sorted(SOME)))
    content, size = SOME[name], data.draw(st.sampled_from([400, 10**6]))  # the numbers before the pixels, or all of it
    wrong = data.draw(damaged(content[:size])) + content[size:]
    tar_of(SOME | {name: wrong}, folder / "own.tar.gz")
    read_as_configured((folder / "own.tar.gz").read_bytes(), folder, "archive, its own checksum: pickles")


@pytest.fixture(scope="module", params=["PNG", "JPEG"])
def images(request):
    """Encoded images: PNGs of noise, and real JPEGs where they are at hand."""
    if request.param == "JPEG":
        if not REAL.is_dir():
            pytest.skip(f"no CIFAR-10 parquet files in {REAL} (set OVERPARAM_CIFAR10)")
        rows = pq.ParquetFile(REAL / "test.parquet").iter_batches(12, columns=["img.bytes"])
        return [row["img"]["bytes"] for row in next(rows).to_pylist()]
    return [encoded(image.transpose(1, 2, 0)) for image in random_split(12).images]


@bounded(150)
@given(st.data())
def test_the_bytes_of_a_parquet_file(tmp_path_factory, images, data):
    path = tmp_path_factory.getbasetemp() / "wrong.parquet"
    content = put_parquet(path, images, [row % 10 for row in range(12)]).read_bytes()
    footer = data.draw(st.sampled_from([0, len(content) - 900]))  # all of it, or what says where all the rest is
    path.write_bytes(content[:footer] + data.draw(damaged(content[footer:])))
    check(read("parquet file: bytes", lambda: read_parquet([path], [path])))


@bounded(150)
@given(st.data())
def test_the_images_of_a_parquet_file(tmp_path_factory, images, data):
    path = tmp_path_factory.getbasetemp() / "wrong.parquet"
    wrong = list(images)
    wrong[data.draw(st.integers(0, 11))] = data.draw(damaged(data.draw(st.sampled_from(images))))
    put_parquet(path, wrong, [row % 10 for row in range(12)])
    check(read("parquet file: images", lambda: read_parquet([path], [path])))


KINDS = [pa.int64(), pa.int32(), pa.uint8(), pa.uint64(), pa.float64(), pa.string(), pa.bool_(), pa.null()]
STRUCTS = [("bytes", "path"), ("path", "bytes"), ("bytes",), ("bytes", "path", "more"), ("byte", "path"), ()]
NAMES = [("img", "label"), ("image", "label"), ("label", "img"), ("img", "img")]
ORDERS = [(0, 1), (1, 0), (0, 1, 1), (0,)]
LABELS = st.one_of(st.none(), st.integers(-2, 11), st.integers(-(2**63), 2**63 - 1))


@st.composite
def tables(draw, images):
    """Draw a table that is nearly, or even quite, in the layout of CIFAR-10."""

    def mostly(choices):
        return draw(st.sampled_from([choices[0]] * 4 + choices))

    labels = draw(st.one_of(st.lists(st.integers(0, 9), max_size=4), st.lists(LABELS, max_size=4)))
    kind, keys, names = mostly(KINDS), mostly(STRUCTS), mostly(NAMES)
    binary = mostly([pa.binary(), pa.large_binary(), pa.string()])
    kinds = {key: binary if key == "bytes" else pa.string() for key in keys}
    right = [{"bytes": image.hex() if binary == pa.string() else image, "path": None} for image in images]
    rows = [mostly([image, None]) for image in right[: len(labels)]]
    structs = pa.array([row and {key: row.get(key) for key in keys} for row in rows], pa.struct(list(kinds.items())))
    numbers = pa.array(labels, pa.int64())
    numbers = pa.nulls(len(labels)) if kind == pa.null() else numbers.cast(kind, safe=False)
    columns, order = (structs, numbers), mostly(ORDERS)
    return pa.Table.from_arrays([columns[place] for place in order], [names[place] for place in order])


@bounded(200)
@given(st.data())
def test_the_columns_of_a_parquet_file(tmp_path_factory, images, data):
    path = tmp_path_factory.getbasetemp() / "wrong.parquet"
    table = data.draw(tables(images))
    rows, compression = (
        data.draw(st.sampled_from([1, 100])),
        data.draw(st.sampled_from(["none", "snappy", "zstd", "gzip"])),
    )
    assume(all(not pa.types.is_struct(kind) or kind.num_fields for kind in table.schema.types))  # parquet has no such
    pq.write_table(table, path, row_group_size=rows, compression=compression)
    check(read("parquet file: columns", lambda: read_parquet([path], [path])))
