"""How long jobs will take: as long as before, here or in the reference run, or as their costs are declared."""

import contextlib
import csv
import json
import statistics
from collections.abc import Mapping
from pathlib import Path

SAMPLED = 5.0  # seconds between two looks at a job; of fewer CPU seconds most may be missing
GUESS = 5.0  # seconds of a job of which nothing is known


class Durations:
    """Expected seconds of jobs.

    Parameters
    ----------
    results
        Folder of the results of a run: what its jobs took when they last ran stands there.
    reference
        File with the seconds that jobs of the reference run took, by rule and name; it may be missing.
    declared
        Estimated seconds of trainings by ``<study>/<cell>``.
    """

    def __init__(self, results: Path, reference: Path, declared: Mapping[str, float]):
        self.results, self.declared = results, declared
        self.known = {**_json(reference, dict), **recorded(results)}
        by_rule: dict[str, list[float]] = {}
        for name, seconds in self.known.items():
            by_rule.setdefault(name.split("/")[0], []).append(seconds)
        self.usual = {rule: statistics.median(found) for rule, found in by_rule.items()}

    def of(self, name: str) -> float:
        """Return how many seconds a job is expected to take, by its rule and name: ``measure/<experiment>``, say."""
        rule, _, rest = name.partition("/")
        return self.known.get(name) or self.declared.get(rest) or self.usual.get(rule) or GUESS


def recorded(results: Path, alone: bool = False) -> dict[str, float]:
    """Return the seconds that the jobs of a run took when they last ran, by rule and name.

    ``alone`` asks for what they would have taken on a machine of their own, as far as that is known: CPU seconds, of
    jobs that had several.
    """
    found = {}
    for path in results.glob("benchmarks/**/*.tsv"):
        if seconds := (_benchmark(path, "cpu_time") if alone else 0) or _benchmark(path, "s"):
            found[path.relative_to(results / "benchmarks").with_suffix("").as_posix()] = seconds
    for path in results.glob("training/*/*.cost.json"):
        if seconds := _json(path, float, "seconds"):
            found[f"train/{path.parent.name}/{path.name.removesuffix('.cost.json')}"] = seconds
    return found


def _benchmark(path: Path, column: str) -> float:
    """Return the seconds in a table of Snakemake's `benchmark:`; 0 if there are none, or too few of the CPU."""
    with contextlib.suppress(OSError, ValueError, KeyError, StopIteration), path.open(encoding="utf-8") as file:
        seconds = float(next(csv.DictReader(file, delimiter="\t"))[column])
        return seconds if column == "s" or seconds > SAMPLED else 0.0
    return 0.0


def _json(path: Path, kind: type, *keys: str):
    """Return what stands in a JSON file under these keys; an empty value of a kind if that can't be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        for key in keys:
            found = found[key]
        return kind(found)
    return kind()
