"""Write the pages of a run."""

from overparam.jobs import program


def work(job: program.Job) -> None:
    """Write all pages into the folder of the output `index`: of `settings.claims`, or of those that may be shown.

    With the output `checksums` the pages are those of a whole run: every claim has a verdict among the inputs
    `verdicts`, and pictures among `figures`, `details`, `charts` and `alt`. Without it they are made of what is there:
    of verdicts and pictures that are whole and of the lineages that `settings.lineages` and `settings.drawn` ask for.
    The inputs `measurements` hold what stands beside published numbers, and `larger` are verdicts at published sizes.
    The inputs `stability` and `error_rates`, if they are given, say how verdicts fared under other root seeds, and how
    often the judge errs.
    """
    from overparam.jobs import files, records
    from overparam.plan import checksums
    from overparam.report import answer, larger_runs, pages, present, reading, run

    settings, inputs, index = job.settings, job.inputs, job.output("index")
    folder, results = index.parent, index.parent.parent
    reference = reading.optional_table(inputs.get("stability", []))
    named = {name: inputs.get(name, []) for name in ("figures", "alt", "details", "charts")}
    if "checksums" in job.outputs:
        verdicts = [records.verdict(path) for path in inputs.get("verdicts", [])]
        claims = reading.collect(settings["claims"], verdicts, reference)
    else:
        claims, _ = present.collect(settings["claims"], settings["lineages"], inputs.get("verdicts", []), reference)
        named = present.pictures(claims, settings["drawn"], named)
    shown = {claim.id for claim in claims}
    experiments = {claim.id: claim.entry["experiment"] for claim in claims}
    made = pages.render(
        run.Run(
            preset=settings["preset"],
            results=results,
            claims=claims,
            topics=settings["topics"],
            works=settings["works"],
            experiments=settings["experiments"],
            pictures=run.collect(named["figures"], named["alt"], named["details"], named["charts"]),
            missing=[entry for entry in settings["claims"] if entry["id"] not in shown],
            measured={path.stem: records.measurements(path) for path in inputs.get("measurements", [])},
            larger=larger_runs.collect(inputs.get("larger", []), experiments),
            table=any(path.is_file() for path in inputs.get("table", [])),
            config=job.input("config").read_text(encoding="utf-8") if inputs.get("config") else None,
            rates=reading.optional_table(inputs.get("error_rates", [])),
            answers=answer.sentences(),
        )
    )
    asked = {path for name in ("index", "others", "claims", "assets", "larger") for path in job.outputs.get(name, [])}
    if "checksums" in job.outputs and asked != {folder / name for name in made}:
        raise ValueError(f"the pages made are not those asked for: {asked ^ {folder / name for name in made}}")
    for path in (folder / "claims").glob("*.html"):  # of claims that are not shown any more
        if f"claims/{path.name}" not in made:
            path.unlink()
    for name, text in made.items():
        files.write_text(folder / name, text)
    for path in job.outputs.get("checksums", []):
        files.write_text(path, checksums.listing([folder / name for name in made], folder, job.lineage))


if __name__ == "__main__":
    program.run(__doc__, work)
