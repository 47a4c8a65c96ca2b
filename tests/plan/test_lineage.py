"""A lineage changes with all that may change a file, and with nothing else."""

import copy

import pytest
import yaml
from project_copies import ROOT

from overparam.plan import cells, config, lineage, registry
from overparam.plan.lineage import Lineage, canonical, digest


@pytest.fixture(scope="module")
def claims():
    return registry.load()


def made(claims, content=None, edit=lambda config: None, entry=lambda claim: None):
    """Return the lineages of the smoke configuration after an edit of it, or of the entries of its claims."""
    given = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())
    edit(given)
    claims = copy.deepcopy(claims)
    for claim in claims:
        entry(claim)
    run = config.resolve(given, claims)
    chosen = {claim["id"]: claim for claim in claims if claim["id"] in run["claims"]}
    unavailable = {name: config.unavailable(claim, run) for name, claim in chosen.items()}
    planned = cells.plan(run["studies"], run["datasets"], run["jobs"])
    return Lineage(run, chosen, unavailable, planned, lambda dataset: content)


def changed(before, after):
    """Return which verdicts, cells and data sets have another lineage."""
    verdicts = {name for name in before.claims if before.verdict(name) != after.verdict(name)}
    trained = {cell for cell in before.planned if cell not in after.planned or before.cell(*cell) != after.cell(*cell)}
    data = {name for name in before.datasets if before.dataset(name) != after.dataset(name)}
    return verdicts, trained, data


def study(config, name):
    return next(study for study in config["studies"] if study["name"] == name)


def test_nothing_changed_changes_nothing(claims):
    before, after = made(claims), made(claims)
    assert changed(before, after) == (set(), set(), set())
    assert before.table() == after.table() and before.pages((), before.claims) == after.pages((), after.claims)


def test_the_order_of_keys_changes_nothing(claims):
    def reorder(config):
        config["studies"] = [dict(reversed(study.items())) for study in config["studies"]]

    assert changed(made(claims), made(claims, edit=reorder)) == (set(), set(), set())


def test_the_root_seed_changes_all(claims):
    before = made(claims)
    after = made(claims, edit=lambda config: config.update(seed=1))
    assert changed(before, after) == (set(before.claims), set(before.planned), set(before.datasets))


def test_a_setting_of_a_study_changes_its_cells_and_what_is_judged_on_them(claims):
    def edit(config):
        study(config, "mlp-digits-width")["epochs"] = 21

    verdicts, trained, data = changed(made(claims), made(claims, edit=edit))
    assert {study for study, _ in trained} == {"mlp-digits-width"} and not data
    assert {"B4", "A5"} <= verdicts and not {"A1", "F1", "B5"} & verdicts


def test_an_added_width_changes_no_cell(claims):
    def edit(config):
        study(config, "mlp-digits-width")["widths"].append(5)

    verdicts, trained, _ = changed(made(claims), made(claims, edit=edit))
    assert not trained and "B4" in verdicts and "A1" not in verdicts


def test_the_content_of_ones_own_images_changes_what_is_made_from_them(claims):
    before, after = made(claims, content="a"), made(claims, content="b")
    verdicts, trained, data = changed(before, after)
    assert data == set(before.datasets) and trained == set(before.planned)
    assert "B4" in verdicts and "A1" not in verdicts


def test_a_note_changes_the_page_alone(claims):
    before = made(claims)
    after = made(claims, entry=lambda claim: claim.update(note="another"))
    assert changed(before, after) == (set(), set(), set())
    assert before.table() == after.table() and before.pages((), before.claims) != after.pages((), after.claims)


def test_what_forms_and_controls_say_to_the_reader_judges_nothing_anew(claims):
    def reword(claim):
        claim["control"]["description"] = "another"
        claim["published"] = [
            {"quantity": "another", "value": "1", "setting": "another", "ours": {"quantity": "another"}}
        ]
        for form in claim["forms"].values():
            form["refutation"] = {"kind": "slip", "says": "another", "why": "another"}
            form.update({"title": "another"} if "title" in form else {})

    before, after = made(claims), made(claims, entry=reword)
    assert not changed(before, after)[0] and before.pages((), before.claims) != after.pages((), after.claims)
    after = made(claims, entry=lambda claim: claim["control"]["where"].update(another=1))
    assert changed(before, after)[0] == set(before.claims)


def test_a_title_changes_table_and_page(claims):
    before = made(claims)
    after = made(claims, entry=lambda claim: claim.update(title="Another title"))
    assert not changed(before, after)[0] and before.table() != after.table()


def test_a_claim_without_its_networks_is_another_verdict(claims):
    def edit(config):
        config["studies"] = [study for study in config["studies"] if study["name"] != "mlp-digits-width"]
        config["studies"] = [study for study in config["studies"] if "width_sweep" not in study["experiments"]]

    before, after = made(claims), made(claims, edit=edit)
    assert after.unavailable["B4"] and before.verdict("B4") != after.verdict("B4")
    assert before.experiment("polynomial_regression") == after.experiment("polynomial_regression")


def test_code_is_part_of_it(claims, monkeypatch):
    before = made(claims)
    before_verdict, before_cell = before.verdict("B4"), before.cell(*next(iter(before.planned)))
    monkeypatch.setattr(lineage, "code_hash", lambda *names, files=(): f"other {names}")
    after = made(claims)
    assert before_verdict != after.verdict("B4") and before_cell != after.cell(*next(iter(after.planned)))


def test_canonical_and_digest():
    assert canonical({"b": 1, "a": [1.0, None]}) == '{"a":[1.0,null],"b":1}'
    assert len(digest("a")) == 32 and digest("a", "b") != digest(["a", "b"]) != digest("ab")
    with pytest.raises(ValueError, match="Out of range"):
        canonical(float("nan"))


def test_a_second_figure_is_part_of_what_is_drawn(claims, monkeypatch):
    def of_b4():
        found = made(claims)
        return found.figure_settings("B4")["claim"], found.figure_code("B4"), found.figure("B4"), found.verdict("B4")

    (entry, *drawn, verdict) = of_b4()
    assert entry["details"] == f"{entry['figure']}_details"
    monkeypatch.setattr(lineage.places, "details", lambda figure: None)
    (alone, *others, same) = of_b4()
    assert "details" not in alone and verdict == same
    assert all(one != other for one, other in zip(drawn, others, strict=True))
