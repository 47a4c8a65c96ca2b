"""The page: every claim with its verdict, figure, numbers and source, in one file that needs no network."""

import os
import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml

from overparam.report import origins, stability, summary, wording
from overparam.report.chance import chance
from overparam.report.reading import Claim, decisive

SOURCES = {
    "S1": "S1, the lecture “The benefits of over-parameterization”",
    "S2": "S2, the study notes “Why are over-parameterized networks able to generalize?”",
    "S3": "S3, the talk “Towards demystifying overparameterization in deep learning”",
}
FORM_TITLES = {"printed": "As printed", "corrected": "Corrected"}


def render(
    claims: list[Claim],
    page: Path,
    preset: str,
    figures: list[Path],
    alts: list[Path],
    table: Path | None = None,
    config: str | None = None,
    rates: pd.DataFrame | None = None,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    claims
        Registry entries with their verdicts, in the order of the page.
    page
        Where the page will lie, ``results/<preset>/report/index.html``: links are relative to it.
    preset
        Name of the preset.
    figures, alts
        SVG files and alt texts; each belongs to the claim that its folder is named after. PNG, PDF and
        ``verdict.json`` lie beside the SVG.
    table
        ``claims.parquet``.
    config
        The resolved config as text.
    rates
        How often the judge errs, see :mod:`overparam.report.error_rates`.
    """
    pictures = {path.parent.name: path for path in figures}
    alt_texts = {path.parent.name: path.read_text(encoding="utf-8").strip() for path in alts}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("overparam.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["words"] = wording
    return environment.get_template("page.html.j2").render(
        preset=preset,
        claims=[_claim(claim, claims, page, pictures.get(claim.id), alt_texts.get(claim.id, "")) for claim in claims],
        has_others=any(len(claim.forms) > 1 for claim in claims),
        counts=summary.counts(summary.table(claims)),
        chance=chance(claims, rates),
        table=table and _link(table, page),
        data=origins.data_sets(claims),
        origin=origins.origin(claims),
        packages=origins.packages(claims),
        config=config,
    )


def _link(path: Path, page: Path) -> str:
    """Return ``path`` relative to the folder of ``page``."""
    return Path(os.path.relpath(path, page.parent)).as_posix()


def _claim(claim: Claim, claims: list[Claim], page: Path, picture: Path | None, alt: str) -> dict[str, Any]:
    entry = claim.entry
    measurements = page.parent.parent / "measurements" / f"{entry['experiment']}.parquet"
    folder = page.parent.parent / "claims" / claim.id
    return {
        **{key: entry.get(key) for key in ("id", "name", "title", "statement", "formula", "experiment", "note")},
        "published": entry.get("published", []),
        "source": _source(entry["source"]),
        "papers": entry["source"].get("papers", []),
        "result": entry["source"].get("result"),
        "forms": [_form(claim, name, form) for name, form in claim.forms.items()],
        "controls": [one["description"] for one in [entry.get("control"), *entry.get("more_controls", [])] if one],
        "unavailable": claim.unavailable,
        "figure": picture and _figure(picture, page, alt),
        "measurements": None if claim.unavailable else _link(measurements, page),
        "verdict_file": _link(folder / "verdict.json", page),
        "shared": [
            other.id for other in claims if other is not claim and other.entry["experiment"] == entry["experiment"]
        ],
        "cost": origins.cost(claim.verdict.get("cost") or {}),
        "settings": origins.settings(claim.verdict),
        "data": [data.get("label", data.get("name")) for data in origins.of(claim.verdict)],
    }


def _source(source: dict[str, Any]) -> str:
    document = SOURCES.get(source["document"], source["document"])
    return f"{document}: {source['place']}" if source.get("place") else document


def _figure(picture: Path, page: Path, alt: str) -> dict[str, Any]:
    head = picture.read_text(encoding="utf-8")[:2000]
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    width, height = (round(float(size) * 4 / 3) for size in box.groups()) if box else (None, None)  # points to pixels
    kinds = {kind: _link(picture.with_suffix(f".{kind}"), page) for kind in ("svg", "png", "pdf")}
    return {**kinds, "alt": alt, "width": width, "height": height}


def _form(claim: Claim, name: str, form: dict[str, Any]) -> dict[str, Any]:
    entry, fared = claim.entry, stability.fared(claim, name)
    declared = [*entry.get("premises", []), *entry["forms"][name].get("premises", [])]
    definitions = {one["name"]: one for one in [*declared, *entry["forms"][name]["predictions"]]}
    pair = decisive(form)
    control = form.get("control")
    return {
        "name": name,
        "title": FORM_TITLES.get(name) or entry["forms"][name].get("title", name.replace("_", " ").capitalize()),
        "verdict": form["verdict"],
        "vacuous": form["vacuous"],
        "basis": form["basis"],
        "not_reached": form["not_reached"],
        "unstable": bool(fared and fared.unstable),
        "fared": fared,
        "reason": form["reason"],
        "refutation": form.get("refutation"),
        "premises": [_prediction(one, definitions) for one in form["premises"]],
        "main": pair and {**pair[1], "prediction": pair[0]["name"], "kind": pair[0]["kind"]},
        "predictions": [_prediction(one, definitions) for one in form["predictions"]],
        "control": control
        and {"verdict": control["verdict"], "predictions": [_prediction(one, {}) for one in control["predictions"]]},
    }


def _prediction(prediction: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    definition = definitions.get(prediction["name"])
    return {
        **prediction,
        **{key: prediction.get(key) for key in ("n_seeds", "n_instances")},
        "vacuous": prediction.get("vacuous", False),
        "definition": definition and as_yaml(definition),
        "detail": as_yaml(prediction["detail"]) if prediction.get("detail") else None,
    }


def as_yaml(content: Any) -> str:
    """Return plain JSON content as YAML, which reads better."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100).strip()
