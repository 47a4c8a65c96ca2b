"""Claims: a verdict and a figure or two each, and a target per claim."""


localrules:
    judge,
    draw,
    draw_with_details,


rule judge:
    input:
        unpack(measurements_of),
    output:
        verdict=f"{RESULTS}/claims/{{claim}}/verdict.json",
        checksums=f"{RESULTS}/claims/{{claim}}/verdict.sha256",
    log:
        f"{RESULTS}/logs/judge/{{claim}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge/{{claim}}.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_of("judged"),
        inputs=given_inputs,
        code=code_hash("judge.py"),
        lineage=lineage_of("verdict"),
    message:
        "Judge {wildcards.claim}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/judge.py {params.settings:q} {params.inputs} --lineage {params.lineage}'
        " --output verdict {output.verdict} --output checksums {output.checksums} --log {log} 3>&2 2>>{log}"


rule draw:
    input:
        measurements=lambda wildcards: measurements_of(wildcards)["measurements"],
        verdict=rules.judge.output.verdict,
    output:
        svg=report(
            f"{RESULTS}/claims/{{claim}}/figure.svg",
            caption=f"{PATTERN}/workflow/report/claim.rst",
            category="Claims",
            labels=claim_labels,
        ),
        png=f"{RESULTS}/claims/{{claim}}/figure.png",
        pdf=f"{RESULTS}/claims/{{claim}}/figure.pdf",
        alt=f"{RESULTS}/claims/{{claim}}/figure.alt.txt",
        checksums=f"{RESULTS}/claims/{{claim}}/figure.sha256",
    log:
        f"{RESULTS}/logs/draw/{{claim}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw/{{claim}}.tsv"
    wildcard_constraints:
        claim="|".join(name for name in CLAIMS if name not in DETAILED) or NOTHING,
    conda:
        ENVIRONMENT
    params:
        settings=settings_of("figure"),
        code=lambda wildcards: LINEAGE.figure_code(wildcards.claim),
        lineage=lineage_of("figure"),
        outputs=given_outputs,
    message:
        "Draw {wildcards.claim}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/draw.py {params.settings:q} --input measurements {input.measurements}'
        " --input verdict {input.verdict} --lineage {params.lineage} {params.outputs} --log {log} 3>&2 2>>{log}"


use rule draw as draw_with_details with:
    output:
        svg=report(
            f"{RESULTS}/claims/{{claim}}/figure.svg",
            caption=f"{PATTERN}/workflow/report/claim.rst",
            category="Claims",
            labels=claim_labels,
        ),
        png=f"{RESULTS}/claims/{{claim}}/figure.png",
        pdf=f"{RESULTS}/claims/{{claim}}/figure.pdf",
        alt=f"{RESULTS}/claims/{{claim}}/figure.alt.txt",
        details_svg=f"{RESULTS}/claims/{{claim}}/details.svg",
        details_png=f"{RESULTS}/claims/{{claim}}/details.png",
        details_pdf=f"{RESULTS}/claims/{{claim}}/details.pdf",
        details_alt=f"{RESULTS}/claims/{{claim}}/details.alt.txt",
        checksums=f"{RESULTS}/claims/{{claim}}/figure.sha256",
    wildcard_constraints:
        claim="|".join(DETAILED) or NOTHING,


for name in [claim["id"] for claim in REGISTRY]:

    rule:
        name:
            name
        input:
            target_of(name),
