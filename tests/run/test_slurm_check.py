"""On which SLURM a run would see its jobs end."""

import pytest
import slurm_check

SLURMDBD, NONE = "accounting_storage/slurmdbd", "accounting_storage/none"


def judged(command, age, storage, seconds=8, has_sacct=True, more=""):
    printed = f"Configuration data as of now\nMinJobAge      = {age} sec\nAccountingStorageType   = {storage}\n{more}"
    return slurm_check.judge(printed, command, seconds, has_sacct)


@pytest.mark.parametrize("storage", [SLURMDBD, NONE, "(null)"])
def test_the_profile_works_with_and_without_accounting(storage):
    assert judged("squeue", 300, storage) is None


def test_sacct_needs_accounting():
    assert judged("sacct", 300, SLURMDBD) is None
    for storage in (NONE, "(null)"):
        with pytest.raises(slurm_check.Unfit, match=r"--slurm-status-command squeue --slurm-init-seconds.* 8`"):
            judged("sacct", 300, storage)


def test_jobs_that_are_forgotten_at_once():
    with pytest.raises(slurm_check.Unfit, match=r"forgets a job 10 s after its end.*status-checks 3`"):
        judged("squeue", 10, NONE)
    assert judged("squeue", 10, NONE, seconds=3) is not None
    assert judged("squeue", 10, SLURMDBD) is None  # the plugin then asks sacct
    with pytest.raises(slurm_check.Unfit):
        judged("squeue", 10, SLURMDBD, has_sacct=False)


def test_jobs_that_may_be_forgotten_between_two_looks():
    assert "MinJobAge=300" in judged("squeue", 120, NONE)
    assert "sacct" in judged("squeue", 120, SLURMDBD)


def test_preempted_jobs_that_do_not_come_back():
    assert judged("squeue", 300, NONE, more="PreemptMode = REQUEUE\n") is None
    assert "PreemptMode" in judged("squeue", 300, NONE, more="PreemptMode             = GANG,CANCEL\n")
