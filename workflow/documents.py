"""Renew what the documents show of the code, and of a finished run of the default configuration.

    python workflow/documents.py                    the data dictionary, and the verdicts in the README
    python workflow/documents.py results/default    the same, once verdicts, times and pictures are taken from this run
    python workflow/documents.py tour               the outputs in the notebook, by running it; needs the test tools

What is taken from a run lies in results/reference/default and docs/pictures, and belongs to the project.
"""

import json
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "workflow/run")]


import pandas as pd  # noqa: E402
from durations import recorded  # noqa: E402
from PIL import Image  # noqa: E402

from overparam import places, tables  # noqa: E402
from overparam.errors import UserError  # noqa: E402
from overparam.jobs import files, records, table_checks  # noqa: E402
from overparam.plan import data_dictionary, experiment_settings, registry  # noqa: E402
from overparam.report import answer, published_sizes, reading, summary, wording  # noqa: E402

README = ROOT / "README.md"
DATA = ROOT / "docs/data.md"
PUBLISHED = ROOT / "docs/published.md"
TOUR = ROOT / "docs/tour.ipynb"
PICTURES = ROOT / "docs/pictures"
SHOWN = {  # ten forms for the README, from every chapter, whatever their verdicts
    "A4": "printed",
    "A5": "printed",
    "B1": "printed",
    "B4": "printed",
    "C4": "printed",
    "D1": "printed",
    "E16": "printed",
    "F1": "printed",
    "F2": "printed",
    "G3": "printed",
}
DRAWN = ("B4", "E16", "F1")
PIXELS = 900  # width of a picture


def main(results: Path | None) -> list[Path]:
    """Renew the documents, after taking what belongs to the project from ``results``; return what was written."""
    taken = take(results) if results else []
    written = {**dictionary(), PUBLISHED: published(), README: renewed(README.read_text(encoding="utf-8"))}
    for path, text in written.items():
        files.write_text(path, text)
    return [*taken, *written]


def tour() -> str:
    """Return the notebook as text, as running it leaves it, without what differs from run to run."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(TOUR, as_version=4)
    kept = dict(notebook.metadata)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": TOUR.parent}}).execute()
    notebook.metadata = kept
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return nbformat.writes(notebook) + "\n"


# --- of a finished run ---


def take(results: Path) -> list[Path]:
    """Take verdicts, times and pictures from a finished run; return the files.

    Raises
    ------
    UserError
        If a claim has no verdict there.
    """
    entries = registry.load()
    verdicts = [records.verdict(path) for path in sorted(results.glob("claims/*/verdict.json"))]
    fared = reading.optional_table([places.STABILITY] if places.STABILITY.is_file() else [])
    table = summary.table(reading.collect(entries, verdicts, fared))
    if problem := table_checks.problem(table, summary.COLUMNS):
        raise ValueError(f"the table of verdicts: {problem}")
    files.write_table(places.VERDICTS, table)
    seconds = {name: round(took, 1) for name, took in sorted(recorded(results, alone=True).items())}
    files.write_text(places.DURATIONS, json.dumps(seconds, indent=0))
    return [places.VERDICTS, places.DURATIONS, *(path for claim in DRAWN for path in picture(claim, results))]


def picture(claim: str, results: Path) -> list[Path]:
    """Take the figure of a claim from a run, small enough for a README; its alternative text lies beside it."""
    drawn = results / f"claims/{claim}"
    image, text = PICTURES / f"{claim}.png", PICTURES / f"{claim}.alt.txt"
    large = Image.open(drawn / "figure.png").convert("RGB")
    small = large.resize((PIXELS, round(large.height * PIXELS / large.width)), Image.Resampling.LANCZOS)
    image.parent.mkdir(parents=True, exist_ok=True)
    small.quantize(128, dither=Image.Dither.NONE).save(image, optimize=True)
    files.write_text(text, (drawn / "figure.alt.txt").read_text(encoding="utf-8"))
    return [image, text]


# --- the README ---


def renewed(readme: str) -> str:
    """Return the README with what stands between its markers made anew from the reference run."""
    table = files.read_table(places.VERDICTS)
    parts = {
        "answer": "\n".join(textwrap.wrap(f"{told(table)} {counts(table)}", 120)) + "\n",
        "pictures": pictures(),
        "verdicts": verdicts(table),
    }
    for name, text in parts.items():
        start, end = f"<!-- {name}: made by workflow/documents.py -->\n", f"<!-- end of {name} -->"
        before, _, rest = readme.partition(start)
        _, _, after = rest.partition(end)
        if not after:
            raise ValueError(f"README.md lacks the markers {start.strip()} and {end}")
        readme = f"{before}{start}{text}{end}{after}"
    return readme


def told(table: pd.DataFrame) -> str:
    """Return the answer to the question of the README, with the claims that each sentence rests on."""
    printed = table[table["form"] == "printed"].set_index("id")
    forms = {
        str(name): row for name, row in printed.astype(object).where(printed.notna(), None).to_dict("index").items()
    }
    titles = {name: str(row["title"]) for name, row in forms.items()}
    return " ".join(
        f"{one['text'][:-1]} ({', '.join(one['claims'])})." if one["claims"] else one["text"]
        for one in answer.told(forms, titles, answer.sentences())
    )


def counts(table: pd.DataFrame) -> str:
    """Return how many verdicts there are of each kind, as a sentence."""
    found = summary.counts(table)
    refuted = table[table["verdict"] == "refuted"]
    kinds = [(int((refuted["refutation"] == kind).sum()), words) for kind, words in wording.REFUTATIONS.items()]
    named = wording.joined([f"{number} {words}" for number, words in kinds if number])
    return (
        f"In the default run {found['claims']} claims, read in {found['verdicts']} ways, came to {found['supported']} "
        f"verdicts *supported* ({found['proved']} of them theorems and identities, which check our code), "
        f"{found['refuted']} *refuted* ({named}) and {found['inconclusive']} *inconclusive* "
        f"({found['not_reached']} of them not reached at this size).\n"
    )


def pictures() -> str:
    """Return the pictures of a finished run, each with its question and the text that says what it shows."""
    questions, lines = _questions(), []
    for claim in DRAWN:
        text = (PICTURES / f"{claim}.alt.txt").read_text(encoding="utf-8")
        lines.append(f"**{claim}: {questions[claim]}**\n\n![{' '.join(text.split())}](docs/pictures/{claim}.png)\n")
    return "\n".join(lines)


def verdicts(table: pd.DataFrame) -> str:
    """Return the verdicts on the forms that the README shows, as a table in Markdown."""
    rows = table.astype(object).where(table.notna(), None).set_index(["id", "form"])
    questions, lines = _questions(), ["| | question | claim | verdict |", "|---|---|---|---|"]
    for claim, form in SHOWN.items():
        row = rows.loc[(claim, form)]
        title = row["title"] + ("" if form == "printed" else f" ({form.replace('_', ' ')})")
        shown = [claim, questions[claim], title, f"{wording.SYMBOLS[row['verdict']]} {wording.verdict(row)}"]
        lines.append(f"| {' | '.join(one.replace('|', '∣') for one in shown)} |")
    return "\n".join([*lines, ""])


# --- runs at published sizes ---

SIZES = """# At the sizes of the papers

*Made by `python workflow/documents.py` from `results/reference`; a test says when it is out of date.*

The default run is small. These runs are of the size of the figures that are cited: what was printed stands beside what
this pipeline has measured, with the interval over repetitions. `python workflow/reference.py results/<preset>` keeps
another run, and the pages of every run show them with their figures.
"""


def published() -> str:
    """Return the document on runs at published sizes."""
    entries = [
        {**one, "measures": experiment_settings.declaration(one["experiment"])["measures"]} for one in registry.load()
    ]
    return f"{SIZES}\n{published_sizes.markdown(entries, published_sizes.collect(places.REFERENCE, entries))}"


def _questions() -> dict[str, str]:
    """Return what a reader asks of each claim."""
    return {entry["id"]: entry["question"] for entry in registry.load()}


# --- the data dictionary ---

INTRODUCTION = """# The tables, column by column

*Made by `python workflow/documents.py` from what the code declares; a test says when it is out of date.*

```
results/<preset>/claims.parquet                          one row per claim and form
results/<preset>/claims/<id>/verdict.json                estimates, intervals, control, seeds, cost, provenance
results/<preset>/measurements/<experiment>.parquet       one row per measured value
results/<preset>/training/<study>/<cell>.parquet         one row per network, epoch and split
results/<preset>/logs/<rule>/…                           one log per job, which keeps attempts that failed
```

Every table is a parquet file. In a table of measurements **each row is one value under the conditions in its columns**:
name a value of every column, group by it, or average over it on purpose. Three columns are easily forgotten: `stopping`
says at which epoch a network was looked at (the last one is `final`; the others are stopping rules), `split` on which
samples, `labels` by which labels. To see what a selection still mixes, list the columns in which it has several values;
only the repetitions (`seed`), the values themselves and what you group by should be among them:

```python
rows.nunique(dropna=False)[lambda count: count > 1]
```

In the tables below `gaps` says whether a cell may be empty.
"""
HEADS = ("name", "kind", "meaning", "unit", "allowed", "gaps")


def dictionary() -> dict[Path, str]:
    """Return the data dictionary by its files: tables of all runs in one, then the experiments of each topic."""
    topics: dict[str, dict[str, list[str]]] = {}
    for entry in registry.load():
        topics.setdefault(entry["figure"].split(".")[0], {}).setdefault(entry["experiment"], []).append(entry["id"])
    links = [
        f"- [{topic.replace('_', ' ')}](data/{topic}.md): {', '.join(f'`{name}`' for name in experiments)}"
        for topic, experiments in topics.items()
    ]
    parts = [
        INTRODUCTION,
        "## `claims.parquet`: one row per claim and form\n",
        data_dictionary.markdown(data_dictionary.columns(summary.COLUMNS), HEADS),
        "## `training/<study>/<cell>.parquet`: one row per network, epoch and split\n",
        data_dictionary.markdown(data_dictionary.columns(tables.TRAINING), HEADS),
        "## `measurements/<experiment>.parquet`: one row per measured value\n",
        "`quantity` says what was measured, `value` is the number, `seed` counts the repetitions. All",
        "quantities and the other columns are described by topic:\n",
        *links,
        "",
    ]
    pages = {topic: _topic(topic, experiments) for topic, experiments in topics.items()}
    return {DATA: "\n".join(parts), **{DATA.with_suffix("") / f"{topic}.md": text for topic, text in pages.items()}}


def _topic(topic: str, experiments: Mapping[str, list[str]]) -> str:
    """Return what the experiments of a topic measure."""
    title = topic.replace("_", " ").capitalize().replace("Sgd", "SGD")
    parts = [f"# {title}: what is measured\n", "*Made by `python workflow/documents.py`; see [data.md](../data.md).*\n"]
    for name, judged in experiments.items():
        declared = experiment_settings.declaration(name)
        parts += [
            f"## `measurements/{name}.parquet` ({', '.join(judged)})\n",
            f"{' '.join(declared['description'].split())}\n",
            data_dictionary.markdown(data_dictionary.rows(declared["measures"]), HEADS),
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["tour"]:
            files.write_text(TOUR, tour())
        else:
            for path in main(Path(sys.argv[1]) if sys.argv[1:] else None):
                print(path.relative_to(ROOT))
    except UserError as error:
        sys.exit(f"Not everything was renewed: {error}")
