"""Interactive charts: one for each claim that has a module of one beside its figure."""


localrules:
    interact,


rule interact:
    input:
        measurements=lambda wildcards: measurements_of(wildcards)["measurements"],
        verdict=rules.judge.output.verdict,
    output:
        chart=f"{RESULTS}/claims/{{claim}}/interactive.json",
        checksums=f"{RESULTS}/claims/{{claim}}/interactive.sha256",
    log:
        f"{RESULTS}/logs/interact/{{claim}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/interact/{{claim}}.tsv"
    wildcard_constraints:
        claim="|".join(INTERACTIVE) or NOTHING,
    conda:
        ENVIRONMENT
    params:
        settings=settings_of("chart"),
        code=lambda wildcards: LINEAGE.chart_code(wildcards.claim),
        lineage=lineage_of("chart"),
    message:
        "Make the interactive chart of {wildcards.claim}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/interact.py {params.settings:q} --input measurements {input.measurements}'
        " --input verdict {input.verdict} --lineage {params.lineage} --output chart {output.chart}"
        " --output checksums {output.checksums} --log {log} 3>&2 2>>{log}"
