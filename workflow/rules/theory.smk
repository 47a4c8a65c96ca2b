"""Experiments that train no image network: closed problems, random features, curvature."""


rule measure:
    input:
        datasets=read_datasets,
        images=read_images,
    output:
        table=f"{RESULTS}/measurements/{{experiment}}.parquet",
        cost=f"{RESULTS}/measurements/{{experiment}}.cost.json",
        checksums=f"{RESULTS}/measurements/{{experiment}}.sha256",
    log:
        f"{RESULTS}/logs/measure/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure/{{experiment}}.tsv"
    wildcard_constraints:
        experiment="|".join(name for name in experiment_settings.names() if name not in NETWORK_EXPERIMENTS),
    # before judging and drawing, which fill the gaps
    priority: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(RUN["memory_mb"]),
        runtime=time_limit(experiment_minutes),
        gpu=asked_gpus,
        slurm_partition=lambda wildcards: partition(asked_gpus(wildcards)),
        slurm_account=RUN["jobs"]["account"],
    params:
        settings=settings_of("experiment"),
        code=lambda wildcards: LINEAGE.experiment_code(wildcards.experiment),
        lineage=lineage_of("experiment"),
    message:
        "Measure {wildcards.experiment}"
    shell:
        'exec python "$OVERPARAM_SCRIPTS"/measure.py {params.settings:q} --input datasets {input.datasets}'
        " --output table {output.table} --output cost {output.cost} --output checksums {output.checksums}"
        ' --state "$OVERPARAM_STATE" --code {params.code}'
        ' --memory-mb "$OVERPARAM_MEMORY_MB" --gpus {resources.gpu} --log {log} 3>&2 2>>{log}'
