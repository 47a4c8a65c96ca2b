"""Archives and parquet files made to harm: read once, nothing run, nothing written, little memory."""

import dataclasses
import io
import pickle
import re
import struct
import tarfile
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cifar10_files import (
    PER_BATCH,
    encoded,
    official_batch,
    official_members,
    pickled,
    put_parquet,
    random_split,
    read_parquet,
    tar_of,
)

from overparam.datasets import cifar, cifar_archive, parquet_layout, pickles
from overparam.datasets.download import digest
from overparam.errors import UserError
from overparam.plan.known_sources import SOURCES

BATCH = "cifar-10-batches-py/data_batch_3"
GOOD = pickled(official_batch(0))


@pytest.fixture
def refused(tmp_path):
    """Return a function that reads an archive with other members, its SHA-256 being right, and returns the message."""

    def refused(**changed):
        path = tmp_path / "archive.tar.gz"
        sha256 = tar_of(official_members() | changed, path)
        with pytest.raises(UserError) as caught:
            cifar.read_archive("cifar10", path, sha256)
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
        return str(caught.value)

    return refused


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickled({**official_batch(0), "labels": [2**70] * PER_BATCH}), "row 0 has the label 1180591620717411303424"),
        (pickled({**official_batch(0), "labels": [], "data": np.zeros((0, 3072), np.uint8)}), "at least one row"),
        # room for four thousand million numbered values, if the number were believed
        (b"\x80\x02]r\xff\xff\xff\xff.", "no dictionary"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.", "was refused"),
        # an array of a terabyte whose bytes are missing, and one made by calling the class
        (GOOD.replace(b"K\x14M\x00\x0c\x86", b"\x8a\x05\x00\x00\x00\x00\x10M\x00\x0c\x86"), "an array of shape"),
        (b"\x80\x02}U\x04datacnumpy\nndarray\n\x8a\x05\x00\x00\x00\x00\x10\x85Rs.", "no dictionary|no uint8 array"),
        (b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.", "not of bytes"),
        (b"\x80\x02cbuiltins\neval\nU\x011\x85R.", "names 'builtins.eval'"),
        (b"(" * 100_000, "was refused"),
        (b"", "was refused"),
    ],
    ids=range(10),
)
def test_pickles(refused, content, message):
    assert re.search(message, refused(**{BATCH: content}))


def test_arrays_hold_what_numpy_would_have_read():
    data = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for array in (data, np.asfortranarray(data), data[:0]):
        found = pickles.unpickled(pickled({"data": array}), "here")[b"data"]
        np.testing.assert_array_equal(found, array)
        assert found.dtype == np.uint8


def test_an_archive_that_unpacks_to_too_much(refused, monkeypatch):
    monkeypatch.setattr(cifar_archive, "LARGEST", 1 << 20)
    assert "unpacks to more than 1 MiB" in refused(zeros=bytes(1 << 20))


def test_a_member_that_stands_twice_or_has_holes(tmp_path):
    path = tmp_path / "archive.tar.gz"
    for double in (True, False):
        with tarfile.open(path, "w:gz") as archive:
            for name, content in official_members().items():
                for _ in range(1 + (double and name == BATCH)):
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    if not double and name == BATCH:
                        member.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 50)}
                    archive.addfile(member, io.BytesIO(content))
        with pytest.raises(UserError, match="data_batch_3 stands there twice, or is larger than the archive"):
            cifar.read_archive("cifar10", path, digest(path))


def test_members_with_other_paths_are_passed_over(tmp_path):
    path = tmp_path / "folder" / "archive.tar.gz"
    path.parent.mkdir()
    names = ["../escaped", "/tmp/escaped-overparam", "cifar-10-batches-py/../../escaped", "C:\\escaped"]
    sha256 = tar_of(official_members() | dict.fromkeys(names, b"x"), path)
    assert len(cifar.read_archive("cifar10", path, sha256).test) == PER_BATCH
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["archive.tar.gz", "folder"]
    assert not Path("/tmp/escaped-overparam").exists()


@pytest.mark.parametrize("kind", ["archive", "parquet"])
def test_a_file_is_opened_once(tmp_path, monkeypatch, kind):
    """So the bytes that are hashed are those that are read, even if the file is exchanged meanwhile."""
    path, opened = tmp_path / kind, []
    if kind == "archive":
        sha256 = tar_of(official_members(), path)
    else:
        put_parquet(path, [encoded(random_split(1).images[0].transpose(1, 2, 0))], [3])
    real = Path.open

    def spy(self, *arguments, **options):
        opened.append(self)
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", spy)
    if kind == "archive":
        assert cifar.read_archive("cifar10", path, sha256).checksum == sha256
        assert opened == [path]
    else:
        read_parquet([path], [path])
        assert opened == [path, path]


def test_large_files(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_layout, "LARGEST", 1 << 20)
    path = tmp_path / "large"
    path.write_bytes(bytes((1 << 20) + 1))
    for reading in (lambda: cifar.read_archive("cifar10", path), lambda: read_parquet([path], [path])):
        with pytest.raises(UserError, match="larger than 1 MiB"):
            reading()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(side: int, content: bytes) -> bytes:
    """Return a PNG that says it has ``side`` pixels per side."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


PIXELS = random_split(1).images[0].transpose(1, 2, 0)
ROWS = b"".join(b"\0" + row.tobytes() for row in PIXELS)


def test_a_png_of_our_own(tmp_path):
    path = put_parquet(tmp_path / "one.parquet", [png(32, ROWS)], [0])
    np.testing.assert_array_equal(read_parquet([path], [path]).train.images[0].transpose(1, 2, 0), PIXELS)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (png(9_000, b""), "RGB of 9000×9000 pixels, not RGB of 32×32"),  # 243 MB, if it were decoded
        (png(60_000, b""), "cannot be decoded"),
        (png(32, ROWS)[:60] + b"\xff" + png(32, ROWS)[61:], "cannot be decoded"),
        (png(32, ROWS)[:-14] + b"\xff" + png(32, ROWS)[-13:], "cannot be decoded"),  # the checksum of the pixels
        (bytes(70_000), "more than 65,536 bytes"),
        (encoded(PIXELS, "BMP"), "cannot be decoded"),
        (encoded(PIXELS, "GIF"), "cannot be decoded"),
        (encoded(PIXELS, "TIFF"), "cannot be decoded"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 32\n", "cannot be decoded"),
    ],
    ids=range(9),
)
def test_images(tmp_path, image, message):
    path = put_parquet(tmp_path / "one.parquet", [encoded(PIXELS), image], [0, 0])
    with pytest.raises(UserError, match=f"row 1.*{message}"):
        read_parquet([path], [path])


def test_rows_without_end(tmp_path, monkeypatch):
    path = put_parquet(tmp_path / "many.parquet", [None] * 101, [0] * 101)
    monkeypatch.setitem(SOURCES, "cifar10", dataclasses.replace(SOURCES["cifar10"], n_train=100, n_test=0))
    with pytest.raises(UserError, match="has 101 rows; CIFAR-10 has 100 in all"):
        read_parquet([path], [path])


def test_a_missing_struct_is_a_missing_image(tmp_path):
    path, good = tmp_path / "gap.parquet", {"bytes": encoded(PIXELS), "path": None}
    column = pa.array([good, None], pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    pq.write_table(pa.table({"img": column, "label": pa.array([1, 2])}), path)
    with pytest.raises(UserError, match="row 1 has no image"):
        read_parquet([path], [path])


def test_pickle_of_the_test_is_one():
    assert pickle.loads(pickled({"a": [1, 2]}), encoding="bytes") == {b"a": [1, 2]}


# --- pickles that ask for much ---

HUGE = 3 << 30
ASKING = {
    "BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", HUGE) + b"abc",
    "BINBYTES8": b"\x80\x04\x8e" + struct.pack("<Q", HUGE) + b"abc",
    "BINUNICODE8": b"\x80\x04\x8d" + struct.pack("<Q", HUGE) + b"abc",
    "BINBYTES": b"\x80\x03B" + struct.pack("<I", HUGE) + b"abc",
    "BINUNICODE": b"\x80\x02X" + struct.pack("<I", HUGE) + b"abc",
    "BINSTRING": b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b"abc",
    "LONG4": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"abc",
    "FRAME": b"\x80\x04\x95" + struct.pack("<Q", HUGE) + b"].",
    "LONG1": b"\x80\x02\x8a\xffabc",
    "negative LONG4": b"\x80\x02\x8b" + struct.pack("<i", -5) + b"abc",
    "negative BINSTRING": b"\x80\x02T" + struct.pack("<i", -5) + b"abc",
    "beyond 64 bits": b"\x80\x05\x96" + b"\xff" * 8 + b"abc",
    "a number of many digits": b"I" + b"9" * 100_000 + b"\n.",
    "a long number of many digits": b"\x80\x02L" + b"9" * 100_000 + b"L\n.",
    "a whole BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", 3) + b"abc.",
    "a whole LONG4": b"\x80\x02\x8b" + struct.pack("<i", 100) + b"\x01" * 100 + b".",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "PERSID": b"Pabc\n.",
    "INST": b"(ios\nsystem\n.",
    "OBJ": b"(cos\nsystem\no.",
    "NEWOBJ": b"\x80\x02cos\nsystem\n)\x81.",
    "EXT1": b"\x80\x02\x82\x01.",
    "DUP": b"\x80\x02]2" + b"a2" * 1000 + b".",
    "very many lists": b"\x80\x02" + b"]" * 3_000_000 + b".",
    "very many marks": b"\x80\x02" + b"(" * 3_000_000 + b".",
    "very many memos": b"\x80\x04]" + b"\x94" * 3_000_000 + b".",
    "a key that takes for ever to hash": b"\x80\x02}))\x86" + b"q\x00h\x00\x86" * 60 + b"Ns.",
    "such a key among others": b"\x80\x02}()" + b"q\x00h\x00\x86" * 60 + b"Nu.",
    "such a key in a whole dictionary": b"\x80\x02()" + b"q\x00h\x00\x86" * 60 + b"Nd.",
    "attributes of a dictionary": b"\x80\x02}}U\x04keysNsb.",
    "a shape that takes for ever to show": GOOD.replace(
        b"K\x14M\x00\x0c\x86", b")" + b"q\xfeh\xfe\x86" * 60 + b"K\x01\x86"
    ),
    "no pickle": b"not a pickle",
    "text": b"<html>",
    "nothing after the protocol": b"\x80\x02",
    "a later protocol": b"\x80\x63.",
}


@pytest.mark.parametrize("kind", ASKING)
def test_a_pickle_that_asks_for_much_is_refused_with_a_reason_before_it_gets_it(kind):
    tracemalloc.start()
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        found = pickles.unpickled(ASKING[kind], "here")
        cifar._batch(ASKING[kind], "here", SOURCES["cifar10"], b"labels") if not isinstance(found, dict) else None
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    message = str(caught.value)
    assert taken < 200 << 20 and time.monotonic() - start < 60
    assert message.isprintable() and len(message) < 500
    assert len(message.removeprefix("here was refused: ").strip()) > 10, message


def test_labels_of_any_size_are_shown(refused):
    long = {**official_batch(0), "labels": [10**30] + [0] * (PER_BATCH - 1)}
    assert "row 0 has the label 1000000000000000000000000000000" in refused(**{BATCH: pickled(long)})
    huge = pickled({**official_batch(0), "labels": [2**70] * PER_BATCH})
    assert "row 0 has the label" in refused(**{BATCH: huge})
