"""Where images lie: every published place is found, and what is none is named before any job starts."""

import os
import re

import pytest

from overparam.errors import UserError
from overparam.plan import config as configuration
from overparam.plan import image_files, locating

PARQUET, ARCHIVE = b"PAR1", b"\x1f\x8b\x08"


def found_at(place):
    return locating.found(place, "cifar10")


def split_files(given, split):
    return locating.split_files(given, split, "cifar10")


def put(folder, *names, content=PARQUET):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def names_of(found, folder):
    return [[os.path.relpath(path, folder) for path in files] for files in (found.train, found.test)]


LAYOUTS = [
    (["train.parquet"], ["test.parquet"]),
    (["train-00000-of-00001.parquet"], ["test-00000-of-00001.parquet"]),
    (["plain_text/train-00000-of-00001.parquet"], ["plain_text/test-00000-of-00001.parquet"]),
    (["data/train-00000-of-00001-b42d97b3.parquet"], ["data/test-00000-of-00001-2f1c6a.parquet"]),
    ([f"data/train-0000{n}-of-00003.parquet" for n in range(3)], ["data/test-00000-of-00001.parquet"]),
    (["plain_text/cifar10-train.parquet"], ["plain_text/cifar10-test.parquet"]),
    (["plain_text/train/0000.parquet", "plain_text/train/0001.parquet"], ["plain_text/test/0000.parquet"]),
    (["train/part-1.parquet", "train/part-2.parquet", "train/part-10.parquet"], ["test/part-1.parquet"]),
    (["CIFAR10_Training.PARQUET"], ["CIFAR10_Test.parquet"]),
    (["cache/snapshots/abc/train.parquet"], ["cache/snapshots/abc/test.parquet"]),
]


@pytest.mark.parametrize(("train", "test"), LAYOUTS, ids=range(len(LAYOUTS)))
def test_parquet_files_in_a_folder(tmp_path, train, test):
    put(tmp_path, *train, *test)
    put(tmp_path, "README.md", ".cache/train.parquet", "validation.parquet", content=b"x")
    assert names_of(found_at(str(tmp_path)), tmp_path) == [train, test]


def test_a_pattern(tmp_path):
    put(tmp_path, "a/train-00000-of-00001.parquet", "a/test-00000-of-00001.parquet", "b/test.parquet")
    found = found_at(f"{tmp_path}/a/*.parquet")
    assert names_of(found, tmp_path) == [["a/train-00000-of-00001.parquet"], ["a/test-00000-of-00001.parquet"]]
    with pytest.raises(UserError, match=r"are not parquet files of both splits: 'test.parquet'; names need the word"):
        found_at(f"{tmp_path}/b/*")
    with pytest.raises(UserError, match=r"there is no file .*nothing\*; .*/b is there"):
        found_at(f"{tmp_path}/b/nothing*")


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path):
    put(tmp_path / "[1]*", "train.parquet", "test.parquet")
    assert names_of(found_at(str(tmp_path / "[1]*")), tmp_path / "[1]*") == [["train.parquet"], ["test.parquet"]]


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", "sub/cifar-10-python.tgz", "cifar-10-python (1).tar.gz"])
def test_an_archive_in_a_folder(tmp_path, name):
    put(tmp_path, name, content=ARCHIVE)
    assert found_at(str(tmp_path)).archive == str(tmp_path / name)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "it holds nothing. It may hold parquet files of both splits (train.parquet and test.parquet, or train-0"),
        (["notes.txt"], "it holds 'notes.txt'. It may hold"),
        (["train.parquet"], "Among its parquet files, 'train.parquet', one split is missing"),
        (["a.parquet", "b.parquet"], "one split is missing, or no name has the word train or test"),
        (
            ["cifar-10-batches-py/data_batch_1", "cifar-10-batches-py/test_batch"],
            "That is the archive unpacked: its ",
        ),
        (["data_batch_1", "batches.meta"], "That is the archive unpacked"),
        (["cifar-10-batches-bin/data_batch_1.bin"], "That is the binary version"),
        (["cifar-10-batches-mat/test_batch.mat"], "That is the Matlab version"),
        (["cifar-10-binary.tar.gz"], "That is the binary version"),
        (["cifar-10-matlab.tar.gz"], "That is the Matlab version"),
        (["cifar-100-python/train", "cifar-100-python/test", "cifar-100-python/meta"], "That is CIFAR-100"),
        (["cifar-100-python.tar.gz"], "That is CIFAR-100"),
        (["train/airplane/1.png", "train/bird/1.png", "test/bird/1.png"], "That is images in folders, which are not"),
        (["0/1.jpg", "1/1.jpeg"], "That is images in folders"),
        (["cifar-10-python.tar.gz.crdownload"], "That is a download that is not finished"),
        (["dataset_dict.json", "train/data-00000-of-00001.arrow"], "That is Arrow files of the library `datasets`"),
        (["cifar10-train.tfrecord"], "That is TFRecord files"),
        (["cifar10.npz"], "That is NumPy files"),
        (["cifar-10-python.tar"], "That is an archive of another kind"),
        (["cifar10.zip"], "That is an archive of another kind"),
    ],
    ids=range(20),
)
def test_a_folder_without_images_is_told_what_it_holds_and_may_hold(tmp_path, names, message):
    put(tmp_path, *names, content=b"x")
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        found_at(str(tmp_path))
    assert "cifar-10-python.tar.gz from https://www.cs.toronto.edu" in str(caught.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a/train.parquet", "a/test.parquet", "b/train.parquet", "b/test.parquet"], "several data sets, in 'a', 'b'"),
        (["train.parquet", "train-00000-of-00001.parquet", "test.parquet"], "are not parts of one set"),
        (["train-00000-of-00002.parquet", "test.parquet"], "of the 2 train files 1 are missing, .* number 00001"),
        (["train-00000-of-00001.parquet", "train-00001-of-00002.parquet", "test.parquet"], "are not parts of one set"),
        (["train_old.parquet", "train_new.parquet", "test.parquet"], "are not parts of one set; .*parquet.train"),
    ],
    ids=range(5),
)
def test_a_folder_with_too_much_or_too_little(tmp_path, names, message):
    put(tmp_path, *names)
    with pytest.raises(UserError, match=message):
        found_at(str(tmp_path))


def test_several_archives(tmp_path):
    put(tmp_path, "cifar-10-python.tar.gz", "old/cifar-10-python.tar.gz", content=ARCHIVE)
    with pytest.raises(
        UserError, match=r"holds several archives, 'cifar-10-python.tar.gz', 'old/cifar-.*; name the one"
    ):
        found_at(str(tmp_path))


def test_a_folder_of_very_many_files_is_told_in_one_line(tmp_path):
    put(tmp_path, *(f"{number} \x1b[31m\n.png" for number in range(3000)), content=b"")
    with pytest.raises(UserError) as caught:
        found_at(str(tmp_path))
    assert len(str(caught.value)) < 1500 and str(caught.value).isprintable()
    assert "and 2,992 more (3,000 .png files)" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><html>", "it is an HTML page; a login, error or preview page was saved in place"),
        (b"\n\n<!-- x --> <HTML>", "it is an HTML page"),
        (b"PK\x03\x04", "it is a zip archive; unpack it"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "a Git LFS pointer, not the file itself; run `git lfs pull`",
        ),
        (b"", "it is empty; the download or copy broke off"),
        (b"PAR1", "is one parquet file, and CIFAR-10 needs one or more for each split: name the folder"),
        (b"\xfd7zXZ\0\0", "compressed with xz"),
        (b"BZh9", "compressed with bzip2"),
        (b"\x80\x02}q\x01", "a pickle, one member of the unpacked archive; name the archive"),
        (b"\x80\x04\x95", "a pickle"),
        (b"MATLAB 5.0 MAT-file", "a Matlab file; take the Python version"),
        (b'{"message": "Not Found"}', "a JSON text; a server's error"),
        (b"<?xml version='1.0'?><Error>", "an XML text"),
        (b"just text\n", "it is a text"),
        (
            bytes(range(256)),
            "is no archive of CIFAR-10. The official one (170,498,071 bytes) is at https://www.cs.toronto",
        ),
    ],
    ids=range(15),
)
def test_a_file_that_is_no_archive(tmp_path, content, message):
    put(tmp_path, "cifar-10-python.tar.gz", content=content)
    for place in (tmp_path / "cifar-10-python.tar.gz", tmp_path):
        with pytest.raises(UserError, match=re.escape(message)):
            found_at(str(place))


def test_a_plain_tar_is_left_to_its_checksum(tmp_path):
    put(tmp_path, "c.tar", content=b"cifar-10-batches-py/".ljust(257, b"\0") + b"ustar\0" + bytes(300))
    assert found_at(str(tmp_path / "c.tar")).archive


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere/x.tar.gz", "there is no file nowhere/x.tar.gz"),
        ("caf\udce9.tar.gz", r"the path caf\\udce9.tar.gz is not UTF-8; rename"),
        ("a\nb\x1b[31m", r"the path a b\\x1b\[31m has control characters; rename"),
        ("x" * 5000, r"x+… can't be reached \(File name too long\)"),
    ],
    ids=range(4),
)
def test_paths_that_lead_nowhere(tmp_path, monkeypatch, place, message):
    monkeypatch.chdir(tmp_path)
    for search in (found_at, lambda place: split_files(place, "train")):
        with pytest.raises(UserError, match=message) as caught:
            search(place)
        assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


def test_pipes_links_to_nothing_and_folders_that_are_closed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe is neither a file nor a folder"):
        found_at(str(tmp_path / "pipe"))
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(UserError, match=r"there is no file .*link"):
        found_at(str(tmp_path / "link"))
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(UserError, match=r"circle can't be reached \(Too many levels"):
        found_at(str(tmp_path / "circle"))


def test_a_path_that_looks_like_an_option(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "--log", "-test.parquet")
    put(tmp_path, "-x.tar.gz", content=ARCHIVE)
    assert found_at("-x.tar.gz").archive == str(tmp_path / "-x.tar.gz")
    assert split_files(["--log"], "train") == [str(tmp_path / "--log")]


def test_files_of_one_split(tmp_path):
    put(tmp_path, "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test.parquet")
    shards = [str(tmp_path / f"data/train-0000{number}-of-00002.parquet") for number in range(2)]
    for given in (shards, f"{tmp_path}/data/train*.parquet", str(tmp_path / "data"), [str(tmp_path)]):
        assert split_files(given, "train") == shards
    with pytest.raises(UserError, match="name one file twice"):
        split_files([shards[0], str(tmp_path / "data")], "train")
    with pytest.raises(UserError, match=r"has no parquet files named train; it holds 'other.txt'"):
        put(tmp_path / "other", "other.txt")
        split_files(str(tmp_path / "other"), "train")
    put(tmp_path, "many/train.parquet", content=b"<html>")
    with pytest.raises(UserError, match="no parquet file: it is an HTML page"):
        split_files(str(tmp_path / "many/train.parquet"), "train")


# --- the configuration ---

DATASETS = [{"name": "digits", "source": "cifar10"}]


def resolved(**cifar10):
    return configuration.resolve({"preset": "x", "datasets": DATASETS, "sources": {"cifar10": cifar10}}, [])["sources"]


def test_the_configuration_names_shards_folders_and_patterns(tmp_path, monkeypatch):
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)
    put(tmp_path, "train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "test.parquet")
    train = [str(tmp_path / f"train-0000{number}-of-00002.parquet") for number in range(2)]
    wanted = {"train": train, "test": [str(tmp_path / "test.parquet")]}
    for given in (train, str(tmp_path), f"{tmp_path}/train-*"):
        found = resolved(parquet={"train": given, "test": str(tmp_path / "test.parquet")})["cifar10"]["parquet"]
        assert found == wanted
    assert resolved(archive={"path": str(tmp_path)})["cifar10"]["parquet"] == wanted
    shown = image_files.without_folders(resolved(archive={"path": str(tmp_path)}))["cifar10"]["parquet"]
    assert shown == {split: [os.path.basename(path) for path in paths] for split, paths in wanted.items()}  # noqa: PTH119
    with pytest.raises(UserError, match="one parquet file is named for both splits"):
        resolved(parquet={"train": train, "test": train[0]})
    with pytest.raises(UserError, match=r"CIFAR-10, from config.sources.cifar10: there is no file"):
        resolved(parquet={"train": "nowhere.parquet", "test": "nowhere.parquet"})


def test_the_variable_goes_first_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERPARAM_CIFAR10", str(tmp_path / "nothing"))
    with pytest.raises(UserError, match=r"CIFAR-10, from \$OVERPARAM_CIFAR10: there is no file"):
        resolved()
    put(tmp_path, "plain_text/train-00000-of-00001.parquet", "plain_text/test-00000-of-00001.parquet")
    monkeypatch.setenv("OVERPARAM_CIFAR10", f"{tmp_path}/plain_text/*.parquet")
    assert resolved(archive={"path": "nowhere"})["cifar10"]["parquet"]["train"]


def test_a_variable_that_nothing_uses_is_not_looked_into(monkeypatch):
    monkeypatch.setenv("OVERPARAM_CIFAR10", "/nothing/at/all")
    configuration.resolve({"preset": "x"}, [])


def test_capitals_in_a_checksum(monkeypatch):
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)
    assert resolved(archive={"sha256": "AB" * 32})["cifar10"]["archive"]["sha256"] == "ab" * 32
    with pytest.raises(UserError, match=r"archive.sha256: .* does not match"):
        resolved(archive={"sha256": "AG" * 32})
