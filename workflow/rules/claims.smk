"""Claims: a verdict and a figure each, and a target per claim."""


localrules:
    judge,
    draw,


rule judge:
    input:
        unpack(measurements_of),
    output:
        verdict=f"{RESULTS}/claims/{{claim}}/verdict.json",
    log:
        f"{RESULTS}/logs/judge/{{claim}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge/{{claim}}.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=claim_settings("id", "name", "forms", "control"),
        inputs=given_inputs,
        code=code_hash("judge.py"),
    message:
        "Judge {wildcards.claim}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/judge.py {params.settings:q} {params.inputs} --output verdict {output.verdict} --log {log}'


rule draw:
    input:
        measurements=lambda wildcards: measurements_of(wildcards)["measurements"],
        verdict=rules.judge.output.verdict,
    output:
        svg=report(
            f"{RESULTS}/claims/{{claim}}/figure.svg",
            caption=BASE / "workflow/report/claim.rst",
            category="Claims",
            labels=claim_labels,
        ),
        png=f"{RESULTS}/claims/{{claim}}/figure.png",
        pdf=f"{RESULTS}/claims/{{claim}}/figure.pdf",
        alt=f"{RESULTS}/claims/{{claim}}/figure.alt.txt",
    log:
        f"{RESULTS}/logs/draw/{{claim}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw/{{claim}}.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=figure_settings,
        code=figure_code,
    message:
        "Draw {wildcards.claim}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/draw.py {params.settings:q} --input measurements {input.measurements}'
        " --input verdict {input.verdict} --output svg {output.svg} --output png {output.png}"
        " --output pdf {output.pdf} --output alt {output.alt} --log {log}"


for name in [claim["id"] for claim in REGISTRY]:

    rule:
        name:
            name
        input:
            target_of(name),
