"""A claim as its page shows it: the answer in a sentence, forms, estimates, sources and files."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from markupsafe import Markup

from overparam import typesetting
from overparam.report import estimates, larger_runs, origins, published, sizes, stability, wording
from overparam.report.reading import Claim, decisive
from overparam.report.run import Run

FORM_TITLES = {"printed": "As printed", "corrected": "Corrected"}
SHOWN = 12  # rows of a forest plot; the rest is folded
LEADS = {"refuted": "Not so: ", "inconclusive": "Open: "}


def title(claim: Claim, form: str) -> str:
    """Return what a form is called."""
    own = claim.entry["forms"][form].get("title")
    return FORM_TITLES.get(form) or str(own or form.replace("_", " ").capitalize())


def judged(claim: Claim, name: str) -> dict[str, Any]:
    """Return the verdict on a form, with all that decides how it is told."""
    form, fared = claim.forms[name], stability.fared(claim, name)
    return {**form, "name": name, "title": title(claim, name), "unstable": bool(fared and fared.unstable)}


def view(claim: Claim, run: Run) -> dict[str, Any]:
    """Return a claim as its template has it."""
    entry, pictures = claim.entry, run.pictures.get(claim.id)
    measures, size = run.measures(claim), sizes.told(claim.verdict, entry["experiment"])
    forms = [_form(claim, name, measures) for name in claim.forms]
    drawn = pictures.figure if pictures else None
    larger = larger_runs.of(claim, run.larger)
    return {
        **{key: entry.get(key) for key in ("id", "name", "title", "experiment")},
        "question": entry["question"],
        "answer": answer(claim, forms, size),
        "size": size,
        "statement": typesetting.prose(entry["statement"]),
        "reading": typesetting.prose(entry["reading"]),
        "formula": typesetting.lines(entry["formula"]),
        "note": paragraphs(entry.get("note", "")),
        "published": published.rows(claim, measures, run.measured.get(entry["experiment"]), larger),
        "larger": [
            larger_runs.view(one, {form["name"]: form["title"] for form in forms}, entry["experiment"])
            for one in larger
        ],
        "source": source(entry["source"], run.works),
        "forms": forms,
        "has_corrected": "corrected" in claim.forms,
        "controls": [one["description"] for one in [entry.get("control"), *entry.get("more_controls", [])] if one],
        "control_groups": [group for form in forms for group in form["control_groups"]],
        "unavailable": claim.unavailable,
        "figure": drawn and drawn.shown(run.results),
        "thumbnail": drawn and drawn.small(run.results),
        "details": pictures.details.shown(run.results) if pictures and pictures.details else None,
        "chart": Markup(pictures.chart) if pictures and pictures.chart else None,
        "measurements": None if claim.unavailable else f"measurements/{entry['experiment']}.parquet",
        "code": f"scripts/overparam/claims/{entry['figure'].replace('.', '/')}.py",
        "shared": [
            other.id for other in run.claims if other is not claim and other.entry["experiment"] == entry["experiment"]
        ],
        "fared": [form["fared"] | {"title": form["title"]} for form in forms if form["fared"]],
        "cost": origins.cost(claim.verdict.get("cost") or {}),
        "settings": origins.settings(claim.verdict),
        "declared": _declared(claim),
        "data": list(dict.fromkeys(data.get("label", data.get("name")) for data in origins.of(claim.verdict))),
    }


def paragraphs(text: str) -> list[Markup]:
    """Return a text in paragraphs, as HTML."""
    return [typesetting.prose(part.strip()) for part in text.split("\n") if part.strip()]


def source(given: Mapping[str, Any], works: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return where a claim stands: the document, the place in it, and the papers, with their addresses."""
    papers = [{"text": reference(key, works), "url": address(key, works)} for key in given.get("papers", [])]
    return {
        "document": reference(given["document"], works),
        "place": given.get("place"),
        "papers": papers,
        "result": given.get("result"),
    }


def reference(key: str, works: Mapping[str, Mapping[str, Any]]) -> str:
    """Return authors, title, place and year of a work."""
    work = works.get(key)
    if not work:
        return f"arXiv {key}" if key[:4].isdigit() else key
    return f"{authors(work)}, “{work['title']}”, {work['where']} ({work['year']})"


def authors(work: Mapping[str, Any]) -> str:
    """Return the authors of a work: all of up to three, else the first."""
    named = list(work["authors"])
    return wording.joined(named) if len(named) <= 3 else f"{named[0]} and others"


def address(key: str, works: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return where a work can be read."""
    url = works.get(key, {}).get("url")
    return str(url) if url else f"https://arxiv.org/abs/{key}" if key[:4].isdigit() and "." in key else None


def answer(claim: Claim, forms: Sequence[Mapping[str, Any]], size: str) -> dict[str, Any]:
    """Return the answer in a sentence: what is claimed, the verdict on it, and the size at which it was reached."""
    form = forms[0]
    lead = LEADS.get(form["verdict"], "") + claim.entry["title"]
    told = {
        "vacuous": "It holds, but so far from everything measured that it says little.",
        "proved": "It is proved; the run checks that our code computes what is proved.",
    }.get(wording.standing(form), "")
    others = [one for one in forms[1:] if one["name"] == "corrected" and one["verdict"] == "supported"]
    corrected = "The corrected form is supported." if others and form["verdict"] == "refuted" else ""
    where = f"Measured with {size}." if size and not claim.unavailable else ""
    return {"lead": lead, "form": form, "text": " ".join(filter(None, [told, corrected, where]))}


def _named(group: str, row: Mapping[str, Any]) -> str:
    parts = [group, row["part"]] if row["part"] else [group]
    conditions = ", ".join(row["conditions"])
    return ": ".join(parts) + (f" ({conditions})" if conditions else "")


def _form(claim: Claim, name: str, measures: Mapping[str, Any]) -> dict[str, Any]:
    form, fared = judged(claim, name), stability.fared(claim, name)
    groups = estimates.groups(form["predictions"], measures)
    shown, folded = divided(groups)
    refutation = form.get("refutation")
    control = form.get("control")
    return {
        **form,
        "refutation": refutation and refuted(refutation),
        "groups": groups,
        "shown": shown,
        "folded": folded,
        "count_folded": sum(len(group["rows"]) for group in folded),
        "premises": estimates.groups(form["premises"], measures),
        "control_groups": estimates.groups(control["predictions"], measures) if control else [],
        "decided": decided(form, measures),
        "counted": counted(form),
        "missed": wording.sentence(form["reason"]) if form["not_reached"] else "",
        "fared": fared_view(fared),
    }


def refuted(refutation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a refutation says of its source, as HTML: the sentence ``says`` without its marks, and ``why``."""
    why = typesetting.prose(wording.sentence(refutation["why"]))
    return {**refutation, "says": typesetting.prose(refutation["says"].strip('“”"')), "why": why}


def fared_view(fared: stability.Fared | None) -> dict[str, Any] | None:
    """Return how a verdict fared under other root seeds, as a template has it."""
    if fared is None or len(fared.verdicts) < 2:
        return None
    return {"own": fared.own, "verdicts": fared.verdicts, "margins": fared.margins}


def divided(groups: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what of a forest plot is shown at once, and what is folded.

    Whole groups are shown as long as they fit. Where not even the first does, its first rows are shown.
    """
    shown: list[dict[str, Any]] = []
    folded: list[dict[str, Any]] = []
    left = SHOWN
    for group in groups:
        if folded or len(group["rows"]) > left:
            if not shown:
                shown.append({**group, "rows": group["rows"][:SHOWN]})
                folded.append({**group, "rows": group["rows"][SHOWN:]})
                continue
            folded.append(dict(group))
        else:
            shown.append(dict(group))
            left -= len(group["rows"])
    return shown, folded


def decided(form: Mapping[str, Any], measures: Mapping[str, Any]) -> str:
    """Return in a sentence which estimate decided a form, and how."""
    pair = decisive(dict(form))
    if pair is None:
        return wording.sentence(form["reason"])
    prediction, estimate = pair
    (group,) = estimates.groups([{**prediction, "estimates": [estimate]}], measures)
    (row,) = group["rows"]
    interval = f" ({row['interval']})" if row["interval"] else ""
    text = f"{_named(group['name'], row)} is {row['value']}{interval}, predicted {row['band']}."
    if form["not_reached"]:
        return f"Nothing was tested, for what the claim takes for granted was not reached. {text}"
    if form["verdict"] == "inconclusive" and "control" in form["reason"]:
        return f"{text} {wording.sentence(form['reason'])}"
    several = sum(len(one["estimates"]) for one in form["predictions"])
    if form["verdict"] == "supported" and several > 1:
        return f"All {several} estimates lie in their bands; the first: {text}"
    return text


def counted(form: Mapping[str, Any]) -> str:
    """Return how many estimates of a form lie in their bands."""
    verdicts = [one["verdict"] for prediction in form["predictions"] for one in prediction["estimates"]]
    inside = verdicts.count("supported")
    return f"{inside} of {wording.counted(len(verdicts), 'estimate')} in their bands." if verdicts else ""


def _declared(claim: Claim) -> str:
    """Return the predictions of a claim as they are declared, as YAML."""
    entry = claim.entry
    given = {key: entry[key] for key in ("premises",) if key in entry}
    given |= {name: entry["forms"][name]["predictions"] for name in claim.forms}
    return as_yaml(given)


def as_yaml(content: Any) -> str:
    """Return plain JSON content as YAML, which reads better."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100).strip()
