"""Download one file from a list of mirrors: resumed, retried, and verified before it appears under its name."""

import contextlib
import hashlib
import http.client
import io
import logging
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from overparam.errors import UserError
from overparam.jobs import locks, network_faults
from overparam.plan import addresses, file_kinds
from overparam.plan.known_sources import SOURCES, Download, variable
from overparam.progress import Progress
from overparam.quoting import brief, quoted, reason

log = logging.getLogger(__name__)

CHUNK = 1 << 18  # bytes per read: small enough that an interrupted download keeps nearly all it got
LARGEST = 1 << 30  # bytes of a file: a mirror must not fill the disk
LONGEST_WAIT = 60.0  # seconds: a server that was away for long is asked once a minute


class TransferError(Exception):
    """A transfer that failed or ended early; worth another attempt, which resumes it."""


class WrongFileError(Exception):
    """A mirror that sends a whole file with another SHA-256, or one without end; asking it again is no use."""


def fetch(
    urls: list[str],
    destination: Path,
    sha256: str,
    *,
    attempts: int = 5,
    timeout: float = 60.0,
    backoff: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
    source: str = "cifar10",
) -> None:
    """Download ``destination`` from the first of ``urls`` that gives the file with this SHA-256.

    Bytes are collected in a hidden partial file beside ``destination``, whose name holds the hash, so the next
    attempt, mirror or run resumes it (HTTP Range) instead of starting anew. A lock beside it keeps two processes
    apart. ``destination`` appears by one rename, after the hash of the whole file was checked, or not at all.

    Parameters
    ----------
    urls
        Mirrors of one file (``http``, ``https`` or ``file``), tried in this order.
    destination
        Where the file is to lie.
    sha256
        Expected SHA-256, 64 hexadecimal digits.
    attempts
        Rounds over the mirrors, at least 1.
    timeout
        Seconds without a byte after which a connection is given up.
    backoff
        Seconds to wait after the first failed round; doubled after each further one, up to a minute.
    sleep
        Called with the seconds to wait.
    source
        The name of the data set that the file belongs to: messages say what else may be done.

    Raises
    ------
    UserError
        If no mirror gave the right file; names every URL with what went wrong.
    """
    urls, sha256 = _checked(urls, sha256, attempts)
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.parent / f".{destination.name}.{sha256[:16]}.partial"
    with locks.held(partial.with_suffix(".lock"), "another process downloads the same file: waiting for it"):
        if destination.is_file() and digest(destination) == sha256:
            log.info("%s is already there, SHA-256 verified", destination)
            return
        if not (partial.is_file() and digest(partial) == sha256):  # whole, if an earlier run died before the rename
            _collect(urls, partial, sha256, attempts, timeout, backoff, sleep, source)
        partial.replace(destination)
    log.info("%s: SHA-256 verified", destination)


def digest(source: Path | io.BufferedReader) -> str:
    """Return the SHA-256 of a file, given by its path or opened, as 64 lower-case hexadecimal digits."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return digest(file)
    return hashlib.file_digest(source, "sha256").hexdigest()


def _checked(urls: list[str], sha256: str, attempts: int) -> tuple[list[str], str]:
    """Return the arguments in normal form, or say what is wrong with them."""
    sha256 = sha256.lower()
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise UserError(f"`sha256` must be 64 hexadecimal digits, got {quoted(sha256)}")
    if not urls:
        raise UserError("`urls` is empty: name at least one mirror, or a local file by `path`")
    if attempts < 1:
        raise UserError(f"`attempts` must be at least 1, got {attempts}")
    return [addresses.normal(url) for url in urls], sha256


def _collect(
    urls: list[str],
    partial: Path,
    sha256: str,
    attempts: int,
    timeout: float,
    backoff: float,
    sleep: Callable[[float], None],
    source: str,
) -> None:
    """Fill ``partial`` with the right bytes, or raise a UserError with the last failure of every mirror."""
    failures: dict[str, str] = {}
    remaining = list(urls)
    for attempt in range(attempts):
        if attempt:
            wait = min(backoff * 2 ** (attempt - 1), LONGEST_WAIT)
            log.info("waiting %.1f s before attempt %d of %d", wait, attempt + 1, attempts)
            sleep(wait)
        for url in list(remaining):
            try:
                _from_mirror(url, partial, sha256, timeout, source)
                return
            except WrongFileError as error:
                remaining.remove(url)
                failures[url] = str(error)
            except TransferError as error:
                failures[url] = f"{brief(url)}: {error}"
            log.warning("attempt %d of %d: %s", attempt + 1, attempts, failures[url])
        if not remaining:
            break
    official = _official(source, urls[0])
    key, what = ("archive.urls", "it") if SOURCES[source].archive else ("mirrors", "the folder that you put it in")
    raise UserError(
        f"no mirror gave the file with SHA-256 {sha256}; the last answer of each:\n"
        + "\n".join(failures[url] for url in dict.fromkeys(urls))
        + f"\nCheck the network, name another mirror in config.sources.{source}.{key}, or fetch the official file "
        f"({official.urls[0]}) on another machine or in a browser and name {what} by ${variable(source)}. "
        "What was received so far is kept; the next run resumes it."
    )


def _official(source: str, url: str) -> Download:
    """Return the file of a data set that lies at ``url``, as far as its name tells."""
    files = [file for files in SOURCES[source].downloads.values() for file in files]
    return next((file for file in files if file.name.rpartition("/")[2] == url.rpartition("/")[2]), files[0])


def _from_mirror(url: str, partial: Path, sha256: str, timeout: float, source: str) -> None:
    """Bring ``partial`` to its end from one mirror and check it; what was resumed to no good is fetched anew."""
    while True:
        offset, whole = _transfer(url, partial, timeout)
        found = digest(partial)
        if found == sha256:
            return
        told = _told(partial, url, source)
        partial.unlink()
        if offset > 0:
            log.warning("%s: the resumed file has SHA-256 %s, expected %s; starting anew", url, found, sha256)
        elif whole:
            raise WrongFileError(
                f"{brief(url)} is not the expected file{told}.\n  expected SHA-256 {sha256}\n  found SHA-256    {found}"
            )
        else:
            raise TransferError(f"ended without saying how long it is, SHA-256 {found}, expected {sha256}{told}")


def _told(path: Path, url: str, source: str) -> str:
    """Return what a wrong file is, as far as its beginning tells, and who may have sent it."""
    head = file_kinds.head_of(path)
    what = file_kinds.variant_of(head, path.stat().st_size, SOURCES[source].label, _official(source, url))
    if what is None:
        return ""
    proxy = network_faults.proxy_of(url)
    sender = f"the proxy {proxy[0]}" if proxy else "the network, which may want a login first"
    portal = f"; it may come from {sender}" if file_kinds.HTML.match(head) else ""
    return f": {what}{portal}"


def _transfer(url: str, partial: Path, timeout: float) -> tuple[int, bool]:
    """Append what is missing of ``url`` to ``partial``.

    Returns
    -------
    offset
        Bytes of ``partial`` that were kept from before.
    whole
        Whether the server named the length, so that the file is known to be complete.
    """
    have = partial.stat().st_size if partial.exists() else 0
    with _opened(url, have, timeout) as response:
        offset, total = _place(response, have)
        log.info("%s: %s of %s bytes there", url, offset, "an unknown number" if total is None else total)
        progress = Progress(total - offset, "bytes") if total is not None else None
        with partial.open("ab") as file:
            file.truncate(offset)
            received = offset
            for chunk in _chunks(response):
                received += len(chunk)
                if received > LARGEST:
                    partial.unlink()
                    raise WrongFileError(f"{brief(url)}: sends more than {LARGEST >> 20:,} MiB")
                file.write(chunk)
                if progress:
                    progress.advance(len(chunk))
    if total is not None and received != total:
        raise TransferError(f"cut off after {received} of {total} bytes")
    return offset, total is not None


@contextlib.contextmanager
def _opened(url: str, have: int, timeout: float) -> Iterator[http.client.HTTPResponse]:
    """Open ``url`` from byte ``have`` on, if the server can; from its start otherwise."""
    headers = {"User-Agent": "overparam", "Accept-Encoding": "identity"}  # compressed bytes could not be resumed
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        # an opener of its own: the one that urllib keeps knows the proxies of the first call only
        response = urllib.request.build_opener().open(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # the partial file is as long as the file, or longer, and yet not right
            with _opened(url, 0, timeout) as response:
                yield response
            return
        raise TransferError(network_faults.explained(url, error)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError is an OSError
        raise TransferError(network_faults.explained(url, error)) from None
    with response:
        yield response


def _place(response: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Return at which byte the answer starts, and the length of the whole file (None: not said)."""
    length = response.headers.get("Content-Length")
    if response.status == 206:  # file:// answers have the status None
        place = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not place or int(place[1]) > have:
            raise TransferError(f"unusable answer to Range: {quoted(response.headers.get('Content-Range'))}")
        return int(place[1]), int(place[2]) + 1 if place[3] == "*" else int(place[3])
    return 0, int(length) if length and length.isdecimal() else None


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the body in pieces as they come; a broken connection is a TransferError."""
    while True:
        try:
            chunk = response.read1(CHUNK) if isinstance(response, http.client.HTTPResponse) else response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise TransferError(f"connection lost: {reason(error)}") from None
        if not chunk:
            return
        yield chunk
