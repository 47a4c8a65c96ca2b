"""Where the numbers come from: words, data sets, error rates, root seeds, columns, works, code and machine."""

from typing import Any

import pandas as pd

from overparam.plan import data_dictionary
from overparam.report import claim_view, origins, stability, summary, wording
from overparam.report.chance import chance
from overparam.report.error_rates import EDGES, WITHOUT_CHANCE
from overparam.report.index_view import STANDINGS
from overparam.report.run import Run

MEANINGS = {
    "supported": "The whole interval of every prediction lies inside its band, and the control did not pass.",
    "proved": "It could not have come out otherwise: the run checks only that our code computes what is proved.",
    "vacuous": "A bound that was never violated, but lies so far from every measurement that it says little.",
    "mathematics": "A derivation contradicts what is printed, and the measurement agrees with the derivation.",
    "measurement": "What was measured contradicts what is printed: for at least one prediction the whole interval lies "
    "outside its band, at 99.5 % and after correction for the number of estimates that could have refuted.",
    "weaker": "True only in a weaker form than the one that is stated.",
    "slip": "A slip of the pen: a sign or an index that the source itself has right elsewhere.",
    "reading": "A stronger reading than the source gives, judged because it teaches something; the source stands.",
    "refuted": "For at least one prediction the whole interval lies outside its band.",
    "inconclusive": "Anything else: too wide an interval, a control that passed, or nothing that could be measured.",
    "not-reached": "What the claim takes for granted was not reached, say networks trained to the end, so that nothing "
    "was tested.",
}


def view(run: Run) -> dict[str, Any]:
    """Return what the template of the page on data shows besides what all pages have."""
    claims = list(run.claims)
    return {
        "meanings": [(form, MEANINGS[key]) for key, form in STANDINGS.items()],
        "counts": summary.counts(summary.table(claims)),
        "data": origins.data_sets(claims),
        "chance": chance(claims, run.rates),
        "rates": _rates(run.rates),
        "stability": _stability(run),
        "dictionary": _dictionary(run),
        "works": _works(run),
        "origin": origins.origin(claims),
        "packages": origins.packages(claims),
        "config": run.config,
    }


def _rates(rates: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return how often the judge errs: a row for each kind, spread and number of seeds."""
    if rates is None:
        return []
    rows = []
    for (kind, spread, seeds), mine in rates.groupby(["kind", "distribution", "n_seeds"], sort=False):
        if kind in WITHOUT_CHANCE:
            continue
        edges, inside = mine[mine["truth"].isin(EDGES)], mine[mine["truth"] == "inside"]
        shares = {"supported": edges["supported"], "refuted": edges["refuted"], "right": inside["supported"]}
        told = {key: f"{100 * found.max():.1f} %" if len(found) else wording.MISSING for key, found in shares.items()}
        rows.append({"kind": kind, "distribution": spread, "n_seeds": int(seeds), **told})
    return rows


def _stability(run: Run) -> dict[str, Any] | None:
    """Return how verdicts fared under other root seeds, as far as the reference speaks of these verdicts."""
    found, changed = [], []
    for claim in run.claims:
        for name in claim.forms:
            fared = stability.fared(claim, name)
            if fared is None:
                continue
            found.append(fared)
            if fared.differing:
                changed.append({"id": claim.id, "form": claim_view.title(claim, name), "verdicts": fared.verdicts})
    roots = sorted({root for fared in found for root in fared.verdicts})
    return {"roots": roots, "forms": len(found), "changed": changed} if len(roots) > 1 else None


def _dictionary(run: Run) -> list[dict[str, Any]]:
    made = []
    for name, declared in sorted(run.experiments.items()):
        claims = [claim.id for claim in run.claims if claim.entry["experiment"] == name]
        if claims:
            rows = data_dictionary.rows(declared["measures"])
            made.append({"name": name, "description": declared["description"], "claims": claims, "rows": rows})
    return made


def _works(run: Run) -> list[dict[str, Any]]:
    return [
        {"key": key, "text": claim_view.reference(key, run.works), "url": claim_view.address(key, run.works)}
        for key in run.works
    ]
