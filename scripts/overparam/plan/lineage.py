"""What each file of a run is made of, as one short text that is known before anything is made: its lineage.

The lineage of a file is a hash over the settings and the code of the job that makes it, and over the lineages of what
that job reads; images of one's own enter by their content. So it changes with anything upstream that may change the
file, and with nothing else: neither times nor missing files count. Every rule has the lineage of its outputs among its
params, and every verdict carries its own, so that a verdict of other settings or other code is told apart wherever it
lies, whatever ended the run that was to renew it.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam import places
from overparam.plan import cells, experiment_settings
from overparam.plan.closure import code_hash
from overparam.plan.program_settings import OF_A_SOURCE


def canonical(settings: Any) -> str:
    """Spell settings as JSON in one way only, so that their order in a file changes nothing."""
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(*parts: Any) -> str:
    """Return a hash of plain values."""
    return hashlib.sha256(canonical(parts).encode()).hexdigest()[:32]


class Lineage:
    """Settings and lineage of every file of a run.

    Parameters
    ----------
    run
        The configuration with all its defaults.
    claims
        The claims of the run by id, as in the registry.
    unavailable
        Why the run can't measure a claim, by its id; ``None`` if it can.
    planned
        The cells of all studies, by study and name.
    content
        Returns a hash of the files that a data set (an entry of ``run["datasets"]``) is read from.
    """

    def __init__(
        self,
        run: Mapping[str, Any],
        claims: Mapping[str, Mapping[str, Any]],
        unavailable: Mapping[str, str | None],
        planned: Mapping[tuple[str, str], cells.Cell],
        content: Callable[[Mapping[str, Any]], str | None],
    ):
        self.run, self.claims, self.unavailable, self.planned = run, claims, unavailable, planned
        self.content = content
        self.datasets = {dataset["name"]: dataset for dataset in run["datasets"]}
        self.studies = {study["name"]: study for study in run["studies"]}
        # a cell asks for its data set, a claim for all its cells, the page for all claims, a rule for the code of a job
        for kind in ("dataset", "labels", "cell", "experiment", "verdict", "figure", "chart"):
            setattr(self, kind, functools.cache(getattr(self, kind)))
        for kind in ("training", "experiment", "figure", "chart"):
            setattr(self, f"{kind}_code", functools.cache(getattr(self, f"{kind}_code")))

    # --- settings ---

    def dataset_settings(self, name: str) -> dict[str, Any]:
        """Return the settings of a data set."""
        dataset = {key: value for key, value in self.datasets[name].items() if key not in NOT_PREPARED}
        source = self.run["sources"].get(dataset["source"], {})
        more = {key: source[key] for key in OF_A_SOURCE if source.get(key)}
        if checksum := source.get("archive", {}).get("sha256"):
            more["sha256"] = checksum
        return {**dataset, **more, "seed": self.run["seed"]}

    def labels_settings(self, dataset: str, definition: str, noise: str, seeds: str) -> dict[str, Any]:
        """Return the settings of a table of corrupted labels, from the parts of its file name."""
        return {
            "definition": definition,
            "label_noise": float(noise),
            "label_seeds": list(cells.unspell(seeds)),
            "seed": self.run["seed"],
        }

    def cell_settings(self, study: str, cell: str) -> dict[str, Any]:
        """Return the settings of a cell."""
        return cells.settings(self.studies[study], self.planned[study, cell], self.run["seed"])

    def cell_labels(self, study: str, cell: str) -> list[dict[str, str]]:
        """Return the parts of the names of the label tables that a cell reads, one for each noise level."""
        settings, planned = self.studies[study], self.planned[study, cell]
        seeds = planned.entry_seeds if settings["label_seed"] is None else [settings["label_seed"]]
        shared = {"dataset": settings["dataset"], "definition": settings["noise_definition"]}
        return [{**shared, "noise": cells.spell([level]), "seeds": cells.spell(seeds)} for level in planned.label_noise]

    def experiment_settings(self, name: str) -> dict[str, Any]:
        """Return the settings of an experiment, with its name."""
        return {"experiment": name, "settings": self.run["experiments"][name]}

    def judged_settings(self, claim: str) -> dict[str, Any]:
        """Return what a claim is judged by: what its entry says to the reader alone is left out."""
        entry = {key: self.claims[claim][key] for key in JUDGED if key in self.claims[claim]}
        forms = {name: _without(form, "title", "refutation") for name, form in entry["forms"].items()}
        controls = {key: _without(entry[key], "description") for key in ("control", "more_controls") if key in entry}
        return {"claim": {**entry, "forms": forms, **controls}, "unavailable": self.unavailable[claim]}

    def figure_settings(self, claim: str) -> dict[str, Any]:
        """Return what a claim's figures are drawn by: which they are, and what the experiment says of its table."""
        entry = {key: self.claims[claim][key] for key in ("id", "figure")}
        if details := places.details(entry["figure"]):
            entry["details"] = details
        return {"claim": entry, "measures": experiment_settings.measures(self.claims[claim]["experiment"])}

    def chart_settings(self, claim: str) -> dict[str, Any]:
        """Return what an interactive chart is made by, as :meth:`figure_settings` does for a figure."""
        entry = {key: self.claims[claim].get(key) for key in ("id", "interactive")}
        return {"claim": entry, "measures": experiment_settings.measures(self.claims[claim]["experiment"])}

    # --- what an experiment reads ---

    def cells_of(self, experiment: str) -> list[tuple[str, str]]:
        """Return study and name of every cell that an experiment reads."""
        return [(study, cell) for study, cell in self.planned if experiment in self.studies[study]["experiments"]]

    def datasets_of(self, experiment: str) -> list[str]:
        """Return the names of the data sets that an experiment reads, by itself or through its networks."""
        own = self.run["experiments"][experiment].get("dataset")
        used = [study["dataset"] for study in self.studies.values() if experiment in study["experiments"]]
        return list(dict.fromkeys([*([own] if own else []), *used]))

    # --- lineages ---

    def dataset(self, name: str) -> str:
        """Return the lineage of a data set."""
        return digest(self.dataset_settings(name), self.content(self.datasets[name]), code_hash("prepare.py"))

    def labels(self, dataset: str, definition: str, noise: str, seeds: str) -> str:
        """Return the lineage of a table of corrupted labels."""
        settings = self.labels_settings(dataset, definition, noise, seeds)
        return digest(settings, code_hash("corrupt.py"), self.dataset(dataset))

    def cell(self, study: str, cell: str) -> str:
        """Return the lineage of a cell of trained networks."""
        labels = [self.labels(**table) for table in self.cell_labels(study, cell)]
        return digest(self.cell_settings(study, cell), self.training_code(study), self.dataset_of(study), labels)

    def dataset_of(self, study: str) -> str:
        """Return the lineage of the data set of a study."""
        return self.dataset(self.studies[study]["dataset"])

    def experiment(self, name: str) -> str:
        """Return the lineage of the measurements of an experiment."""
        trained = [self.cell(*cell) for cell in self.cells_of(name)]
        seen = [self.dataset(dataset) for dataset in self.datasets_of(name)]
        return digest(self.experiment_settings(name), self.experiment_code(name), trained, seen)

    def verdict(self, claim: str) -> str:
        """Return the lineage of the verdict on a claim."""
        settings = self.judged_settings(claim)
        measured = None if self.unavailable[claim] else self.experiment(self.claims[claim]["experiment"])
        return digest(settings, code_hash("judge.py"), measured)

    def figure(self, claim: str) -> str:
        """Return the lineage of the figures of a claim."""
        return digest(self.figure_settings(claim), self.figure_code(claim), self.verdict(claim))

    def chart(self, claim: str) -> str:
        """Return the lineage of the interactive chart of a claim that has one."""
        return digest(self.chart_settings(claim), self.chart_code(claim), self.verdict(claim))

    def table(self) -> str:
        """Return the lineage of the table of all verdicts."""
        shown = [{key: claim[key] for key in TABULATED} for claim in self.claims.values()]
        return digest(shown, code_hash("summarise.py"), [self.verdict(claim) for claim in self.claims])

    def drawn(self, claim: str) -> dict[str, str]:
        """Return the lineages of the pictures of a claim, by the name of the list of their checksums."""
        charts = {"interactive": self.chart(claim)} if "interactive" in self.claims[claim] else {}
        return {"figure": self.figure(claim), **charts}

    def pages(self, templates: Sequence[Path], told: Any) -> str:
        """Return the lineage of the pages.

        Parameters
        ----------
        templates
            Files that they are made from, besides their code.
        told
            What they say besides what the run makes: claims, topics, works and declarations of experiments.
        """
        drawn = [self.drawn(claim) for claim in self.claims]
        return digest(told, code_hash("report.py", files=tuple(templates)), self.table(), drawn)

    # --- code ---

    def training_code(self, study: str) -> str:
        """Return the hash of the code that trains a study's model."""
        return code_hash("train.py", f"overparam.models.{self.studies[study]['model']}")

    def experiment_code(self, name: str) -> str:
        """Return the hash of the code of an experiment."""
        return code_hash("measure.py", places.measure_module(name))

    def figure_code(self, claim: str) -> str:
        """Return the hash of the code of a claim's figures."""
        figure = self.claims[claim]["figure"]
        return code_hash("draw.py", *(places.figure_module(one) for one in (figure, places.details(figure)) if one))

    def chart_code(self, claim: str) -> str:
        """Return the hash of the code of a claim's interactive chart."""
        return code_hash("interact.py", places.figure_module(self.claims[claim]["interactive"]))


NOT_PREPARED = ("optional", "seen")  # what is said of a data set that changes no byte of it
JUDGED = ("id", "name", "forms", "premises", "control", "more_controls")
TABULATED = ("id", "name", "title", "forms")


def _without(content: Any, *keys: str) -> Any:
    """Return a mapping, or each of a list of them, without these keys."""
    if isinstance(content, list):
        return [_without(one, *keys) for one in content]
    return {key: value for key, value in content.items() if key not in keys}
