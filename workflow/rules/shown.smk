"""What a run shows, and what its pages are told: nothing outdated, whatever ends it."""


def report_templates():
    """Return the files that the pages are made from, besides their code."""
    folder = SCRIPTS / "overparam/report"
    return (
        folder / "answer.yaml",
        *sorted(path for part in ("assets", "templates") for path in (folder / part).iterdir()),
    )


def report_assets():
    """Return the names of the files that the pages share; those of charts only where there are any."""
    names = sorted(path.name for path in (SCRIPTS / "overparam/report/assets").iterdir())
    charts = [*(name for name in names if name.startswith("charts.")), "vega.js"]
    return [name for name in names if name not in charts] + (charts if INTERACTIVE else [])


def told():
    """Return what the pages say besides what a run makes: what stands in the registry, and in what it leads to."""
    experiments = {claim["experiment"] for claim in CLAIMS.values()}
    declared = {name: experiment_settings.declaration(name) for name in sorted(experiments)}
    return {
        "claims": list(CLAIMS.values()),
        "topics": topics.known(CLAIMS.values()),
        "works": bibliography.known(),
        "experiments": {name: {key: one[key] for key in ("description", "measures")} for name, one in declared.items()},
    }


TOLD = told()
PAGES_LINEAGE = LINEAGE.pages(report_templates(), TOLD)


def claim_labels(wildcards):
    """Return what Snakemake's own report shows of a claim in its list."""
    return {"claim": wildcards.claim, "title": CLAIMS[wildcards.claim]["title"]}


class Captions(dict):
    """What captions say of claims, by their ids; made when it is asked for, since no other run needs it."""

    def __missing__(self, name):
        """Return the texts of a claim, with the characters escaped that reStructuredText would read as markup."""
        claim, source = CLAIMS[name], CLAIMS[name]["source"]
        places = [source["document"], source["place"], *source.get("papers", []), source.get("result", "")]
        texts = {
            "title": claim["title"],
            "statement": typesetting.plain(claim["statement"]),
            "formula": typesetting.unicode(claim["formula"]),
            "control": claim["control"]["description"],
            "note": typesetting.plain(claim.get("note", "")),
            "source": ", ".join(places),
        }
        return {key: re.sub(r"([*`|_\\])", r"\\\1", " ".join(text.split())).rstrip(", ") for key, text in texts.items()}


config["captions"] = Captions()  # the captions of Snakemake's own report can read nothing else


def verdicts(names=tuple(CLAIMS), kinds=("json",)):
    """Return the verdict files of these claims."""
    return expand(f"{RESULTS}/claims/{{claim}}/verdict.{{kind}}", claim=names, kind=kinds)


def existing(*paths):
    """Return those of these files that are there."""
    return [str(path) for path in paths if path.is_file()]


def pictures(names=tuple(CLAIMS), kinds=("svg", "png", "pdf")):
    """Return the figures of these claims that say what was found, as far as this run can measure them."""
    drawn = [name for name in names if name in AVAILABLE]
    return expand(f"{RESULTS}/claims/{{claim}}/figure.{{kind}}", claim=drawn, kind=kinds)


def interactive(names=tuple(CLAIMS), kinds=("json",)):
    """Return the interactive charts of those of these claims that have one, as far as this run can measure them."""
    made = [name for name in names if name in INTERACTIVE]
    return expand(f"{RESULTS}/claims/{{claim}}/interactive.{{kind}}", claim=made, kind=kinds)


def details(names=tuple(CLAIMS), kinds=("svg", "png", "pdf")):
    """Return the second figures of those of these claims that have one, as far as this run can measure them."""
    drawn = [name for name in names if name in AVAILABLE and name in DETAILED]
    return expand(f"{RESULTS}/claims/{{claim}}/details.{{kind}}", claim=drawn, kind=kinds)


def shown(names=tuple(CLAIMS)):
    """Return all that a run shows of these claims."""
    kinds = ["svg", "png", "pdf", "alt.txt"]
    drawn = pictures(names, [*kinds, "sha256"]) + details(names, kinds) + interactive(names, ["json", "sha256"])
    return verdicts(names, ["json", "sha256"]) + drawn


def compared():
    """Return the measurements of which something stands beside published numbers on the pages."""
    claims = [CLAIMS[name] for name in AVAILABLE if any("ours" in row for row in CLAIMS[name].get("published", []))]
    experiments = list(dict.fromkeys(claim["experiment"] for claim in claims))
    return expand(f"{RESULTS}/measurements/{{name}}.parquet", name=experiments)


def larger_runs(names=tuple(CLAIMS)):
    """Return the verdicts on these claims at published sizes, which belong to the project."""
    found = sorted(places.REFERENCE.glob("*/claims/*/verdict.json"))
    return [str(path) for path in found if path.parent.name in names]


def larger_figures():
    """Return the figures of runs at published sizes in the folder of the pages."""
    return [f"{RESULTS}/report/{places.larger_figure(Path(path))}" for path in larger_runs()]


def record_run():
    """Save the configuration with all its defaults, for provenance, and the claims of this run: no inputs of any rule."""
    from overparam.jobs import files  # it imports pandas, which planning does without

    shared = {**RUN, **image_files.without_folders(RUN)}
    run = {"preset": RUN["preset"], "config": shared}
    files.write_text(f"{RESULTS}/run.json", json.dumps(run, indent=2, sort_keys=True))
    known = {"preset": RUN["preset"], **TOLD}
    known["lineages"] = {name: LINEAGE.verdict(name) for name in CLAIMS}
    known["drawn"] = {name: LINEAGE.drawn(name) for name in CLAIMS}
    files.write_text(REGISTRY_FILE, json.dumps(known, indent=1))


def damaged_files():
    """Return the files that a run shows which are not as they were made."""
    lists = [path for pattern in CHECKSUMS for path in sorted(Path(RESULTS).glob(pattern))]
    return [str(path) for checked in lists for path in checksums.damaged(checked)]


def clear_outdated():
    """Remove what a run shows and is about to be made anew: whatever ends this run, nothing outdated is left to see.

    So are verdicts and figures whose measurements are made anew by a run that makes neither, the table with any verdict,
    and the pages with any of them. `--touch` makes nothing.
    """
    if workflow.touch:
        return
    remade = snakemake_internals.outputs_to_be_made(workflow)
    gone = {path for path in remade if path.startswith((f"{RESULTS}/claims", f"{RESULTS}/report"))}
    for name in CLAIMS:
        if not remade.isdisjoint(measured([name])):
            gone.update(shown([name]))
    if gone:
        gone.update(rules.report.output)
    if not gone.isdisjoint(verdicts()):  # else a run that makes the pages alone would miss the table
        gone.update(rules.tabulate.output)
    for path in gone:
        Path(path).unlink(missing_ok=True)


def write_pages_of_what_is_there():
    """Write pages of the verdicts that are there, unless those of a whole run are: then these show all of them already.

    They are outputs of no rule. The list of the checksums of the pages is absent beside them, so that the next run of all
    claims makes them anew. Nothing outdated is on them: `report.py` takes those verdicts and pictures only that are whole
    and of the present settings, code and data.
    """
    listed = Path(str(rules.report.output.checksums))
    asked = set(workflow.dag_settings.targets)
    wanted = not asked or "all" in asked or not asked.isdisjoint(CLAIMS)
    whole = checksums.lineage(listed) == PAGES_LINEAGE and not checksums.damaged(listed)
    if not wanted or whole or workflow.touch or not any(Path(path).exists() for path in verdicts()):
        return
    listed.unlink(missing_ok=True)
    record_run()
    inputs = {
        "verdicts": existing(*map(Path, verdicts())),
        "figures": existing(*map(Path, pictures(kinds=["svg"]))),
        "details": existing(*map(Path, details(kinds=["svg"]))),
        "alt": existing(*map(Path, pictures(kinds=["alt.txt"]) + details(kinds=["alt.txt"]))),
        "charts": existing(*map(Path, interactive())),
        "measurements": [
            path
            for path in existing(*map(Path, compared()))
            if not checksums.damaged(Path(path).with_suffix(".sha256"))
        ],
        "stability": existing(places.STABILITY),
        "error_rates": existing(places.ERROR_RATES),
        "larger": larger_runs(),
        "config": [f"{RESULTS}/run.json"],
    }
    command = [sys.executable, SCRIPTS / "report.py", f"@{REGISTRY_FILE}", "--log", f"{RESULTS}/logs/pages.log"]
    given = [word for name, paths in inputs.items() if paths for word in ["--input", name, *paths]]
    subprocess.run([*command, *given, "--output", "index", rules.report.output.index], check=False)


def show_verdicts():
    """Print the verdicts that this run was asked for; the target `claims` prints them by itself."""
    targets = set(workflow.dag_settings.targets)
    names = [name for name in CLAIMS if name in targets or not targets or "all" in targets]
    colours = {"NO_COLOR": "1"} if workflow.output_settings.nocolor else {}
    if any(Path(path).exists() for path in verdicts(names)):
        command = [sys.executable, SCRIPTS / "show.py", f"@{REGISTRY_FILE}", "--log", f"{RESULTS}/logs/show.log"]
        inputs = ["--input", "verdicts", *verdicts(names), "--input", "stability", *existing(places.STABILITY)]
        subprocess.run([*command, *inputs], check=False, env=os.environ | colours)
