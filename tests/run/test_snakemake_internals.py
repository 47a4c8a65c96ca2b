"""What the workflow rests on inside Snakemake is still there: a failure here names what another version has changed."""

import dataclasses
import inspect

import pytest
import snakemake_internals
from project_copies import ROOT
from snakemake import api, benchmark
from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase
from snakemake.scheduling import job_scheduler
from snakemake.settings.types import DAGSettings, RerunTrigger, ResourceSettings
from snakemake.workflow import DAG, Workflow


@pytest.mark.parametrize("name", ["_prepare_dag", "_build_dag", "execute"])
def test_what_a_run_does_in_order(name):
    assert api and callable(getattr(Workflow, name))  # which is whole only once `api` is
    assert name == "execute" or f"self.{name}(" in inspect.getsource(Workflow.execute)


def test_execution_is_given_an_executor_plugin():
    assert "executor_plugin" in inspect.signature(Workflow.execute).parameters
    assert "executor_plugin.common_settings" in inspect.getsource(Workflow.execute)


def test_settings_of_the_plan_can_be_changed_before_it_is_made():
    assert {"max_checksum_file_size", "rerun_triggers"} <= {field.name for field in dataclasses.fields(DAGSettings)}
    settings = DAGSettings()
    settings.max_checksum_file_size = 7
    assert settings.max_checksum_file_size == 7 and RerunTrigger.all()
    assert "dag_settings.max_checksum_file_size" in inspect.getsource(DAG.__init__)


def test_jobs_have_a_number_a_rule_and_a_message():
    assert callable(DAG.jobid) and isinstance(Job.message, property)
    assert {"cores", "nodes"} <= {field.name for field in dataclasses.fields(ResourceSettings)}
    said = inspect.getsource(Job.log_info)
    assert "event=LogEvent.JOB_INFO" in said and "jobid=self.dag.jobid(self)" in said
    assert "event=LogEvent.JOB_FINISHED, job_id=job.jobid" in inspect.getsource(job_scheduler)


def test_nothing_to_be_done_ends_a_run_before_its_hooks():
    source = inspect.getsource(Workflow.execute)
    assert source.index("NOTHING_TO_BE_DONE_MSG") < source.index("self._onstart(")


def test_files_that_are_forced_make_their_job_run():
    source = inspect.getsource(DAG.update_needrun)
    assert "self.forcefiles.isdisjoint(job.output)" in source
    assert callable(DAG.needrun_jobs)


def test_memory_is_sampled_by_a_module_constant(monkeypatch):
    monkeypatch.setattr(benchmark, "BENCHMARK_INTERVAL_SHORT", benchmark.BENCHMARK_INTERVAL_SHORT)
    snakemake_internals.sample_memory_every(7)
    assert benchmark.BENCHMARK_INTERVAL_SHORT == 7
    assert "BENCHMARK_INTERVAL_SHORT" in inspect.getsource(benchmark.ScheduledPeriodicTimer)


def test_attempts_are_a_property_of_a_job(monkeypatch):
    assert isinstance(Job.restart_times, property)
    monkeypatch.setattr(Job, "restart_times", Job.restart_times)
    snakemake_internals.limit_attempts(lambda job: 5)
    assert Job.restart_times.fget(None) == 5


def test_records_are_written_when_a_job_has_finished(monkeypatch):
    finished = PersistenceBase.finished
    assert inspect.iscoroutinefunction(finished)
    assert "exec_mode == ExecMode.DEFAULT" in inspect.getsource(finished)
    monkeypatch.setattr(PersistenceBase, "finished", finished)
    snakemake_internals.record_own_work()
    assert PersistenceBase.finished.__wrapped__ is finished


def test_no_other_module_touches_them():
    touched = ("._prepare_dag", "._build_dag", "workflow.execute", ".forcefiles", "PersistenceBase", "._executor",
               "BENCHMARK_INTERVAL", "global_resources", "restart_times = ", "needrun_jobs")  # fmt: skip
    files = [*(ROOT / "workflow").rglob("*.py"), *(ROOT / "workflow").rglob("*.smk"), ROOT / "Snakefile"]
    others = [path for path in files if path.name != "snakemake_internals.py"]
    assert len(others) > 12
    assert [(path.name, name) for path in others for name in touched if name in path.read_text()] == []
