"""Every rule says what it does, where it logs and what it runs in."""

import re

import pytest
from project_copies import ROOT

RULES = {
    match["name"]: match["body"]
    for path in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for match in re.finditer(r"^rule (?P<name>\w+):\n(?P<body>(?:    .*\n|\n)+)", path.read_text(), flags=re.MULTILINE)
}
WORKING = {name: body for name, body in RULES.items() if "    output:" in body}


def test_rules_are_found():
    assert {"download", "prepare", "corrupt", "train", "measure", "judge", "draw", "tabulate", "report"} <= set(WORKING)


@pytest.mark.parametrize("name", WORKING)
def test_directives(name):
    for directive in ("output", "log", "conda", "params", "message"):
        assert f"    {directive}:\n" in WORKING[name], directive
    # Snakemake refuses the two together
    assert ("    benchmark:\n" in WORKING[name]) != ("    cache: CACHE\n" in WORKING[name])
    assert "        ENVIRONMENT\n" in WORKING[name]
    assert "code=" in WORKING[name]


def test_no_rule_retries():
    assert not any("retries:" in body for body in RULES.values())  # inside a cluster job they would nest


def test_the_entry_is_a_table_of_contents():
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 60
