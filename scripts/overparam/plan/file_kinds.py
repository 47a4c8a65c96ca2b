"""What a file is, told by its first bytes: the wrong one of somebody's data set is named, not only refused."""

import re
import zlib
from collections.abc import Callable
from pathlib import Path

from overparam.plan.known_sources import Download

HEAD = 1024  # bytes that tell; what a page says of itself stands at its beginning
HTML = re.compile(rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|title|meta)\b", re.I)
REPACK = "unpack it, and pack its files with `tar -czf`"


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins so is a tar that is not compressed."""
    return head[257:262] == b"ustar"


def is_gzip(head: bytes) -> bool:
    """Return whether a file that begins so is compressed with gzip."""
    return head.startswith(b"\x1f\x8b")


def is_matlab(head: bytes) -> bool:
    """Return whether a file that begins so is one of Matlab."""
    return head.startswith(b"MATLAB 5.0 MAT-file")


def idx_dimensions(head: bytes) -> int | None:
    """Return how many dimensions an idx file of bytes that begins so has, packed with gzip or not; else ``None``."""
    if is_gzip(head):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head[:HEAD], 4)
        except zlib.error:
            return None
    return head[3] if len(head) > 3 and head[:3] == b"\0\0\x08" else None


def is_parquet(head: bytes) -> bool:
    """Return whether a file that begins so is a parquet file."""
    return head.startswith(b"PAR1")


# what it is, and what may have happened or may be done about it
KINDS: list[tuple[Callable[[bytes], bool], str, str]] = [
    (lambda head: not head, "empty", "the download or copy broke off at once; fetch it again"),
    (
        lambda head: HTML.match(head) is not None,
        "an HTML page",
        "a login, error or preview page was saved in place of the file; open its address in a browser to see which",
    ),
    (
        _starts(b"version https://git-lfs"),
        "a Git LFS pointer, not the file itself",
        "run `git lfs pull` in its repository",
    ),
    (_starts(b"/annex/objects/"), "a git-annex pointer, not the file itself", "run `git annex get` in its repository"),
    (_starts(b"PK\x03\x04", b"PK\x05\x06"), "a zip archive", REPACK),
    (_starts(b"\xfd7zXZ\0"), "compressed with xz", REPACK),
    (_starts(b"BZh"), "compressed with bzip2", REPACK),
    (_starts(b"\x28\xb5\x2f\xfd"), "compressed with zstd", REPACK),
    (_starts(b"7z\xbc\xaf\x27\x1c"), "a 7-Zip archive", REPACK),
    (_starts(b"Rar!"), "a RAR archive", REPACK),
    (is_gzip, "a gzip file", "name it where an archive belongs"),
    (is_tar, "a plain tar, not compressed", "name it where an archive belongs"),
    (is_parquet, "a parquet file", "name the folder with the files of both splits"),
    (_starts(b"ARROW1", b"\xff\xff\xff\xff"), "an Arrow file", "write it as parquet (`to_parquet` in most libraries)"),
    (is_matlab, "a Matlab file", "take the Python version"),
    (_starts(b"\x89HDF"), "an HDF5 file", "take the archive or parquet files"),
    (_starts(b"\x93NUMPY"), "a NumPy file", "take the archive or parquet files"),
    (
        _starts(*(bytes([0x80, version]) for version in range(2, 6)), b"(dp"),
        "a pickle, one member of the unpacked archive",
        "name the archive, whose checksum is known",
    ),
    (_starts(b"\x89PNG\r\n\x1a\n"), "a PNG", "an image alone is no data set"),
    (_starts(b"\xff\xd8\xff"), "a JPEG", "an image alone is no data set"),
    (_starts(b"GIF8"), "a GIF", "save it as PNG"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", "a WebP image", "save it as PNG"),
    (_starts(b"BM"), "a BMP image", "save it as PNG"),
    (_starts(b"II*\0", b"MM\0*"), "a TIFF image", "save it as PNG"),
    (_starts(b"%!PS", b"%PDF"), "a PostScript or PDF document", "save it as PNG"),
    (_starts(b"<?xml"), "an XML text", "a server's error was saved in place of the file; look into it"),
    (_starts(b"{", b"["), "a JSON text", "a server's error was saved in place of the file; look into it"),
    (lambda head: re.fullmatch(rb"[\t\n\r -~]+", head) is not None, "a text", "look into it"),
]
VARIANTS = {  # the top folders of the archives on the page of CIFAR
    "cifar-10-batches-py": "CIFAR-10, the Python version",
    "cifar-10-batches-bin": "the binary version of CIFAR-10",
    "cifar-10-batches-mat": "the Matlab version of CIFAR-10",
    "cifar-100-python": "CIFAR-100, the Python version",
    "cifar-100-binary": "CIFAR-100, the binary version",
    "cifar-100-matlab": "CIFAR-100, the Matlab version",
}


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Return what a file that begins so is and what may be done about it, ``None`` if that is not known."""
    return next(((name, remedy) for matches, name, remedy in KINDS if matches(head)), None)


def told(head: bytes) -> str:
    """Return ``": it is …; …"`` for a file that is known by its first bytes, an empty text for others."""
    found = kind_of(head)
    return f": it is {found[0]}; {found[1]}" if found else ""


def variant_of(head: bytes, size: int, label: str, wanted: Download) -> str | None:
    """Return which other archive of CIFAR this is, or what befell the right one; ``None`` if that can't be told.

    Parameters
    ----------
    head
        Its first bytes. At most one block of what is packed in them is unpacked.
    size
        Bytes of the whole file.
    label
        What people call the data set that it should be.
    wanted
        The file that it should be.
    """
    folder = _first_folder(head)
    if folder and folder == wanted.folder:
        if is_tar(head):
            return (
                f"it is {label} unpacked to a plain tar, which some browsers do on their own; take the .tar.gz as it is"
            )
        if size < wanted.size:
            return f"it begins like {label}, but has {size:,} of {wanted.size:,} bytes: cut off, or packed again"
        return f"it begins like {label}, but was damaged, or packed again ({size:,} bytes)"
    if folder in VARIANTS:
        version = "the Python version of " if wanted.folder else ""
        return f"it is {VARIANTS[folder]}; take {version}{label} instead, {wanted.urls[0]}"
    found = None if folder else kind_of(head)
    return f"it is {found[0]}; {found[1]}" if found and not (is_gzip(head) or is_tar(head)) else None


def _first_folder(head: bytes) -> str | None:
    """Return the first folder in a tar, compressed or not."""
    if is_gzip(head):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 512)
        except zlib.error:
            return None
    if not is_tar(head):
        return None
    parts = [part for part in head[:100].split(b"\0")[0].decode("latin1").split("/") if part not in ("", ".")]
    return parts[0] if parts else None
