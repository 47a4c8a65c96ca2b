"""Tests every claim about over-parameterized networks: from images to a figure and a verdict each."""


include: "workflow/rules/premises.smk"


configfile: f"{BASE}/config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/shown.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/cache.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/charts.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        rules.report.output,
        rules.tabulate.output,
        shown(),
        measured(),
    message:
        "Everything that was asked for"


onstart:
    check_cluster()
    clear_outdated()
    record_run()
    announcements.begin(workflow, RESULTS, CLAIMS)
    PROGRESS.begin()
    FORK_SERVER.begin()


onsuccess:
    forget_states()
    show_verdicts()


onerror:
    FAILED_JOBS.show()
    write_pages_of_what_is_there()
    show_verdicts()
