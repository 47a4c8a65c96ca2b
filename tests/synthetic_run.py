"""A finished run that is made up: its claims, verdicts, figures and what its pages are made of."""

import copy

import numpy as np
import pandas as pd

from overparam.drawing import theme
from overparam.report import answer, run

FORMULA = r"\|W - W_0\|_F \lesssim \frac{\sqrt n}{\sqrt{kd}}, \qquad \mathbb{E}\|\nabla L(w^*)\|^2 \propto \eta"


def prediction(name, kind, verdict, estimate, low, high, band, n_seeds=8, vacuous=False, **detail):
    """Return one judged prediction with a single estimate."""
    one = {"name": name, "estimate": estimate, "low": low, "high": high, "band": band, "verdict": verdict}
    return {
        "name": name,
        "kind": kind,
        "declared": {"name": name, "kind": kind, "quantity": "risk", "band": band},
        "verdict": verdict,
        "vacuous": vacuous,
        "estimates": [one],
        "n_seeds": n_seeds,
        "n_instances": None,
        "detail": detail,
    }


def form(verdict, reason, predictions, control):
    """Return one judged form."""
    vacuous = any(one["vacuous"] for one in predictions)
    return {
        "verdict": verdict,
        "vacuous": vacuous,
        "reason": reason,
        "basis": "measurement",
        "not_reached": [],
        "premises": [],
        "predictions": predictions,
        "control": control and {"verdict": control["verdict"], "predictions": [control]},
    }


def error_rates_of_slopes():
    """Return a table of how often the judge errs, for slopes: with 3 and 8 seeds, normal and lognormal."""
    rates = {("normal", 3): 0.03, ("lognormal", 3): 0.18, ("normal", 8): 0.02, ("lognormal", 8): 0.12}
    rows = [
        {
            "kind": "slope",
            "distribution": name,
            "n_seeds": n,
            "truth": truth,
            "supported": share * rate,
            "refuted": 0.01,
        }
        for (name, n), rate in rates.items()
        for truth, share in {"lower edge": 1.0, "upper edge": 0.5, "outside": 0.0}.items()
    ]
    return pd.DataFrame(rows)


def entry(id, name, title, forms=("printed",), **more):
    """Return a registry entry whose predictions are only names."""
    names = {"printed": "slope", "corrected": "corrected slope"}
    return {
        "id": id,
        "name": name,
        "title": title,
        "question": f"What does {name} ask?",
        "statement": f"What {name} says of $p_1 < n$, in own words & with <angle> brackets.",
        "reading": "The axis is $x$. Look at it.",
        "source": {"document": "S1", "place": "“Overfitting?”", "papers": ["1812.11118"], "result": "fig. 2"},
        "formula": FORMULA,
        "experiment": "least_squares",
        "figure": "least_squares",
        "forms": {
            form: {"predictions": [{"name": names[form], "kind": "slope", "quantity": "risk"}]} for form in forms
        },
        "control": {"description": "Tuned ridge regression has no peak.", "where": {"method": "ridge"}},
        **more,
    }


REASON = "It needs images, and the preset has none."
ENTRIES = [
    entry("A1", "polynomial-overfitting", "Risk is largest where parameters equal samples"),
    entry(
        "E13",
        "distance-from-initialisation",
        "Wide networks stay close to where they start",
        forms=("printed", "corrected"),
        note="The slide inverts the ratio: <script>alert('no')</script>.",
        published=[
            {"quantity": "distance", "value": "√(kd)/√n", "setting": "slide 41"},
            {
                "quantity": "risk",
                "value": "87 %",
                "setting": "slide 42",
                "ours": {"quantity": "risk", "where": {"method": "ridge"}, "at": {"x": "peak"}},
            },
        ],
    ),
    entry("B4", "model-wise-double-descent", "The error peaks <b>& falls</b> again", requires="images"),
    entry("C1", "constant-step-has-a-floor", "A constant step keeps gradient descent off the solution"),
    entry("D3", "submodel-independence", "Cross blocks of the Hessian vanish", experiment="hessian"),
]

VERDICTS = [
    {
        "claim": "A1",
        "name": "polynomial-overfitting",
        "forms": {
            "printed": form(
                "supported",
                "Every interval lies in its band.",
                [prediction("slope", "slope", "supported", -0.5012, -0.52, -0.4812, [-0.55, -0.45], fit="log–log")],
                prediction("slope", "slope", "inconclusive", -0.47, -0.9, -0.1, [-0.55, -0.45]),
            )
        },
    },
    {
        "claim": "E13",
        "name": "distance-from-initialisation",
        "forms": {
            "printed": form(
                "supported",
                "Never violated, but the tightest ratio is 0.0004.",
                [prediction("slope", "bound", "supported", 4e-4, None, None, [None, 1], vacuous=True)],
                None,
            ),
            "corrected": form(
                "refuted",
                "The interval lies outside the band.",
                [prediction("corrected slope", "slope", "refuted", -0.3, -0.31, -0.29, [-0.6, -0.4])],
                prediction("corrected slope", "slope", "refuted", 0.2, 0.1, 0.3, [-0.6, -0.4]),
            ),
        },
    },
    {
        "claim": "C1",
        "name": "constant-step-has-a-floor",
        "forms": {
            "printed": form(
                "inconclusive",
                "The control was supported.",
                [prediction("slope", "slope", "supported", 1.01, 0.99, 1.03, [0.85, 1.15], n_seeds=24)],
                prediction("slope", "slope", "supported", 1.0, 0.9, 1.1, [0.85, 1.15]),
            )
        },
    },
    {
        "claim": "B4",
        "name": "model-wise-double-descent",
        "forms": {"printed": form("inconclusive", REASON, [], None)},
    },
    {
        "claim": "D3",
        "name": "submodel-independence",
        "forms": {
            "printed": form(
                "supported",
                "Equal to rounding.",
                [prediction("slope", "equality", "supported", 0.0, None, None, [None, 1e-12], n_seeds=1)],
                prediction("slope", "equality", "refuted", None, None, None, [None, 1e-12], why="diverged"),
            )
        },
    },
]
DATA = {"name": "digits", "label": "digits", "checksum": "sha256:" + "0123456789abcdef" * 4}
COST = {"seconds": 12.3, "devices": ["CPU with a long model name"], "settings": {"n_train": 16, "loss": "squared"}}


def _provenance(commit):
    return {
        "commit": commit,
        "modified": False,
        "python": "3.11",
        "packages": {"numpy": "2.4", "pandas": "3.1"},
        "run": {"preset": "test", "config": {"seed": 0}, "command": "snakemake --cores 2"},
    }


def all_verdicts():
    """Return the verdict files of the run; B4 could not be measured in it."""
    made = [
        {**copy.deepcopy(one), "data": DATA, "cost": COST, "provenance": _provenance("ab"[one["claim"] == "C1"] * 40)}
        for one in VERDICTS
    ]
    return [{**one, "data": None, "cost": {}} if one["claim"] == "B4" else one for one in made]


def figure():
    """Return a figure with a line, a threshold and a legend."""
    made, (axis,) = theme.panels()
    axis.plot(np.linspace(1, 9, 20), np.sin(np.linspace(1, 9, 20)), label="test")
    theme.mark_threshold(axis, 4, "p = n")
    axis.set(xlabel="parameters", ylabel="test risk")
    axis.legend()
    return made


TOPICS = [
    {"letter": letter, "title": f"Question {letter}?", "bridge": "What $n$ is.", "show_first": first, "folder": "x"}
    for letter, first in {"A": ["A1"], "B": ["B4"], "C": ["C1"], "D": ["D3"], "E": ["E13"]}.items()
]
WORKS = {
    "S1": {"authors": ["A Lecturer"], "title": "The benefits <of> it", "year": 2026, "where": "a lecture"},
    "1812.11118": {
        "authors": ["A One", "B Two", "C Three", "D Four"], "title": "Reconciling", "year": 2018, "where": "PNAS",
        "url": "https://arxiv.org/abs/1812.11118",
    },
}  # fmt: skip
MEASURES = {
    "quantities": {"risk": {"meaning": "a risk", "unit": "fraction", "label": "risk"}},
    "columns": {
        "method": {"meaning": "how it is fitted", "type": "text", "label": "method"},
        "x": {"meaning": "where it is", "type": "whole", "label": "place $x$"},
    },
}
# two seeds along x: down to 2, up to 3, and down again
CURVES = {1: [0.9, 0.9], 2: [0.2, 0.4], 3: [0.8, 0.6], 4: [0.1, 0.1]}
MEASURED = pd.DataFrame(
    [
        {"quantity": "risk", "method": method, "x": x, "seed": seed, "value": value}
        for method in ("ridge", "least_squares")
        for x, values in CURVES.items()
        for seed, value in enumerate(values)
    ]
)
EXPERIMENTS = {"least_squares": {"description": "what it is", "measures": MEASURES}}
CHART = '{"mark": "point"}'


def pages_of(root, claims, **more):
    """Return what the pages of the synthetic run are made of, as far as files are there."""
    known = {"topics": TOPICS, "works": WORKS, "config": "data:\n  name: digits\n", "rates": error_rates_of_slopes()}
    known |= {"experiments": EXPERIMENTS, "measured": {"least_squares": MEASURED}}
    alts, charts = sorted(root.glob("claims/*/*.alt.txt")), sorted(root.glob("claims/*/interactive.json"))
    drawn = run.collect(
        sorted(root.glob("claims/*/figure.svg")), alts, sorted(root.glob("claims/*/details.svg")), charts
    )
    known |= {"pictures": drawn, "answers": answer.sentences(), **more}
    return run.Run("test", root, claims, **known)
