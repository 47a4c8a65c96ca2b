"""Files that are either whole or absent: written under a temporary name of their own, then renamed."""

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from overparam.errors import UserError
from overparam.plan import checksums
from overparam.plan.plain_values import plain
from overparam.quoting import brief


@contextlib.contextmanager
def replaced(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` if the block succeeds.

    The temporary name is unique to this call, so two writers never mix their bytes; the bytes are on the disk before
    they get their final name. What killed writers of the same file left behind is removed.

    Raises
    ------
    OSError
        If the file can't be written; ``filename`` is ``path``.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_named(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        handle, temporary = _temporary(path)
        stack.callback(os.close, handle)
        stack.callback(temporary.unlink, missing_ok=True)
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(handle, 0o666 & ~umask)  # mkstemp makes private files; outputs are ordinary ones
        os.fsync(handle)  # else a machine that dies may keep the name and lose the bytes
        temporary.replace(path)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the final name into errors of writing, which name a temporary file or none."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and (error.filename is None or Path(error.filename).parent == path.parent):
            error.filename = str(path)
        raise


def _temporary(path: Path) -> tuple[int, Path]:
    """Return a new temporary file beside ``path``, open and locked until it is closed or this process dies."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        with contextlib.suppress(OSError):  # not every network file system locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # taken for abandoned before it was locked


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files of ``path`` that no living process has locked."""
    for left in path.parent.glob(f".{path.name}.????????{path.suffix}"):
        with contextlib.suppress(OSError), left.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, atomically."""
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike, content: Any) -> None:
    """Write ``content`` as indented JSON with sorted keys, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_checksums(outputs: Mapping[str, Sequence[Path]], *names: str) -> None:
    """Write the checksums of the outputs of these names to the output ``checksums``, if there is to be one."""
    for path in outputs.get("checksums", []):
        write_text(path, checksums.listing(listed for name in names for listed in outputs[name]))


def read_json(path: str | os.PathLike) -> Any:
    """Read a JSON file; raise a UserError if it is damaged."""
    try:
        return plain(json.loads(Path(path).read_bytes(), parse_constant=_no_number))
    except (ValueError, RecursionError, UserError) as error:  # of the JSON, its encoding or its values
        raise UserError(damaged(path, error)) from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def write_table(path: str | os.PathLike, table: pd.DataFrame) -> None:
    """Write ``table`` as parquet, atomically; the same table gives the same bytes."""
    made = pa.Table.from_pandas(table.reset_index(drop=True), preserve_index=False)
    made = made.replace_schema_metadata({**made.schema.metadata, "content": _digest(made)})
    with replaced(path) as temporary:
        pq.write_table(made, temporary, compression="zstd", write_page_checksum=True)


def read_table(path: str | os.PathLike) -> pd.DataFrame:
    """Read a parquet table written by :func:`write_table`; raise a UserError if it is not as it was written."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            found = file.read()
        if (found.schema.metadata or {}).get(b"content") != _digest(found):
            raise ValueError("its content is not what was written")
        return found.to_pandas()
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:  # where the footer is damaged, nearly anything
        raise UserError(damaged(path, error)) from None


def _digest(table: pa.Table) -> bytes:
    """Return a hash of the names, types and values of a table; the checksums of parquet's pages cover values alone."""
    said = [[field.name, str(field.type)] for field in table.schema], table.schema.pandas_metadata
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    values = table.replace_schema_metadata(None).to_pandas()
    digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy())
    return digest.hexdigest().encode()


def damaged(path: str | os.PathLike, why: object) -> str:
    """Return the message for a file that an earlier job made and that is not as it left it."""
    reason = brief(why) or type(why).__name__
    path = Path(path).resolve() if Path(path).is_symlink() else path  # to Snakemake's cache: it would be linked again
    return f"{path} is damaged ({reason}). Delete it and run the same command again: it is made anew"
