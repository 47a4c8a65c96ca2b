"""One folder for all data sets: entries are found by their usual names, and by nothing that is only similar."""

import pytest

from overparam.errors import UserError
from overparam.plan import config as configuration
from overparam.plan import data_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERPARAM_DATA", str(tmp_path))
    for name in ("CIFAR10", "MNIST", "MINE"):
        monkeypatch.delenv(f"OVERPARAM_{name}", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        ("mnist", "MNIST"),
        ("mnist", "mnist"),
        ("mnist", "mnist-pngs"),
        ("fashion_mnist", "FashionMNIST"),
        ("fashion_mnist", "fashion-mnist"),
        ("kmnist", "KMNIST"),
        ("cifar10", "cifar10-jpeg"),
        ("cifar10", "CIFAR-10-images"),
        ("cifar10", "cifar-10-batches-py"),
        ("cifar100", "cifar-100-python"),
        ("svhn", "SVHN"),
        ("my-birds", "my_birds"),
    ],
)
def test_usual_names(folder, source, entry):
    (folder / entry).mkdir()
    for other in ("mnist_corrupted", "cifar-1000", "notes"):
        (folder / other).mkdir()
    assert data_folder.place_of(source) == str(folder / entry)


@pytest.mark.parametrize("entry", ["cifar-100-python", "cifar10.1", "cifar10c", "mycifar10", ".cifar10-x"])
def test_names_of_others(folder, entry):
    (folder / entry).mkdir()
    assert data_folder.place_of("cifar10") is None


def test_the_best_of_several(folder):
    (folder / "cifar-10-batches-py").mkdir()
    (folder / "cifar-10-python.tar.gz").write_bytes(b"")
    assert data_folder.place_of("cifar10") == str(folder / "cifar-10-python.tar.gz")
    (folder / "cifar10").mkdir()
    assert data_folder.place_of("cifar10") == str(folder / "cifar10")
    (folder / "CIFAR-10").mkdir()
    with pytest.raises(UserError, match=r"has 'CIFAR-10', 'cifar10', and each may be cifar10; call the one to take"):
        data_folder.place_of("cifar10")


def test_no_folder(folder, monkeypatch):
    monkeypatch.setenv("OVERPARAM_DATA", str(folder / "nothing"))
    with pytest.raises(
        UserError, match=r"\$OVERPARAM_DATA: .*nothing is no folder that can be read .*; name the folder"
    ):
        data_folder.place_of("mnist")
    monkeypatch.delenv("OVERPARAM_DATA")
    assert data_folder.place_of("mnist") is None


def resolved(source="mnist", **sources):
    datasets = [{"name": "digits", "source": source}]
    return configuration.resolve({"preset": "x", "datasets": datasets, "sources": sources}, [])["sources"][source]


def put(folder, name):
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.parquet").write_bytes(b"PAR1")
    return {split: [str(folder / f"{split}.parquet")] for split in ("train", "test")}


def test_what_names_the_files_of_a_source(folder, monkeypatch):
    assert "files" not in resolved()  # nothing there: it will be downloaded
    of_all, own, written = (put(folder / name, name) for name in ("mnist", "own", "written"))
    assert resolved()["files"] == of_all and resolved()["named_by"] == "$OVERPARAM_DATA"
    assert resolved(mnist={"path": str(folder / "written")})["files"] == written
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("OVERPARAM_MNIST", "~/own")
    found = resolved(mnist={"path": str(folder / "written")})
    assert found["files"] == own and found["named_by"] == "$OVERPARAM_MNIST"


def test_an_unfit_entry_is_named(folder):
    (folder / "mnist").mkdir()
    with pytest.raises(UserError, match=r"MNIST, from \$OVERPARAM_DATA: the folder .*mnist has no images"):
        resolved()


def test_a_folder_adds_optional_data_sets(folder):
    datasets = [{"name": "digits", "source": "digits"}, {"name": "images", "source": "cifar10", "optional": True}]
    names = [entry["name"] for entry in configuration.resolve({"preset": "x", "datasets": datasets}, [])["datasets"]]
    assert names == ["digits"]
    put(folder / "cifar10", "cifar10")
    names = [entry["name"] for entry in configuration.resolve({"preset": "x", "datasets": datasets}, [])["datasets"]]
    assert names == ["digits", "images"]


@pytest.mark.parametrize(
    ("source", "given", "message"),
    [
        ("mine", {}, "images of your own are named under config.sources"),
        (
            "mine",
            {"mine": {}},
            "mine, from config.sources.mine: no files are named; name them by config.sources.mine.path",
        ),
        (
            "state",
            {"state": {}},
            "config.sources.state: $OVERPARAM_STATE has another meaning; call the source otherwise",
        ),
        (
            "mnist",
            {"mnist": {"archive": {"path": "x"}}},
            "config.sources.mnist.archive.path: MNIST is read from no archive",
        ),
        (
            "mine",
            {"mine": {"archive": {"sha256": "0" * 64}}},
            "config.sources.mine.archive.sha256: mine is read from no",
        ),
        ("cifar10", {"cifar10": {"mirrors": ["http://h/x"]}}, "CIFAR-10 is not published as several files"),
        ("mnist", {"mnist": {"mirrors": ["http://["]}}, "config.sources.mnist.mirrors[0]: cannot download 'http://['"),
        ("mnist", {"mnist": {"path": "/no/thing"}}, "MNIST, from config.sources.mnist: there is no file /no/thing"),
        ("mnist", {"digits": {}}, "config.sources.digits: they are part of scikit-learn"),
        ("mnist", {"My Images": {}}, "My Images"),
        ("mnist", {"mnist": {"pth": "x"}}, "config.sources.mnist.pth: unknown key; did you mean 'path'?"),
    ],
    ids=range(11),
)
def test_sources_that_cannot_be(folder, source, given, message):
    with pytest.raises(UserError) as caught:
        resolved(source, **given)
    assert message in str(caught.value)


def test_mirrors_are_folders_with_the_official_files(folder):
    from overparam.plan import image_files

    source = resolved(mnist={"mirrors": ["https://mirror.example/mnist/"]})
    files = image_files.downloads("mnist", source)
    assert [file.urls for file in files["test"]] == [
        ("https://mirror.example/mnist/t10k-images-idx3-ubyte.gz",),
        ("https://mirror.example/mnist/t10k-labels-idx1-ubyte.gz",),
    ]
    assert files["train"][0].sha256.startswith("440fcabf") and files["train"][0].name.startswith("mnist/")
