"""Images and labels from parquet files: every published layout is read, and wrong content is refused with its row."""

import dataclasses
import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cifar10_files import encoded, prepare, put_parquet, random_split, read_parquet

from overparam.datasets import arrow
from overparam.datasets.download import digest
from overparam.errors import UserError
from overparam.plan.known_sources import SOURCES


@pytest.fixture
def pictures():
    return random_split(12).images


@pytest.fixture
def png(tmp_path, pictures):
    images = [encoded(image.transpose(1, 2, 0)) for image in pictures]
    return put_parquet(tmp_path / "test.parquet", images, [row % 10 for row in range(12)])


def test_png_parquet_is_read_exactly(png, pictures):
    source = read_parquet([png], [png])
    np.testing.assert_array_equal(source.train.images, pictures)
    np.testing.assert_array_equal(source.test.labels, np.arange(12) % 10)
    assert source.label == "CIFAR-10"
    assert source.checksum == hashlib.sha256(bytes.fromhex(digest(png)) * 2).hexdigest()


def test_jpeg_parquet_says_so(png, tmp_path, pictures):
    images = [encoded(pictures[0].transpose(1, 2, 0)), encoded(pictures[1].transpose(1, 2, 0), "JPEG")]
    mixed = put_parquet(tmp_path / "train.parquet", images, [3, 4])
    source = read_parquet([mixed], [png])
    assert source.label == "CIFAR-10 (JPEG)"
    assert source.checksum != read_parquet([png], [mixed]).checksum


def test_parquet_with_a_wrong_row_names_it(png, tmp_path, pictures):
    good = encoded(pictures[0].transpose(1, 2, 0))
    cases = [
        ([good, good], [0, 10], "row 1 has the label 10"),
        ([good, good], [-1, 0], "row 0 has the label -1"),
        ([good, good[:100]], [0, 0], "row 1: the image cannot be decoded"),
        ([good, b"text"], [0, 0], "row 1: the image cannot be decoded"),
        ([good, None], [0, 0], "row 1 has no image"),
        ([good, encoded(np.zeros((32, 32), np.uint8))], [0, 0], "row 1: the image is L of 32×32"),
        ([good, encoded(np.zeros((28, 30, 3), np.uint8))], [0, 0], "row 1: the image is RGB of 30×28"),
        ([good], [None], "without a label"),
        ([], [], "no rows"),
    ]
    for images, labels, message in cases:
        wrong = put_parquet(tmp_path / "train.parquet", images, labels)
        with pytest.raises(UserError, match=message) as caught:
            read_parquet([wrong], [png])
        assert str(wrong) in str(caught.value)


def test_program_prepares_parquet(tmp_path, png):
    settings = {"name": "p", "source": "cifar10", "n_train": 6, "seed": 0}
    done = prepare(tmp_path, settings, "--input", "train", str(png), "--input", "test", str(png))
    assert done.returncode == 0, done.stderr
    assert len(arrow.read(tmp_path).train) == 6


# --- the layouts in which images are published ---

PICTURE = random_split(3).images
IMAGES = [encoded(image.transpose(1, 2, 0)) for image in PICTURE]
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def struct_of(**fields) -> pa.Array:
    return pa.StructArray.from_arrays(list(fields.values()), list(fields))


def put(path, image, label=None, column="img", **more):
    columns = {column: image, "label": pa.array([2, 0, 9]) if label is None else label, **more}
    pq.write_table(pa.table(columns), path)
    return path


IMAGE_KINDS = {
    "as published": struct_of(bytes=pa.array(IMAGES), path=pa.nulls(3, pa.string())),
    "path of type null": struct_of(bytes=pa.array(IMAGES), path=pa.nulls(3)),
    "path given": struct_of(bytes=pa.array(IMAGES), path=pa.array(["a.png", "b.png", None])),
    "no path": struct_of(bytes=pa.array(IMAGES)),
    "swapped": struct_of(path=pa.nulls(3, pa.string()), bytes=pa.array(IMAGES)),
    "more fields": struct_of(size=pa.array([1, 2, 3]), bytes=pa.array(IMAGES), path=pa.nulls(3)),
    "large": struct_of(bytes=pa.array(IMAGES, pa.large_binary()), path=pa.nulls(3, pa.large_string())),
    "view": struct_of(bytes=pa.array(IMAGES, pa.binary_view()), path=pa.nulls(3)),
    "dictionary": struct_of(bytes=pa.array(IMAGES).dictionary_encode(), path=pa.nulls(3)),
    "binary": pa.array(IMAGES),
    "large binary": pa.array(IMAGES, pa.large_binary()),
    "binary view": pa.array(IMAGES, pa.binary_view()),
    "binary dictionary": pa.array(IMAGES).dictionary_encode(),
}


@pytest.mark.parametrize("column", ["img", "image"])
@pytest.mark.parametrize("kind", IMAGE_KINDS)
def test_every_kind_of_image_column(tmp_path, kind, column):
    path = put(tmp_path / "x.parquet", IMAGE_KINDS[kind], column=column, id=pa.array([1, 2, 3]))
    found = read_parquet([path], [path])
    np.testing.assert_array_equal(found.train.images, PICTURE)
    np.testing.assert_array_equal(found.test.labels, [2, 0, 9])


INTEGERS = [f"{sign}int{width}" for sign in ("", "u") for width in (8, 16, 32, 64)]
LABEL_KINDS = {kind: pa.array([2, 0, 9], getattr(pa, kind)()) for kind in INTEGERS}
LABEL_KINDS |= {f"dictionary of {kind}": LABEL_KINDS[kind].dictionary_encode() for kind in ("int64", "uint8")}
LABEL_KINDS |= {"names": pa.array(["bird", "airplane", "truck"])}
LABEL_KINDS |= {"large names": LABEL_KINDS["names"].cast(pa.large_string())}
LABEL_KINDS |= {"dictionary of names": LABEL_KINDS["names"].dictionary_encode()}


@pytest.mark.parametrize("kind", LABEL_KINDS)
def test_every_kind_of_label_column(tmp_path, kind):
    path = put(tmp_path / "x.parquet", IMAGE_KINDS["as published"], LABEL_KINDS[kind])
    found = read_parquet([path], [path])
    np.testing.assert_array_equal(found.train.labels, [2, 0, 9])
    assert found.train.labels.dtype == np.int64


def test_several_files_of_a_split(tmp_path):
    first, second = (put(tmp_path / f"{number}.parquet", IMAGE_KINDS["binary"]) for number in range(2))
    found = read_parquet([first, second], [first])
    np.testing.assert_array_equal(found.train.images, np.concatenate([PICTURE, PICTURE]))
    train = hashlib.sha256(bytes.fromhex(digest(first)) + bytes.fromhex(digest(second))).digest()
    assert found.checksum == hashlib.sha256(train + bytes.fromhex(digest(first))).hexdigest()


def test_too_many_rows_in_all_files(tmp_path, monkeypatch):
    path = put(tmp_path / "x.parquet", IMAGE_KINDS["binary"])
    monkeypatch.setitem(SOURCES, "cifar10", dataclasses.replace(SOURCES["cifar10"], n_train=5, n_test=0))
    with pytest.raises(UserError, match="the files before it have 6 rows; CIFAR-10 has 5 in all"):
        read_parquet([path, path], [path])


NESTED = IMAGE_KINDS["as published"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"img": NESTED, "label": [0.0, 1.0, 2.0]}, "column 'label' has the type 'double'; labels must be whole"),
        ({"img": NESTED, "label": [True, False, True]}, "column 'label' has the type 'bool'"),
        ({"img": NESTED, "label": pa.nulls(3)}, "column 'label' has the type 'null'"),
        ({"img": NESTED, "label": ["bird", "plane", "dog"]}, r"row 1 has the label 'plane', not one of 0\.\.9"),
        ({"img": NESTED, "label": pa.array([0, 2**63, 1], pa.uint64())}, "row 1 has the label 9223372036854775808"),
        ({"img": NESTED, "label": pa.array([0, None, 1])}, "rows without a label"),
        (
            {"img": NESTED, "image": NESTED, "label": [0, 1, 2]},
            "one column 'img' or 'image' with images; it has 2",
        ),
        ({"img": NESTED, "fine_label": [0, 1, 2]}, "'label' with labels; it has none .* it is CIFAR-100"),
        ({"picture": NESTED, "label": [0, 1, 2]}, "it has none among its columns 'picture', 'label'"),
        ({"img": struct_of(path=pa.nulls(3)), "label": [0, 1, 2]}, "a struct of 'path'; it needs the field `bytes`"),
        ({"img": struct_of(bytes=pa.array(["a", "b", "c"])), "label": [0, 1, 2]}, "has the type 'string', not binary"),
        ({"img": [[1, 2], [3], [4]], "label": [0, 1, 2]}, "column 'img' has the type 'list<.*int64>', not binary"),
    ],
    ids=range(12),
)
def test_columns_of_other_kinds_are_refused(tmp_path, columns, message):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(UserError, match=message):
        read_parquet([path], [path])


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        (NAMES, True),
        (["plane", "car", *NAMES[2:]], True),
        ([name.title() for name in NAMES], True),
        (NAMES[::-1], False),
        ([*NAMES[1:], NAMES[0]], False),
        (list("0123456789"), False),
        ([], True),
        (None, True),
        ("airplane", False),
        ({"0": "airplane"}, False),
        ([["airplane"]], False),
    ],
    ids=range(11),
)
def test_the_names_that_a_file_gives_its_classes(tmp_path, names, fits):
    described = {"info": {"features": {"label": {"_type": "ClassLabel", "names": names}}}}
    table = pa.table({"img": NESTED, "label": [0, 1, 2]})
    path = tmp_path / "x.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(described)}), path)
    if fits:
        assert len(read_parquet([path], [path]).train) == 3
    else:
        with pytest.raises(UserError, match=r"says that its labels mean .* it is not CIFAR-10, or numbers its classes"):
            read_parquet([path], [path])


@pytest.mark.parametrize("described", [b"", b"{", b"[]", b'{"info": 3}', b"[" * 100_000, b"\xff"])
def test_a_description_that_is_none(tmp_path, described):
    path = tmp_path / "x.parquet"
    table = pa.table({"img": NESTED, "label": [0, 1, 2]})
    pq.write_table(table.replace_schema_metadata({"huggingface": described}), path)
    assert len(read_parquet([path], [path]).train) == 3


def test_messages_are_bounded_whatever_the_columns_are_called(tmp_path):
    path = tmp_path / "x.parquet"
    wide = {f"wrong column number {number}": pa.array([0]) for number in range(20_000)}
    pq.write_table(pa.table(wide), path)
    with pytest.raises(UserError) as caught:
        read_parquet([path], [path])
    assert len(str(caught.value)) < 1000 and "and 19,992 more" in str(caught.value)
    evil = "\x1b[31mred\x1b]0;title\x07\n\u202e" + "x" * 10**6
    for columns in ({evil: [0]}, {"img": struct_of(**{evil: pa.array([0])}), "label": [0]}):
        pq.write_table(pa.table(columns), path)
        with pytest.raises(UserError) as caught:
            read_parquet([path], [path])
        assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
        assert "\\x1b[31mred" in str(caught.value)
    deep = pa.array([0], pa.int64())
    for _ in range(60):
        deep = struct_of(**{"field" * 30: deep})
    pq.write_table(pa.table({"img": deep, "label": deep}), path)
    with pytest.raises(UserError) as caught:
        read_parquet([path], [path])
    assert len(str(caught.value)) < 1000


def test_one_image_that_stands_in_every_row_takes_memory_once(tmp_path):
    path, long = tmp_path / "x.parquet", pa.array([bytes(5_000_000)])
    image = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), long)
    table = pa.table({"img": image, "label": [0] * 200})
    pq.write_table(table, path, dictionary_pagesize_limit=1 << 30, store_schema=False)  # else read as a dictionary
    assert path.stat().st_size < 1_000_000
    usual, pool = pa.default_memory_pool(), pa.system_memory_pool()
    pa.set_memory_pool(pool)
    try:
        with pytest.raises(UserError, match=r"row 0: the image has more than 65,536 bytes"):
            read_parquet([path], [path])
    finally:
        pa.set_memory_pool(usual)
    assert 0 < pool.max_memory() < 200 << 20  # written out, a gigabyte


def test_a_jpeg_with_a_damaged_scan_is_named_with_its_row(tmp_path):
    whole = [encoded(image.transpose(1, 2, 0), "JPEG") for image in PICTURE]
    path = put_parquet(tmp_path / "x.parquet", [*whole, whole[0][:-300] + b"\xff\xd9"], [0, 1, 2, 3])
    with pytest.raises(UserError, match=r"row 3: the image cannot be decoded whole: .*premature end"):
        read_parquet([path], [path])


OTHER_FILES = {
    "an HTML page": b"<!DOCTYPE html><html><title>Sign in</title>",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 119705255\n",
    "a zip archive": b"PK\x03\x04rest",
    "empty": b"",
    "a JSON text": b'{"error": "Repository not found"}',
    "a gzip file": b"\x1f\x8b\x08rest",
}


@pytest.mark.parametrize("kind", OTHER_FILES)
def test_other_files_are_named(tmp_path, kind):
    path = tmp_path / "train.parquet"
    path.write_bytes(OTHER_FILES[kind])
    with pytest.raises(UserError, match=f"train.parquet is no parquet file: it is {kind}.*; "):
        read_parquet([path], [path])


def test_a_parquet_file_that_is_cut_off(tmp_path):
    path = put(tmp_path / "x.parquet", NESTED)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"no readable parquet file, cut off or damaged: .*; fetch it again"):
        read_parquet([path], [path])
