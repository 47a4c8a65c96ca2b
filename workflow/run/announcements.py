"""What a run says of itself: before it begins, which images of one's own it takes; at its end, where to look."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import snakemake_internals
from snakemake.logging import logger

from overparam.plan import image_files
from overparam.plan.known_sources import variable
from overparam.quoting import quoted

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

MOST = 5  # claims whose own files are named at the end of a run


def frame(workflow: "Workflow", results: str, run: Mapping[str, Any], claims: Collection[str]) -> None:
    """Let a run of ``workflow`` say at its start what it takes from the environment, and at its end where to look.

    It does so too where nothing was to be done, and says nothing at the end of a dry run or of a run that failed.

    Parameters
    ----------
    workflow
        The run; its targets are known only when it begins.
    results
        Folder of its results.
    run
        Its configuration, with all defaults.
    claims
        The ids of its claims.
    """

    def begun(execute, common):
        for sentence in own_images(run, os.environ):
            logger.warning(sentence)
        return execute()

    def name_files():
        for line in where_to_look(Path(results), workflow.dag_settings.targets, claims):
            logger.info(line)

    if workflow.is_main_process:
        snakemake_internals.around_execution(workflow, begun)
    snakemake_internals.after_success(workflow, name_files)


def begin(workflow: "Workflow", results: str, claims: Collection[str]) -> None:
    """Let a run that has something to do say where its pages will be."""
    if sentence := where_pages_will_be(Path(results), workflow.dag_settings.targets, list(claims)):
        logger.info(sentence)


def where_pages_will_be(results: Path, targets: Collection[str], claims: Sequence[str]) -> str:
    """Return where the pages of a run of everything will be, and how to look sooner; empty for other runs."""
    if targets and "all" not in targets:
        return ""
    return (
        f"The pages of all claims are made at the end: {results / 'report/index.html'}. Figures and verdicts are in "
        f"{results / 'claims'} as soon as they are made. A run of one claim ends with its page, after "
        f"`snakemake --cores 1 {claims[0]}` for example."
    )


def own_images(run: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Return what each variable that names images changes in a run, as a sentence."""
    sources = dict.fromkeys(entry["source"] for entry in run["datasets"])
    named = {source: environment[variable(source)] for source in sources if environment.get(variable(source))}
    return [_of_images(run, source, given) for source, given in named.items()]


def _of_images(run: Mapping[str, Any], source: str, given: str) -> str:
    """Return what the variable that names the images of a source changes in a run."""
    name, label = variable(source), image_files.label(source, run.get("sources", {}).get(source, {}))
    added = [entry["name"] for entry in run["datasets"] if entry["source"] == source and entry.get("optional")]
    studies = [study["name"] for study in run["studies"] if study["dataset"] in added]
    where = f"{name} is set to {quoted(given)}"
    if not studies:
        return f"{where}: {label} images are read from there."
    return (
        f"{where}, so this run does more than without it: it also trains {' and '.join(studies)} on {label} images, "
        f"and the claims that read these are judged on them too. To leave them out, `unset {name}`."
    )


def where_to_look(results: Path, targets: Collection[str], claims: Collection[str]) -> list[str]:
    """Return a line for each file to open after a run, as far as they are there.

    Parameters
    ----------
    results
        Folder of the results.
    targets
        What the run was asked for; nothing stands for everything.
    claims
        The ids of its claims: for those that were asked for by name, their own pages and figures are named.
    """
    asked = [claim for claim in claims if claim in targets]
    lines = [line for claim in asked[:MOST] for line in _of_claim(results, claim)]
    page = results / "report/index.html"
    if page.is_file():
        lines.append(f"Index of the pages: {page}")
    elif asked:
        lines.append("A run without a target makes the pages of all claims.")
    return lines


def _of_claim(results: Path, claim: str) -> Sequence[str]:
    """Return a line for the page of a claim and one for its figure, as far as they are there."""
    files = {"page": results / f"report/claims/{claim}.html", "figure": results / f"claims/{claim}/figure.svg"}
    return [f"{claim}, {kind}: {path}" for kind, path in files.items() if path.is_file()]
