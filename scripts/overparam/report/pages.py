"""The pages of a run: an index, one for every claim, one on the data, and one with everything; none needs a network."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from overparam.report import claim_view, data_view, index_view, wording
from overparam.report.run import Run

TEMPLATES = Path(__file__).with_name("templates")
ASSETS = Path(__file__).with_name("assets")
DESCRIPTION = "Claims about over-parameterization, each with a measurement, a figure, a control and a verdict."
INDEX, DATA, ALL, CLAIM = "index.html", "data.html", "all.html", "claims/{}.html"


def render(run: Run) -> dict[str, str]:
    """Return all pages and what they share, by their paths in the folder of the report."""
    return dict(_rendered(run))


def _rendered(run: Run) -> Iterator[tuple[str, str]]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["words"] = wording
    index, claims = index_view.view(run), [claim_view.view(claim, run) for claim in run.claims]
    shared = {
        "preset": run.preset,
        "interim": run.missing,
        "table": "claims.parquet" if run.table else None,
        "has_errata": bool(index["errata"]),
        "claims": claims,
    }

    def made(template: str, path: str, title: str, **more: Any) -> tuple[str, str]:
        up = "../" * path.count("/")
        place = {"report": up, "results": f"{up}../", "title": title, "description": DESCRIPTION}
        place["body"] = template.split(".")[0]
        return path, environment.get_template(template).render(**shared, **place, **more)

    yield made("index.html.j2", INDEX, f"{wording.PROJECT} ({run.preset})", **index)
    yield made("data.html.j2", DATA, f"Data: {wording.PROJECT} ({run.preset})", **data_view.view(run))
    by_id = {claim["id"]: claim for claim in claims}
    chapters = {chapter["letter"]: chapter for chapter in index["chapters"]}
    everything = [{**one, "claims": [by_id[card["id"]] for card in _cards(one, index)]} for one in chapters.values()]
    yield made("all.html.j2", ALL, f"All claims: {wording.PROJECT} ({run.preset})", chapters=everything)
    for number, claim in enumerate(claims):
        chapter = chapters.get(claim["id"][0], {"id": "claims", "number": "", "title": "All claims", "first": []})
        title = f"{claim['id']}: {claim['question']}"
        around = {
            "previous": claims[number - 1] if number else None,
            "following": claims[number + 1] if number + 1 < len(claims) else None,
            "before": [card for card in chapter["first"] if card["id"] != claim["id"]],
        }
        yield made("claim.html.j2", CLAIM.format(claim["id"]), title, claim=claim, chapter=chapter, **around)
    charts = any(claim["chart"] for claim in claims)
    for path in assets(charts):
        yield f"assets/{path.name}", path.read_text(encoding="utf-8")
    if charts:
        yield "assets/vega.js", bundle()
    for runs in run.larger.values():
        for one in runs:
            yield one.path, one.picture.svg.read_text(encoding="utf-8")


def _cards(chapter: Mapping[str, Any], index: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the cards of a chapter in the order of their ids."""
    return [card for card in index["rows"] if card["letter"] == chapter["letter"]]


def assets(charts: bool) -> list[Path]:
    """Return the files that pages share: style and scripts, that of charts if there are any."""
    return [path for path in sorted(ASSETS.iterdir()) if charts or not path.name.startswith("charts.")]


@functools.cache
def bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, which sets ``window.vegaEmbed``."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
