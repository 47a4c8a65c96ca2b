"""The topics of claims, as chapters for a reader: a question, what it needs and where it leads.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam import places, typesetting
from overparam.errors import UserError
from overparam.plan import strict_yaml
from overparam.plan.validation import listed, nearest, problems

FILE = "topic.yaml"
_KEPT: list[dict[str, Any]] = []
SCHEMA = Path(__file__).resolve().parents[3] / "workflow" / "schemas" / "topic.schema.yaml"


def load(claims: Iterable[Mapping[str, Any]], folder: Path = places.CLAIMS) -> list[dict[str, Any]]:
    """Return the topics in the order of their letters, each with its ``folder``.

    Parameters
    ----------
    claims
        The claims of the registry, whose ids begin with the letter of their topic.
    folder
        It holds ``<topic>/topic.yaml``.

    Raises
    ------
    UserError
        With every problem found, one sentence per line.
    """
    schema, found, made = strict_yaml.read(SCHEMA), [], []
    ids: dict[str, list[str]] = {}
    for claim in claims:
        ids.setdefault(claim["id"][0], []).append(claim["id"])
    for path in sorted(folder.glob(f"*/{FILE}")):
        content = strict_yaml.read(path)
        wrong = problems(content, schema) if isinstance(content, dict) else ["expected the keys of a topic"]
        wrong = wrong or _inconsistent(content, ids.get(content["letter"], []))
        found += [f"{path.relative_to(folder).as_posix()}: {sentence}" for sentence in wrong]
        if not wrong:
            made.append({**content, "folder": path.parent.name})
    letters = [topic["letter"] for topic in made]
    found += [f"letter: {letter} is that of two topics" for letter in sorted({*letters}) if letters.count(letter) > 1]
    if not found:
        found = [
            f"{', '.join(named)}: no topic has the letter {letter}; give their topic a {FILE}"
            for letter, named in sorted(ids.items())
            if letter not in letters
        ]
    if found:
        raise UserError(f"{folder}:\n{listed(found)}")
    return sorted(made, key=lambda topic: topic["letter"])


def recall(found: list[dict[str, Any]]) -> None:
    """Take topics for read that an earlier start has found right."""
    _KEPT[:] = found


def known(claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the topics of these claims as they were read; each shows first those of its claims that are among them."""
    ids = {claim["id"] for claim in claims}
    mine = [topic for topic in _KEPT if any(one.startswith(topic["letter"]) for one in ids)]
    return [{**topic, "show_first": [one for one in topic["show_first"] if one in ids]} for topic in mine]


def _inconsistent(topic: Mapping[str, Any], claims: Sequence[str]) -> list[str]:
    """Return what the schema cannot say of a topic."""
    found = [f"bridge: {sentence}" for sentence in typesetting.problems(topic["bridge"])]
    for index, one in enumerate(topic["show_first"]):
        if one not in claims:
            found.append(f"show_first[{index}]: {one!r} is no claim of this topic; {nearest(one, claims)}")
    return found
