"""Paths as people write them: `~` and variables are expanded here, in one place, or the path is refused."""

import os
import string
from pathlib import Path

from overparam.errors import UserError
from overparam.plan.plain_values import NO_TEXT
from overparam.quoting import quoted


def expanded(path: str, key: str) -> str:
    """Return ``path`` with ``~``, ``~user``, ``$NAME`` and ``${NAME}`` expanded; ``$$`` stands for a dollar sign.

    A shell does this only where a path is not quoted, and what stands in a file passes no shell.

    Parameters
    ----------
    path
        As given.
    key
        Where it was given, say ``"config.sources.cifar10.archive.path"``; heads the message.

    Raises
    ------
    UserError
        If something in it can't be expanded, or if no program could be given the result.
    """
    given = f"{key}: {quoted(path)}"
    try:
        found = string.Template(path).substitute({name: value for name, value in os.environ.items() if value})
    except KeyError as error:
        raise UserError(
            f"{given} names the variable {quoted(error.args[0])}, which is not set; export it, write the path in full, "
            "or write $$ where a dollar sign is meant"
        ) from None
    except ValueError:
        raise UserError(
            f"{given} has a dollar sign that begins no variable such as $HOME or ${{HOME}}; write $$ where a dollar "
            "sign is meant"
        ) from None
    if found.startswith("~"):
        found = _from_home(found, given)
    if "~" in Path(found).parts:
        raise UserError(
            f"{given} has a ~ that is not at its beginning, where alone it stands for a home; write the path in full"
        )
    if os.path.normpath(found).startswith("-"):  # Snakemake drops a ./ before it
        raise UserError(f"{given} begins with a hyphen, as options do; write the path in full")
    if NO_TEXT.search(found):
        raise UserError(f"{given} has a character that is no text in UTF-8; rename the file, or link to it")
    return found


def _from_home(path: str, given: str) -> str:
    """Return a path that begins with ``~`` or ``~user`` in full."""
    user = path.partition("/")[0][1:]
    try:
        found = Path(path).expanduser()
    except RuntimeError:  # there is no such user, or the one who runs this has no home
        found = Path(path)
    if found.is_absolute() and (user or os.environ.get("HOME") != ""):
        return str(found)
    why = f"there is no user {quoted(user)}" if user else "$HOME is no full path"
    raise UserError(f"{given} can't be expanded: {why}; write the path in full")
