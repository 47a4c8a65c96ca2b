"""Judge one claim: settings {"claim": entry, "unavailable": reason or null}."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Read measurements and cost, write the verdict; the run record lies at the root of the preset's results."""
    from overparam.jobs import files, provenance, records
    from overparam.judge.verdict_file import judge_claim

    claim, unavailable = job.settings["claim"], job.settings.get("unavailable")
    measurements = None if unavailable else records.measurements(job.input("measurements"))
    cost = records.cost(job.input("cost")) if job.inputs.get("cost") else {}
    output = job.output("verdict")
    record = provenance.collect(output.parent / "../../run.json")
    verdict = judge_claim(claim, measurements, cost.pop("dataset", None), cost, record, unavailable)
    files.write_json(output, {**verdict, "lineage": job.lineage})
    files.write_checksums(job.outputs, "verdict")


if __name__ == "__main__":
    program.run(__doc__, work)
