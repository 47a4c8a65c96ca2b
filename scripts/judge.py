"""Judge one claim: settings {"claim": entry, "unavailable": reason or null}."""

from overparam.jobs import files, program, provenance, records
from overparam.judge.verdict_file import judge_claim


def work(job: program.Job) -> None:
    """Read measurements and cost, write the verdict; the run record lies at the root of the preset's results."""
    claim, unavailable = job.settings["claim"], job.settings.get("unavailable")
    measurements = None if unavailable else records.measurements(job.input("measurements"))
    cost = records.cost(job.input("cost")) if job.inputs.get("cost") else {}
    output = job.output("verdict")
    record = provenance.collect(output.parent / "../../run.json")
    verdict = judge_claim(claim, measurements, cost.pop("dataset", None), cost, record, unavailable)
    files.write_json(output, verdict)


if __name__ == "__main__":
    program.run(__doc__, work)
