"""Whether Snakemake would see its jobs end on this SLURM: where it would not, a run waits for ever."""

import shutil
import subprocess

LONGEST_PAUSE = 180  # seconds between two looks of Snakemake while no job ends
MARGIN = 30  # seconds for a slow answer


class Unfit(Exception):
    """Jobs can't be submitted, or would not be seen to end; says what to do."""


def check(status_command: str | None, seconds: int) -> str | None:
    """Ask this SLURM how it remembers jobs that ended.

    Parameters
    ----------
    status_command
        ``squeue`` or ``sacct``, with which Snakemake asks for the state of its jobs.
    seconds
        Pause between two questions while jobs end.

    Returns
    -------
    str or None
        A warning.

    Raises
    ------
    Unfit
        If there is no SLURM, or Snakemake would not see the end of a job.
    """
    if not shutil.which("sbatch"):
        raise Unfit(
            "jobs are to go to SLURM, but there is no `sbatch` on this machine; start Snakemake on a host of the "
            "cluster where `sbatch` works, or without the profile to compute on this machine"
        )
    try:
        asked = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unfit(f"SLURM does not answer: {error}; start again once `sinfo` shows its nodes") from None
    if asked.returncode:
        reason = " ".join((asked.stderr or asked.stdout).split())
        raise Unfit(f"SLURM does not answer: {reason}; start again once `sinfo` shows its nodes")
    return judge(asked.stdout, status_command, seconds, bool(shutil.which("sacct")))


def judge(configuration: str, status_command: str | None, seconds: int, has_sacct: bool) -> str | None:
    """Return a warning or raise :class:`Unfit`, from what ``scontrol show config`` prints."""
    pairs = (line.split("=", 1) for line in configuration.splitlines() if "=" in line)
    values = {key.strip(): value.strip() for key, value in pairs}
    accounted = values.get("AccountingStorageType", "").endswith("slurmdbd")
    age = int(values.get("MinJobAge", "0").split()[0])  # seconds that a job stays in squeue after its end
    shorter = f"--slurm-init-seconds-before-status-checks {max(min(8, age // 3), 1)}"
    forgets = f"SLURM forgets a job {age} s after its end (MinJobAge)"
    if status_command == "sacct" and not accounted:
        raise Unfit(
            "jobs are to be followed with `sacct`, but this SLURM keeps no accounts, so the run would wait for ever; "
            f"call Snakemake with `--slurm-status-command squeue {shorter}`"
        )
    if status_command == "squeue" and age < 3 * seconds:
        if accounted and has_sacct:
            return None  # the plugin turns to sacct by itself
        raise Unfit(
            f"{forgets}, and this run would look for it every {seconds} s and may wait for ever; call Snakemake with "
            f"`{shorter}`, or ask for MinJobAge=300, SLURM's default"
        )
    warnings = []
    if status_command == "squeue" and age < LONGEST_PAUSE + MARGIN:
        remedy = "call Snakemake with `--slurm-status-command sacct`" if accounted else "ask for MinJobAge=300"
        warnings.append(f"{forgets}, and while none ends this run looks every {LONGEST_PAUSE} s; to be safe, {remedy}.")
    if "CANCEL" in values.get("PreemptMode", ""):
        warnings.append("SLURM cancels preempted jobs here (PreemptMode), and the plugin waits for them to come back.")
    if warnings:
        warnings.append("If this run waits for jobs that are gone, stop it and start it again: nothing is lost.")
    return " ".join(warnings) or None
