"""The apparatus: data, labels, networks, the packed trainer, experiments, statistics and figures.

Nothing in here knows Snakemake: every public function takes plain settings and paths.
"""
