"""Snakemake's cache between workflows: what one clone has downloaded or trained, no other needs to."""

from overparam.plan import paths


def output_cache():
    """Return the `cache:` of the rules whose outputs are shared: off, unless $SNAKEMAKE_OUTPUT_CACHE names a folder.

    The variable is enough: Snakemake would want `--cache` as well, and pass it to no job of a cluster.
    """
    given = os.environ.get("SNAKEMAKE_OUTPUT_CACHE")
    if not given:
        return False  # or Snakemake would begin every run with a warning that --cache is not given
    try:
        folder = Path(paths.expanded(given, "$SNAKEMAKE_OUTPUT_CACHE")).absolute()
    except errors.UserError as error:
        raise WorkflowError(f"Nothing was started: {error}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise WorkflowError(
            f"Nothing was started: $SNAKEMAKE_OUTPUT_CACHE is {folder}, no folder that you can write to."
        )
    os.environ.update(SNAKEMAKE_OUTPUT_CACHE=str(folder))  # outputs become links to it, from other folders
    workflow.workflow_settings.cache = workflow.workflow_settings.cache or ["download", "train"]
    return "omit-software"


CACHE = output_cache()
