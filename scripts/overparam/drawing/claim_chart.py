"""Make the interactive chart of a claim from its measurements and verdict, and save it as Vega-Lite."""

import importlib
import json
import logging
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from overparam import places
from overparam.drawing import charts, divergence
from overparam.jobs.files import write_text

log = logging.getLogger(__name__)

LIMIT = 150_000  # bytes: with its figure and the text, a claim's page is to load at once


def save(name: str, measurements: pd.DataFrame, verdict: dict[str, Any], path: Path) -> None:
    """Write the chart of module ``name``, which is named from its topic on.

    Where trained networks diverged, the message of the chart says how many. If too few are left to draw, the chart
    says only that.
    """
    note = divergence.note(measurements)
    try:
        made = importlib.import_module(places.figure_module(name)).chart(measurements, verdict).to_dict()
    except Exception:
        if not note:
            raise
        log.warning("%s; the chart can't be made of what is left", note, exc_info=True)
        made = instead().to_dict()
    if note:
        made["usermeta"]["message"] += f" {note}."
    text = written(made)
    if len(text.encode()) > LIMIT:
        log.warning("the chart has %s bytes, more than %s: the page that shows it is slow", len(text.encode()), LIMIT)
    write_text(path, text)


def shared(part: Any, datasets: dict[str, Any]) -> Any:
    """Return a part of a chart in which data with a name are named only; they go into ``datasets``, once each."""
    if isinstance(part, list):
        return [shared(one, datasets) for one in part]
    if not isinstance(part, dict):
        return part
    if {"name", "values"} == set(part):
        if datasets.setdefault(part["name"], part["values"]) != part["values"]:
            raise ValueError(f"two data of a chart are called {part['name']!r}; rename one")
        return {"name": part["name"]}
    return {key: shared(one, datasets) for key, one in part.items()}


def written(chart: dict[str, Any]) -> str:
    """Return a chart as compact JSON that can stand inside a page: no text in it ends a script."""
    datasets = dict(chart.get("datasets", {}))
    whole = {**shared(chart, datasets), "datasets": datasets}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c") + "\n"


def instead() -> alt.VConcatChart:
    """Return a chart for measurements of which too little is left to draw."""
    said = "Too few networks are left to draw."
    text = alt.Chart(alt.InlineData(values=[{"said": said}])).mark_text(color=charts.INK).encode(text="said:N")
    return charts.column(text.properties(height=60), params=[charts.readout(repr(said))], message=said)
