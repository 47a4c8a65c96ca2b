"""A program that stands in for each of the pipeline's own, so that a whole run takes seconds.

What it writes depends on its settings, on the content of its inputs and on one module of the project, and on nothing
else; so an outdated file differs from the file that it should be. The variable FAULT, ``<rule>:<kind>`` and perhaps a
part of the path of an output, lets the job of this rule fail or be killed, half-way or at its start, alone or with its
run.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

# IMPORTS: here stand those of the real program, in a block that never runs, for the hashes of code

DECIDES = {
    "prepare": "datasets/views.py",
    "corrupt": "datasets/labels.py",
    "train": "packs/losses.py",
    "judge": "judge/intervals.py",
    "summarise": "report/summary.py",
    "report": "report/pages.py",
}
SCRIPTS = Path(__file__).resolve().parent
PREDICTION = {"name": "made", "kind": "slope", "verdict": "supported", "vacuous": False, "detail": {}}
PREDICTION |= {"estimates": [], "n_seeds": None, "n_instances": None, "declared": {}}


def given(flag):
    """Return the values after every ``flag NAME``."""
    found, name = {}, None
    for word in sys.argv[2:]:
        if word.startswith("--"):
            name, wanted = None, word == flag
        elif name is None and wanted:
            name = word
            found.setdefault(name, [])
        elif wanted:
            found[name].append(Path(word))
    return found


def end(kind):
    """End as a fault of this kind would."""
    run = int(os.environ["OVERPARAM_RUN_PID"])
    if kind == "fail":
        sys.exit(1)
    if kind.startswith("run-"):
        os.kill(run, {"run-kill": signal.SIGKILL, "run-interrupt": signal.SIGINT}[kind])
        time.sleep(20)  # the run ends this job; a job left behind ends by itself before its successor's
        sys.exit(1)
    os.kill(os.getpid(), {"kill": signal.SIGKILL, "terminate": signal.SIGTERM}[kind])


def decisive(program, settings):
    """Return the module whose text is in the outputs."""
    if program == "measure":
        (path,) = (SCRIPTS / "overparam").glob(f"claims/*/{settings['experiment']}/measure.py")
        return path
    if program in ("draw", "interact"):
        made = settings["claim"]["figure" if program == "draw" else "interactive"]
        return f"claims/{made.replace('.', '/')}.py"
    return DECIDES[program]


def main():
    program = Path(__file__).stem
    inputs, outputs = given("--input"), given("--output")
    if program == "report" and "checksums" not in outputs:
        return  # pages of what is there: no others could be compared with them
    fault, _, place = os.environ.get("FAULT", "").partition("@")
    rule, _, kind = fault.partition(":")
    kind, _, half = kind.partition(",")
    paths = [path for listed in outputs.values() for path in listed]
    faulty = rule == program and any(place in str(path) for path in paths)
    if faulty and not half:
        end(kind)
    given_settings = sys.argv[1]
    text = Path(given_settings[1:]).read_text() if given_settings.startswith("@") else given_settings
    settings = json.loads(text)
    settings = {key: settings[key] for key in settings if key not in ("lineages", "drawn")}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update((SCRIPTS / "overparam" / decisive(program, settings)).read_bytes())
    for name, listed in sorted(inputs.items()):
        for path in listed if name != "config" else []:
            digest.update(path.read_bytes())
    made = digest.hexdigest()
    for number, (name, path) in enumerate((name, path) for name, listed in outputs.items() for path in listed):
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "verdict":
            form = {"verdict": "supported", "vacuous": False, "reason": made, "control": None}
            form |= {"basis": "measurement", "not_reached": [], "premises": []}
            claim = settings["claim"]
            verdict = {"claim": claim["id"], "name": claim["name"], "data": None, "cost": {}, "provenance": {}}
            verdict["forms"] = {name: {**form, "predictions": [PREDICTION]} for name in claim["forms"]}
            path.write_text(json.dumps({**verdict, "lineage": sys.argv[sys.argv.index("--lineage") + 1]}))
        elif name == "checksums":
            listed = [path for other, paths in outputs.items() for path in paths if other != name]
            sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(path.parent)}\n" for p in listed]
            lineage = sys.argv[sys.argv.index("--lineage") + 1] if "--lineage" in sys.argv else "none"
            path.write_text("".join([f"# lineage {lineage}\n", *sums]))
        else:
            long = name in ("train", "labels", "table")  # above Snakemake's own limit for looking into a file
            path.write_text(f"{name} {made}\n" + long * 1_100_000 * "-")
        if faulty and number == 0:
            end(kind)
    log = Path(sys.argv[sys.argv.index("--log") + 1])
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("2026-01-01 00:00:00,000 INFO done in 0.0 s\n")


if __name__ == "__main__":
    main()
