"""The index: the answer, how claims stand, chapters, all claims with their filters, and the errata of each source."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from overparam import typesetting
from overparam.report import answer, claim_view, summary, wording
from overparam.report.reading import Claim
from overparam.report.run import Run

STANDINGS: dict[str, dict[str, Any]] = {  # of a form, in the order in which they are counted
    "supported": {"verdict": "supported"},
    "proved": {"verdict": "supported", "basis": "theorem"},
    "vacuous": {"verdict": "supported", "vacuous": True},
    **{kind: {"verdict": "refuted", "refutation": kind} for kind in wording.REFUTATIONS},
    "refuted": {"verdict": "refuted"},
    "inconclusive": {"verdict": "inconclusive"},
    "not-reached": {"verdict": "inconclusive", "not_reached": True},
}
READING = "reading"  # which is no fault of the source
DIFFERING = ("mathematics", "slip")  # what a source prints and mathematics has otherwise


def view(run: Run) -> dict[str, Any]:
    """Return what the template of the index shows besides what all pages have."""
    cards = {claim.id: card(claim, run) for claim in run.claims}
    standings = Counter(wording.standing(form) for claim in run.claims for form in claim.forms.values())
    return {
        "answer": answered(run),
        "counts": summary.counts(summary.table(list(run.claims))),
        "standings": [{"count": standings[key], "form": form} for key, form in STANDINGS.items() if standings.get(key)],
        "chapters": chapters(run, cards),
        "rows": list(cards.values()),
        "filters": filters(run),
        "errata": errata(run),
    }


def card(claim: Claim, run: Run) -> dict[str, Any]:
    """Return a claim as a card and as a row of the table of all claims."""
    pictures, forms = run.pictures.get(claim.id), [claim_view.judged(claim, name) for name in claim.forms]
    several = len(forms) > 1
    return {
        "id": claim.id,
        "letter": claim.id[0],
        "title": claim.entry["title"],
        "question": claim.entry["question"],
        "thumbnail": pictures.figure.small(run.results) if pictures and pictures.figure else None,
        "badges": [
            {**form, "label": "printed" if several and form["name"] == "printed" else form["name"] if several else ""}
            for form in forms
            if form["name"] in claim_view.FORM_TITLES
        ],
        "printed": forms[0],
        "others": forms[1:],
        "sources": sources(claim),
        "verdicts": list(dict.fromkeys(wording.standing(form) for form in forms)),
        "differs": differs(claim),
    }


def sources(claim: Claim) -> list[str]:
    """Return the keys of the works that a claim cites."""
    source = claim.entry["source"]
    return [source["document"], *source.get("papers", [])]


def differs(claim: Claim) -> bool:
    """Return whether a source prints what mathematics has otherwise."""
    return "corrected" in claim.forms or any(wording.standing(form) in DIFFERING for form in claim.forms.values())


def filters(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Return what one can choose from: verdicts and source documents, each with how it is called."""
    there = {wording.standing(form) for claim in run.claims for form in claim.forms.values()}
    verdicts = [(key, wording.verdict(form)) for key, form in STANDINGS.items() if key in there]
    documents = sorted({claim.entry["source"]["document"] for claim in run.claims})
    papers = sorted({paper for claim in run.claims for paper in claim.entry["source"].get("papers", [])})
    return {"verdicts": verdicts, "sources": [(key, _short(key, run.works)) for key in [*documents, *papers]]}


def _short(key: str, works: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a work as authors and year, or as its title if it is a document."""
    work = works.get(key)
    if not work:
        return key
    named = [name.split(" ")[-1] for name in work["authors"]]
    by = f"{named[0]} et al." if len(named) > 2 else wording.joined(named)
    return f"{by} {work['year']}: {work['title']}"[:70]


def chapters(run: Run, cards: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the chapters, each with the cards of the claims to begin with and of the others."""
    made = []
    for number, topic in enumerate(run.topics, 1):
        mine = [card for card in cards.values() if card["letter"] == topic["letter"]]
        order = list(topic["show_first"])
        first = sorted((card for card in mine if card["id"] in order), key=lambda card: order.index(card["id"]))
        made.append(
            {
                "number": number,
                "id": f"chapter-{topic['letter'].lower()}",
                "letter": topic["letter"],
                "title": topic["title"],
                "bridge": typesetting.prose(topic["bridge"]),
                "first": first,
                "more": [card for card in mine if card["id"] not in order],
            }
        )
    return made


def errata(run: Run) -> list[dict[str, Any]]:
    """Return what sources print and what holds instead, by document: every form of theirs that is refuted."""
    found: dict[str, list[dict[str, Any]]] = {}
    for claim in run.claims:
        corrected = claim_view.judged(claim, "corrected") if "corrected" in claim.forms else None
        for name, form in claim.forms.items():
            refutation = form.get("refutation")
            if refutation and refutation["kind"] != READING:
                found.setdefault(claim.entry["source"]["document"], []).append(
                    {
                        "id": claim.id,
                        "title": claim.entry["title"],
                        **claim_view.refuted(refutation),
                        "form": claim_view.judged(claim, name),
                        "corrected": corrected,
                    }
                )
    return [{"work": _work(key, run.works), "rows": rows} for key, rows in sorted(found.items())]


def _work(key: str, works: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    work = works.get(key)
    if not work:
        return {"title": key, "by": ""}
    return {"title": work["title"], "by": f"{claim_view.authors(work)}, {work['where']}, {work['year']}"}


def answered(run: Run) -> list[dict[str, Any]]:
    """Return the sentences of the answer that have a picture, with the figures that go with them."""
    claims = {claim.id: claim for claim in run.claims}
    forms = {name: claim.forms["printed"] for name, claim in claims.items()}
    titles = {name: claim.entry["title"] for name, claim in claims.items()}
    made = []
    for one in answer.told(forms, titles, run.answers):
        if one["picture"]:
            pictures = run.pictures.get(one["picture"])
            made.append(
                {
                    "id": one["picture"],
                    "text": one["text"],
                    "claims": [{"id": name, "question": claims[name].entry["question"]} for name in one["claims"]],
                    "figure": pictures.figure.small(run.results) if pictures and pictures.figure else None,
                }
            )
    return made
