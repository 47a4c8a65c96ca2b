"""The table in the terminal: a line for each form, as wide as the terminal, in colour where there is any."""

import re

import pytest

from overparam.plan import registry
from overparam.report import reading, summary, terminal, wording


@pytest.fixture
def rows(entries, verdicts):
    return summary.table(reading.collect(entries, verdicts))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("more", ["", " and a title that is longer than most terminals are wide"])
def test_every_form_has_one_line_that_fits(rows, width, more):
    lines = terminal.text(rows.assign(title=rows["title"] + more), width).splitlines()[2:]
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[2 : 2 + len(rows)]] == rows["id"].tolist()
    assert set(lines[1]) == set(lines[2 + len(rows)]) == {"─"}
    assert any("…" in line for line in lines) or not more


def test_what_stands_in_a_line(rows):
    name, _, *lines = terminal.text(rows, 140).splitlines()
    assert name == wording.PROJECT
    assert re.split(" {2,}", lines[0]) == ["id", "claim", "form", "verdict", "estimate [interval]"]
    first = ["A1", rows["title"][0], "printed", "✓ supported", "−0.5012 [−0.52, −0.4812]"]
    assert re.split(" {2,}", lines[2]) == first
    assert re.split(" {2,}", lines[4])[:3] == ["E13", "corrected", "✗ refuted"]  # and not its title again
    assert "not in this run" in lines[5]


def test_estimates_are_left_out_where_titles_would_have_no_room(rows):
    assert "estimate" not in terminal.text(rows, 80) and "−0.5012" not in terminal.text(rows, 80)
    assert "✓ supported" in terminal.text(rows, 80) and "estimate" in terminal.text(rows, 120)


def test_the_verdict_is_in_colour_and_nothing_else(rows):
    plain, coloured = (terminal.text(rows, 120, colour) for colour in (False, True))
    assert re.sub(r"\033\[\d*m", "", coloured) == plain
    found = re.findall(r"\033\[(\d+)m(.*?)\033\[0m", coloured)
    assert ("32", "✓ supported") in found and ("31", "✗ refuted") in found and ("33", "○ inconclusive") in found
    assert len(found) == len(rows)


def test_how_many_there_are(rows, entries, verdicts):
    ended = terminal.text(rows, 120).splitlines()[-2:]
    assert ended[0] == "5 claims, 6 verdicts: 3 supported (1 of them vacuous), 1 refuted, 2 inconclusive"
    assert ended[1].startswith("In 1 form the claim held under its control as well")
    verdicts[0]["forms"]["printed"]["basis"] = "theorem"
    verdicts[2]["forms"]["printed"]["not_reached"] = ["fitted"]
    text = terminal.text(summary.table(reading.collect(entries, verdicts)), 120)
    said = " ".join(text.split())
    assert "(1 of them a theorem or an identity, checked, 1 of them vacuous)" in said
    assert "2 inconclusive (1 not reached at this size)" in said
    assert "✓ supported (theorem)" in text and "○ inconclusive (not reached)" in text


def test_all_words_of_a_verdict_have_a_brief_form_that_fits():
    said = [*wording.BASES.values(), *wording.REFUTATIONS.values(), "not reached at this size"]
    assert set(terminal.BRIEF) == set(said)
    longest = max(len(f"✓ inconclusive ({brief}, unstable)") for brief in terminal.BRIEF.values())
    assert longest <= terminal.LONGEST["verdict"]
    forms = {form for claim in registry.load() for form in claim["forms"]}
    assert max(map(len, forms)) <= terminal.LONGEST["form"]
