"""The table of verdicts as text for a terminal: a line for each form."""

import textwrap
from typing import Any

import pandas as pd

from overparam.report import summary, wording

NARROWEST = 60  # columns; a terminal that has fewer breaks the lines itself
GAP = 2  # spaces between two columns
TITLE = 24  # characters that the title of a claim must keep; else estimates are left out
LONGEST = {"form": 15, "verdict": 42, "estimate [interval]": 32}
COLOURS = {"supported": 32, "refuted": 31, "inconclusive": 33}  # green, red, yellow, as terminals number them
BRIEF = {  # what has to be known of a verdict, in fewer words than a page has
    "a theorem, checked": "theorem",
    "an identity, checked": "identity",
    "contradicted by mathematics": "by mathematics",
    "contradicted by measurement": "by measurement",
    "weaker than stated": "holds weaker",
    "a slip of the pen": "a slip",
    "a stronger reading": "stronger form",
    "not reached at this size": "not reached",
}


def text(rows: pd.DataFrame, width: int = 110, colour: bool = False) -> str:
    """Return the table of :func:`overparam.report.summary.table` as plain text, and below it how many verdicts it has.

    Parameters
    ----------
    rows
        The table.
    width
        Columns of the terminal; no line is longer.
    colour
        Whether the terminal shows colours.
    """
    plain = rows.astype(object).where(rows.notna(), None)
    cells = _cells(plain)
    widths = _widths(cells, max(width, NARROWEST))
    rule = "─" * (sum(widths.values()) + GAP * (len(widths) - 1))
    lines = [wording.PROJECT, "", _line({head: head for head in widths}, widths), rule]
    for row, word in zip(cells, plain["verdict"], strict=True):
        line = _line(row, widths)
        lines.append(_coloured(line, word) if colour else line)
    lines.append(rule)
    for sentence in _counted(plain):
        lines += textwrap.wrap(sentence, max(width, NARROWEST))
    return "\n".join(lines)


def _cells(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Return the text of each cell; further forms of a claim do not repeat its title."""
    found: list[dict[str, str]] = []
    for row in rows.itertuples():
        again = bool(found) and found[-1]["id"] == row.id
        found.append(
            {
                "id": row.id,
                "claim": "" if again else row.title,
                "form": row.form.replace("_", " "),
                "verdict": _verdict(row._asdict()),
                "estimate [interval]": _measured(row),
            }
        )
    return found


def _verdict(form: dict[str, Any]) -> str:
    aside = wording.aside(form)
    for long, brief in BRIEF.items():
        aside = aside.replace(long, brief)
    return f"{wording.SYMBOLS[form['verdict']]} {form['verdict']}" + (f" ({aside})" if aside else "")


def _measured(row: Any) -> str:
    if row.estimate is None:
        return "not in this run" if not row.available else wording.MISSING
    bounds = wording.interval(row.low, row.high)
    return wording.number(row.estimate) + (f" {bounds}" if bounds != wording.MISSING else "")


def _widths(cells: list[dict[str, str]], width: int) -> dict[str, int]:
    """Return the columns that the terminal has room for, each with its width; titles take what the others leave."""
    needed = {head: max(len(head), *(len(row[head]) for row in cells)) for head in cells[0]}
    widths = {head: min(size, LONGEST.get(head, size)) for head, size in needed.items()}
    if _left(widths, width) < min(TITLE, needed["claim"]):
        del widths["estimate [interval]"]
    widths["claim"] = min(needed["claim"], max(_left(widths, width), 8))
    return widths


def _left(widths: dict[str, int], width: int) -> int:
    return width - sum(size for head, size in widths.items() if head != "claim") - GAP * (len(widths) - 1)


def _line(cells: dict[str, str], widths: dict[str, int]) -> str:
    """Return one line; what is too long ends in an ellipsis."""
    cut = (cells[head] if len(cells[head]) <= size else f"{cells[head][: size - 1]}…" for head, size in widths.items())
    return (" " * GAP).join(cell.ljust(size) for cell, size in zip(cut, widths.values(), strict=True)).rstrip()


def _coloured(line: str, word: str) -> str:
    """Return a line with its verdict in colour."""
    start = line.rindex(f"{wording.SYMBOLS[word]} {word[:3]}")
    ended = line.find(" " * GAP, start)
    end = len(line) if ended < 0 else ended
    return f"{line[:start]}\033[{COLOURS[word]}m{line[start:end]}\033[0m{line[end:]}"


def _counted(rows: pd.DataFrame) -> list[str]:
    found = summary.counts(rows)
    kinds = {"a theorem or an identity, checked": found["proved"], "vacuous": found["vacuous"]}
    named = ", ".join(f"{number} of them {kind}" for kind, number in kinds.items() if number)
    aside = f" ({named})" if named else ""
    short = f" ({found['not_reached']} not reached at this size)" if found["not_reached"] else ""
    totals = f"{wording.counted(found['claims'], 'claim')}, {wording.counted(found['verdicts'], 'verdict')}"
    lines = [
        f"{totals}: {found['supported']} supported{aside}, {found['refuted']} refuted, "
        f"{found['inconclusive']} inconclusive{short}"
    ]
    if idle := int((rows["control_verdict"] == "supported").sum()):
        forms = wording.counted(idle, "form")
        lines.append(f"In {forms} the claim held under its control as well, where it must fail: nothing was decided.")
    return lines
