"""The answer of a run: one table and the pages."""


localrules:
    tabulate,
    report,
    claims,


rule tabulate:
    input:
        verdicts=verdicts(),
        stability=existing(places.STABILITY),
    output:
        table=f"{RESULTS}/claims.parquet",
        checksums=f"{RESULTS}/claims.sha256",
    log:
        f"{RESULTS}/logs/tabulate.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate.tsv"
    conda:
        ENVIRONMENT
    params:
        registry=REGISTRY_FILE,
        code=code_hash("summarise.py"),
        lineage=LINEAGE.table(),
        reference=[checksums.sha256(Path(path)) for path in existing(places.STABILITY)],  # times of files decide nothing
    message:
        "Tabulate the verdicts"
    shell:
        'python "$OVERPARAM_SCRIPTS"/summarise.py @{params.registry} --input verdicts {input.verdicts}'
        " --input stability {input.stability} --output table {output.table} --output checksums {output.checksums} --log {log} 3>&2 2>>{log}"


rule report:
    input:
        verdicts=verdicts(),
        figures=pictures(kinds=["svg"]),
        details=details(kinds=["svg"]),
        alt=pictures(kinds=["alt.txt"]) + details(kinds=["alt.txt"]),
        charts=interactive(),
        measurements=compared(),
        table=rules.tabulate.output.table,
        stability=existing(places.STABILITY),
        error_rates=existing(places.ERROR_RATES),
        larger=larger_runs(),
    output:
        index=f"{RESULTS}/report/index.html",
        others=expand(f"{RESULTS}/report/{{page}}.html", page=["data", "all"]),
        claims=expand(f"{RESULTS}/report/claims/{{claim}}.html", claim=CLAIMS),
        assets=expand(f"{RESULTS}/report/assets/{{asset}}", asset=report_assets()),
        larger=larger_figures(),
        checksums=f"{RESULTS}/report/index.sha256",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    conda:
        ENVIRONMENT
    params:
        registry=REGISTRY_FILE,
        run=f"{RESULTS}/run.json",  # provenance only, so no input
        code=code_hash("report.py", files=report_templates()),
        lineage=PAGES_LINEAGE,
        reference=[
            checksums.sha256(Path(path)) for path in [*existing(places.STABILITY, places.ERROR_RATES), *larger_runs()]
        ],
    message:
        "Write the pages"
    shell:
        'python "$OVERPARAM_SCRIPTS"/report.py @{params.registry} --input verdicts {input.verdicts}'
        " --input figures {input.figures} --input details {input.details} --input alt {input.alt} --input charts {input.charts} --input measurements {input.measurements} --input table {input.table}"
        " --input stability {input.stability} --input error_rates {input.error_rates} --input larger {input.larger} --input config {params.run}"
        " --lineage {params.lineage} --output index {output.index} --output others {output.others}"
        " --output claims {output.claims} --output assets {output.assets} --output larger {output.larger} --output checksums {output.checksums}"
        " --log {log} 3>&2 2>>{log}"


rule claims:
    # no inputs: it shows what is there, and makes nothing
    log:
        f"{RESULTS}/logs/claims.log",
    conda:
        ENVIRONMENT
    params:
        registry=REGISTRY_FILE,
        verdicts=verdicts(),
        stability=existing(places.STABILITY),
    message:
        "The verdicts"
    shell:
        'python "$OVERPARAM_SCRIPTS"/show.py @{params.registry} --input verdicts {params.verdicts}'
        " --input stability {params.stability} --log {log} 3>&2 2>>{log}"
