"""Programs called with wrong settings: a sentence, never a traceback, and nothing done."""

import json
from pathlib import Path

import pytest
from fuzzing import TRIED, bounded, damaged, mutated, read
from hypothesis import given

from overparam.jobs import program
from overparam.plan import cells, config, program_settings, registry, strict_yaml

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = registry.load()


def settings_of(monkeypatch) -> dict[str, list]:
    """Return settings of the smoke run by program, as the workflow gives them."""
    monkeypatch.delenv("OVERPARAM_CIFAR10", raising=False)
    run = config.resolve(strict_yaml.read(ROOT / "config/smoke.yaml"), REGISTRY)
    studies = {study["name"]: study for study in run["studies"]}
    plan = cells.plan(run["studies"], run["datasets"], run["jobs"])
    shown = [{"preset": "smoke", "claims": REGISTRY[:2]}, {"preset": "smoke", "claims": REGISTRY[2:4]}]
    known = {"topics": [], "works": {}, "experiments": {}}
    return {
        "download": [{key: run["sources"]["cifar10"]["archive"][key] for key in ("urls", "sha256")}],
        "prepare": [
            {key: value for key, value in {**dataset, "seed": 0}.items() if key != "optional"}
            for dataset in run["datasets"]
        ],
        "corrupt": [{"definition": "wrong_label", "label_noise": 0.2, "label_seeds": [0, 1], "seed": 0}],
        "train": [cells.settings(studies[cell.study], cell, 0) for cell in plan.values()],
        "measure": [{"experiment": name, "settings": value} for name, value in run["experiments"].items()],
        "judge": [
            {"claim": {key: claim[key] for key in ("id", "name", "forms", "control")}, "unavailable": None}
            for claim in REGISTRY[:8]
        ],
        "draw": [{"claim": {key: claim[key] for key in ("id", "figure")}} for claim in REGISTRY[:8]],
        "interact": [
            {"claim": {"id": claim["id"], "interactive": claim["interactive"]}}
            for claim in REGISTRY
            if "interactive" in claim
        ],
        "summarise": shown,
        "show": shown,
        "report": [{**one, **known} for one in shown],
    }


def test_every_program_has_a_schema(monkeypatch):
    programs = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert programs == set(program_settings.PROGRAMS) == set(settings_of(monkeypatch))


@pytest.mark.parametrize("name", sorted(program_settings.PROGRAMS))
def test_settings(monkeypatch, name):
    right = settings_of(monkeypatch)[name]
    for one in right:
        program_settings.check(name, one)

    @bounded(40)
    @given(mutated(right))
    def property_(wrong):
        try:
            text = json.dumps(wrong)
        except (TypeError, ValueError):
            return  # nothing that JSON can say
        read(f"settings of {name}.py", lambda: program_settings.check(name, json.loads(text)))

    property_()


@bounded(200)
@given(damaged(json.dumps({"label_noise": 0.2, "definition": "wrong_label", "label_seeds": [0], "seed": 0}).encode()))
def test_the_argument_itself(tmp_path_factory, wrong):
    path = tmp_path_factory.getbasetemp() / "settings.json"
    path.write_bytes(wrong)
    try:
        job, _ = program.parse("A program.", [f"@{path}"])
    except SystemExit as stopped:
        assert stopped.code == 2
        TRIED["settings of a program: bytes", "refused"] += 1
        return
    read("settings of a program: bytes", lambda: program_settings.check("corrupt", job.settings))


def test_a_program_says_what_is_wrong(capfd, tmp_path):
    import corrupt

    output = tmp_path / "labels.arrow"
    with pytest.raises(SystemExit) as stopped:
        program.run("corrupt", corrupt.work, ['{"label_noise": "0.2"}', "--output", "labels", str(output)])
    printed = capfd.readouterr().err
    assert stopped.value.code == 1 and not output.exists()
    assert "settings.label_seeds: missing" in printed
    assert 'settings.label_noise: expected a number, found "0.2", which YAML reads as text: write 0.2' in printed
    assert "Traceback" not in printed
