"""What to say of a folder in which no data set was found: what it holds, what that is, and what it may hold."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from overparam.plan import published_files
from overparam.plan.known_sources import SOURCES
from overparam.plan.picture_folders import PICTURES
from overparam.quoting import brief, listed

CLASS_NAMES = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
BATCH = re.compile(r"(data_batch_[1-5]|test_batch)(\.bin|\.mat)?")


def _batches(suffix: str) -> Callable[[list[str], list[str]], bool]:
    return lambda files, _: any(
        match and (match[2] or "") == suffix for match in (BATCH.fullmatch(name) for name in files)
    )


def _ending(*endings: str) -> Callable[[list[str], list[str]], bool]:
    return lambda files, _: any(name.lower().endswith(endings) for name in files)


def _class_folders(files: list[str], folders: list[str]) -> bool:
    pictures = sum(Path(name).suffix.lower() in PICTURES for name in files)
    return pictures > 0 and (len(CLASS_NAMES & {name.lower() for name in folders}) > 1 or pictures == len(files))


def _idx_files(files: list[str], _: list[str]) -> bool:
    return any(published_files.IDX.fullmatch(name) for name in files)


UNPACKED = (
    "the archive unpacked: its pickles have no known checksum and are not opened; name the .tar.gz that they came "
    "from, or pack the folder again with `tar -czf` and set config.sources.{source}.archive.sha256 to the new file's"
)
OF_CIFAR100 = "CIFAR-100; {label} is another data set"

# what a folder's names tell, and what to do
SIGNS: list[tuple[Callable[[list[str], list[str]], bool], str]] = [
    (_batches(""), UNPACKED),
    (_batches(".bin"), "the binary version of CIFAR-10; take the Python version"),
    (_batches(".mat"), "the Matlab version of CIFAR-10; take the Python version"),
    (
        lambda files, _: {"train", "test", "meta"} <= set(files) or any("cifar-100" in name for name in files),
        OF_CIFAR100,
    ),
    (_ending("-binary.tar.gz"), "the binary version of CIFAR-10; take the Python version"),
    (_ending("-matlab.tar.gz"), "the Matlab version of CIFAR-10; take the Python version"),
    (
        _class_folders,
        "images, but not in a folder of each class in a folder of each split: make it train/CLASS/*.png and "
        "test/CLASS/*.png",
    ),
    (_idx_files, "some of the four idx files, packed or not, of which all are needed in one folder"),
    (_ending(".crdownload", ".part", ".partial", ".download"), "a download that is not finished; let it finish"),
    (_ending(".arrow"), "Arrow files of the library `datasets`; write each split with its `to_parquet`"),
    (_ending(".tfrecord"), "TFRecord files, which are not read; take the archive or parquet files"),
    (_ending(".npz", ".npy"), "NumPy files, which are not read; take the archive or parquet files"),
    (_ending(".zip", ".tar", ".tar.xz", ".tar.bz2"), "an archive of another kind; take the .tar.gz as it is"),
]


def accepted(source: str) -> str:
    """Return what a folder with the images of a source may hold, as a sentence."""
    parquet = (
        "parquet files of both splits (train.parquet and test.parquet, or train-00000-of-00001.parquet and so on, also "
        "in folders such as plain_text, data, train and test)"
    )
    known = SOURCES.get(source)
    forms = [parquet, "a folder of each class in the folders train and test (train/CLASS/*.png)"]
    if known and known.archive:
        forms.append(f"the archive {known.archive.name} from {known.archive.urls[0]}")
    elif known:
        files = [file for files in known.downloads.values() for file in files]
        forms.append(f"{listed(Path(file.name).name for file in files)} from {files[0].urls[0].rpartition('/')[0]}")
    else:
        forms.append("the four idx files in which MNIST is published (train-images-idx3-ubyte.gz and so on)")
    return f"It may hold {', '.join(forms[:-1])} or {forms[-1]}"


def refusal(folder: Path, files: Sequence[Path], folders: Sequence[Path], archives: Sequence[Path], source: str) -> str:
    """Return the message.

    Parameters
    ----------
    folder
        What was searched.
    files, folders
        What is in it, at every depth.
    archives
        Those files that are called like the archive: none, or several.
    source
        The name of the source that it should hold.
    """
    if len(archives) > 1:
        several = listed(str(path.relative_to(folder)) for path in archives)
        return f"the folder {brief(folder)} holds several archives, {several}; name the one to take"
    names = [path.name for path in files]
    said = next((what for sign, what in SIGNS if sign(names, [path.name for path in folders])), None)
    if said == OF_CIFAR100 and source == "cifar100":
        said = UNPACKED
    pointers = [path for path in files if path.suffix.lower() == ".parquet"]
    split = _without_a_split(pointers)
    label = SOURCES[source].label if source in SOURCES else source
    told = f"That is {said.format(label=label, source=source)}. " if said else split
    start = f"the folder {brief(folder)} has no images that are understood"
    return f"{start}: it holds {_content(folder)}. {told}{accepted(source)}"


def _without_a_split(parquet: Sequence[Path]) -> str:
    if not parquet:
        return ""
    return (
        f"Among its parquet files, {listed(path.name for path in parquet)}, one split is missing, or no name has the "
        "word train or test. "
    )


def _content(folder: Path) -> str:
    """Return the names at the top of a folder, folders with a slash, many of a kind counted."""
    entries = sorted(folder.iterdir())
    names = [f"{path.name}/" if path.is_dir() else path.name for path in entries]
    kinds = Counter(path.suffix for path in entries if path.suffix)
    many = ", ".join(f"{count:,} {brief(kind, 12)} files" for kind, count in kinds.most_common(2) if count > 20)
    return f"{listed(names)}{f' ({many})' if many else ''}"
