"""Data sets: downloaded and verified, laid out as memory-mapped Arrow files, labels corrupted."""


localrules:
    download,
    prepare,
    corrupt,


rule download:
    output:
        file=f"{RESULTS}/data/downloads/{{file}}",
    log:
        f"{RESULTS}/logs/download/{{file}}.log",
    # no `benchmark:`, which Snakemake refuses beside it
    cache: CACHE
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: canonical(FETCHED[wildcards.file]),
        code=code_hash("download.py"),
    message:
        "Download {wildcards.file}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/download.py {params.settings:q} --output file {output.file}'
        " --log {log} 3>&2 2>>{log}"


rule prepare:
    # whichever the data set is made from, `train` and `test` one file or several; not in `params`, where their folders would be in the keys of cached outputs
    input:
        archive=dataset_input("archive"),
        train=dataset_input("train"),
        test=dataset_input("test"),
    output:
        train=f"{RESULTS}/data/{{dataset}}/train.arrow",
        test=f"{RESULTS}/data/{{dataset}}/test.arrow",
        info=f"{RESULTS}/data/{{dataset}}/dataset.json",
    log:
        f"{RESULTS}/logs/prepare/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_of("dataset"),
        code=code_hash("prepare.py"),
        lineage=lineage_of("dataset"),
    message:
        "Prepare data set {wildcards.dataset}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/prepare.py {params.settings:q}'
        " --input archive {input.archive:q} --input train {input.train:q} --input test {input.test:q}"
        " --output train {output.train} --output test {output.test} --output info {output.info}"
        " --log {log} 3>&2 2>>{log}"


rule corrupt:
    input:
        info=rules.prepare.output.info,
        images=[ancient(str(rules.prepare.output.train)), ancient(str(rules.prepare.output.test))],
    output:
        labels=f"{RESULTS}/data/{{dataset}}/labels/{{definition}}_{{noise}}_s{{seeds}}.arrow",
    log:
        f"{RESULTS}/logs/corrupt/{{dataset}}/{{definition}}_{{noise}}_s{{seeds}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/corrupt/{{dataset}}/{{definition}}_{{noise}}_s{{seeds}}.tsv"
    conda:
        ENVIRONMENT
    params:
        settings=settings_of("labels"),
        code=code_hash("corrupt.py"),
        lineage=lineage_of("labels"),
    message:
        "Corrupt {wildcards.noise} of the labels of {wildcards.dataset}, seeds {wildcards.seeds}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/corrupt.py {params.settings:q} --input info {input.info}'
        " --output labels {output.labels} --log {log} 3>&2 2>>{log}"
