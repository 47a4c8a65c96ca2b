"""Only whole verdicts of the present settings, code and data are shown; of the others it is said why not."""

import json

import pytest

from overparam.plan import checksums
from overparam.report import present


@pytest.fixture
def folder(tmp_path, verdicts):
    """The verdicts of the synthetic run, each with its lineage and the list of its checksum."""
    for verdict in verdicts:
        path = tmp_path / verdict["claim"] / "verdict.json"
        path.parent.mkdir()
        path.write_text(json.dumps({**verdict, "lineage": f"lineage of {verdict['claim']}"}))
        (path.parent / "verdict.sha256").write_text(checksums.listing([path]))
    return tmp_path


def collect(folder, entries, **lineages):
    wanted = {entry["id"]: f"lineage of {entry['id']}" for entry in entries} | lineages
    claims, sentences = present.collect(entries, wanted, [folder / entry["id"] / "verdict.json" for entry in entries])
    return [claim.id for claim in claims], sentences


def test_all_are_shown(folder, entries):
    assert collect(folder, entries) == ([entry["id"] for entry in entries], [])


def test_a_verdict_of_another_lineage_is_named(folder, entries):
    shown, sentences = collect(folder, entries, B4="another")
    assert "B4" not in shown and len(shown) == len(entries) - 1
    assert sentences[0] == "B4: made of other settings, code or data than the present ones, so not shown."
    assert "snakemake --cores all" in sentences[1]


@pytest.mark.parametrize(
    "damage", [lambda text: text[:50], lambda text: text.replace("supported", "refuted"), lambda text: ""]
)
def test_a_damaged_verdict_is_named(folder, entries, damage):
    path = folder / "A1/verdict.json"
    path.write_text(damage(path.read_text()))
    shown, sentences = collect(folder, entries)
    assert "A1" not in shown and sentences[0] == "A1: damaged since they were made, so not shown."


def test_a_verdict_without_the_list_of_its_checksum_is_named(folder, entries):
    (folder / "A1/verdict.sha256").write_text("")
    assert collect(folder, entries)[1][0].startswith("A1: damaged")


def test_missing_verdicts_are_named_up_to_a_dozen(folder, entries):
    for entry in entries:
        (folder / entry["id"] / "verdict.json").unlink()
    shown, sentences = collect(folder, entries)
    assert not shown and sentences[0] == "A1, E13, B4, C1, D3: not made yet."
    many = [{**entries[0], "id": f"A{number}"} for number in range(30)]
    assert "and 18 more: not made yet." in collect(folder, many)[1][0]
