"""Trained networks: one job per cell, then the experiments that read them."""


rule train:
    input:
        unpack(cell_inputs),
    output:
        table=f"{RESULTS}/training/{{study}}/{{cell}}.parquet",
        cost=f"{RESULTS}/training/{{study}}/{{cell}}.cost.json",
    log:
        f"{RESULTS}/logs/train/{{study}}/{{cell}}.log",
    # no `benchmark:`, which Snakemake refuses beside it; seconds and memory stand in the costs
    cache: CACHE
    # before judging and drawing, which fill the gaps
    priority: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(RUN["memory_mb"]),
        runtime=time_limit(training_minutes),
        gpu=RUN["gpus"],
        slurm_partition=partition(RUN["gpus"]),
        slurm_account=RUN["jobs"]["account"],
    params:
        settings=settings_of("cell"),
        code=lambda wildcards: LINEAGE.training_code(wildcards.study),
        lineage=lineage_of("cell"),
    message:
        "Train {wildcards.study} {wildcards.cell}"
    # glibc keeps freed memory for the next step, in large pages: fresh pages cost time at every step; `exec`, so that
    # a cluster that signals all processes ends no shell while the program still saves its state
    shell:
        "MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=67108864"
        " GLIBC_TUNABLES=glibc.malloc.hugetlb=1"
        ' exec python "$OVERPARAM_SCRIPTS"/train.py {params.settings:q}'
        " --input dataset {input.dataset} --input labels {input.labels}"
        " --output table {output.table} --output cost {output.cost}"
        " --gpus {resources.gpu} --log {log} 3>&2 2>>{log}"
        ' --state "$OVERPARAM_STATE" --code {params.code} --checkpoint-minutes "$OVERPARAM_CHECKPOINT_MINUTES"'


rule measure_networks:
    input:
        training=training_tables(rules.train.output.table),
        costs=training_tables(rules.train.output.cost),
        datasets=read_datasets,
    output:
        table=f"{RESULTS}/measurements/{{experiment}}.parquet",
        cost=f"{RESULTS}/measurements/{{experiment}}.cost.json",
        checksums=f"{RESULTS}/measurements/{{experiment}}.sha256",
    log:
        f"{RESULTS}/logs/measure/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure/{{experiment}}.tsv"
    wildcard_constraints:
        experiment="|".join(NETWORK_EXPERIMENTS),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(RUN["memory_mb"]),
        runtime=time_limit(experiment_minutes),
        slurm_partition=partition(0),
        slurm_account=RUN["jobs"]["account"],
    params:
        settings=settings_of("experiment"),
        code=lambda wildcards: LINEAGE.experiment_code(wildcards.experiment),
        lineage=lineage_of("experiment"),
    message:
        "Measure {wildcards.experiment}"
    shell:
        'python "$OVERPARAM_SCRIPTS"/measure.py {params.settings:q} --input training {input.training}'
        " --input costs {input.costs} --input datasets {input.datasets}"
        " --output table {output.table} --output cost {output.cost} --output checksums {output.checksums}"
        ' --memory-mb "$OVERPARAM_MEMORY_MB" --log {log} 3>&2 2>>{log}'
