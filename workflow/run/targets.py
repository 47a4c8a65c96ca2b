"""Targets that nothing makes, answered in one sentence each before anything is planned."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import snakemake_internals
from snakemake.exceptions import WorkflowError

from overparam.plan.cells import LONGEST_RANGE
from overparam.plan.validation import listed, nearest
from overparam.quoting import LONGEST, harmless, quoted

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

MOST = 5  # claims that a question names


def watch(workflow: "Workflow", results: str, known: Mapping[str, Any]) -> None:
    """Let a run of ``workflow`` refuse targets that nothing makes: Snakemake would only say that no rule does.

    Parameters
    ----------
    workflow
        The run; its targets are known only when it begins.
    results
        Folder of its results.
    known
        The names of its ``datasets``, of the cells of each study as ``<study>/<cell>`` under ``cells``, and of the
        ``claims`` by their ids.
    """

    def watched(execute, common):
        rules = {rule.name: rule.has_wildcards() for rule in workflow.rules}
        wrong: list[str] = []
        for target in sorted(workflow.dag_settings.targets):
            wrong += problems(target, rules, results, known)
        if wrong:
            raise WorkflowError(f"Nothing was started:\n{listed(wrong)}")
        return execute()

    if workflow.is_main_process:
        snakemake_internals.around_execution(workflow, watched)


def problems(target: str, rules: Mapping[str, bool], results: str, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a target; ``rules`` says of each rule whether it has wildcards."""
    names = [name for name, many in rules.items() if not many]
    path = Path(target)
    inside = path.absolute().relative_to(Path.cwd()) if path.absolute().is_relative_to(Path.cwd()) else path
    if target in rules:
        if rules[target]:
            yield f"{target}: makes many files, so it is no target; name one of them, or one of {_some(names)}"
    elif not target:
        yield f"an empty target; leave it out to make everything, or name one of {_some(names)}"
    elif "/" not in target and not _is(Path.exists, path):
        meant = f"did you mean {target.upper()}?" if target.upper() in names else _called(target, known["claims"])
        yield f"{quoted(target)}: there is no claim or other target of this name; {meant or nearest(target, names)}"
    elif not inside.is_relative_to(results):
        meant = (
            "is it meant for --configfile?" if _is(Path.is_file, path) else f"this preset's results are in {results}"
        )
        yield f"{quoted(target)}: nothing makes it; {meant}"
    elif path.is_absolute():
        known_as = harmless(str(inside), 300)
        yield f"{quoted(target)}: Snakemake knows this file by its path in this folder only: {known_as}"
    elif len(inside.parts) < 3 or _is(Path.is_dir, path):
        yield f"{quoted(target)}: a folder, not a file; name a file in it, or leave it out to make everything"
    else:
        yield from _unknown(str(inside.relative_to(results)), known)


def _called(target: str, claims: Mapping[str, str]) -> str | None:
    """Return which claims the words of a target may mean, as a question; ``None`` if none."""
    words = re.findall(r"[a-z]{3,}", target[:LONGEST].lower())
    found = [claim for claim, name in claims.items() if words and all(f"-{word}" in f"-{name}" for word in words)]
    if not found:
        alike = difflib.get_close_matches(target[:LONGEST].lower(), claims.values(), n=1, cutoff=0.7)
        found = [claim for claim, name in claims.items() if name in alike]
    told = [f"{claim} ({claims[claim].replace('-', ' ')})" for claim in found[:MOST]]
    return f"did you mean {' or '.join(filter(None, [', '.join(told[:-1]), told[-1]]))}?" if told else None


def _unknown(path: str, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield which part of a path below the results names nothing of the configuration."""
    if match := re.fullmatch(r"data/([^/]+)/.*", path):
        if match[1] not in (*known["datasets"], "downloads"):
            yield f"{quoted(path)}: there is no data set {quoted(match[1])}; {nearest(match[1], known['datasets'])}"
        for first, last in re.findall(r"([0-9]{1,99})to([0-9]{1,99})", path):
            if not 0 < int(last) - int(first) < LONGEST_RANGE:
                seeds = harmless(f"{first}to{last}")
                yield f"{quoted(path)}: {seeds} is no range of at most {LONGEST_RANGE:,} seeds"
    elif match := re.fullmatch(r"training/([^/]+)/([^/]+?)(\.cost\.json|\.parquet)", path):
        study, cell = match[1], match[2]
        cells = [name.split("/")[1] for name in known["cells"] if name.split("/")[0] == study]
        studies = {name.split("/")[0] for name in known["cells"]}
        if study not in studies:
            yield f"{quoted(path)}: there is no study {quoted(study)}; {nearest(study, studies)}"
        elif cell not in cells:
            yield f"There is no cell {harmless(cell)} of study {study}; it has {harmless(', '.join(cells), 1000)}"


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    """Return whether a path is of a kind; what is too long for a name, or may not be looked at, is of none."""
    try:
        return kind(path)
    except OSError:
        return False


def _some(names: Collection[str]) -> str:
    return harmless(", ".join(names), 1000)
