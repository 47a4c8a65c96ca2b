"""CIFAR-10 from its archive, and from real files where they are; what is refused, and the program that prepares it."""

import gzip
import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from cifar10_files import (
    PER_BATCH,
    REAL,
    official_batch,
    official_members,
    pickled,
    prepare,
    random_split,
    read_parquet,
    tar_of,
)

from overparam.datasets import arrow, cifar, cifar_archive, pickles, views
from overparam.datasets.download import digest
from overparam.errors import UserError
from overparam.plan.known_sources import SOURCES


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    return path, tar_of(official_members(), path)


def test_python2_pickle_is_what_the_test_says():
    content = pickled(official_batch(0))
    assert b"cnumpy.core.multiarray\n_reconstruct" in content
    assert b"_codecs" not in content
    assert pickle.BINUNICODE + b"\x06" not in content


@pytest.mark.filterwarnings("error")
def test_official_layout_is_read(archive):
    path, sha256 = archive
    source = cifar.read_archive("cifar10", path, sha256)
    expected = [random_split(PER_BATCH, seed=number) for number in range(6)]
    np.testing.assert_array_equal(source.train.images, np.concatenate([split.images for split in expected[:5]]))
    np.testing.assert_array_equal(source.train.labels, np.concatenate([split.labels for split in expected[:5]]))
    np.testing.assert_array_equal(source.test.images, expected[5].images)
    assert (source.label, source.checksum, source.classes[1]) == ("CIFAR-10", sha256, "automobile")
    assert source.train.images.dtype == np.uint8
    assert not list(path.parent.glob("cifar-10-batches-py*")), "the archive was extracted"


def test_wrong_hash_is_refused_before_anything_is_unpickled(archive, monkeypatch):
    path, sha256 = archive
    calls = []

    class Spy(pickles.RestrictedUnpickler):
        def __init__(self, file):
            calls.append(file)
            super().__init__(file)

    monkeypatch.setattr(pickles, "RestrictedUnpickler", Spy)
    monkeypatch.setattr(cifar_archive, "members", lambda *_: pytest.fail("the archive was opened"))
    with pytest.raises(UserError) as caught:
        cifar.read_archive("cifar10", path)
    for part in (str(path), sha256, SOURCES["cifar10"].archive.sha256, "https://www.cs.toronto.edu", "archive.sha256"):
        assert part in str(caught.value)
    assert not calls
    monkeypatch.undo()
    monkeypatch.setattr(pickles, "RestrictedUnpickler", Spy)
    cifar.read_archive("cifar10", path, sha256)
    assert len(calls) == 6, "the spy sees nothing"


class Malicious:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("function", [os.mkdir, eval, getattr, np.load, np.dtype])
def test_malicious_pickle_is_refused(tmp_path, function, protocol):
    trap = tmp_path / "sprung"
    argument = {eval: f"__import__('os').mkdir({str(trap)!r})", np.dtype: "O"}.get(function, str(trap))
    content = pickle.dumps({"data": Malicious(function, argument), "labels": []}, protocol)
    members = official_members() | {"cifar-10-batches-py/data_batch_3": content}
    path = tmp_path / "archive.tar.gz"
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match=r"data_batch_3 was refused"):
        cifar.read_archive("cifar10", path, sha256)
    assert not trap.exists()


def test_malicious_pickle_would_have_worked(tmp_path):
    trap = tmp_path / "sprung"
    pickle.loads(pickle.dumps(Malicious(os.mkdir, str(trap))))
    assert trap.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [10] * PER_BATCH}, "row 0 has the label 10"),
        ({"labels": [0] * (PER_BATCH - 1)}, f"no list of {PER_BATCH} integers"),
        ({"labels": [0.5] * PER_BATCH}, "integers"),
        ({"data": np.zeros((PER_BATCH, 3071), np.uint8)}, "3072 columns"),
        ({"data": [1, 2]}, "3072 columns"),
    ],
)
def test_wrong_batch_is_refused(tmp_path, change, message):
    members = official_members() | {"cifar-10-batches-py/data_batch_2": pickled(official_batch(1) | change)}
    path = tmp_path / "archive.tar.gz"
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match=message):
        cifar.read_archive("cifar10", path, sha256)


def test_other_archives_are_refused(tmp_path):
    path = tmp_path / "archive.tar.gz"
    with pytest.raises(UserError, match="does not exist"):
        cifar.read_archive("cifar10", path)
    members = official_members()
    del members["cifar-10-batches-py/test_batch"]
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match="lacks test_batch"):
        cifar.read_archive("cifar10", path, sha256)
    for content in (b"text", gzip.compress(b"text"), path.read_bytes()[:-5000]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"no readable|lacks"):
            cifar.read_archive("cifar10", path, hashlib.sha256(content).hexdigest())


def test_links_in_an_archive_are_not_followed(tmp_path):
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in official_members().items():
            member = tarfile.TarInfo(name)
            if name.endswith("test_batch"):
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            member.size = 0 if member.issym() else len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(UserError, match="lacks test_batch"):
        cifar.read_archive("cifar10", path, digest(path))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no CIFAR-10 parquet files in {REAL} (set OVERPARAM_CIFAR10)")
def test_real_images(tmp_path):
    source = read_parquet([REAL / "train.parquet"], [REAL / "test.parquet"])
    np.testing.assert_array_equal(np.bincount(source.train.labels), np.full(10, 5000))
    np.testing.assert_array_equal(np.bincount(source.test.labels), np.full(10, 1000))
    assert source.label == "CIFAR-10 (JPEG)"
    mean, deviation = source.moments  # of the official training images: 125.3 123.0 113.9 and 63.0 62.1 66.7
    np.testing.assert_allclose(mean, [125.3, 123.0, 113.9], atol=1)
    np.testing.assert_allclose(deviation, [63.0, 62.1, 66.7], atol=1)
    settings = {"name": "small", "classes": [0, 1, 2, 3], "resolution": 16, "n_train": 8000, "n_test": 2000, "seed": 0}
    arrow.write(tmp_path, views.view(source, settings))
    small = arrow.read(tmp_path)
    assert small.shape == (3, 16, 16)
    np.testing.assert_array_equal(np.bincount(small.train.labels), np.full(4, 2000))
    np.testing.assert_allclose(small.moments[0], mean, atol=15)  # four classes have another mean, but not by much


def test_program_prepares_the_archive(tmp_path, archive):
    path, sha256 = archive
    settings = {"name": "a", "source": "cifar10", "sha256": sha256, "seed": 0}
    done = prepare(tmp_path, settings, "--input", "archive", str(path))
    assert done.returncode == 0, done.stderr
    assert arrow.read(tmp_path).checksum == sha256
    refused = prepare(tmp_path / "b", settings | {"sha256": None}, "--input", "archive", str(path))
    assert refused.returncode == 1
    assert SOURCES["cifar10"].archive.sha256 in refused.stderr
    assert "Traceback" not in refused.stderr


# --- archives packed again, and other files under the archive's name ---


def repacked(members: dict[str, bytes], form: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=form) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def renamed(folder: str) -> dict[str, bytes]:
    return {f"{folder}{name.split('/')[1]}": content for name, content in official_members().items()}


@pytest.mark.parametrize("form", ["w:gz", "w:"])
@pytest.mark.parametrize("folder", ["./cifar-10-batches-py/", "./", "", "cifar/", "a/b/c/", "/cifar-10-batches-py/"])
def test_an_archive_packed_again_is_read_by_its_own_checksum(tmp_path, archive, folder, form):
    path = tmp_path / "own.tar.gz"
    path.write_bytes(repacked(renamed(folder) | {f"{folder}._data_batch_1": b"left by a Mac"}, form))
    found = cifar.read_archive("cifar10", path, digest(path).upper())
    np.testing.assert_array_equal(found.train.images, cifar.read_archive("cifar10", *archive).train.images)
    assert found.checksum == digest(path)
    with pytest.raises(UserError, match=r"set config.sources.cifar10.archive.sha256 to the SHA-256 found") as caught:
        cifar.read_archive("cifar10", path)
    assert digest(path) in str(caught.value)


def test_the_same_member_in_two_folders_is_refused(tmp_path):
    path = tmp_path / "own.tar.gz"
    path.write_bytes(repacked(official_members() | {"data_batch_1": b"other"}))
    with pytest.raises(UserError, match="data_batch_1 stands there twice"):
        cifar.read_archive("cifar10", path, digest(path))


BATCH = {"cifar-10-batches-py/data_batch_1": np.random.default_rng(0).bytes(5000)}
OTHERS = {
    "HTML": (b"<!doctype html><html>Sign in", "it is an HTML page"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
    "zip": (b"PK\x03\x04", "it is a zip archive"),
    "empty": (b"", "it is empty"),
    "text": (b"404: not found", "it is a text"),
    "binary version": (
        repacked({"cifar-10-batches-bin/data_batch_1.bin": b"x"}),
        "it is the binary version of CIFAR-10",
    ),
    "Matlab version": (repacked({"cifar-10-batches-mat/test_batch.mat": b"x"}), "it is the Matlab version"),
    "CIFAR-100": (repacked({"cifar-100-python/train": b"x"}), "it is CIFAR-100"),
    "CIFAR-100 binary": (repacked({"./cifar-100-binary/train.bin": b"x"}), "it is CIFAR-100, the binary"),
    "plain tar": (repacked(BATCH, "w:"), "unpacked to a plain tar, which some browsers do"),
    "cut": (repacked(BATCH)[:2000], "begins like CIFAR-10, but has 2,000 of 170,498,071 bytes: cut off"),
    "packed again": (repacked(BATCH), "of 170,498,071 bytes: cut off, or packed again"),
    "something": (bytes(range(256)) * 4, "is not the expected file\\.\n"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_file_is_named(tmp_path, kind):
    content, message = OTHERS[kind]
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        cifar.read_archive("cifar10", path)
    for part in (
        hashlib.sha256(content).hexdigest(),
        "archive.sha256",
        "https://www.cs.toronto.edu",
        "170,498,071 bytes",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (repacked({"cifar-10-batches-bin/data_batch_1.bin": b"x"}), "it is the binary version of CIFAR-10. It holds"),
        (repacked({"cifar-10-batches-mat/data_batch_1.mat": b"x"}), "it is the Matlab version"),
        (repacked({"cifar-100-python/train": b"x"}), "it is CIFAR-100, the Python version"),
        (repacked({"readme": b"x"}), "not the Python version of CIFAR-10, or not all of it. It holds 'readme'"),
        (b"PK\x03\x04", r"no readable .tar.gz archive \(.*\): it is a zip archive; unpack it"),
        (repacked(official_members(), "w:xz"), "it is compressed with xz; unpack it"),
    ],
    ids=range(6),
)
def test_another_file_whose_checksum_is_given(tmp_path, content, message):
    path = tmp_path / "own.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        cifar.read_archive("cifar10", path, digest(path))


def test_names_in_an_archive_are_shown_bounded_and_harmless(tmp_path):
    path = tmp_path / "own.tar.gz"
    path.write_bytes(repacked({"\x1b[31m" + "x" * 100_000 + str(number): b"" for number in range(50)}))
    with pytest.raises(UserError) as caught:
        cifar.read_archive("cifar10", path, digest(path))
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
